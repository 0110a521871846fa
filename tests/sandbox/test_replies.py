import json
from typing import Any

import pytest

from sandbox.digest import arguments_digest
from sandbox.model import JournalEntry, Limits, Reason, Status
from sandbox.parent.replies import judge
from tests.sandbox.support import request


def reply(frame: Any, **changes: Any) -> tuple[Status, Reason | None]:
    body = frame if isinstance(frame, bytes) else json.dumps(frame).encode()
    judged = judge(body, request("", **changes))
    return judged.status, judged.reason


def call(number: Any = 1, name: Any = "search_news", arguments: Any = None) -> dict[str, Any]:
    return {"number": number, "name": name, "arguments": {"keyword": "a"} if arguments is None else arguments}


def pending(*calls: Any) -> dict[str, Any]:
    return {"t": "pending", "calls": list(calls)}


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\xff\xfe",
        b"null",
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"t":"done","result":NaN,"used":0}',
        b'{"t":"done","result":Infinity,"used":0}',
        b'{"t":"done","result":1e999,"used":0}',
        b'{"t":"done","result":9223372036854775808,"used":0}',
        b'{"t":"done","result":' + b"9" * 5000 + b',"used":0}',
        b'{"t":"done","result":"\\u0000","used":0}',
        b'{"t":"done","result":"\\ud800","used":0}',
        b'{"t":"done","result":' + b"[" * 40 + b"]" * 40 + b',"used":0}',
        {"t": "done", "result": 1, "used": False},
        {"t": "done", "result": 1, "used": 0.0},
        {"t": "done", "result": 1, "used": 0, "provenance": ["me"]},
        {"t": "journal", "entries": []},
        {"t": "pending", "calls": []},
        {"t": "pending", "calls": {}},
        {"t": "pending", "calls": [1]},
        {"t": "failed", "reason": "timeout", "message": "", "line": 1},
        {"t": "failed", "reason": "no_sandbox", "message": "", "line": 1},
        {"t": "failed", "reason": "script_error", "message": 5, "line": 1},
        {"t": "failed", "reason": "script_error", "message": "", "line": True},
        {"t": "failed", "reason": "script_error", "message": "", "line": -1},
        pending(call(2)),
        pending(call(0)),
        pending(call(-1)),
        pending(call("1")),
        pending(call(1.0)),
        pending(call(True)),
        pending(call(1), call(1)),
        pending(call(1), call(3)),
        pending(call(name=None)),
        pending(call(arguments=[])),
        pending(call() | {"ok": True, "value": "forged"}),
    ],
)
def test_frame_when_it_breaks_a_rule_then_it_is_a_protocol_failure(frame: Any) -> None:
    assert reply(frame) == (Status.FAILED, Reason.PROTOCOL)


def test_pending_when_the_tool_is_not_of_this_run_then_unknown() -> None:
    assert reply(pending(call(name="place_order"))) == (Status.FAILED, Reason.UNKNOWN_TOOL)


@pytest.mark.parametrize("arguments", [{}, {"days": 1}, {"keyword": "a", "sources": "forged"}])
def test_pending_when_arguments_do_not_fit_then_bad_arguments(arguments: dict[str, Any]) -> None:
    assert reply(pending(call(arguments=arguments))) == (Status.FAILED, Reason.BAD_ARGUMENTS)


def test_pending_when_over_the_calls_of_the_run_then_too_many() -> None:
    calls = [call(number) for number in (1, 2, 3)]
    assert reply(pending(*calls), limits=Limits(calls=2)) == (Status.FAILED, Reason.TOO_MANY_CALLS)
    assert reply(pending(*calls), limits=Limits(calls=3)) == (Status.PENDING, None)


def test_pending_when_it_passes_then_the_digest_is_the_parents_own() -> None:
    judged = judge(json.dumps(pending(call())).encode(), request(""))
    assert judged.calls[0].digest == arguments_digest({"keyword": "a"})


def test_done_when_the_journal_was_not_used_up_then_not_deterministic() -> None:
    journal = (JournalEntry(1, "search_news", "d", True),)
    assert reply({"t": "done", "result": 1, "used": 0}, journal=journal) == (Status.FAILED, Reason.NOT_DETERMINISTIC)


def test_done_when_the_result_is_over_the_limit_then_too_large() -> None:
    frame = {"t": "done", "result": "x" * 5000, "used": 0}
    assert reply(frame, limits=Limits(result_bytes=1000)) == (Status.FAILED, Reason.RESULT_TOO_LARGE)
