"""Why one order exists and what became of it, read back from the database alone."""

import json
from typing import Any

from sqlalchemy.orm import Session

from daybook.report.decision_view import decision_view
from daybook.report.explanation import (
    ApprovalView,
    AttemptView,
    CheckView,
    DenialView,
    EventView,
    FillView,
    OrderExplanation,
    RecordCheck,
)
from daybook.report.explanation_text import render_explanation
from daybook.storage.approvals import ApprovalStore
from daybook.storage.audit import AuditLog, AuditRow
from daybook.storage.canonical import message_digest
from daybook.storage.database import Database
from daybook.storage.errors import RecordNotFound
from daybook.storage.intents import IntentRecord, IntentStore
from daybook.storage.ledger import Ledger

__all__ = ["AmbiguousOrder", "NoSuchOrder", "OrderExplanation", "explain_order", "find_order", "render_explanation"]

_CANDIDATES = 50


class NoSuchOrder(Exception):
    """No intent's id is, or starts with, what was asked for."""


class AmbiguousOrder(Exception):
    """Several intents' ids start with what was asked for; ``candidates`` are their ids, newest first."""

    def __init__(self, prefix: str, candidates: tuple[str, ...]) -> None:
        super().__init__(f"{prefix} is the beginning of {len(candidates)} orders; give more of the id")
        self.candidates = candidates


def find_order(database: Database, prefix: str) -> IntentRecord:
    """Return the intent whose id is ``prefix``, or the only one whose id starts with it.

    Raises:
        NoSuchOrder: when there is none.
        AmbiguousOrder: when there are several.
    """
    with database.reading() as session:
        return _find(session, prefix)


def explain_order(database: Database, intent_id: str, *, walk_audit: bool = False) -> OrderExplanation:
    """Return all that is known of one order, named by its intent id or a unique beginning of it.

    ``walk_audit`` also re-computes every hash of the audit chain, which takes time proportional to its length.

    Raises:
        NoSuchOrder: when there is none.
        AmbiguousOrder: when there are several.
        StorageError: when the database cannot be read.
    """
    with database.reading() as session:
        record = _find(session, intent_id)
        ticket = record.ticket
        audit = AuditLog(session)
        rows = audit.for_subject(ticket.intent_id)
        fills = [
            FillView(
                at=fill.at,
                order_number=fill.order_key,
                shares=fill.shares,
                amount_krw=fill.amount_krw,
                costs_krw=fill.costs_krw,
                realised_pnl_krw=fill.realised_pnl_krw,
            )
            for fill in Ledger(session).fills(ticket.day, account=ticket.account)
            if fill.intent_id == ticket.intent_id
        ]
        return OrderExplanation(
            ticket=ticket,
            ticket_check=_ticket_check(record, rows),
            state=record.state,
            detail=record.detail,
            duplicate_of=record.duplicate_of or "",
            order=record.order,
            filled_shares=record.filled_shares,
            filled_amount_krw=record.filled_amount_krw,
            costs_krw=record.costs_krw,
            realised_pnl_krw=sum(fill.realised_pnl_krw for fill in fills),
            recorded_at=record.recorded_at,
            submitted_at=record.submitted_at,
            closed_at=record.closed_at,
            decision=decision_view(session, ticket),
            checks=tuple(_check(row) for row in rows if row.action == "order.checked"),
            approvals=_approvals(session, ticket.intent_id),
            attempts=_attempts(session, ticket.intent_id),
            fills=tuple(fills),
            events=tuple(_event(row) for row in rows if row.action != "order.checked"),
            audit_walked=walk_audit,
            audit_broken_at=audit.verify() if walk_audit else None,
        )


def _find(session: Session, prefix: str) -> IntentRecord:
    store = IntentStore(session)
    try:
        return store.get(prefix)
    except RecordNotFound:
        found = store.search(prefix, limit=_CANDIDATES) if prefix else []
    # LIKE ignores case on SQLite; ids do not.
    found = [record for record in found if record.intent_id.startswith(prefix)]
    if not found:
        raise NoSuchOrder(f"no order {prefix}" if prefix else "an order id is needed")
    if len(found) > 1:
        raise AmbiguousOrder(prefix, tuple(record.intent_id for record in found))
    return found[0]


def _ticket_check(record: IntentRecord, rows: list[AuditRow]) -> RecordCheck:
    recorded = next((row for row in rows if row.action == "intent.recorded"), None)
    if recorded is None:
        return RecordCheck.MISSING
    same = _detail(recorded).get("ticket_digest") == message_digest(record.ticket)
    return RecordCheck.VERIFIED if same else RecordCheck.ALTERED


def _approvals(session: Session, intent_id: str) -> tuple[ApprovalView, ...]:
    return tuple(
        ApprovalView(
            digest=row.order_digest,
            asked_at=row.requested_at,
            expires_at=row.expires_at,
            last_price_krw=row.shown.last_price_krw,
            reasons=row.shown.reasons,
            verdict=row.verdict.value,
            by=row.decided_by or "",
            decided_at=row.decided_at,
        )
        for row in ApprovalStore(session).for_intent(intent_id)
    )


def _attempts(session: Session, intent_id: str) -> tuple[AttemptView, ...]:
    return tuple(
        AttemptView(
            attempt=row.attempt,
            outcome=row.outcome,
            started_at=row.started_at,
            finished_at=row.finished_at,
            order=row.order,
            broker_code=row.code,
            text=row.text,
        )
        for row in IntentStore(session).attempts(intent_id)
    )


def _check(row: AuditRow) -> CheckView:
    detail = _detail(row)
    return CheckView(
        seq=row.seq,
        at=row.at,
        market_time=detail.get("market_time"),
        trading_state=str(detail.get("state", "")),
        last_price_krw=detail.get("last_price_krw"),
        denials=tuple(DenialView.model_validate(entry) for entry in detail.get("denials", ())),
        needs_approval=tuple(str(code) for code in detail.get("needs_approval", ())),
    )


def _event(row: AuditRow) -> EventView:
    detail = _detail(row)
    if row.action == "intent.state":
        text = f"{detail.get('from')} -> {detail.get('to')}: {detail.get('detail')}".removesuffix(": ")
    else:
        text = ", ".join(f"{name} {value}" for name, value in detail.items() if value not in (None, "", []))
    return EventView(seq=row.seq, at=row.at, actor=row.actor, action=row.action, text=text)


def _detail(row: AuditRow) -> dict[str, Any]:
    value = json.loads(row.detail)
    return value if isinstance(value, dict) else {}
