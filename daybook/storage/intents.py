"""Intents to trade: recorded once, one in flight per account, symbol and side, states that end."""

import sys
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.orders import (
    AttemptOutcome,
    BrokerOrder,
    BrokerOrderId,
    IntentState,
    OrderTicket,
)
from daybook.contracts.reasons import DenialCode
from daybook.storage import attempts as attempt_rows
from daybook.storage import order_links
from daybook.storage.attempts import AttemptRecord
from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.canonical import message_digest, message_json
from daybook.storage.errors import IntentConflict, RecordNotFound
from daybook.storage.store import Store, clipped
from daybook.storage.tables.orders import intents

_FINAL = [state.value for state in IntentState if state.is_final]


@dataclass(frozen=True, slots=True)
class RecordedIntent:
    """The answer to recording: ``duplicate_of`` names the intent whose order is in flight already."""

    intent_id: str
    state: IntentState
    is_new: bool
    duplicate_of: str | None = None


@dataclass(frozen=True, slots=True)
class IntentRecord:
    """An intent as it stands; filled values are the ledger's, costs are fees and taxes."""

    intent_id: str
    ticket: OrderTicket
    state: IntentState
    detail: str
    duplicate_of: str | None
    order: BrokerOrderId | None
    filled_shares: int
    filled_amount_krw: int
    costs_krw: int
    recorded_at: datetime
    state_at: datetime
    submitted_at: datetime | None
    closed_at: datetime | None

    @property
    def remaining_shares(self) -> int:
        """Shares of the ticket not filled yet."""
        return max(0, self.ticket.shares - self.filled_shares)


class IntentStore(Store):
    """Intents, the attempts to submit them, and the broker numbers that belong to them."""

    def record(self, ticket: OrderTicket, recorded_at: datetime, *, actor: str = SYSTEM) -> RecordedIntent:
        """Record a ticket once.

        The same ticket again gives the same record with ``is_new=False``; a ticket whose account, symbol and side
        already have an intent in flight is recorded as DENIED with ``duplicate_of``.

        Raises ``IntentConflict`` when the id was recorded with a different ticket.
        """
        return self._write(lambda session: _record(session, ticket, recorded_at, actor))

    def get(self, intent_id: str) -> IntentRecord:
        """Return an intent; raises ``RecordNotFound``."""
        return self._read(lambda session: _intent(_one(session, intent_id)))

    def set_state(
        self,
        intent_id: str,
        state: IntentState,
        detail: str = "",
        *,
        at: datetime | None = None,
        actor: str = SYSTEM,
    ) -> bool:
        """Move an intent to ``state`` and return True; a final state frees the account, symbol and side.

        Returns False, changing nothing, when the intent already rests in another final state.
        """
        moment = self._now(at)
        return self._write(lambda session: move_intent(session, intent_id, state, detail, at=moment, actor=actor))

    def open_intents(self, account: str) -> list[IntentRecord]:
        """Return the account's intents that are not final, oldest first."""
        query = (
            select(intents)
            .where(intents.c.account == account, intents.c.state.not_in(_FINAL))
            .order_by(intents.c.recorded_at, intents.c.intent_id)
        )
        return self._read(lambda session: [_intent(row) for row in session.execute(query)])

    def for_day(self, day: date, *, account: str | None = None) -> list[IntentRecord]:
        """Return a day's intents, oldest first."""
        query = select(intents).where(intents.c.day == day).order_by(intents.c.recorded_at, intents.c.intent_id)
        if account is not None:
            query = query.where(intents.c.account == account)
        return self._read(lambda session: [_intent(row) for row in session.execute(query)])

    def search(self, prefix: str, *, limit: int = 50) -> list[IntentRecord]:
        """Return up to ``limit`` intents whose id starts with ``prefix``, newest first."""
        query = (
            select(intents)
            # A range instead of LIKE, which ignores case on SQLite.
            .where(intents.c.intent_id >= prefix, intents.c.intent_id <= prefix + chr(sys.maxunicode))
            .order_by(intents.c.recorded_at.desc(), intents.c.intent_id)
            .limit(limit)
        )
        return self._read(lambda session: [_intent(row) for row in session.execute(query)])

    def begin_attempt(self, intent_id: str, attempt: int, at: datetime, *, actor: str = SYSTEM) -> bool:
        """Write SUBMITTING for (intent, attempt) in a committed transaction of its own.

        Returns False when the pair exists: then nothing may be sent. Raises ``AttemptRefused`` when the intent is
        final or an earlier attempt may have left an order at the broker, and ``RecordNotFound``.
        """
        return self._write_alone(
            lambda session: attempt_rows.begin(session, _one(session, intent_id), attempt, at=at, actor=actor)
        )

    def finish_attempt(
        self,
        intent_id: str,
        attempt: int,
        outcome: AttemptOutcome,
        order: BrokerOrderId | None = None,
        code: str = "",
        text: str = "",
        at: datetime | None = None,
        *,
        actor: str = SYSTEM,
    ) -> AttemptRecord:
        """Write what became of an attempt, and return it.

        ACCEPTED moves the intent to WORKING and UNKNOWN to UNKNOWN, unless it is final; every other outcome leaves
        the intent's state to the caller. Facts are never unlearned; see :func:`daybook.storage.attempts.finish`.
        """
        moment = self._now(at)

        def finish(session: Session) -> AttemptRecord:
            known = attempt_rows.finish(
                session, intent_id, attempt, outcome, order=order, code=code, text=text, at=moment, actor=actor
            )
            if known.outcome is AttemptOutcome.ACCEPTED:
                move_intent(session, intent_id, IntentState.WORKING, "", at=moment, actor=actor, only_forward=True)
            elif known.outcome is AttemptOutcome.UNKNOWN:
                move_intent(session, intent_id, IntentState.UNKNOWN, text, at=moment, actor=actor, only_forward=True)
            return known

        return self._write(finish)

    def attempts(self, intent_id: str) -> list[AttemptRecord]:
        """Return an intent's attempts, first one first."""
        return self._read(lambda session: attempt_rows.of_intent(session, intent_id))

    def link_order(
        self,
        day: date,
        order: BrokerOrderId,
        intent_id: str,
        *,
        at: datetime | None = None,
        actor: str = SYSTEM,
    ) -> bool:
        """Say that a broker order of ``day`` belongs to an intent.

        Numbers are compared without leading zeros. Returns True when it belongs to this intent, now or before, and
        False when it belongs to another. A number held for external until now is no longer external.
        """
        moment = self._now(at)

        def link(session: Session) -> bool:
            account = _one(session, intent_id).account
            return order_links.link(session, account, day, order, intent_id, at=moment, actor=actor)

        return self._write(link)

    def linked_orders(self, day: date, *, account: str | None = None) -> dict[str, str]:
        """Return the day's linked orders: number without leading zeros -> intent id."""
        return self._read(lambda session: order_links.linked(session, day, account))

    def record_external(
        self,
        day: date,
        order: BrokerOrder,
        *,
        account: str = "main",
        at: datetime | None = None,
        actor: str = SYSTEM,
    ) -> bool:
        """Keep the newest view of an order that is not ours; False when the number is linked to an intent."""
        moment = self._now(at)
        return self._write(
            lambda session: order_links.record_external(session, account, day, order, at=moment, actor=actor)
        )

    def external_orders(self, day: date, *, account: str | None = None) -> list[BrokerOrder]:
        """Return the day's external orders as last seen, by number."""
        return self._read(lambda session: order_links.external(session, day, account))


def move_intent(
    session: Session,
    intent_id: str,
    state: IntentState,
    detail: str,
    *,
    at: datetime,
    actor: str,
    only_forward: bool = False,
) -> bool:
    """Change an intent's state in the caller's transaction; see :meth:`IntentStore.set_state`.

    ``only_forward`` makes a final intent a silent no-op, for facts that arrive after the end.
    """
    row = _one(session, intent_id)
    current = IntentState(row.state)
    if current is state:
        if detail and detail != row.detail:
            session.execute(update(intents).where(intents.c.intent_id == intent_id).values(detail=clipped(detail)))
            append_audit(session, "intent.detail", intent_id, {"detail": detail}, actor=actor, at=at)
        return True
    if current.is_final:
        if not only_forward:
            values = {"from": current.value, "asked": state.value, "detail": detail}
            append_audit(session, "intent.state_kept", intent_id, values, actor=actor, at=at)
        return False
    changes: dict[str, Any] = {"state": state.value, "detail": clipped(detail), "state_at": at}
    if state.is_final:
        changes |= {"in_flight_key": None, "closed_at": at}
    session.execute(update(intents).where(intents.c.intent_id == intent_id).values(**changes))
    values = {"from": current.value, "to": state.value, "detail": detail}
    append_audit(session, "intent.state", intent_id, values, actor=actor, at=at)
    return True


def _record(session: Session, ticket: OrderTicket, recorded_at: datetime, actor: str) -> RecordedIntent:
    ticket_digest = message_digest(ticket)
    known = session.execute(select(intents).where(intents.c.intent_id == ticket.intent_id)).first()
    if known is not None:
        if known.ticket_digest != ticket_digest:
            raise IntentConflict(f"intent {ticket.intent_id} was recorded with a different ticket")
        return RecordedIntent(known.intent_id, IntentState(known.state), False, known.duplicate_of)
    key = f"{ticket.account}|{ticket.symbol}|{ticket.side.value}"
    other = session.execute(select(intents.c.intent_id).where(intents.c.in_flight_key == key)).scalar()
    state = IntentState.RECORDED if other is None else IntentState.DENIED
    session.execute(
        insert(intents).values(
            intent_id=ticket.intent_id,
            account=ticket.account,
            day=ticket.day,
            symbol=ticket.symbol,
            side=ticket.side.value,
            shares=ticket.shares,
            price_krw=ticket.limit_price_krw or ticket.reference_price_krw,
            ticket=message_json(ticket),
            ticket_digest=ticket_digest,
            state=state.value,
            detail="" if other is None else f"{DenialCode.DUPLICATE_ORDER.value}: in flight as {other}",
            duplicate_of=other,
            in_flight_key=key if other is None else None,
            filled_shares=0,
            filled_amount_krw=0,
            costs_krw=0,
            recorded_at=recorded_at,
            state_at=recorded_at,
            closed_at=None if other is None else recorded_at,
        )
    )
    values = {"ticket_digest": ticket_digest, "state": state.value, "duplicate_of": other}
    append_audit(session, "intent.recorded", ticket.intent_id, values, actor=actor, at=recorded_at)
    return RecordedIntent(ticket.intent_id, state, True, other)


def _one(session: Session, intent_id: str) -> Row[Any]:
    row = session.execute(select(intents).where(intents.c.intent_id == intent_id)).first()
    if row is None:
        raise RecordNotFound(f"there is no intent {intent_id}")
    return row


def _intent(row: Row[Any]) -> IntentRecord:
    order = None if row.order_number is None else BrokerOrderId(branch=row.order_branch, number=row.order_number)
    return IntentRecord(
        intent_id=row.intent_id,
        ticket=OrderTicket.model_validate_json(row.ticket),
        state=IntentState(row.state),
        detail=row.detail,
        duplicate_of=row.duplicate_of,
        order=order,
        filled_shares=row.filled_shares,
        filled_amount_krw=row.filled_amount_krw,
        costs_krw=row.costs_krw,
        recorded_at=row.recorded_at,
        state_at=row.state_at,
        submitted_at=row.submitted_at,
        closed_at=row.closed_at,
    )
