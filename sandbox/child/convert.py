"""Turn what a script made (frames, series, arrays, dates, sets, dataclasses) into plain JSON types.

Runs in the jail under the script's own limits: nothing here needs to trust the value.
"""

import collections
import dataclasses
import datetime as dt
import enum
import fractions
import math
import types
import uuid
from decimal import Decimal
from pathlib import PurePath
from typing import Any

from sandbox.budget import MAX_INTEGER, OverBudget, check_text

_PLAIN_TEXT = (Decimal, fractions.Fraction, uuid.UUID, PurePath, dt.timedelta, dt.tzinfo, complex, range)
_LISTS: tuple[type[Any], ...] = (
    list,
    tuple,
    collections.deque,
    types.GeneratorType,
    type({}.keys()),
    type({}.values()),
    type({}.items()),
    map,
    filter,
    zip,
)


class NotPlain(ValueError):
    """The value has no JSON form."""


class Converter:
    """Converts one value within a budget of nodes and depth; each value is visited once per appearance."""

    def __init__(self, nodes: int, depth: int) -> None:
        self._nodes = nodes
        self._depth = depth

    def plain(self, value: Any, level: int = 0) -> Any:
        """The value as plain JSON. NaN, infinities, NaT and NA become null.

        Raises:
            NotPlain: It has none, or is over the budget.
        """
        self._nodes -= 1
        if self._nodes < 0:
            raise NotPlain("too many values")
        if level > self._depth:
            raise NotPlain("nested too deep (or a value that contains itself)")
        kind = type(value)
        if value is None or kind is bool:
            return value
        if isinstance(value, enum.Enum):
            return self.plain(value.value, level)
        if isinstance(value, str):
            try:
                check_text(value)
            except OverBudget as error:
                raise NotPlain(str(error)) from None
            return str(value)
        if isinstance(value, int):
            if not -MAX_INTEGER <= value < MAX_INTEGER:
                raise NotPlain("an integer beyond 64 bits (use str or float)")
            return int(value)
        if isinstance(value, float):
            return float(value) if math.isfinite(value) else None
        return self._composed(value, level)

    def _composed(self, value: Any, level: int) -> Any:
        if isinstance(value, dict | types.MappingProxyType):
            return {self._key(key): self.plain(part, level + 1) for key, part in value.items()}
        if isinstance(value, _LISTS):
            return [self.plain(part, level + 1) for part in value]
        if isinstance(value, set | frozenset):
            parts = [self.plain(part, level + 1) for part in value]
            return sorted(parts, key=lambda part: (type(part).__name__, str(part)))
        module = type(value).__module__.partition(".")[0]
        if module == "numpy":
            return self._numpy(value, level)
        if module == "pandas":
            return self._pandas(value, level)
        if isinstance(value, dt.datetime | dt.date | dt.time):
            return value.isoformat()
        if isinstance(value, _PLAIN_TEXT):
            return list(value) if isinstance(value, range) and len(value) <= self._nodes else str(value)
        if isinstance(value, bytes | bytearray):
            try:
                return self.plain(bytes(value).decode("utf-8"), level)
            except UnicodeDecodeError:
                raise NotPlain("bytes that are not UTF-8 text") from None
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            names = [field.name for field in dataclasses.fields(value)]
            return {name: self.plain(getattr(value, name), level + 1) for name in names}
        if isinstance(value, BaseException):
            return f"{type(value).__name__}: {value}"[:2000]
        if isinstance(value, types.CoroutineType):
            raise NotPlain(f"a call that was not awaited: write `await {value.__name__}(...)`")
        raise NotPlain(f"a value of type {type(value).__name__}, which has no JSON form")

    def _key(self, key: Any) -> str:
        if isinstance(key, enum.Enum):
            key = key.value
        if isinstance(key, dt.date | dt.time):
            return key.isoformat()
        text = str(key)
        try:
            check_text(text)
        except OverBudget as error:
            raise NotPlain(str(error)) from None
        return text

    def _numpy(self, value: Any, level: int) -> Any:
        if type(value).__name__ in ("datetime64", "timedelta64"):
            text = str(value)
            return None if text == "NaT" else text
        if hasattr(value, "tolist"):
            if getattr(value, "size", 0) > self._nodes:
                raise NotPlain("too many values")
            return self.plain(value.tolist(), level)
        return str(value)

    def _pandas(self, value: Any, level: int) -> Any:
        kind = type(value).__name__
        if kind == "DataFrame":
            if value.size > self._nodes:
                raise NotPlain("too many values")
            frame = {
                "columns": [self._key(name) for name in value.columns],
                "rows": self.plain(value.astype(object).to_numpy().tolist(), level + 1),
                "n_rows": len(value),
            }
            if not _counts_rows(value.index):
                frame["index"] = self.plain(value.index.tolist(), level + 1)
            return frame
        if kind == "Series":
            if value.size > self._nodes:
                raise NotPlain("too many values")
            return {self._key(name): self.plain(part, level + 1) for name, part in value.items()}
        if kind in ("NaTType", "NAType"):
            return None
        if kind == "Timedelta" or not (hasattr(value, "isoformat") or hasattr(value, "tolist")):
            return str(value)
        return value.isoformat() if hasattr(value, "isoformat") else self.plain(value.tolist(), level)


def _counts_rows(index: Any) -> bool:
    """Whether an index is the plain 0, 1, 2... that says nothing."""
    return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1
