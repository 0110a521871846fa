"""TradingDay: one KRX day, from pre-open to report. An entity: timers, signals, children and counters only.

calendar -> preflight -> reconcile -> plan -> wait for the open -> decision ticks -> close -> reconcile -> report.
All state is one model (``DayState``), carried over when the history grows.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, FailureError
from temporalio.workflow import ActivityHandle

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.advice import Recommendations
    from daybook.contracts.base import TradingState
    from daybook.contracts.calls import (
        BEGIN_DAY,
        CHANGE_STATE,
        CLOSE_DAY,
        RECONCILE,
        SET_PHASE,
        WATCH_ACCOUNT,
        WRITE_REPORT,
    )
    from daybook.contracts.day import (
        ApprovalAsked,
        ClosingRequest,
        DayPhase,
        DayResult,
        DayStart,
        DayState,
        OrderEnded,
        PhaseChange,
        ReportRequest,
        TickInput,
        TickResult,
        TradingDayInput,
        WatchRequest,
    )
    from daybook.contracts.reasons import TRANSIENT_BREAKERS
    from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport, ReconcileRequest
    from daybook.contracts.response import ActionDecision, ActionRecord
    from daybook.contracts.session import Session, SessionTimes
    from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
    from daybook.contracts.threats import FalseAlarm
    from daybook.risk.breakers import stricter

from workflows.calling import MODE, PENDING, TRADING_DATE, begin, call
from workflows.day_archive import archive_day
from workflows.day_details import describe_day, is_person_wanted
from workflows.day_plan import plan_day
from workflows.day_tally import counted_order, day_result
from workflows.decision_tick import DecisionTick
from workflows.layer_check import PREFLIGHTS, clock_skew_s
from workflows.respond_to_threat import DayHands
from workflows.threat_watch import ThreatWatch

_TICK_TIMEOUT_S = 600
_CLOCK_SKEW_LIMIT_S = 30


@workflow.defn(name="TradingDay")
class TradingDay:
    """One trading day. Result: ``DayResult``."""

    @workflow.init
    def __init__(self, day_input: TradingDayInput) -> None:
        self._input = day_input
        self._desk = day_input.desk
        self._clock = day_input.clock
        self._state = day_input.carried or DayState(day=day_input.day or self._market_now().date())
        self._woken = False
        self._ended_early: set[str] = set()
        self._state_changes = 0
        self._watch: ActivityHandle[None] | None = None
        hands = DayHands(self._apply)
        self._threat = ThreatWatch(self._desk, self._clock, lambda: self._state, self._set, hands)

    @workflow.run
    async def run(self, day_input: TradingDayInput) -> DayResult:
        """Run the day to its report, or end at once with the reason why there is none."""
        workflow.upsert_search_attributes(
            [
                TRADING_DATE.value_set(self._state.day.isoformat()),
                MODE.value_set(self._desk.mode.value),
                PENDING.value_set(is_person_wanted(self._state)),
            ]
        )
        if day_input.carried is None:
            skipped = await self._prepare()
            if skipped is not None:
                return skipped
        session = self._session()
        self._watch = begin(
            WATCH_ACCOUNT,
            WatchRequest(
                account=self._desk.account,
                day=self._state.day,
                mode=self._desk.mode,
                day_workflow_id=workflow.info().workflow_id,
                until=workflow.now() + self._until(self._times().closes + timedelta(minutes=30)),
            ),
            summary="watch notices and the kill-switch file",
        )
        await self._trade(session)
        result = await self._conclude(session)
        await workflow.wait_condition(workflow.all_handlers_finished)
        return result

    async def _prepare(self) -> DayResult | None:
        """Everything before the open; a result when the day has no session."""
        day, desk = self._state.day, self._desk
        await self._enter(DayPhase.CALENDAR, record=False)
        session = await call(
            BEGIN_DAY,
            DayStart(day=day, desk=desk, market_now=self._market_now(), workflow_id=workflow.info().workflow_id),
            summary=f"calendar of {day}",
        )
        self._set(session=session)
        if not session.is_open:
            await self._enter(DayPhase.SKIPPED, note=session.reason)
            return day_result(self._state, session.reason)
        if self._market_now() >= self._times().closes:
            await self._enter(DayPhase.SKIPPED, note="the session was over when the day was started")
            return day_result(self._state, "the session was over when the day was started")
        await self._check_layers()
        await self._enter(DayPhase.RECONCILING)
        await workflow.sleep(self._until(self._times().order_entry_from), summary="until order entry opens")
        report = await self._reconcile_until_signed_off()
        if not report.signed_off:
            await self._enter(DayPhase.SKIPPED, note=f"not reconciled: {report.summary()}")
            why = "not reconciled in time; look at the differences and run: daybook reconcile --accept"
            return day_result(self._state, why)
        await self._lift_market_breakers()
        await self._enter(DayPhase.PLANNING)
        self._set(**await plan_day(self._state, self._desk, self._clock))
        if workflow.patched("threat-level"):
            await self._threat.look("at the plan")
        return None

    async def _lift_market_breakers(self) -> None:
        """What market or machines tripped yesterday ends with a new, reconciled day; the rest needs a person."""
        result = await call(
            CHANGE_STATE,
            StateChangeRequest(
                account=self._desk.account,
                action=StateAction.LIFT,
                by="TradingDay",
                reason="a new day, reconciled",
                codes=tuple(code.value for code in sorted(TRANSIENT_BREAKERS)),
                halts_too=True,
            ),
            summary="lift yesterday's market breakers",
        )
        self._set(state=result.state)

    async def _check_layers(self) -> None:
        """All three layers answer, in the same version, with clocks that agree."""
        for entry in PREFLIGHTS:
            skew_s = await clock_skew_s(entry, self._desk.mode)
            if skew_s > _CLOCK_SKEW_LIMIT_S:
                await self._change_state(
                    StateAction.REDUCE,
                    "TradingDay",
                    f"{entry.layer.value} clock is off by {skew_s:.0f} s",
                    "CLOCK_SKEW",
                )

    async def _reconcile_until_signed_off(self) -> ReconcileReport:
        """Reconcile at the start; when it fails, halt and give a person time to look."""
        deadline = self._market_now() + timedelta(minutes=self._desk.reconcile_wait_min)
        report = await self._reconcile(ReconcileMoment.START)
        told = False
        while not report.signed_off and self._market_now() < deadline:
            if not told:
                await self._change_state(StateAction.HALT, "TradingDay", report.summary(), "RECONCILIATION_BREAK")
                told = True
            await self._sleep_until_woken(
                self._market_now() + timedelta(minutes=5), "wait for a person: daybook reconcile --accept"
            )
            report = await self._reconcile(ReconcileMoment.START)
        self._set(opening_reconciliation=report)
        return report

    async def _reconcile(self, moment: ReconcileMoment) -> ReconcileReport:
        return await call(
            RECONCILE,
            ReconcileRequest(
                account=self._desk.account, day=self._state.day, moment=moment, market_now=self._market_now()
            ),
            summary=f"reconcile at {moment.value}",
        )

    async def _trade(self, session: Session) -> None:
        """Run the decision ticks of the continuous session."""
        if self._state.phase is not DayPhase.TRADING:
            await self._enter(DayPhase.WAITING_OPEN)
            await self._sleep_until(self._first_tick, "until the first decision")
            await self._enter(DayPhase.TRADING, note=f"first decision at {self._first_tick():%H:%M}")
        while True:
            if max(self._next_tick(), self._market_now()) >= self._times().closing_auction_from:
                return
            await self._sleep_until(self._next_tick, "until the next decision")
            if workflow.patched("threat-level"):
                await self._threat.look(f"before decision {self._state.ticks + 1}")
            await self._tick(session)
            if workflow.info().is_continue_as_new_suggested():
                await self._continue_as_new()

    def _first_tick(self) -> datetime:
        opens = self._state.rescheduled_opens or self._times().opens
        return opens + timedelta(minutes=self._desk.limits.entries_from_open_min)

    def _next_tick(self) -> datetime:
        """The next free point of the tick grid; points missed while something was down are skipped."""
        first = self._first_tick()
        interval = timedelta(minutes=self._desk.strategy.tick_interval_min)
        last = self._state.last_tick_at
        if last is None:
            return max(first, self._market_now())
        return max(first, last + interval)

    async def _tick(self, session: Session) -> None:
        now = self._market_now()
        interval = timedelta(minutes=self._desk.strategy.tick_interval_min)
        planned = self._next_tick()
        missed = int((now - planned) / interval) if now > planned else 0
        self._set(
            last_tick_at=planned + interval * missed,
            missed_ticks=self._state.missed_ticks + missed,
            ticks=self._state.ticks + 1,
        )
        number = self._state.ticks
        changes = self._state_changes
        try:
            result = await workflow.execute_child_workflow(
                DecisionTick.run,
                TickInput(
                    day=self._state.day,
                    number=number,
                    desk=self._threat.desk(),
                    clock=self._clock,
                    session=session,
                    universe=self._state.universe,
                    recommendations=self._state.recommendations or Recommendations(day=self._state.day, advisor="none"),
                    threat_level=self._state.threat_level,
                    withheld_symbols=self._threat.withheld_symbols(),
                    unexplained=self._state.unexplained,
                    unexplained_polls=self._state.unexplained_polls,
                    day_workflow_id=workflow.info().workflow_id,
                ),
                id=f"tick-{workflow.info().workflow_id}-{number:03d}",
                id_reuse_policy=WorkflowIDReusePolicy.ALLOW_DUPLICATE,
                execution_timeout=timedelta(seconds=_TICK_TIMEOUT_S),
                static_summary=f"decision {number} at {now:%H:%M}",
            )
        except FailureError as error:
            self._set(note=f"decision {number} failed and was skipped: {error.cause or error}"[:300])
            return
        await self._take(result, overtaken=self._state_changes != changes)

    async def _take(self, result: TickResult, *, overtaken: bool) -> None:
        """Take over what a decision saw. When the state was changed meanwhile, the stricter of the two counts."""
        if overtaken and stricter(self._state.state, result.state) is not result.state:
            kept = {"state": self._state.state, "state_reason": self._state.state_reason}
            result = result.model_copy(update=kept)
        halted_now = result.state is not TradingState.ACTIVE and (overtaken or self._state.state is not result.state)
        started = tuple(dict.fromkeys((*self._state.open_orders, *result.started)))
        self._set(
            equity_krw=result.equity_krw,
            opening_equity_krw=self._state.opening_equity_krw or result.equity_krw,
            cash_krw=result.cash_krw,
            state=result.state,
            state_reason=result.state_reason,
            open_orders=tuple(order for order in started if order not in self._ended_early),
            orders_started=self._state.orders_started + len(result.started),
            unexplained=result.unexplained,
            unexplained_polls=result.unexplained_polls,
            note=result.text,
        )
        if halted_now:
            await self._stop_buys(result.state_reason)

    async def _conclude(self, session: Session) -> DayResult:
        """From the closing auction to the report."""
        await self._enter(DayPhase.CLOSING)
        await self._sleep_until(lambda: self._times().closes + timedelta(minutes=2), "until the close")
        try:
            await workflow.wait_condition(
                lambda: not self._state.open_orders,
                timeout=timedelta(seconds=self._desk.settle_interval_s * self._desk.settle_polls * 5 + 60),
                timeout_summary="last orders end",
            )
        except TimeoutError:
            self._set(note=f"{len(self._state.open_orders)} orders have not ended")
        await self._threat.close()
        if self._watch is not None:
            self._watch.cancel()
        closing = await self._reconcile(ReconcileMoment.END)
        self._set(closing_reconciliation=closing)
        if not closing.signed_off:
            await self._change_state(StateAction.HALT, "TradingDay", closing.summary(), "RECONCILIATION_BREAK")
        await self._enter(DayPhase.REPORTING)
        facts = await call(
            CLOSE_DAY,
            ClosingRequest(day=self._state.day, desk=self._desk, session=session, market_now=self._market_now()),
            summary="collect the day's figures",
        )
        files = await call(
            WRITE_REPORT,
            ReportRequest(
                account=self._desk.account,
                day=self._state.day,
                desk=self._desk,
                facts=facts,
                session=session,
                opening=self._state.opening_reconciliation or closing,
                closing=closing,
            ),
            summary="write the report",
        )
        self._set(
            report_markdown=files.markdown,
            equity_krw=facts.closing_equity_krw,
            opening_equity_krw=facts.opening_equity_krw,
        )
        note = closing.summary()
        if workflow.patched("archive-day"):
            note = f"{note}; {await archive_day(self._state, self._desk)}"[:300]
        await self._enter(DayPhase.DONE, note=note)
        return day_result(self._state, "", signed_off=closing.signed_off)

    async def _continue_as_new(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
        await workflow.wait_condition(workflow.all_handlers_finished)
        carried = self._state.model_copy(update={"runs": self._state.runs + 1})
        workflow.continue_as_new(self._input.model_copy(update={"carried": carried, "day": self._state.day}))

    # --- time -------------------------------------------------------------------------------------------------

    def _market_now(self) -> datetime:
        return self._clock.market_time(workflow.now())

    def _until(self, market_time: datetime) -> timedelta:
        return self._clock.real_delay(workflow.now(), market_time)

    async def _sleep_until(self, target: Callable[[], datetime], summary: str) -> None:
        """Sleep to a market time that a signal may move; what is said of the threat level is acted on meanwhile."""
        while delay := self._until(target()):
            if self._threat.is_due() and self._is_responsive():
                await self._threat.look("when told")
                continue
            await self._wait_for_wake(self._threat.wait(delay) if self._is_responsive() else delay, summary)

    def _is_responsive(self) -> bool:
        """Whether threats are answered: once the day has been assessed, until its closing auction."""
        return self._threat.is_active and self._state.phase is not DayPhase.CLOSING

    async def _sleep_until_woken(self, market_time: datetime, summary: str) -> None:
        await self._wait_for_wake(self._until(market_time), summary)

    async def _wait_for_wake(self, delay: timedelta, summary: str) -> None:
        self._woken = False
        try:
            await workflow.wait_condition(lambda: self._woken, timeout=delay, timeout_summary=summary)
        except TimeoutError:
            workflow.logger.debug("time has come: %s", summary)

    # --- state ------------------------------------------------------------------------------------------------

    def _set(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        workflow.set_current_details(describe_day(self._state, self._desk, self._market_now()))

    async def _enter(self, phase: DayPhase, *, note: str = "", record: bool = True) -> None:
        self._set(phase=phase, note=note)
        if record:
            await call(
                SET_PHASE,
                PhaseChange(account=self._desk.account, day=self._state.day, phase=phase),
                summary=f"phase {phase.value}",
            )

    def _session(self) -> Session:
        if self._state.session is None:
            raise ApplicationError("a day without its session", type="Invariant", non_retryable=True)
        return self._state.session

    def _times(self) -> SessionTimes:
        return self._session().times()

    async def _change_state(self, action: StateAction, by: str, reason: str, code: str) -> StateChangeResult:
        return await self._apply(
            StateChangeRequest(account=self._desk.account, action=action, by=by, reason=reason, code=code)
        )

    async def _apply(self, request: StateChangeRequest) -> StateChangeResult:
        action, reason = request.action, request.reason
        result = await call(CHANGE_STATE, request, summary=f"{action.value}: {reason}")
        self._state_changes += 1
        self._set(state=result.state, state_reason=reason if result.state is not TradingState.ACTIVE else "")
        if action in (StateAction.HALT, StateAction.REDUCE):
            await self._stop_buys(reason)
        return result

    async def _stop_buys(self, reason: str) -> None:
        for intent_id in self._state.open_orders:
            try:
                await workflow.get_external_workflow_handle(f"order-{intent_id}").signal("stop", reason)
            except FailureError:
                workflow.logger.info("order %s has already ended", intent_id)

    # --- signals, updates, queries ----------------------------------------------------------------------------

    @workflow.signal
    async def halt(self, reason: str = "halt signal", by: str = "operator") -> None:
        """Stop all new orders and cancel buys; durable until a two-step resume."""
        await self._change_state(StateAction.HALT, by, reason, "KILL_SWITCH")

    @workflow.signal
    async def reduce(self, reason: str = "reduce signal", by: str = "operator") -> None:
        """Let only sells through and cancel buys."""
        await self._change_state(StateAction.REDUCE, by, reason, "KILL_SWITCH")

    @workflow.signal
    async def state_changed(self, result: StateChangeResult) -> None:
        """The trading state was changed outside this workflow."""
        self._state_changes += 1
        self._set(state=result.state, state_reason=result.text if result.state is not TradingState.ACTIVE else "")
        self._woken = True
        if result.state is not TradingState.ACTIVE:
            await self._stop_buys(result.text or result.state.value)

    @workflow.signal
    def reconcile_again(self) -> None:
        """A person has accepted differences: reconcile at once."""
        self._woken = True

    @workflow.signal
    def set_threat_level(self, level: int, by: str = "", reason: str = "") -> None:
        """Set a person's own minimum of the threat level, 0-5; the level scales the day's risk budget."""
        self._threat.say_floor(level, by, reason)
        self._woken = self._woken or self._threat.is_due()

    @workflow.signal
    def false_alarm(self, alarm: FalseAlarm) -> None:
        """Withdraw signals of the threat level: it falls at once, and what only they caused is undone."""
        self._threat.say_false_alarm(alarm)
        self._woken = self._woken or self._threat.is_due()

    @workflow.update
    def decide_action(self, decision: ActionDecision) -> str:
        """Approve or reject an action of the playbook that waits for a person."""
        answer = self._threat.decide(decision)
        self._woken = True
        return answer

    @decide_action.validator
    def _may_decide_action(self, decision: ActionDecision) -> None:
        self._threat.refuse_decision(decision)

    @workflow.signal
    def reschedule(self, opens: datetime) -> None:
        """The exchange announced another opening time for today."""
        self._set(rescheduled_opens=opens)
        self._woken = True

    @workflow.signal
    def order_ended(self, message: OrderEnded) -> None:
        """A PlaceOrder child has ended."""
        self._ended_early.add(message.summary.intent_id)
        self._set(**counted_order(self._state, message.summary))
        self._threat.order_ended(message.summary.intent_id, message.summary.filled_shares)
        self._woken = self._woken or self._threat.is_due()

    @workflow.signal
    def approval_asked(self, message: ApprovalAsked) -> None:
        """An order waits for a person, or no longer does."""
        others = tuple(order for order in self._state.pending_approvals if order != message.intent_id)
        self._set(pending_approvals=(*others, message.intent_id) if message.waiting else others)
        workflow.upsert_search_attributes([PENDING.value_set(is_person_wanted(self._state))])

    @workflow.query
    def actions(self) -> tuple[ActionRecord, ...]:
        """The playbook's actions of the day, and those of earlier days that stand."""
        return self._state.actions

    @workflow.query
    def status(self) -> DayState:
        """The day's whole state."""
        return self._state
