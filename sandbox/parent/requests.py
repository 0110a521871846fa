"""Check a request and turn it into the frame a child reads."""

import datetime as dt
import keyword
from typing import Any

from sandbox import frames
from sandbox.budget import OverBudget, check
from sandbox.errors import InvalidRequest
from sandbox.model import MAX_CALLS, AdvanceRequest


def check_request(request: AdvanceRequest) -> None:
    """Refuse what no engine can run, journal values and inputs over the budget included.

    Raises:
        InvalidRequest: With what is wrong.
    """
    limits = request.limits
    if not 0 < limits.calls <= MAX_CALLS:
        raise InvalidRequest(f"limits.calls must be between 1 and {MAX_CALLS}")
    if limits.wall_s <= 0 or limits.cpu_s < 1 or limits.memory_mb < 16 or limits.result_bytes < 2:
        raise InvalidRequest("a limit is too small to run anything")
    try:
        moment = dt.datetime.fromisoformat(request.now)
    except ValueError:
        raise InvalidRequest(f"now is no ISO time: {request.now!r}") from None
    if moment.utcoffset() is None:
        raise InvalidRequest(f"now has no offset: {request.now!r}")
    for place, entry in enumerate(request.journal, start=1):
        if type(entry.number) is not int or entry.number != place:
            raise InvalidRequest(f"journal entry {place} has the number {entry.number!r}")
    values = [entry.value for entry in request.journal]
    for what, value in (("journal", values), ("inputs", request.inputs)):
        try:
            check(value, nodes=10 * limits.nodes, depth=2 * limits.depth, text_bytes=2 * limits.frame_bytes)
        except OverBudget as error:
            raise InvalidRequest(f"the {what} cannot be sent: it is or holds {error}") from None
    names = [tool.name for tool in request.tools]
    if len(set(names)) != len(names):
        raise InvalidRequest("two tools have the same name")
    for name in names:
        if not name.isidentifier() or keyword.iskeyword(name):
            raise InvalidRequest(f"{name!r} is no name for a tool")


def request_body(request: AdvanceRequest) -> dict[str, Any]:
    """The plain JSON of a checked request, as a child reads it."""
    limits = request.limits
    journal = [
        {
            "number": entry.number,
            "name": entry.name,
            "digest": entry.digest,
            "ok": entry.ok,
            "value": entry.value,
            "error_code": entry.error_code,
            "error_message": entry.error_message,
        }
        for entry in request.journal
    ]
    return {
        "code": request.code,
        "now": request.now,
        "seed": request.seed,
        "inputs": request.inputs,
        "journal": journal,
        "tools": [
            {
                "name": tool.name,
                "parameters": list(tool.parameters),
                "required": list(tool.required),
                "signature": tool.text,
                "open": tool.open,
            }
            for tool in request.tools
        ],
        "limits": {
            "calls": limits.calls,
            "nodes": limits.nodes,
            "depth": limits.depth,
            "result_bytes": limits.result_bytes,
        },
    }


def request_frame(request: AdvanceRequest) -> bytes:
    """The frame of a checked request."""
    return frames.encode(request_body(request))
