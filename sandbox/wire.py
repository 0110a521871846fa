"""Requests and outcomes as JSON between the client and the server, both ways checked."""

from dataclasses import asdict
from typing import Any, TypeVar

from sandbox.errors import InvalidRequest, ProtocolError
from sandbox.model import Advance, AdvanceRequest, JournalEntry, Limits, PendingCall, Reason, Status, ToolSignature
from sandbox.report import SandboxReport

T = TypeVar("T")


def request_to_json(request: AdvanceRequest) -> dict[str, Any]:
    """Plain JSON of a request."""
    return {
        "code": request.code,
        "now": request.now,
        "journal": [vars(entry) for entry in request.journal],
        "tools": [vars(tool) for tool in request.tools],
        "inputs": request.inputs,
        "seed": request.seed,
        "limits": vars(request.limits),
    }


def request_from_json(value: dict[str, Any]) -> AdvanceRequest:
    """The request a client sent.

    Raises:
        InvalidRequest: It is not one.
    """
    try:
        request = AdvanceRequest(
            code=_of(str, value["code"]),
            now=_of(str, value["now"]),
            journal=tuple(_entry(entry) for entry in value["journal"]),
            tools=tuple(_tool(tool) for tool in value["tools"]),
            inputs=_of(dict, value["inputs"]),
            seed=_of(int, value["seed"]),
            limits=_limits(value["limits"]),
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidRequest(f"no such request: {type(error).__name__} {error}") from None
    return request


def advance_to_json(advance: Advance) -> dict[str, Any]:
    """Plain JSON of an outcome."""
    return {**vars(advance), "calls": [vars(call) for call in advance.calls]}


def advance_from_json(value: dict[str, Any]) -> Advance:
    """The outcome a server sent.

    Raises:
        ProtocolError: It is not one.
    """
    try:
        calls = tuple(
            PendingCall(
                _of(int, call["number"]), _of(str, call["name"]), _of(dict, call["arguments"]), _of(str, call["digest"])
            )
            for call in value["calls"]
        )
        return Advance(
            status=Status(value["status"]),
            calls=calls,
            result=value["result"],
            stdout=_of(str, value["stdout"]),
            stdout_bytes=_of(int, value["stdout_bytes"]),
            reason=None if value["reason"] is None else Reason(value["reason"]),
            message=_of(str, value["message"]),
            line=None if value["line"] is None else _of(int, value["line"]),
            engine=_of(str, value["engine"]),
            tier=_of(int, value["tier"]),
            wall_ms=float(value["wall_ms"]),
            cpu_ms=_of(int, value["cpu_ms"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ProtocolError(f"no such outcome: {type(error).__name__} {error}") from None


def report_to_json(report: SandboxReport) -> dict[str, Any]:
    """Plain JSON of a report."""
    return asdict(report)


def report_from_json(value: dict[str, Any]) -> SandboxReport:
    """The report a server sent.

    Raises:
        ProtocolError: It is not one.
    """
    try:
        return SandboxReport(
            engine=_of(str, value["engine"]),
            tier=_of(int, value["tier"]),
            protects=tuple(value["protects"]),
            missing=tuple(value["missing"]),
            refusal=_of(str, value["refusal"]),
            facts=_of(dict, value["facts"]),
            self_test=_of(dict, value["self_test"]),
            preloaded=tuple(value["preloaded"]),
        )
    except (KeyError, TypeError) as error:
        raise ProtocolError(f"no such report: {type(error).__name__} {error}") from None


def _entry(value: dict[str, Any]) -> JournalEntry:
    return JournalEntry(
        number=_of(int, value["number"]),
        name=_of(str, value["name"]),
        digest=_of(str, value["digest"]),
        ok=_of(bool, value["ok"]),
        value=value["value"],
        error_code=_of(str, value["error_code"]),
        error_message=_of(str, value["error_message"]),
    )


def _tool(value: dict[str, Any]) -> ToolSignature:
    return ToolSignature(
        name=_of(str, value["name"]),
        parameters=tuple(_of(str, name) for name in value["parameters"]),
        required=tuple(_of(str, name) for name in value["required"]),
        signature=_of(str, value["signature"]),
        open=_of(bool, value["open"]),
    )


def _limits(value: dict[str, Any]) -> Limits:
    whole = {name: _of(int, number) for name, number in value.items() if name != "wall_s"}
    return Limits(wall_s=float(value["wall_s"]), **whole)


def _of(kind: type[T], value: Any) -> T:
    if type(value) is not kind:
        raise TypeError(f"{value!r:.40} where {kind.__name__} belongs")
    return value
