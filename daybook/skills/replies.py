"""Turn a tool's value into JSON that fits a reply."""

import json
import math
from typing import Any

from pydantic import JsonValue

from daybook.contracts.tools import LARGEST_REPLY_BYTES
from daybook.skills.errors import ResultTooLarge
from daybook.skills.spec import ToolSpec

DEEPEST_REPLY = 24
MOST_NODES = 20_000


def jsonable(spec: ToolSpec, value: object) -> JsonValue:
    """Return a tool's value as JSON: checked against its declared type, times in ISO 8601, NaN and infinity as null.

    Raises:
        ResultTooLarge: when it is nested too deeply, has too many parts or too many bytes.
        pydantic.ValidationError: when the value is not of the declared type.
        pydantic_core.PydanticSerializationError: when a part of it cannot be written as JSON.
    """
    dumped = spec.result.dump_python(spec.result.validate_python(value), mode="json", warnings="error")
    budget = _Budget()
    clean = _clean(dumped, 0, budget)
    return clean


class _Budget:
    """Parts seen so far and the bytes they take at least."""

    def __init__(self) -> None:
        self.nodes = 0
        self.bytes = 0

    def take(self, size: int) -> None:
        self.nodes += 1
        self.bytes += size
        if self.nodes > MOST_NODES:
            raise ResultTooLarge(f"the result has more than {MOST_NODES:,} parts; ask for less")
        if self.bytes > LARGEST_REPLY_BYTES:
            raise ResultTooLarge(f"the result is larger than {LARGEST_REPLY_BYTES:,} bytes; ask for less")


def _clean(value: Any, depth: int, budget: _Budget) -> JsonValue:
    if depth > DEEPEST_REPLY:
        raise ResultTooLarge(f"the result is nested deeper than {DEEPEST_REPLY} levels; ask for less")
    if isinstance(value, dict):
        budget.take(2)
        clean: dict[str, JsonValue] = {}
        for key, entry in value.items():
            budget.bytes += _size(key) + 2
            clean[key] = _clean(entry, depth + 1, budget)
        return clean
    if isinstance(value, list):
        budget.take(2 + len(value))
        return [_clean(entry, depth + 1, budget) for entry in value]
    if isinstance(value, float) and not math.isfinite(value):
        value = None
    budget.take(_size(value))
    return value  # type: ignore[no-any-return]


def _size(value: object) -> int:
    return len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
