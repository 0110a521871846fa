"""Attempts to submit an order: each (intent, attempt) pair is written before its POST and used once."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState
from daybook.storage.audit import append_audit
from daybook.storage.errors import AttemptRefused, RecordConflict, RecordNotFound, StorageUsageError
from daybook.storage.store import clipped
from daybook.storage.tables.orders import attempts, intents

_OPEN = frozenset({AttemptOutcome.SUBMITTING, AttemptOutcome.UNKNOWN})
_NO_ORDER = frozenset({AttemptOutcome.REFUSED, AttemptOutcome.NOT_EXECUTED, AttemptOutcome.NOT_ACCEPTED})
_CAN_BEGIN = frozenset({IntentState.RECORDED, IntentState.APPROVED, IntentState.SUBMITTING})
_LEFT_AN_ORDER = frozenset({AttemptOutcome.SUBMITTING, AttemptOutcome.UNKNOWN, AttemptOutcome.ACCEPTED})


@dataclass(frozen=True, slots=True)
class AttemptRecord:
    """One POST of an intent's order: what is known of it."""

    intent_id: str
    attempt: int
    outcome: AttemptOutcome
    order: BrokerOrderId | None
    code: str
    text: str
    started_at: datetime
    finished_at: datetime | None


def begin(session: Session, intent: Row[Any], attempt: int, *, at: datetime, actor: str) -> bool:
    """Write SUBMITTING for a new pair; False when the pair exists.

    Raises ``AttemptRefused`` when the intent is final, waits for a person or is being looked for (a belated worker must
    not send what others have already begun to look for), or when an earlier attempt left an order or may have.
    """
    earlier = of_intent(session, intent.intent_id)
    if any(known.attempt == attempt for known in earlier):
        return False
    for known in earlier:
        if known.outcome in _LEFT_AN_ORDER:
            standing = f"attempt {known.attempt} of intent {intent.intent_id} is {known.outcome.value}"
            raise AttemptRefused(f"{standing}: nothing more may be sent")
    if IntentState(intent.state) not in _CAN_BEGIN:
        raise AttemptRefused(f"intent {intent.intent_id} is {intent.state}: nothing more may be sent")
    _insert(session, intent.intent_id, attempt, AttemptOutcome.SUBMITTING, at)
    changes: dict[str, Any] = {"state": IntentState.SUBMITTING.value, "state_at": at}
    if intent.submitted_at is None:
        changes["submitted_at"] = at
    session.execute(update(intents).where(intents.c.intent_id == intent.intent_id).values(**changes))
    append_audit(session, "attempt.begun", intent.intent_id, {"attempt": attempt}, actor=actor, at=at)
    return True


def finish(
    session: Session,
    intent_id: str,
    attempt: int,
    outcome: AttemptOutcome,
    *,
    order: BrokerOrderId | None,
    code: str,
    text: str,
    at: datetime,
    actor: str,
) -> AttemptRecord:
    """Write what became of an attempt and return what is known of it now.

    A fact is never unlearned: ACCEPTED can be learned at any time, doubt only where no order was seen yet, and a
    second word that there is no order changes nothing. NOT_ACCEPTED for an attempt that was never begun closes the
    pair, so that a belated worker cannot begin it any more.

    Raises ``RecordConflict`` when an accepted attempt is said to have left no order or another one, and
    ``RecordNotFound``.
    """
    if outcome is AttemptOutcome.SUBMITTING:
        raise StorageUsageError("an attempt cannot end as SUBMITTING")
    pair = (attempts.c.intent_id == intent_id, attempts.c.attempt == attempt)
    row = session.execute(select(attempts).where(*pair)).first()
    if row is None and outcome is AttemptOutcome.NOT_ACCEPTED:
        _insert(session, intent_id, attempt, outcome, at)
        row = session.execute(select(attempts).where(*pair)).one()
    elif row is None:
        raise RecordNotFound(f"there is no attempt {attempt} of intent {intent_id}")
    elif not _teaches(_attempt(row), outcome, order):
        return _attempt(row)
    changes: dict[str, Any] = {
        "outcome": outcome.value,
        "code": clipped(code, 40),
        "text": clipped(text),
        "finished_at": at,
    }
    if order is not None:
        changes |= {"order_branch": order.branch, "order_number": order.number}
        name_order(session, intent_id, order)
    session.execute(update(attempts).where(*pair).values(**changes))
    values = {
        "attempt": attempt,
        "outcome": outcome.value,
        "order": None if order is None else order.number,
        "code": code,
        "text": text,
    }
    append_audit(session, "attempt.finished", intent_id, values, actor=actor, at=at)
    return _attempt(session.execute(select(attempts).where(*pair)).one())


def _teaches(known: AttemptRecord, outcome: AttemptOutcome, order: BrokerOrderId | None) -> bool:
    """Whether ``outcome`` adds to what is known; raises ``RecordConflict`` when it contradicts an accepted order."""
    if known.outcome is AttemptOutcome.ACCEPTED:
        other = order is not None and known.order is not None and order.key != known.order.key
        if other or outcome in _NO_ORDER:
            standing = f"attempt {known.attempt} of intent {known.intent_id} was accepted"
            raise RecordConflict(f"{standing}, it cannot become {outcome.value}")
        return outcome is AttemptOutcome.ACCEPTED and order is not None and known.order is None
    if known.outcome is outcome:
        return False
    if known.outcome in _OPEN or outcome is AttemptOutcome.ACCEPTED:
        return True
    # That no order appeared was concluded, not said by the broker: a late doubt weighs more.
    return known.outcome is AttemptOutcome.NOT_ACCEPTED and outcome is AttemptOutcome.UNKNOWN


def _insert(session: Session, intent_id: str, attempt: int, outcome: AttemptOutcome, at: datetime) -> None:
    session.execute(
        insert(attempts).values(
            intent_id=intent_id, attempt=attempt, outcome=outcome.value, code="", text="", started_at=at
        )
    )


def name_order(session: Session, intent_id: str, order: BrokerOrderId) -> None:
    """Set the intent's newest broker order."""
    session.execute(
        update(intents)
        .where(intents.c.intent_id == intent_id)
        .values(order_branch=order.branch, order_number=order.number)
    )


def of_intent(session: Session, intent_id: str) -> list[AttemptRecord]:
    """Return an intent's attempts, first one first."""
    query = select(attempts).where(attempts.c.intent_id == intent_id).order_by(attempts.c.attempt)
    return [_attempt(row) for row in session.execute(query)]


def _attempt(row: Row[Any]) -> AttemptRecord:
    return AttemptRecord(
        intent_id=row.intent_id,
        attempt=row.attempt,
        outcome=AttemptOutcome(row.outcome),
        order=None if row.order_number is None else BrokerOrderId(branch=row.order_branch, number=row.order_number),
        code=row.code,
        text=row.text,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
