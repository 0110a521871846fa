"""Keeping intents, decisions, approvals and notices on record."""

from datetime import date

from daybook.contracts.decisions import DecisionRecord
from daybook.contracts.execution import ApprovalRecord, ApprovalVerdict, IntentStatus, IntentUpdate
from daybook.contracts.orders import AttemptOutcome, FillNotice, IntentState, OrderTicket
from daybook.execution.desk import ExecutionDesk
from daybook.storage.approvals import ShownOrder


class IntentKeeper:
    """Records what the order path decides; every method may be repeated."""

    def __init__(self, desk: ExecutionDesk) -> None:
        self._desk = desk

    def record(self, ticket: OrderTicket) -> IntentStatus:
        """Record an intent once; a second one in flight for the same symbol and side is a duplicate."""
        recorded = self._desk.intents.record(ticket, self._desk.real_now())
        status = self.status(ticket.intent_id)
        return status.model_copy(update={"is_new": recorded.is_new, "duplicate_of": recorded.duplicate_of or ""})

    def status(self, intent_id: str) -> IntentStatus:
        """Return where an intent stands."""
        record = self._desk.intents.get(intent_id)
        return IntentStatus(
            intent_id=intent_id,
            state=record.state,
            detail=record.detail,
            filled_shares=record.filled_shares,
            filled_amount_krw=record.filled_amount_krw,
            order=record.order,
        )

    def update(self, update: IntentUpdate) -> IntentStatus:
        """Move an intent to a state, closing an attempt that never reached the broker."""
        at = self._desk.real_now()
        if update.attempt:
            self._desk.intents.finish_attempt(
                update.intent_id, update.attempt, AttemptOutcome.NOT_ACCEPTED, None, "", update.detail, at
            )
        self._desk.intents.set_state(update.intent_id, update.state, update.detail, at=at)
        return self.status(update.intent_id)

    def record_decision(self, record: DecisionRecord) -> None:
        """Keep a decision with the digest of its inputs."""
        self._desk.decisions.record(
            record.decision_id,
            record.day,
            record.kind,
            record.inputs_digest,
            record.inputs,
            record.outputs,
            self._desk.real_now(),
        )

    def record_approval(self, record: ApprovalRecord) -> IntentStatus:
        """Open an approval (verdict pending) or write down what was decided of it."""
        at, intent_id = self._desk.real_now(), record.ticket.intent_id
        approval_id = f"{intent_id}:{record.digest}"
        if record.verdict is ApprovalVerdict.PENDING:
            self._desk.approvals.request(
                approval_id,
                intent_id,
                record.digest,
                at,
                record.expires_at,
                shown=ShownOrder(
                    record.ticket.shares, record.ticket.limit_price_krw, record.last_price_krw, record.reasons
                ),
            )
            self._desk.intents.set_state(intent_id, IntentState.AWAITING_APPROVAL, ", ".join(record.reasons), at=at)
        elif record.verdict is not ApprovalVerdict.EXPIRED:
            verdict = self._desk.approvals.decide(approval_id, record.verdict, record.by, at)
            if verdict is ApprovalVerdict.APPROVED:
                self._desk.intents.set_state(intent_id, IntentState.APPROVED, f"approved by {record.by}", at=at)
        return self.status(intent_id)

    def take_notice(self, day: date, notice: FillNotice) -> str:
        """Keep a notice; returns the intent that should look at its order now.

        It is "" when none is known, when the notice is a repeat, and when it only says that an order was accepted.
        """
        is_news = notice.is_fill or notice.is_cancel or notice.is_rejection
        if not self._desk.notices.record(day, notice) or not is_news:
            return ""
        linked = self._desk.intents.linked_orders(day)
        for number in (notice.order_number, notice.original_number):
            intent_id = linked.get(number.lstrip("0") or "0")
            if intent_id:
                return intent_id
        return ""
