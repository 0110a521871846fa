"""The sandbox layer's room: requests and answers mapped, with engines of the test's own and with the real jail."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.sandbox import ATTEMPTS_AT_A_DEATH, LARGEST_ANSWER_BYTES, SandboxActivities
from daybook.contracts.base import KST, Mode
from daybook.contracts.code import (
    AdvancedScript,
    AdvanceScript,
    AdvanceStatus,
    CodeLimits,
    CodeReason,
    JournalEntry,
    ScriptTool,
)
from daybook.contracts.day import PreflightRequest
from daybook.contracts.script_digest import call_digest, first_link, json_bytes, next_link
from sandbox import model
from sandbox.digest import arguments_digest
from sandbox.engine import JailEngine
from sandbox.errors import InvalidRequest, SandboxError, SandboxUnavailable
from sandbox.report import SandboxReport

NOW = datetime(2026, 3, 6, 10, tzinfo=KST)
FIT = SandboxReport("test", 3, protects=("a wall",), missing=("a moat",))
QUOTE = ScriptTool(name="quote", parameters=("symbol",), required=("symbol",), signature="quote(symbol: str) -> Quote")


class Engine:
    """An engine that answers as it is told."""

    name = "test"

    def __init__(self, answer: Any = None, report: Any = FIT) -> None:
        self.requests: list[model.AdvanceRequest] = []
        self._answer = answer or model.Advance(model.Status.DONE, result=1, tier=3, engine="test")
        self._report = report

    def advance(self, request: model.AdvanceRequest) -> model.Advance:
        self.requests.append(request)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer

    def probe(self) -> SandboxReport:
        if isinstance(self._report, Exception):
            raise self._report
        return self._report

    def close(self) -> None: ...


def asked(code: str = "result = 1", **changes: Any) -> AdvanceScript:
    return AdvanceScript(**{"run_id": "r", "code": code, "tools": (QUOTE,), "frozen_at": NOW, **changes})


def advanced(engine: model.ScriptEngine | None, request: AdvanceScript, attempt: int = 1) -> AdvancedScript:
    environment = ActivityEnvironment()
    environment.info = replace(environment.info, attempt=attempt)
    answer: AdvancedScript = environment.run(SandboxActivities(engine).advance_script, request)
    return answer


def test_request_when_handed_to_the_engine_then_nothing_is_lost_on_the_way() -> None:
    engine = Engine()
    entries = (
        JournalEntry(number=1, tool="quote", digest="d1", ok=True, value={"p": 1}),
        JournalEntry(number=2, tool="quote", digest="d2", ok=False, error_code="no_data", error_message="none"),
    )
    limits = CodeLimits(wall_s=3, cpu_s=2, memory_mb=100, stdout_bytes=9, result_bytes=200, calls=0)
    advanced(engine, asked(journal=entries, inputs={"a": [1]}, seed=7, limits=limits))
    (request,) = engine.requests
    assert request.now == "2026-03-06T10:00:00+09:00"
    assert (request.inputs, request.seed) == ({"a": [1]}, 7)
    assert request.tools == (model.ToolSignature("quote", ("symbol",), ("symbol",), "quote(symbol: str) -> Quote"),)
    assert request.journal == (
        model.JournalEntry(1, "quote", "d1", True, {"p": 1}),
        model.JournalEntry(2, "quote", "d2", False, None, "no_data", "none"),
    )
    given = request.limits
    assert (given.wall_s, given.cpu_s, given.memory_mb, given.stdout_bytes, given.result_bytes, given.calls) == (
        3,
        2,
        100,
        9,
        200,
        1,
    )


@pytest.mark.parametrize("reason", [each for each in model.Reason if each is not model.Reason.BUSY])
def test_reason_when_the_engine_gives_one_then_the_desk_has_a_name_for_it(reason: model.Reason) -> None:
    engine = Engine(model.Advance(model.Status.FAILED, reason=reason, message="m", line=4), replace(FIT, tier=0))
    answer = advanced(engine, asked(), attempt=ATTEMPTS_AT_A_DEATH)
    expected = "FORBIDDEN" if reason is model.Reason.UNSUPPORTED else reason.name
    assert (answer.status, answer.reason, answer.line) == (AdvanceStatus.FAILED, CodeReason(expected), 4)


def test_digest_when_made_by_desk_and_runner_then_it_is_the_same() -> None:
    for arguments in ({}, {"b": 1, "a": [1.5, None, True]}, {"keyword": "삼성 \U0001f600", "n": 1e22}):
        assert call_digest(arguments) == arguments_digest(arguments)


def test_script_when_there_is_no_engine_then_it_is_refused() -> None:
    answer = advanced(None, asked())
    assert (answer.status, answer.reason, answer.tier) == (AdvanceStatus.FAILED, CodeReason.NO_SANDBOX, 0)


def test_script_when_the_worker_does_not_remember_the_run_then_it_asks_for_the_journal() -> None:
    engine = Engine()
    answer = advanced(engine, asked("", known_digest="0" * 64, known_entries=2))
    assert (answer.status, engine.requests) == (AdvanceStatus.NEEDS_JOURNAL, [])


@pytest.mark.parametrize(
    ("engine", "attempt", "kind"),
    [
        (Engine(SandboxUnavailable("gone")), 9, "SandboxUnavailable"),
        (Engine(model.Advance(model.Status.FAILED, reason=model.Reason.BUSY)), 9, "SandboxBusy"),
        (Engine(model.Advance(model.Status.FAILED, reason=model.Reason.NO_SANDBOX)), 9, "SandboxUnavailable"),
        (
            Engine(model.Advance(model.Status.FAILED, reason=model.Reason.NO_SANDBOX), SandboxUnavailable("gone")),
            9,
            "SandboxUnavailable",
        ),
        (Engine(model.Advance(model.Status.FAILED, reason=model.Reason.DIED)), 2, "ScriptDied"),
    ],
    ids=["unreachable", "busy", "its jail is back", "its server is away", "died for the second time"],
)
def test_script_when_another_attempt_may_succeed_then_it_is_an_error(engine: Engine, attempt: int, kind: str) -> None:
    with pytest.raises(ApplicationError) as caught:
        advanced(engine, asked(), attempt)
    assert (caught.value.type, caught.value.non_retryable) == (kind, False)


def test_script_when_the_jail_does_not_hold_here_then_it_is_refused_for_good() -> None:
    engine = Engine(
        model.Advance(model.Status.FAILED, reason=model.Reason.NO_SANDBOX, message="x"), replace(FIT, tier=0)
    )
    assert advanced(engine, asked()).reason is CodeReason.NO_SANDBOX


def test_request_when_no_engine_can_run_it_then_it_is_an_answer_not_an_endless_retry() -> None:
    answer = advanced(Engine(InvalidRequest("bad")), asked())
    assert (answer.reason, answer.message) == (CodeReason.PROTOCOL, "bad")


def test_answer_when_too_much_was_printed_for_a_message_then_it_is_cut_and_the_result_kept() -> None:
    done = model.Advance(model.Status.DONE, result="r" * 900_000, stdout="\x01" * 900_000, tier=3)
    answer = advanced(Engine(done), asked())
    assert (answer.status, answer.result) == (AdvanceStatus.DONE, "r" * 900_000)
    assert 0 < len(answer.stdout) < 900_000
    assert json_bytes(answer.model_dump(mode="json")) <= LARGEST_ANSWER_BYTES


def test_answer_when_it_is_too_large_for_a_message_then_it_is_refused_with_the_reason() -> None:
    done = model.Advance(model.Status.DONE, result=["\x01" * 300_000] * 2, tier=3)
    answer = advanced(Engine(done), asked())
    assert (answer.status, answer.reason, answer.result) == (AdvanceStatus.FAILED, CodeReason.RESULT_TOO_LARGE, None)


@pytest.mark.parametrize(
    ("engine", "facts"),
    [
        (None, ("runs no scripts: no script engine is set up",)),
        (Engine(), ("script engine test, tier 3", "protected by: a wall", "missing: a moat")),
        (
            Engine(report=SandboxReport("test", 0, refusal="no seccomp")),
            ("script engine test, tier 0: runs no scripts: no seccomp",),
        ),
        (Engine(report=SandboxUnavailable("no socket")), ("runs no scripts: no socket",)),
    ],
)
def test_preflight_when_asked_then_it_is_answered_and_says_what_protects(
    engine: Engine | None, facts: tuple[str, ...]
) -> None:
    request = PreflightRequest(mode=Mode.PAPER, asked_at=NOW)
    report = ActivityEnvironment().run(SandboxActivities(engine).preflight, request)
    assert report.facts == ("holds no secret of any layer", *facts)


# --- the real jail --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def jail() -> Iterator[JailEngine]:
    with JailEngine(idle_children=0, packages=()) as engine:
        try:
            report = engine.probe()
        except SandboxError as error:
            pytest.skip(str(error))
        if not report.runs_code:
            pytest.skip(report.refusal)
        yield engine


SCRIPT = """
first = await quote("005930")
try:
    await quote(symbol="999999")
    seen = "no error"
except ToolError as error:
    seen = str(error)
print("printed")
result = {"price": first["price"], "seen": seen}
"""


def test_script_when_run_turn_by_turn_in_the_real_jail_then_calls_digests_and_errors_are_the_desks(
    jail: JailEngine,
) -> None:
    room, environment = SandboxActivities(jail), ActivityEnvironment()
    request = asked(SCRIPT)
    waiting = environment.run(room.advance_script, request)
    (call,) = waiting.calls
    assert (waiting.status, call.number, call.tool, call.arguments) == (
        AdvanceStatus.PENDING,
        1,
        "quote",
        {"symbol": "005930"},
    )
    assert (call.digest, waiting.tier > 0) == (call_digest({"symbol": "005930"}), True)
    assert waiting.journal_digest == first_link(request)
    one = JournalEntry(number=1, tool="quote", digest=call.digest, ok=True, value={"price": 70_000})
    known = request.model_copy(
        update={"code": "", "tools": (), "journal": (one,), "known_digest": waiting.journal_digest}
    )
    second = environment.run(room.advance_script, known)
    assert [each.number for each in second.calls] == [2]
    two = JournalEntry(
        number=2,
        tool="quote",
        digest=second.calls[0].digest,
        ok=False,
        error_code="no_data",
        error_message="no such symbol",
    )
    rest = known.model_copy(update={"journal": (two,), "known_entries": 1, "known_digest": second.journal_digest})
    done = environment.run(room.advance_script, rest)
    assert (done.status, done.stdout) == (AdvanceStatus.DONE, "printed\n")
    assert done.journal_digest == next_link(next_link(first_link(request), one), two)
    assert isinstance(done.result, dict)
    assert done.result["price"] == 70_000
    text = str(done.result["seen"])
    assert "no such symbol" in text
    assert "no_data" in text
    assert text.count(QUOTE.signature) == 1


def test_script_when_the_journal_names_another_call_in_the_real_jail_then_it_is_not_deterministic(
    jail: JailEngine,
) -> None:
    other = JournalEntry(number=1, tool="quote", digest=call_digest({"symbol": "1"}), ok=True, value=1)
    answer = ActivityEnvironment().run(SandboxActivities(jail).advance_script, asked(SCRIPT, journal=(other,)))
    assert answer.reason is CodeReason.NOT_DETERMINISTIC
