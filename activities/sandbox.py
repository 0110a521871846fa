"""Activities of the sandbox layer. It holds nothing and reaches nothing but Temporal and its script engine.

The engine is given plain dataclasses and gives plain dataclasses back; here they are mapped to the desk's messages.
What a script did is an answer; only what another attempt may mend is an error:

- ``SandboxUnavailable``: the engine cannot be reached or has been closed.
- ``SandboxBusy``: every place in the engine is taken.
- ``ScriptDied``: the script's process died. Perhaps it was not the script's fault; after a few it is an answer.
"""

from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.journal_memory import JournalMemory, KnownRun
from activities.preflight import answer_preflight
from activities.serving import serves
from daybook.contracts.calls import ADVANCE_SCRIPT, SANDBOX_PREFLIGHT, Layer
from daybook.contracts.code import (
    AdvancedScript,
    AdvanceScript,
    AdvanceStatus,
    CodeReason,
    JournalEntry,
    ScriptCall,
    ScriptTool,
)
from daybook.contracts.day import PreflightReport, PreflightRequest
from daybook.contracts.script_digest import json_bytes
from sandbox import model
from sandbox.errors import InvalidRequest, SandboxError, SandboxUnavailable
from sandbox.report import SandboxReport

LARGEST_ANSWER_BYTES: Final = 1_600_000
"""Of a whole answer as JSON: Temporal takes no message of two megabytes and more, and would try it for ever."""

ATTEMPTS_AT_A_DEATH: Final = 3

_LONGEST_MESSAGE = 4_000
_REASONS: Final = {
    **{reason: CodeReason(reason.name) for reason in model.Reason if reason.name in CodeReason.__members__},
    model.Reason.UNSUPPORTED: CodeReason.FORBIDDEN,
}


class SandboxActivities:
    """The sandbox layer's room. Without an engine it answers the preflight and refuses every script."""

    def __init__(self, engine: model.ScriptEngine | None = None, refusal: str = "no script engine is set up") -> None:
        self._engine = engine
        self._refusal = refusal
        self._memory = JournalMemory()

    @serves(SANDBOX_PREFLIGHT)
    def preflight(self, request: PreflightRequest) -> PreflightReport:
        """Say that the layer is up and what the engine protects; that it holds no secret was checked at its start."""
        facts = ("holds no secret of any layer", *self._engine_facts())
        return answer_preflight(Layer.SANDBOX, None, request, facts)

    @serves(ADVANCE_SCRIPT)
    def advance_script(self, request: AdvanceScript) -> AdvancedScript:
        """Run a script on its journal until it ends or waits; without an engine or in tier 0 it is refused.

        Raises ``ApplicationError`` of one of the module's types, after which another attempt may succeed.
        """
        engine = self._engine
        if engine is None:
            return AdvancedScript(
                status=AdvanceStatus.FAILED, reason=CodeReason.NO_SANDBOX, message=self._refusal[:_LONGEST_MESSAGE]
            )
        run = self._memory.complete(request)
        if run is None:
            return AdvancedScript(status=AdvanceStatus.NEEDS_JOURNAL)
        # A cancelled run is left to the engine's own deadline: an exception in the middle of its protocol would not
        # stop the script any sooner, and could leave the engine out of step.
        with activity.shield_thread_cancel_exception():
            advance = _advance(engine, run)
        return _answer(advance, run)

    def _engine_facts(self) -> tuple[str, ...]:
        if self._engine is None:
            return (f"runs no scripts: {self._refusal}",)
        try:
            report = self._engine.probe()
        except SandboxError as error:
            return (f"runs no scripts: {error}",)
        return facts_of(report)


def facts_of(report: SandboxReport) -> tuple[str, ...]:
    """Return what a preflight says of an engine."""
    if not report.runs_code:
        return (f"script engine {report.engine}, tier 0: runs no scripts: {report.refusal}",)
    return (
        f"script engine {report.engine}, tier {report.tier}",
        f"protected by: {', '.join(report.protects)}",
        *((f"missing: {', '.join(report.missing)}",) if report.missing else ()),
    )


def _advance(engine: model.ScriptEngine, run: KnownRun) -> model.Advance:
    try:
        advance = engine.advance(_request(run))
        if advance.reason is model.Reason.NO_SANDBOX and engine.probe().runs_code:
            raise SandboxUnavailable(advance.message)
    except InvalidRequest as error:
        return model.Advance(status=model.Status.FAILED, reason=model.Reason.PROTOCOL, message=str(error))
    except SandboxError as error:
        raise ApplicationError(f"{type(error).__name__}: {error}", type="SandboxUnavailable") from error
    if advance.reason is model.Reason.BUSY:
        raise ApplicationError(advance.message or "every place in the sandbox is taken", type="SandboxBusy")
    if advance.reason is model.Reason.DIED and activity.info().attempt < ATTEMPTS_AT_A_DEATH:
        raise ApplicationError(advance.message or "the script's process died", type="ScriptDied")
    return advance


def _request(run: KnownRun) -> model.AdvanceRequest:
    asked = run.request
    limits = asked.limits
    return model.AdvanceRequest(
        code=asked.code,
        now=asked.frozen_at.isoformat(),
        journal=tuple(_entry(entry) for entry in asked.journal),
        tools=tuple(_tool(tool) for tool in asked.tools),
        inputs=asked.inputs,
        seed=asked.seed,
        limits=model.Limits(
            wall_s=limits.wall_s,
            cpu_s=limits.cpu_s,
            memory_mb=limits.memory_mb,
            stdout_bytes=limits.stdout_bytes,
            result_bytes=limits.result_bytes,
            calls=max(1, limits.calls),
        ),
    )


def _entry(entry: JournalEntry) -> model.JournalEntry:
    return model.JournalEntry(
        number=entry.number,
        name=entry.tool,
        digest=entry.digest,
        ok=entry.ok,
        value=entry.value,
        error_code=entry.error_code,
        error_message=entry.error_message,
    )


def _tool(tool: ScriptTool) -> model.ToolSignature:
    return model.ToolSignature(tool.name, tool.parameters, tool.required, tool.signature)


def _answer(advance: model.Advance, run: KnownRun) -> AdvancedScript:
    answer = AdvancedScript(
        status=AdvanceStatus(advance.status.value),
        calls=tuple(
            ScriptCall(number=call.number, tool=call.name, arguments=call.arguments, digest=call.digest)
            for call in advance.calls
        ),
        result=advance.result,
        stdout=advance.stdout,
        reason=_REASONS[advance.reason] if advance.reason is not None else None,
        message=advance.message[:_LONGEST_MESSAGE],
        line=advance.line,
        engine=advance.engine,
        tier=advance.tier,
        wall_ms=round(advance.wall_ms),
        cpu_ms=advance.cpu_ms,
        journal_digest=run.digest,
    )
    return _fitting(answer)


def _fitting(answer: AdvancedScript) -> AdvancedScript:
    """Return an answer that Temporal takes: what a script printed is cut first; a result is never cut, but refused."""
    if _size(answer) <= LARGEST_ANSWER_BYTES:
        return answer
    room = LARGEST_ANSWER_BYTES - _size(answer.model_copy(update={"stdout": ""}))
    if room > 0:
        # a character takes at most six bytes of JSON
        return answer.model_copy(update={"stdout": answer.stdout[: room // 6]})
    too_large = CodeReason.RESULT_TOO_LARGE if answer.status is AdvanceStatus.DONE else CodeReason.BAD_ARGUMENTS
    return AdvancedScript(
        status=AdvanceStatus.FAILED,
        reason=too_large,
        message=f"the answer takes {_size(answer):,} bytes; at most {LARGEST_ANSWER_BYTES:,} can be handed on",
        engine=answer.engine,
        tier=answer.tier,
        journal_digest=answer.journal_digest,
    )


def _size(answer: AdvancedScript) -> int:
    return json_bytes(answer.model_dump(mode="json"))
