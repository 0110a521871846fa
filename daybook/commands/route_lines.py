"""Routing of JSON lines: one line out for each line in, in order, whatever the line is."""

import json
from typing import IO, Any, Final, Protocol, TextIO

from daybook.contracts.routing import RouteDecision
from daybook.routing.errors import RoutingRefused

LONGEST_LINE_BYTES: Final = 1_000_000


class Routes(Protocol):
    """The router."""

    async def route(self, text: str, run_id: str) -> RouteDecision:
        """Return the route; raises ``RoutingRefused`` for a text nothing can be made of."""
        ...


class _BadLine(Exception):
    """A line that holds no request; the message says what is wrong with it."""

    def __init__(self, message: str, identity: Any = None) -> None:
        self.identity = identity
        super().__init__(message)


async def route_lines(source: IO[bytes], out: TextIO, router: Routes) -> tuple[int, int]:
    """Write the route of each line of ``source`` as it is read; one that cannot be routed gets an error in its place.

    A line in is ``{"id": ..., "text": "..."}``. A line out is ``{"id", "intent", "confidence", "tools",
    "exposes_write", "confirm", "model"}`` or ``{"id", "line", "error"}``. Empty lines are passed over.

    Returns:
        The number of lines and of those that could not be routed.
    """
    lines = failed = number = 0
    while chunk := source.readline(LONGEST_LINE_BYTES + 1):
        number += 1
        is_cut = _skip_the_rest(chunk, source)
        if not chunk.strip():
            continue
        lines += 1
        try:
            if is_cut:
                raise _BadLine(f"the line has more than {LONGEST_LINE_BYTES:,} bytes")
            answer = await _routed(chunk, router)
        except _BadLine as problem:
            failed += 1
            answer = {"id": problem.identity, "line": number, "error": str(problem)}
        out.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") + "\n")
        out.flush()
    return lines, failed


def _skip_the_rest(chunk: bytes, source: IO[bytes]) -> bool:
    """Read a line that is too long to its end; return whether it was."""
    if chunk.endswith(b"\n") or len(chunk) <= LONGEST_LINE_BYTES:
        return False
    while not chunk.endswith(b"\n") and (chunk := source.readline(LONGEST_LINE_BYTES)):
        continue
    return True


async def _routed(chunk: bytes, router: Routes) -> dict[str, Any]:
    identity, text = _request(chunk)
    try:
        decision = await router.route(text, "route-lines")
    except RoutingRefused as error:
        raise _BadLine(str(error), identity) from error
    except Exception as error:  # one line must never cost the others theirs
        raise _BadLine(f"internal error ({type(error).__name__})", identity) from error
    return {
        "id": identity,
        "intent": decision.intent.value,
        "confidence": round(decision.confidence, 4),
        "tools": list(decision.tools),
        "exposes_write": decision.exposes_write,
        "confirm": decision.confirm,
        "model": decision.model,
    }


def _request(chunk: bytes) -> tuple[Any, str]:
    try:
        value = json.loads(chunk.decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError:
        raise _BadLine("the line is not UTF-8") from None
    except (ValueError, RecursionError):
        raise _BadLine('the line is not JSON; write {"id": "1", "text": "..."}') from None
    if not isinstance(value, dict):
        raise _BadLine('the line is not an object; write {"id": "1", "text": "..."}')
    identity = value.get("id")
    if isinstance(identity, dict | list):
        raise _BadLine("the id is no text and no number")
    if not isinstance(value.get("text"), str):
        raise _BadLine("the line has no text", identity)
    return identity, value["text"]


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no JSON")
