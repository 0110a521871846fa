"""CodeRun: one script instead of many model turns. write -> check -> run on a journal -> (repair) -> explain.

The sandbox runs the script as a pure function of its journal. A script that calls tools stops with these calls
pending; they are made here, each once, as activities on the tools' own layers, and the script is run again from its
start with their answers. Nothing is held while anybody waits, and nothing is lost when a worker dies. A script places
no orders: what it proposes becomes tickets that wait for a person.
"""

import asyncio
import hashlib
from datetime import datetime, timedelta
from typing import Final

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from pydantic import JsonValue

    from daybook.contracts.calls import ADVANCE_SCRIPT, EXPLAIN_RUN, WRITE_SCRIPT, Call
    from daybook.contracts.code import (
        AdvancedScript,
        AdvanceScript,
        AdvanceStatus,
        CodeOutcome,
        CodeProblem,
        CodeReason,
        CodeRunResult,
        WriteScript,
    )

from workflows.calling import MODE, TRADING_DATE, begin, call
from workflows.code_calls import CallRunner
from workflows.code_checks import (
    Refused,
    callable_rows,
    callable_tools,
    check_answer,
    check_calls,
    check_input,
    check_script,
    read_answer,
)
from workflows.code_record import record_of, unexplained
from workflows.code_repair import judge
from workflows.code_state import CarriedOver, CodeRunStart, CodeRunStatus, Ending, RunState, packed, unpacked
from workflows.code_tickets import open_ticket, read_intents

EVENTS_BEFORE_CARRYING_OVER: Final = 2_000
BYTES_BEFORE_CARRYING_OVER: Final = 3_000_000
MOST_EVENTS: Final = 3_800
"""A run that cannot be carried over ends before its history is as long as the server suggests."""

_WAIT_TO_RECORD = timedelta(minutes=15)
_WAIT_TO_RECORD_CANCELLED = timedelta(seconds=60)
_NO_SANDBOX_ERRORS = ("SandboxUnavailable", "SandboxBusy")
_ADVANCE = Call(
    ADVANCE_SCRIPT.name,
    ADVANCE_SCRIPT.layer,
    ADVANCE_SCRIPT.argument,
    object,
    ADVANCE_SCRIPT.timeout,
    attempts=ADVANCE_SCRIPT.attempts,
)
"""Read as plain JSON: an answer in a wrong form must end the run, and not the workflow task again and again."""


@workflow.defn(name="CodeRun")
class CodeRun:
    """One run of a script. Id ``code-{run_id}``. Result: ``CodeRunResult``."""

    @workflow.init
    def __init__(self, start: CodeRunStart) -> None:
        self._run = run = start.run
        self._state = unpacked(start.carried) if start.carried else RunState(started_at=workflow.now())
        self._as_of: datetime | None = None
        self._calls = CallRunner(run.run_id, None, self._show_current)

    @workflow.run
    async def run(self, start: CodeRunStart) -> CodeRunResult:
        """Carry the run to its end; whatever ends it has a reason in the result."""
        run = self._run
        if not start.carried:
            day = run.clock.market_time(workflow.now()).date().isoformat()
            workflow.upsert_search_attributes([MODE.value_set(run.desk.mode.value), TRADING_DATE.value_set(day)])
        ending = await self._within_its_time()
        if isinstance(ending, CarriedOver):
            workflow.continue_as_new(CodeRunStart(**dict(run), carried=ending.packed))
        result = await self._explain(ending)
        if result.outcome is CodeOutcome.DONE and workflow.cancellation_reason() is None:
            result = await self._open_tickets(result, ending.result)
        reason = f" ({ending.reason.value})" if ending.reason else ""
        self._show(f"{ending.outcome.value}{reason}")
        return result

    @workflow.query
    def status(self) -> CodeRunStatus:
        """Where the run stands."""
        return self._state.status(self._run.run_id)

    async def _within_its_time(self) -> Ending | CarriedOver:
        """Work until the end, the run's time is up, or it is cancelled; what is under way then is cancelled too."""
        run_s = self._run.limits.run_s
        left = self._state.started_at + timedelta(seconds=run_s) - workflow.now()
        working = asyncio.create_task(self._work())
        timer = asyncio.create_task(
            workflow.sleep(max(left, timedelta(milliseconds=1)), summary=f"the run has {run_s:g} s")
        )
        try:
            await workflow.wait([working, timer], return_when=asyncio.FIRST_COMPLETED)
            if working.done():
                return working.result()
            ending = Ending(CodeOutcome.FAILED, CodeReason.TIME_SPENT, f"the run took more than its {run_s:g} s")
        except asyncio.CancelledError:
            if workflow.cancellation_reason() is None:
                raise
            text = f"cancelled while {self._state.phase}"
            ending = Ending(CodeOutcome.FAILED, CodeReason.CANCELLED, text)
        finally:
            timer.cancel()
            working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        return ending

    async def _work(self) -> Ending | CarriedOver:
        try:
            self._as_of = check_input(self._run)
        except Refused as refused:
            return self._ending_of(refused)
        self._calls = CallRunner(self._run.run_id, self._as_of, self._show_current)
        problem: CodeProblem | None = None
        while True:
            try:
                if self._state.begun is None or problem is not None:
                    await self._write(problem)
                ending = await self._run_script()
            except Refused as refused:
                ending = self._ending_of(refused)
            if isinstance(ending, CarriedOver):
                return ending
            final, problem = judge(ending, self._state, self._run.limits)
            if final is not None:
                return final

    async def _write(self, problem: CodeProblem | None) -> None:
        """Get a script, or a repair of the last one, and make it ready to run."""
        state = self._state
        self._show("writing the script" if problem is None else f"repairing the script: {problem.reason.value}")
        previous = state.script.code if problem is not None else ""
        request = WriteScript(run=self._run, attempt=state.attempt, previous_code=previous, problem=problem)
        try:
            script = await call(WRITE_SCRIPT, request, summary=f"get a script, attempt {state.attempt}")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            raise Refused(CodeReason.NO_CODE, f"no script was written: {_cause(error)}") from error
        state.keep_script(script)
        check_script(script)
        state.begin(
            AdvanceScript(
                run_id=self._run.run_id,
                code=script.code,
                tools=callable_tools(script),
                inputs=script.inputs,
                frozen_at=self._as_of or self._run.asked_at,
                seed=int(hashlib.sha256(self._run.run_id.encode()).hexdigest()[:8], 16),
                limits=self._run.limits,
            )
        )

    async def _run_script(self) -> Ending | CarriedOver:
        """Advance the script and answer its calls, by turns, until it has a result or the history is long."""
        state, limits = self._state, self._run.limits
        while True:
            if state.waiting:
                self._show("calling tools")
                rows = callable_rows(state.script)
                await self._calls.answer_slice(state, rows, limits.journal_bytes)
            else:
                self._show("running the script")
                answer = await self._advance()
                if answer.status is AdvanceStatus.DONE:
                    return Ending(CodeOutcome.DONE, result=answer.result)
                state.waiting = answer.calls
            carried = self._carried()
            if carried is not None:
                return carried

    async def _advance(self) -> AdvancedScript:
        """Run the script for a turn; send what the sandbox worker does not remember."""
        state, limits = self._state, self._run.limits
        if state.turns >= limits.turns:
            raise Refused(CodeReason.TOO_MANY_TURNS, f"the script is not done after {limits.turns} turns")
        state.turns += 1
        journal = state.journal
        fresh = len(journal.entries) - journal.known_entries
        answer = await self._ask_sandbox(journal.next_request(), f"turn {state.turns}, {fresh} new answers")
        if answer.status is AdvanceStatus.NEEDS_JOURNAL and journal.known_digest:
            whole = f"turn {state.turns} again, with all {len(journal.entries)} answers"
            answer = await self._ask_sandbox(journal.whole_request(), whole)
        state.stdout = answer.stdout or state.stdout
        state.tier = answer.tier or state.tier
        check_answer(answer, journal.digest, limits)
        journal.mark_known()
        if answer.status is AdvanceStatus.PENDING:
            check_calls(answer.calls, journal.entries, callable_rows(state.script), limits)
            self._check_budget(answer)
        return answer

    async def _ask_sandbox(self, request: AdvanceScript, summary: str) -> AdvancedScript:
        try:
            return read_answer(await begin(_ADVANCE, request, summary=summary), self._run.limits)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            cause = error.cause
            is_away = isinstance(cause, ApplicationError) and cause.type in _NO_SANDBOX_ERRORS
            reason = CodeReason.NO_SANDBOX if is_away else CodeReason.DIED
            raise Refused(reason, f"the sandbox gave no answer: {_cause(error)}") from error

    def _check_budget(self, answer: AdvancedScript) -> None:
        """Raise ``Refused`` when the run, all its attempts together, would make more calls than it may."""
        state, most = self._state, self._run.limits.calls
        fresh = {(entry.tool, entry.digest) for entry in answer.calls if entry not in state.answers}
        if len(state.records) + len(fresh) > most:
            text = f"the run has made {len(state.records)} calls and now wants {len(fresh)}; at most {most} are allowed"
            raise Refused(CodeReason.TOO_MANY_CALLS, text, is_repairable=True)

    def _carried(self) -> CarriedOver | None:
        """Return the run to carry over when its history is long.

        Raises ``Refused`` when it cannot be carried over and there is no room left.
        """
        info = workflow.info()
        events = info.get_current_history_length()
        is_long = events >= EVENTS_BEFORE_CARRYING_OVER or (
            info.get_current_history_size() >= BYTES_BEFORE_CARRYING_OVER
        )
        if not (is_long or info.is_continue_as_new_suggested()):
            return None
        carried = packed(self._state)
        if carried is None and events >= MOST_EVENTS:
            text = f"the run's history holds {events:,} events, and its answers are too large to be carried over"
            raise Refused(CodeReason.JOURNAL_TOO_LARGE, text)
        return carried

    def _ending_of(self, refused: Refused) -> Ending:
        """Return a failed end, or a refused one when no script has run."""
        outcome = (
            CodeOutcome.FAILED
            if self._state.turns and refused.reason is not CodeReason.NO_SANDBOX
            else (CodeOutcome.REFUSED)
        )
        return Ending(outcome, refused.reason, refused.message, refused.line, is_repairable=refused.is_repairable)

    async def _explain(self, ending: Ending) -> CodeRunResult:
        """Have the run explained and kept; when that fails, return what the workflow knows by itself."""
        self._show("explaining")
        request = record_of(self._run, self._state, ending, workflow.now())
        within = _WAIT_TO_RECORD_CANCELLED if ending.reason is CodeReason.CANCELLED else _WAIT_TO_RECORD
        explaining = begin(EXPLAIN_RUN, request, summary=f"explain and keep: {ending.outcome.value}", within=within)
        try:
            try:
                return await asyncio.shield(explaining)
            except asyncio.CancelledError:
                if workflow.cancellation_reason() is None:
                    raise
                return await explaining
        except ActivityError as error:
            workflow.logger.warning("run %s was not recorded: %s", self._run.run_id, _cause(error))
            return unexplained(request, f"not recorded: {_cause(error)}")

    async def _open_tickets(self, result: CodeRunResult, proposed: JsonValue) -> CodeRunResult:
        intents, problems = read_intents(proposed)
        tickets: list[str] = []
        for number, intent in enumerate(intents, start=1):
            try:
                tickets.append(await open_ticket(self._run, intent, number))
            except ValueError as error:
                problems = (*problems, f"intent {number} makes no ticket: {error}".splitlines()[0])
        unsaid = [text for text in problems if text not in result.message]
        message = "\n".join(text for text in (result.message, *unsaid) if text)[:4_000]
        return result.model_copy(update={"intents": intents, "tickets": tuple(tickets), "message": message})

    def _show(self, phase: str) -> None:
        self._state.phase = phase
        self._show_current()

    def _show_current(self) -> None:
        workflow.set_current_details(self._state.details(self._run.task))


def _cause(error: ActivityError) -> str:
    return f"{error.cause or error}".partition("\n")[0][:500]
