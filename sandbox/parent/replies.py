"""Judge the one frame a child sent. Whoever wrote it may be hostile; nothing in it is believed without a check."""

from dataclasses import dataclass
from typing import Any, Final

from sandbox import frames
from sandbox.budget import OverBudget, check
from sandbox.digest import arguments_digest
from sandbox.errors import ProtocolError
from sandbox.model import AdvanceRequest, PendingCall, Reason, Status, ToolSignature

# What a child may say about its own failure; the other reasons are the parent's to find.
CHILD_REASONS: Final = frozenset(
    {
        Reason.SYNTAX_ERROR,
        Reason.SCRIPT_ERROR,
        Reason.MEMORY_LIMIT,
        Reason.BAD_RESULT,
        Reason.RESULT_TOO_LARGE,
        Reason.TOO_MANY_CALLS,
        Reason.UNKNOWN_TOOL,
        Reason.BAD_ARGUMENTS,
        Reason.NOT_DETERMINISTIC,
    }
)
MAX_MESSAGE: Final = 4_000
FRAME_OVERHEAD_BYTES: Final = 65_536


@dataclass(frozen=True)
class Reply:
    """A frame that passed, as an outcome."""

    status: Status
    calls: tuple[PendingCall, ...] = ()
    result: Any = None
    reason: Reason | None = None
    message: str = ""
    line: int | None = None
    cpu_ms: int = 0


def failed(reason: Reason, message: str) -> Reply:
    """A turn that failed for this reason."""
    return Reply(Status.FAILED, reason=reason, message=message)


def judge(body: bytes, request: AdvanceRequest) -> Reply:
    """The outcome a child's frame stands for; a frame that breaks a rule is an outcome too."""
    limits = request.limits
    try:
        frame = frames.parse(body)
        check(frame, nodes=limits.nodes + 100, depth=limits.depth + 4, text_bytes=len(body))
        match frame.get("t"):
            case "done":
                return _done(frame, request, len(body))
            case "pending":
                return _pending(frame, request)
            case "failed":
                return _failed(frame)
        raise ProtocolError("a frame of no known kind")
    except (ProtocolError, OverBudget) as error:
        return failed(Reason.PROTOCOL, f"the child broke the protocol: {error}")


def _done(frame: dict[str, Any], request: AdvanceRequest, size: int) -> Reply:
    _only(frame, {"t", "result", "used", "cpu_ms"})
    if size > request.limits.result_bytes + 200:
        return failed(Reason.RESULT_TOO_LARGE, f"the result is over {request.limits.result_bytes} bytes of JSON")
    if _integer(frame, "used") != len(request.journal):
        return failed(Reason.NOT_DETERMINISTIC, "the script ended without making calls it made in an earlier turn")
    return Reply(Status.DONE, result=frame.get("result"), cpu_ms=_cpu_ms(frame, request))


def _pending(frame: dict[str, Any], request: AdvanceRequest) -> Reply:
    _only(frame, {"t", "calls", "cpu_ms"})
    raw_calls = frame.get("calls")
    if type(raw_calls) is not list or not raw_calls:
        raise ProtocolError("pending without calls")
    first = len(request.journal) + 1
    if first + len(raw_calls) - 1 > request.limits.calls:
        return failed(Reason.TOO_MANY_CALLS, f"a run may make {request.limits.calls} calls")
    tools = {tool.name: tool for tool in request.tools}
    calls = []
    for place, raw in enumerate(raw_calls):
        if type(raw) is not dict:
            raise ProtocolError("a call that is not an object")
        _only(raw, {"number", "name", "arguments"})
        if _integer(raw, "number") != first + place:
            raise ProtocolError("call numbers out of order")
        name, arguments = raw.get("name"), raw.get("arguments")
        if type(name) is not str or type(arguments) is not dict:
            raise ProtocolError("a call without a name or arguments")
        tool = tools.get(name)
        if tool is None:
            return failed(Reason.UNKNOWN_TOOL, f"{name[:60]!r} is no tool of this run")
        if wrong := _misfit(tool, arguments):
            return failed(Reason.BAD_ARGUMENTS, f"{name} {wrong}; signature: {tool.text}")
        calls.append(PendingCall(first + place, name, arguments, arguments_digest(arguments)))
    return Reply(Status.PENDING, calls=tuple(calls), cpu_ms=_cpu_ms(frame, request))


def _misfit(tool: ToolSignature, arguments: dict[str, Any]) -> str:
    unknown = [] if tool.open else [name for name in arguments if name not in tool.parameters]
    if unknown:
        return f"has no parameter {unknown[0][:60]!r}"
    missing = [name for name in tool.required if name not in arguments]
    return f"needs {', '.join(missing)}" if missing else ""


def _failed(frame: dict[str, Any]) -> Reply:
    _only(frame, {"t", "reason", "message", "line", "cpu_ms"})
    reason, message, line = frame.get("reason"), frame.get("message"), frame.get("line")
    if type(reason) is not str or reason not in CHILD_REASONS or type(message) is not str:
        raise ProtocolError("a failure without a known reason")
    if line is not None and (type(line) is not int or not 0 < line < 1_000_000):
        raise ProtocolError("a line that is no line")
    return Reply(Status.FAILED, reason=Reason(reason), message=message[:MAX_MESSAGE], line=line)


def _only(frame: dict[str, Any], names: set[str]) -> None:
    if set(frame) - names:
        raise ProtocolError("a field that does not belong there")


def _integer(frame: dict[str, Any], name: str) -> int:
    """An integer that is one: in JSON's Python form true equals 1."""
    value = frame.get(name)
    if type(value) is not int:
        raise ProtocolError(f"{name} is not an integer")
    return value


def _cpu_ms(frame: dict[str, Any], request: AdvanceRequest) -> int:
    value = frame.get("cpu_ms")
    return min(value, request.limits.cpu_s * 1000) if type(value) is int and value >= 0 else 0
