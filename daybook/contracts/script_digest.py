"""Digests of scripts, their calls and their journals: how workflow, sandbox worker and runner agree on what was run.

A journal is known by a chain: the digest of the run's beginning, then one link for each entry. Whoever knows a link
knows everything before it.
"""

import hashlib
import json
import math
from typing import Final

from pydantic import JsonValue

from daybook.contracts.code import AdvanceScript, JournalEntry

DEEPEST: Final = 32
"""Levels of nesting that a value may have, as in the runner."""


def canonical_json(value: JsonValue) -> str:
    """Return JSON with sorted keys, no spaces and ASCII only.

    Raises ``ValueError`` for numbers that are not finite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def call_digest(arguments: dict[str, JsonValue]) -> str:
    """Return the SHA-256 of a call's arguments; the runner makes the same of what a script passes."""
    return _digest(canonical_json(arguments))


def why_not_plain(value: JsonValue) -> str:
    """Return why a value cannot be handed to a script or to a database, empty when it can.

    What JSON text may hold and neither takes: numbers that are not finite or beyond 64 bits, NUL, lone surrogates,
    and nesting deeper than ``DEEPEST``.
    """
    waiting: list[tuple[JsonValue, int]] = [(value, 0)]
    while waiting:
        item, depth = waiting.pop()
        if depth > DEEPEST:
            return f"values nested deeper than {DEEPEST}"
        if isinstance(item, str):
            if "\x00" in item or not _is_text(item):
                return "text with a NUL character or a lone surrogate"
        elif isinstance(item, float) and not math.isfinite(item):
            return "a number that is not finite"
        elif isinstance(item, int) and not -(2**63) <= item < 2**63:
            return "an integer beyond 64 bits"
        elif isinstance(item, dict):
            waiting += [(name, depth + 1) for name in item]
            waiting += [(part, depth + 1) for part in item.values()]
        elif isinstance(item, list):
            waiting += [(part, depth + 1) for part in item]
    return ""


def _is_text(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def json_bytes(value: JsonValue) -> int:
    """Return how many bytes a value takes as UTF-8 JSON."""
    return len(json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "surrogatepass"))


def first_link(request: AdvanceScript) -> str:
    """Return the digest of what a run of a script begins with: everything but its journal and its caps."""
    fields = {"run_id", "code", "tools", "inputs", "frozen_at", "seed"}
    return _digest(canonical_json(request.model_dump(mode="json", include=fields)))


def next_link(link: str, entry: JournalEntry) -> str:
    """Return the digest of a journal that goes on by one entry."""
    return _digest(link + canonical_json(entry.model_dump(mode="json")))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
