"""The response playbook in a trading day: expire, undo, propose, carry out. Every action is a record of the day.

What an action asks for is done by machinery the desk has: orders are PlaceOrder children with checks of their own,
stops go through CHANGE_STATE, notices, evidence and tokens are calls. An action moves to EXECUTING before anything of
it starts.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import TypeVar

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import ActivityError, WorkflowAlreadyStartedError, is_cancelled_exception
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import Side
    from daybook.contracts.calls import KEEP_EVIDENCE, NOTIFY, OBSERVE, ROTATE_TOKEN, Call
    from daybook.contracts.clock import MarketClock
    from daybook.contracts.day import DayState, Observation, ObserveRequest
    from daybook.contracts.desk import DeskConfig
    from daybook.contracts.execution import PlaceOrderInput
    from daybook.contracts.response import (
        ActionRecord,
        DowngradeMode,
        Notice,
        OrdersWanted,
        Payload,
        ResponseFacts,
        RotateKeys,
        StateWanted,
        TakeEvidence,
        TightenLimits,
        UndoProposal,
    )
    from daybook.contracts.response_codes import ActionCode, ActionState
    from daybook.contracts.state import StateChangeRequest, StateChangeResult
    from daybook.contracts.threat_calls import KeepEvidence, SendNotice
    from daybook.contracts.threat_readings import ThreatChannel, ThreatReasonCode
    from daybook.contracts.threats import HealthReadings, ThreatAssessment, ThreatReadings
    from daybook.risk.response.limits import tightened, tightening_in_force
    from daybook.risk.response.machine import expired, is_over, moved, opened, order_ended, with_records
    from daybook.risk.response.planning import execution_orders, plan_responses
    from daybook.risk.response.undo import plan_undo

from workflows.calling import PENDING, begin
from workflows.place_order import PlaceOrder

A = TypeVar("A")
R = TypeVar("R")

_ORDER_TIMEOUT = timedelta(hours=14)
_OBSERVE_WITHIN = timedelta(seconds=30)
_CALL_WITHIN = timedelta(seconds=90)
_SIZED_FROM = 3


@dataclass(frozen=True)
class DayHands:
    """What only the day itself can do: change the trading state and take the result over."""

    change_state: Callable[[StateChangeRequest], Awaitable[StateChangeResult]]


@dataclass(frozen=True)
class _Look:
    """What one pass of responses goes by."""

    assessment: ThreatAssessment
    facts: ResponseFacts
    threats: ThreatReadings | None
    health: HealthReadings | None


class Responder:
    """Carries the playbook out. ``read`` and ``write`` reach the day's state."""

    def __init__(
        self,
        desk: DeskConfig,
        clock: MarketClock,
        read: Callable[[], DayState],
        write: Callable[..., None],
        hands: DayHands,
    ) -> None:
        self._desk = desk
        self._clock = clock
        self._read_state = read
        self._set = write
        self._hands = hands
        self._held: tuple[str, ...] = ()
        self._shown_pending = bool(read().pending_approvals)

    @property
    def _state(self) -> DayState:
        return self._read_state()

    def held_symbols(self) -> tuple[str, ...]:
        """Return the symbols held when last looked."""
        return self._held

    def withheld_symbols(self) -> tuple[str, ...]:
        """Return the symbols in which an action's order is on its way."""
        flying = {intent_id for record in self._state.actions for intent_id in record.in_flight}
        return tuple(sorted({_symbol_of(intent_id) for intent_id in flying} - {""}))

    async def respond(
        self, assessment: ThreatAssessment, threats: ThreatReadings | None, health: HealthReadings | None
    ) -> None:
        """Carry out what an assessment means for the actions there are, then propose what it sets off."""
        if health is not None:
            self._held = health.held_symbols[:60]
        self._keep(expired(one, workflow.now()).record for one in self._state.actions if _has_run_out(one))
        facts = self._facts(await self._observed(assessment), threats)
        look = _Look(assessment, facts, threats, health)
        await self._undo(look)
        known = {record.action_id for record in self._state.actions}
        proposals = plan_responses(assessment, self._state.actions, look.facts, self._desk.response)
        self._keep(opened(one) for one in proposals if one.is_worth_recording and one.action_id not in known)
        self.show_pending()
        for record in self._state.actions:
            if record.state is ActionState.APPROVED:
                await self._carry_out(record, look)
        self.show_pending()

    def show_pending(self) -> None:
        """Set the search attribute by which the Temporal UI lists what waits for a person."""
        pending = bool(self._state.pending_approvals) or any(
            record.state is ActionState.WAITING for record in self._state.actions
        )
        if pending is not self._shown_pending:
            self._shown_pending = pending
            workflow.upsert_search_attributes([PENDING.value_set(pending)])

    # --- undoing ----------------------------------------------------------------------------------------------

    async def _undo(self, look: _Look) -> None:
        told: set[ActionCode] = set()
        for undo in plan_undo(look.assessment, self._state.actions, look.facts, self._desk.response):
            record = self._record(undo.action_id)
            if isinstance(undo.payload, OrdersWanted):
                ids = tuple(order.intent_id for order in undo.payload.orders)
                after = {"intent_ids": tuple(dict.fromkeys((*record.intent_ids, *ids))), "text": undo.text_en[:300]}
                self._keep((record.model_copy(update=after),))
                await self._start_orders(undo.action_id, undo.payload)
                continue
            text = undo.text_en[:300]
            if undo.to_state is None and record.text == text:
                continue
            problem = ""
            said = undo.code in told or not record.proposal.level
            if not (isinstance(undo.payload, Notice) and said):
                problem = await self._do(undo.action_id, undo.payload, look, suffix="undo")
            if isinstance(undo.payload, Notice):
                told.add(undo.code)
            self._settle_undo(undo, text, problem)

    def _settle_undo(self, undo: UndoProposal, text: str, problem: str) -> None:
        """Keep what became of an undo; one that failed is tried again with the next look."""
        record = self._record(undo.action_id)
        if problem:
            self._keep((record.model_copy(update={"text": f"not undone yet: {problem}"[:300]}),))
        elif undo.to_state is None:
            self._keep((record.model_copy(update={"text": text}),))
        else:
            self._keep((moved(record, undo.to_state, workflow.now(), text).record,))

    # --- carrying out -----------------------------------------------------------------------------------------

    async def _carry_out(self, record: ActionRecord, look: _Look) -> None:
        payload = record.proposal.payload
        if isinstance(payload, OrdersWanted):
            await self._carry_out_orders(record, look)
            return
        started = moved(record, ActionState.EXECUTING, workflow.now(), record.text).record
        self._keep((started,))
        problem = await self._do(record.action_id, payload, look)
        to = ActionState.FAILED if problem else ActionState.DONE
        text = problem or _done_text(payload, started)
        self._keep((moved(self._record(record.action_id), to, workflow.now(), text).record,))

    async def _carry_out_orders(self, record: ActionRecord, look: _Look) -> None:
        """Size an approved action anew, and start its orders; what cannot go now is blocked, and may be asked again."""
        wanted, blocks = execution_orders(
            record, look.assessment, look.facts, self._desk.response, records=self._state.actions
        )
        if wanted is None:
            text = "; ".join(block.text for block in blocks) or "nothing can be traded now"
            self._keep((moved(record, ActionState.BLOCKED, workflow.now(), text).record,))
            return
        ids = tuple(order.intent_id for order in wanted.orders)
        text = f"{record.text}; {len(ids)} orders, {wanted.value_krw:,} won"
        self._keep((moved(record, ActionState.EXECUTING, workflow.now(), text, intent_ids=ids).record,))
        await self._start_orders(record.action_id, wanted)

    async def _start_orders(self, action_id: str, wanted: OrdersWanted) -> None:
        now, session = workflow.now(), self._state.session
        market_now = self._clock.market_time(now)
        desk = self._tightened_desk()
        life = timedelta(minutes=desk.strategy.order_ttl_min)
        if desk.mode in desk.limits.approval_modes:
            life += timedelta(seconds=desk.limits.approval_valid_for_s * self._clock.speed)
        ends = market_now + life
        if session is not None and session.is_open:
            ends = min(ends, session.times().closing_auction_from)
        for order in wanted.orders:
            ticket = order.ticket(
                mode=desk.mode,
                day=self._state.day,
                account=desk.account,
                action_id=action_id,
                decided_at=now,
                valid_until=ends,
            )
            self._set(
                open_orders=tuple(dict.fromkeys((*self._state.open_orders, order.intent_id))),
                orders_started=self._state.orders_started + 1,
            )
            try:
                await workflow.start_child_workflow(
                    PlaceOrder.run,
                    PlaceOrderInput(
                        ticket=ticket, clock=self._clock, desk=desk, day_workflow_id=workflow.info().workflow_id
                    ),
                    id=f"order-{order.intent_id}",
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    parent_close_policy=ParentClosePolicy.ABANDON,
                    execution_timeout=_ORDER_TIMEOUT,
                    task_timeout=timedelta(seconds=5),
                    static_summary=f"{action_id}: {ticket.side.value} {ticket.shares} {ticket.symbol}"
                    f" @ {ticket.limit_price_krw:,}",
                    static_details=ticket.rationale,
                )
            except WorkflowAlreadyStartedError:
                self._forget_order(action_id, order.intent_id)

    def _forget_order(self, action_id: str, intent_id: str) -> None:
        """An order of this name exists already: it counts as ended unfilled here, and keeps its own course."""
        workflow.logger.warning("order %s exists already", intent_id)
        self._set(open_orders=tuple(one for one in self._state.open_orders if one != intent_id))
        self._keep((order_ended(self._record(action_id), intent_id, 0, workflow.now()),))

    async def _do(self, action_id: str, payload: Payload | None, look: _Look, suffix: str = "") -> str:
        """Do what a payload without orders asks for, and return why it could not be done."""
        try:
            if isinstance(payload, StateWanted):
                await self._hands.change_state(payload.request)
            elif isinstance(payload, DowngradeMode):
                for request in payload.requests:
                    await self._hands.change_state(request)
                await self._tell_steps(action_id, payload, look)
            elif isinstance(payload, RotateKeys):
                rotated = await self._ask(ROTATE_TOKEN, payload, f"{action_id}: revoke and issue the token")
                await self._tell_steps(action_id, payload, look)
                return "" if rotated.revoked or rotated.issued else rotated.text
            elif isinstance(payload, Notice):
                await self._tell(f"{action_id}{'-' if suffix else ''}{suffix}", payload)
            elif isinstance(payload, TakeEvidence):
                await self._keep_evidence(action_id, payload, look)
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return f"{error.cause or error}".partition("\n")[0][:250] or "it failed"
        return ""

    async def _keep_evidence(self, action_id: str, payload: TakeEvidence, look: _Look) -> None:
        request = KeepEvidence(
            account=self._desk.account,
            day=self._state.day,
            action_id=action_id,
            market_at=self._clock.market_time(workflow.now()),
            wanted=payload,
            assessment=look.assessment,
            threats=look.threats,
            health=look.health,
            actions=self._state.actions,
        )
        await self._ask(KEEP_EVIDENCE, request, f"{action_id}: snapshot of the desk")

    async def _tell_steps(self, action_id: str, payload: RotateKeys | DowngradeMode, look: _Look) -> None:
        """Tell a person what only a person can do after it."""
        notice = Notice(
            level=look.assessment.level,
            urgent=True,
            text_ko=f"{action_id}: 사람이 할 일",
            text_en=f"{action_id}: what a person has to do",
            steps_ko=payload.steps_ko,
            steps_en=payload.steps_en,
        )
        await self._tell(f"{action_id}-steps", notice)

    async def _tell(self, notice_id: str, notice: Notice) -> None:
        request = SendNotice(
            account=self._desk.account,
            day=self._state.day,
            notice_id=notice_id,
            market_at=self._clock.market_time(workflow.now()),
            notice=notice,
        )
        await self._ask(NOTIFY, request, notice.text_en)

    async def _ask(self, entry: Call[A, R], argument: A, summary: str) -> R:
        return await begin(entry, argument, summary=summary, within=_CALL_WITHIN)

    # --- facts ------------------------------------------------------------------------------------------------

    async def _observed(self, assessment: ThreatAssessment) -> Observation | None:
        """Look at account and quotes when something has to be sized; None when nothing has, or it cannot be seen."""
        session = self._state.session
        if session is None or not session.is_open or not self._sizes(assessment):
            return None
        handle = begin(
            OBSERVE,
            ObserveRequest(
                day=self._state.day,
                number=self._state.ticks,
                desk=self._desk,
                clock=self._clock,
                symbols=(self._desk.response.hedge_symbol,),
                session=session,
                unexplained=self._state.unexplained,
                unexplained_polls=self._state.unexplained_polls,
            ),
            summary="account and quotes to size responses by",
            within=_OBSERVE_WITHIN,
        )
        try:
            return await handle
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            workflow.logger.warning("nothing is sized: %s", error.cause or error)
            return None

    def _sizes(self, assessment: ThreatAssessment) -> bool:
        """Whether orders may follow: a signal that sells or hedges, an approved action with orders, a hedge to end."""
        if any(
            reason.reading_level >= _SIZED_FROM
            and (reason.channel is ThreatChannel.MARKET or reason.code is ThreatReasonCode.HOLDING_BREACH)
            for reason in assessment.reasons
        ):
            return True
        return any(
            (record.state is ActionState.APPROVED and isinstance(record.proposal.payload, OrdersWanted))
            or (record.code is ActionCode.HEDGE and record.filled_shares(Side.BUY) > record.filled_shares(Side.SELL))
            for record in self._state.actions
        )

    def _facts(self, seen: Observation | None, threats: ThreatReadings | None) -> ResponseFacts:
        now, state, desk = workflow.now(), self._state, self._tightened_desk()
        facts = ResponseFacts(
            account=desk.account,
            day=state.day,
            mode=desk.mode,
            now=now,
            market_now=self._clock.market_time(now),
            session=state.session,
            trading_state=state.state,
            limits=desk.limits,
            strategy=desk.strategy,
            betas=dict(threats.betas) if threats else {},
        )
        if seen is None:
            return facts
        held = tuple(holding.symbol for holding in seen.account.holdings if holding.shares)
        self._held = held[:60]
        return facts.model_copy(
            update={
                "trading_state": seen.state,
                "balance": seen.account,
                "equity_krw": seen.equity_krw,
                "quotes": seen.quotes,
                "open_symbols": tuple(sorted({*seen.open_symbols, *self.withheld_symbols()})),
                "buys_today_krw": seen.facts.buys_today_krw,
                "reserved_krw": seen.facts.reserved_krw,
            }
        )

    def _tightened_desk(self) -> DeskConfig:
        tightening = tightening_in_force(self._state.actions)
        if tightening is None:
            return self._desk
        return self._desk.model_copy(update={"limits": tightened(self._desk.limits, tightening)})

    # --- records ----------------------------------------------------------------------------------------------

    def _record(self, action_id: str) -> ActionRecord:
        return next(record for record in self._state.actions if record.action_id == action_id)

    def _keep(self, records: Iterable[ActionRecord]) -> None:
        changed = tuple(records)
        if changed:
            self._set(actions=with_records(self._state.actions, changed))


def _has_run_out(record: ActionRecord) -> bool:
    return record.state is ActionState.WAITING and is_over(record, workflow.now())


def _symbol_of(intent_id: str) -> str:
    """Return the symbol in an order's id (``{action}-{symbol}-{side}``)."""
    parts = intent_id.rsplit("-", 2)
    return parts[1] if len(parts) == 3 else ""


def _done_text(payload: Payload | None, record: ActionRecord) -> str:
    if isinstance(payload, TightenLimits):
        return f"{record.text}; every order is asked, limits x {payload.scale:g}"
    if isinstance(payload, StateWanted):
        return f"{payload.request.action.value}: {payload.request.reason}"
    if isinstance(payload, Notice):
        return payload.text_en[:300]
    if isinstance(payload, TakeEvidence):
        return "stored among the day's objects"
    return record.text
