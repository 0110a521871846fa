"""What the sandbox tests share: requests, and looking at processes from outside."""

import os
from pathlib import Path
from typing import Any

from sandbox.engine import JailEngine
from sandbox.model import Advance, AdvanceRequest, JournalEntry, Limits, PendingCall, ToolSignature

NOW = "2026-03-02T09:00:00+09:00"
SEARCH = ToolSignature(
    "search_news", ("keyword", "days"), ("keyword",), "async def search_news(keyword: str, days: int = 7)"
)
SCORE = ToolSignature("score", ("text",), ("text",))
QUICK = Limits(wall_s=10, calls=1000)


def request(code: str, **changes: Any) -> AdvanceRequest:
    values: dict[str, Any] = {"now": NOW, "tools": (SEARCH, SCORE), "limits": QUICK}
    return AdvanceRequest(code=code, **(values | changes))


def turn(engine: JailEngine, code: str, **changes: Any) -> Advance:
    return engine.advance(request(code, **changes))


def entry(call: PendingCall, value: Any = None, *, error: tuple[str, str] | None = None) -> JournalEntry:
    if error:
        return JournalEntry(call.number, call.name, call.digest, False, None, *error)
    return JournalEntry(call.number, call.name, call.digest, True, value)


def descendants(pid: int) -> set[int]:
    """Every live process below this one."""
    parents: dict[int, int] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if fields[0] != "Z":
            parents[int(path.parent.name)] = int(fields[1])
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def zombies(pid: int) -> int:
    count = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        count += fields[0] == "Z" and int(fields[1]) == pid
    return count


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))
