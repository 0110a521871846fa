"""PlaceOrder: one intent becomes at most one order, whatever dies on the way.

The protocol (the broker has no client order id):

1. The intent is recorded; its id is unique in the database and in the workflow id.
2. Pre-trade checks, the first ones made by the call that records; where the mode or a rule asks for it, a person's
   approval with an expiry.
3. One POST per attempt, written ahead. Anything but a definite answer leaves the outcome unknown.
4. An unknown outcome is looked up, never re-sent: found is adopted; absent often enough closes the attempt, and
   a new attempt starts again at the checks; anything else waits for a person.
5. Fills are booked until the requested quantity, the broker's end of the order, or its time to live.
"""

import hashlib
from datetime import datetime, timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, FailureError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import Side
    from daybook.contracts.calls import (
        CANCEL_ORDER,
        CHANGE_STATE,
        CHECK_ORDER,
        FIND_ORDER,
        POLL_ORDER,
        RECORD_APPROVAL,
        RECORD_INTENT,
        SUBMIT_ORDER,
        UPDATE_INTENT,
    )
    from daybook.contracts.day import ApprovalAsked, OrderEnded
    from daybook.contracts.execution import (
        ApprovalDecision,
        ApprovalRecord,
        ApprovalVerdict,
        CheckedOrder,
        CheckOrderRequest,
        FindOrderRequest,
        FindResult,
        IntentToRecord,
        IntentUpdate,
        OrderProgress,
        OrderRef,
        OrderResolution,
        OrderSummary,
        PlaceOrderInput,
    )
    from daybook.contracts.orders import (
        AttemptOutcome,
        BrokerOrderId,
        IntentState,
        SubmitOutcome,
        SubmitRequest,
    )
    from daybook.contracts.reasons import DenialCode
    from daybook.contracts.state import StateAction, StateChangeRequest

from workflows.calling import MODE, PENDING, SYMBOL, TRADING_DATE, call

MAX_POSTS = 10
"""POSTs of one intent, counting those the broker's rate limit turned away unexecuted."""

_SHORTEST_POLL = timedelta(milliseconds=300)
_LONGEST_RETRY_SETTLES = 3
_ASKED_BY_DESK = "EVERY_ORDER_ASKED"


@workflow.defn(name="PlaceOrder")
class PlaceOrder:
    """One order, from intent to its end. Result: ``OrderSummary``."""

    @workflow.init
    def __init__(self, order: PlaceOrderInput) -> None:
        self._input = order
        self._ticket = order.ticket
        self._state = IntentState.RECORDED
        self._text = ""
        self._denials: tuple[DenialCode, ...] = ()
        self._attempts = 0
        self._lost_attempts = 0
        self._turned_away = 0
        self._order: BrokerOrderId | None = None
        self._is_recorded_working = False
        self._progress = OrderProgress(state=None, filled_shares=0, filled_amount_krw=0)
        self._noticed = False
        self._stop_reason = ""
        self._decision: ApprovalDecision | None = None
        self._awaiting_digest = ""
        self._adopted: BrokerOrderId | None = None
        self._give_up = False

    @workflow.run
    async def run(self, order: PlaceOrderInput) -> OrderSummary:
        """Carry the order to its end."""
        ticket = self._ticket
        workflow.upsert_search_attributes(
            [
                TRADING_DATE.value_set(ticket.day.isoformat()),
                SYMBOL.value_set(ticket.symbol),
                MODE.value_set(ticket.mode.value),
                PENDING.value_set(False),
            ]
        )
        status = await call(
            RECORD_INTENT, IntentToRecord.of(ticket, self._input.clock), summary=f"record and check {self._line()}"
        )
        if status.duplicate_of:
            self._deny((DenialCode.DUPLICATE_ORDER,), f"{status.duplicate_of} is in flight")
        elif status.state.is_final:
            self._state, self._text = status.state, status.detail
        else:
            await self._pursue(status.checked)
        return await self._finish()

    async def _pursue(self, first_checks: CheckedOrder | None) -> None:
        while self._lost_attempts < self._input.desk.max_attempts and self._attempts < MAX_POSTS:
            checked, first_checks = await self._check(first_checks), None
            if checked is None:
                return
            outcome = await self._submit(checked)
            if outcome is AttemptOutcome.ACCEPTED:
                await self._work()
                return
            if outcome is AttemptOutcome.REFUSED:
                return
        await self._close(IntentState.NOT_ACCEPTED, f"not accepted in {self._attempts} attempts")

    async def _check(self, made: CheckedOrder | None) -> CheckedOrder | None:
        """Run the checks, unless they were just ``made``, and, where asked for, the approval.

        None when the intent has ended.
        """
        approved = False
        while True:
            if self._must_stop():
                await self._refuse((DenialCode.TRADING_HALTED,), self._stop_reason)
                return None
            if self._market_now() >= self._ticket.valid_until:
                await self._refuse((DenialCode.TICKET_EXPIRED,), "the ticket's time ran out before it was sent")
                return None
            checked, made = made, None
            if checked is None:
                checked = await call(
                    CHECK_ORDER,
                    CheckOrderRequest(ticket=self._ticket, clock=self._input.clock, approved=approved),
                    summary=f"check {self._line()}",
                )
            if checked.denials:
                await self._refuse(checked.denials, "; ".join(checked.texts))
                return None
            asked_here = self._ticket.mode in self._input.desk.limits.approval_modes
            if approved or not (checked.approval_reasons or asked_here):
                return checked
            if not checked.approval_reasons:
                checked = checked.model_copy(update={"approval_reasons": (_ASKED_BY_DESK,)})
            verdict = await self._approval(checked)
            if verdict is not ApprovalVerdict.APPROVED:
                code = (
                    DenialCode.APPROVAL_REJECTED if verdict is ApprovalVerdict.REJECTED else DenialCode.APPROVAL_EXPIRED
                )
                await self._refuse((code,), self._text)
                return None
            approved = True

    async def _approval(self, checked: CheckedOrder) -> ApprovalVerdict:
        patience = timedelta(seconds=self._input.desk.limits.approval_valid_for_s)
        left = self._input.clock.real_delay(workflow.now(), self._ticket.valid_until)
        expires_at = workflow.now() + min(patience, left)
        digest = hashlib.sha256(f"{self._ticket.model_dump_json()}|{checked.last_price_krw}".encode()).hexdigest()[:16]
        record = ApprovalRecord(
            ticket=self._ticket,
            digest=digest,
            verdict=ApprovalVerdict.PENDING,
            reasons=checked.approval_reasons,
            last_price_krw=checked.last_price_krw,
            expires_at=expires_at,
        )
        await call(RECORD_APPROVAL, record, summary=f"ask approval {self._line()}")
        self._decision, self._awaiting_digest = None, digest
        self._set_state(IntentState.AWAITING_APPROVAL, "; ".join(checked.approval_reasons))
        workflow.upsert_search_attributes([PENDING.value_set(True)])
        await self._tell_day_asked(True)
        try:
            await workflow.wait_condition(
                lambda: self._decision is not None or self._must_stop(),
                timeout=expires_at - workflow.now(),
                timeout_summary="approval expires",
            )
        except TimeoutError:
            workflow.logger.debug("nothing new")
        self._awaiting_digest = ""
        verdict, by = ApprovalVerdict.EXPIRED, ""
        if self._decision is not None and workflow.now() <= expires_at:
            by = self._decision.by
            verdict = ApprovalVerdict.APPROVED if self._decision.approve else ApprovalVerdict.REJECTED
        elif self._must_stop():
            verdict, by = ApprovalVerdict.REJECTED, self._stop_reason
        await call(
            RECORD_APPROVAL,
            record.model_copy(update={"verdict": verdict, "by": by}),
            summary=f"{verdict.value} {self._line()}",
        )
        workflow.upsert_search_attributes([PENDING.value_set(False)])
        await self._tell_day_asked(False)
        self._set_state(IntentState.RECORDED, f"{verdict.value} by {by or 'time'}")
        return verdict

    async def _submit(self, checked: CheckedOrder) -> AttemptOutcome:
        self._attempts += 1
        self._set_state(IntentState.SUBMITTING, f"attempt {self._attempts}")
        try:
            outcome = await call(
                SUBMIT_ORDER,
                SubmitRequest(
                    ticket=self._ticket,
                    attempt=self._attempts,
                    clock=self._input.clock,
                    checked_at=checked.checked_at,
                ),
                summary=f"POST #{self._attempts} {self._line()}",
            )
        except ActivityError as error:
            outcome = SubmitOutcome(outcome=AttemptOutcome.UNKNOWN, text=f"the trading layer gave no answer: {error}")
        if outcome.outcome is AttemptOutcome.ACCEPTED:
            self._order, self._is_recorded_working = outcome.order, outcome.recorded
        elif outcome.outcome is AttemptOutcome.REFUSED:
            await self._refuse(outcome.denials or (DenialCode.BROKER_REFUSED,), outcome.text)
        elif outcome.outcome is AttemptOutcome.NOT_EXECUTED:
            if not outcome.is_begun:
                self._attempts -= 1
            await self._pause(self._retry_pause_s(), f"not executed, try again later: {outcome.text}")
        else:
            return await self._resolve(checked, outcome.text)
        return outcome.outcome

    async def _resolve(self, checked: CheckedOrder, why: str) -> AttemptOutcome:
        """Find out whether an attempt of unknown outcome became an order."""
        await self._close(IntentState.UNKNOWN, why)
        request = FindOrderRequest(
            ticket=self._ticket, attempt=self._attempts, clock=self._input.clock, evidence=checked.evidence
        )
        absent = looks = 0
        last_seen = ""
        desk = self._input.desk
        while looks < desk.settle_polls * 3:
            await self._pause(desk.settle_interval_s, "let the broker's order list settle")
            found = await call(FIND_ORDER, request, summary=f"look #{looks + 1} for {self._line()}")
            if found.result is FindResult.TOO_EARLY:
                continue
            if found.result is FindResult.NOT_BEGUN:
                await self._close(IntentState.RECORDED, found.text, attempt=self._attempts)
                return AttemptOutcome.NOT_EXECUTED
            looks += 1
            last_seen = found.text
            if found.result is FindResult.FOUND and found.order is not None:
                self._order = found.order
                return AttemptOutcome.ACCEPTED
            if found.result is FindResult.AMBIGUOUS:
                return await self._ask_human(request, found.text)
            absent = absent + 1 if found.result is FindResult.ABSENT else 0
            if absent >= desk.settle_polls:
                await self._close(
                    IntentState.RECORDED, f"attempt {self._attempts} never reached the broker", attempt=self._attempts
                )
                self._lost_attempts += 1
                return AttemptOutcome.NOT_ACCEPTED
        return await self._ask_human(request, f"{looks} looks proved neither presence nor absence: {last_seen}")

    async def _ask_human(self, request: FindOrderRequest, why: str) -> AttemptOutcome:
        """Halt the desk and wait until a person names an order that is no other intent's, or says there is none."""
        await self._close(IntentState.NEEDS_HUMAN, why)
        await call(
            CHANGE_STATE,
            StateChangeRequest(
                account=self._ticket.account,
                action=StateAction.HALT,
                by="PlaceOrder",
                reason=f"{self._ticket.intent_id}: {why}"[:500],
                code="UNKNOWN_OUTCOME",
            ),
            summary="halt: an order's outcome is unknown",
        )
        workflow.upsert_search_attributes([PENDING.value_set(True)])
        await self._tell_day_asked(True)
        await workflow.wait_condition(lambda: self._adopted is not None or self._give_up)
        while self._adopted is not None:
            named = self._adopted
            found = await call(
                FIND_ORDER, request.model_copy(update={"named": named}), summary=f"adopt {named.number} {self._line()}"
            )
            if found.result is FindResult.FOUND:
                self._order = found.order or named
                break
            self._adopted = None
            await self._close(IntentState.NEEDS_HUMAN, found.text)
            await workflow.wait_condition(lambda: self._adopted is not None or self._give_up)
        workflow.upsert_search_attributes([PENDING.value_set(False)])
        await self._tell_day_asked(False)
        if self._order is not None:
            return AttemptOutcome.ACCEPTED
        await self._close(IntentState.NOT_ACCEPTED, "a person said that no order exists", attempt=self._attempts)
        return AttemptOutcome.REFUSED

    async def _work(self) -> None:
        """Book fills until the order has ended."""
        if self._order is None:
            raise ApplicationError("an accepted order without a number", type="Invariant", non_retryable=True)
        reference = OrderRef(ticket=self._ticket, clock=self._input.clock, order=self._order)
        await self._close(IntentState.WORKING, f"broker order {self._order.number}", recorded=self._is_recorded_working)
        cancelling = False
        waits = 0
        while True:
            entry = CANCEL_ORDER if cancelling else POLL_ORDER
            verb = "cancel" if cancelling else "poll"
            self._noticed = False
            self._progress = await call(entry, reference, summary=f"{verb} {self._order.number} {self._line()}")
            if self._progress.state is not None and self._progress.state.is_final:
                await self._close(self._progress.state, self._progress.text, recorded=self._progress.recorded)
                return
            waits += 1
            if not cancelling and await self._wait_for_news(waits):
                cancelling = True
            elif cancelling:
                await self._pause(self._poll_interval(waits).total_seconds(), "let the cancel take effect")

    async def _wait_for_news(self, waits: int) -> bool:
        """Wait for a notice, the next poll or the end of the ticket's life; True when it is time to cancel."""
        until_end = self._input.clock.real_delay(workflow.now(), self._ticket.valid_until)
        if not until_end or self._must_stop():
            return True
        try:
            await workflow.wait_condition(
                lambda: self._noticed or self._must_stop(),
                timeout=min(self._poll_interval(waits), until_end),
                timeout_summary="next look at the order",
            )
        except TimeoutError:
            workflow.logger.debug("nothing new")
        return self._must_stop() or self._market_now() >= self._ticket.valid_until

    def _poll_interval(self, waits: int) -> timedelta:
        longest = timedelta(seconds=self._input.desk.poll_interval_s)
        grown: timedelta = longest / 16 * float(2 ** min(waits - 1, 4))
        return min(longest, max(_SHORTEST_POLL, grown))

    def _retry_pause_s(self) -> float:
        """Return real seconds until the next try; each refusal in a row doubles them, up to three settle times."""
        settle_s = self._input.desk.settle_interval_s
        self._turned_away += 1
        return min(settle_s * _LONGEST_RETRY_SETTLES, settle_s / 5 * float(2 ** min(self._turned_away - 1, 8)))

    def _must_stop(self) -> bool:
        return bool(self._stop_reason) and self._ticket.side is Side.BUY

    async def _pause(self, real_s: float, summary: str) -> None:
        await workflow.sleep(timedelta(seconds=real_s), summary=summary)

    def _market_now(self) -> datetime:
        return self._input.clock.market_time(workflow.now())

    async def _refuse(self, denials: tuple[DenialCode, ...], text: str) -> None:
        self._deny(denials, text)
        codes = ", ".join(denial.value for denial in denials)
        await self._close(self._state, f"{codes}: {text}")

    def _deny(self, denials: tuple[DenialCode, ...], text: str) -> None:
        self._denials, self._text = denials, text
        by_broker = DenialCode.BROKER_REFUSED in denials
        expired = DenialCode.APPROVAL_EXPIRED in denials
        self._state = IntentState.REJECTED if by_broker else IntentState.EXPIRED if expired else IntentState.DENIED

    async def _close(self, state: IntentState, detail: str, *, attempt: int = 0, recorded: bool = False) -> None:
        """Move the intent to ``state`` in the ledger, unless the trading layer has ``recorded`` it, then here."""
        if recorded:
            self._set_state(state, detail)
            return
        status = await call(
            UPDATE_INTENT,
            IntentUpdate(
                intent_id=self._ticket.intent_id,
                state=state,
                detail=detail[:500],
                day=self._ticket.day,
                attempt=attempt,
            ),
            summary=f"{state.value}: {detail}"[:200],
        )
        self._set_state(status.state, detail)

    def _set_state(self, state: IntentState, text: str) -> None:
        self._state, self._text = state, text
        workflow.set_current_details(
            f"**{state.value}** {self._line()}\n\n{text}\n\n"
            f"broker order {self._order.number if self._order else '-'} · attempts {self._attempts} · "
            f"filled {self._progress.filled_shares}/{self._ticket.shares} · {self._ticket.rationale}"
        )

    async def _finish(self) -> OrderSummary:
        summary = OrderSummary(
            intent_id=self._ticket.intent_id,
            symbol=self._ticket.symbol,
            side=self._ticket.side.value,
            state=self._state,
            shares=self._ticket.shares,
            filled_shares=self._progress.filled_shares,
            filled_amount_krw=self._progress.filled_amount_krw,
            denials=self._denials,
            attempts=self._attempts,
            text=self._text[:300],
        )
        self._set_state(self._state, self._text)
        await self._tell_day("order_ended", OrderEnded(summary=summary))
        await workflow.wait_condition(workflow.all_handlers_finished)
        return summary

    async def _tell_day_asked(self, waiting: bool) -> None:
        await self._tell_day("approval_asked", ApprovalAsked(intent_id=self._ticket.intent_id, waiting=waiting))

    async def _tell_day(self, signal: str, message: OrderEnded | ApprovalAsked) -> None:
        if not self._input.day_workflow_id:
            return
        handle = workflow.get_external_workflow_handle(self._input.day_workflow_id)
        try:
            await handle.signal(signal, message)
        except FailureError as error:
            workflow.logger.info("the day is no longer running: %s", error)

    def _line(self) -> str:
        ticket = self._ticket
        return f"{ticket.side.value} {ticket.shares} {ticket.symbol} @ {ticket.limit_price_krw:,}"

    @workflow.signal
    def notice(self) -> None:
        """The broker's stream said something of this order: look now."""
        self._noticed = True

    @workflow.signal
    def stop(self, reason: str) -> None:
        """Deny or cancel this order if it is a buy."""
        self._stop_reason = reason or "stopped"

    @workflow.update
    def decide(self, decision: ApprovalDecision) -> str:
        """Approve or reject the pending order."""
        self._decision = decision
        return "approved" if decision.approve else "rejected"

    @decide.validator
    def _may_decide(self, decision: ApprovalDecision) -> None:
        if not self._awaiting_digest:
            raise ApplicationError(f"{self._ticket.intent_id} is {self._state.value}: nothing to decide")
        if self._decision is not None:
            raise ApplicationError(f"{self._ticket.intent_id} is already decided by {self._decision.by}")
        if decision.digest and decision.digest != self._awaiting_digest:
            raise ApplicationError("the order has changed since it was shown: look at it again")

    @workflow.update
    def resolve(self, resolution: OrderResolution) -> str:
        """Name the broker's order of an unknown outcome, or say that none exists."""
        if resolution.order is None:
            self._give_up = True
            return f"no order exists, says {resolution.by}"
        self._adopted = resolution.order
        return f"adopted {resolution.order.number}"

    @resolve.validator
    def _may_resolve(self, resolution: OrderResolution) -> None:
        if self._state is not IntentState.NEEDS_HUMAN:
            raise ApplicationError(f"{self._ticket.intent_id} is {self._state.value}: nothing to resolve")

    @workflow.query
    def status(self) -> OrderSummary:
        """Where the order stands."""
        return OrderSummary(
            intent_id=self._ticket.intent_id,
            symbol=self._ticket.symbol,
            side=self._ticket.side.value,
            state=self._state,
            shares=self._ticket.shares,
            filled_shares=self._progress.filled_shares,
            filled_amount_krw=self._progress.filled_amount_krw,
            denials=self._denials,
            attempts=self._attempts,
            text=f"{self._text} {self._awaiting_digest}".strip()[:300],
        )
