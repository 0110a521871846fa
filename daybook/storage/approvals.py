"""Asking a human about one order: the first answer in time counts, a late yes is a no."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.execution import ApprovalVerdict
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import Approval
from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.canonical import canonical_json
from daybook.storage.errors import RecordConflict, RecordNotFound, StorageUsageError
from daybook.storage.store import Store, clipped
from daybook.storage.tables.journal import approvals


@dataclass(frozen=True, slots=True)
class ShownOrder:
    """What the human was shown: the order, the last price, and why they were asked."""

    shares: int
    limit_price_krw: int
    last_price_krw: int
    reasons: tuple[str, ...] = ()

    def as_json(self) -> str:
        """Return it as canonical JSON."""
        return canonical_json(
            {
                "shares": self.shares,
                "limit_price_krw": self.limit_price_krw,
                "last_price_krw": self.last_price_krw,
                "reasons": list(self.reasons),
            }
        )

    @classmethod
    def from_json(cls, text: str) -> "ShownOrder":
        """Read it back."""
        value = json.loads(text)
        return cls(
            shares=value["shares"],
            limit_price_krw=value["limit_price_krw"],
            last_price_krw=value["last_price_krw"],
            reasons=tuple(value["reasons"]),
        )


_NOTHING_SHOWN = ShownOrder(0, 0, 0)
_ANSWERS = frozenset({ApprovalVerdict.APPROVED, ApprovalVerdict.REJECTED})


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """A question about the order with this digest, and its answer."""

    approval_id: str
    intent_id: str
    order_digest: str
    requested_at: datetime
    expires_at: datetime
    shown: ShownOrder
    verdict: ApprovalVerdict
    decided_by: str | None
    decided_at: datetime | None


class ApprovalStore(Store):
    """Questions to humans and their answers."""

    def request(
        self,
        approval_id: str,
        intent_id: str,
        order_digest: str,
        requested_at: datetime,
        expires_at: datetime,
        *,
        shown: ShownOrder = _NOTHING_SHOWN,
        actor: str = SYSTEM,
    ) -> ApprovalRecord:
        """Ask once; the same question again returns how it stands.

        Raises ``RecordConflict`` when the id asks about another intent or another order.
        """

        def ask(session: Session) -> ApprovalRecord:
            known = session.execute(select(approvals).where(approvals.c.approval_id == approval_id)).first()
            if known is None:
                session.execute(
                    insert(approvals).values(
                        approval_id=approval_id,
                        intent_id=intent_id,
                        order_digest=order_digest,
                        requested_at=requested_at,
                        expires_at=expires_at,
                        shown=shown.as_json(),
                        verdict=ApprovalVerdict.PENDING.value,
                    )
                )
                values = {"intent_id": intent_id, "order_digest": order_digest, "expires_at": expires_at.isoformat()}
                append_audit(session, "approval.requested", approval_id, values, actor=actor, at=requested_at)
            elif (known.intent_id, known.order_digest) != (intent_id, order_digest):
                raise RecordConflict(f"approval {approval_id} asks about another order")
            return _one(session, approval_id)

        return self._write(ask)

    def decide(
        self,
        approval_id: str,
        verdict: ApprovalVerdict,
        by: str,
        at: datetime,
        *,
        order_digest: str | None = None,
    ) -> ApprovalVerdict:
        """Answer and return the verdict that stands: the first one given, or EXPIRED from the expiry on.

        ``order_digest`` is the order the human saw; another one than was asked about raises ``RecordConflict`` and
        leaves the question open.
        """
        answer = ApprovalVerdict(verdict)
        if answer not in _ANSWERS:
            raise StorageUsageError("an answer is APPROVED or REJECTED")

        def write(session: Session) -> ApprovalVerdict:
            known = _one(session, approval_id)
            if order_digest is not None and order_digest != known.order_digest:
                raise RecordConflict(f"approval {approval_id} was asked for another order than the one answered")
            if known.verdict is not ApprovalVerdict.PENDING:
                return known.verdict
            standing = answer if at < known.expires_at else ApprovalVerdict.EXPIRED
            session.execute(
                update(approvals)
                .where(approvals.c.approval_id == approval_id)
                .values(verdict=standing.value, decided_by=clipped(by, 120), decided_at=at)
            )
            values = {"answer": answer.value, "verdict": standing.value}
            append_audit(session, "approval.decided", approval_id, values, actor=by, at=at)
            return standing

        return self._write(write)

    def get(self, approval_id: str) -> ApprovalRecord:
        """Return a question; raises ``RecordNotFound``."""
        return self._read(lambda session: _one(session, approval_id))

    def pending(self, at: datetime | None = None) -> list[ApprovalRecord]:
        """Return questions without an answer, the soonest to expire first; with ``at``, those expired are left out."""
        query = (
            select(approvals)
            .where(approvals.c.verdict == ApprovalVerdict.PENDING.value)
            .order_by(approvals.c.expires_at, approvals.c.approval_id)
        )
        if at is not None:
            query = query.where(approvals.c.expires_at > at)
        return self._read(lambda session: [_approval(row) for row in session.execute(query)])

    def for_intent(self, intent_id: str) -> list[ApprovalRecord]:
        """Return an intent's questions, oldest first."""
        query = (
            select(approvals)
            .where(approvals.c.intent_id == intent_id)
            .order_by(approvals.c.requested_at, approvals.c.approval_id)
        )
        return self._read(lambda session: [_approval(row) for row in session.execute(query)])

    def answer_for(self, ticket: OrderTicket) -> Approval | None:
        """Return the answer to the newest question about a ticket, as the risk rules read it.

        None while that question is open or when it was answered too late; an older answer never stands in for it.
        """
        questions = self.for_intent(ticket.intent_id)
        if not questions:
            return None
        last = questions[-1]
        if last.decided_at is None or last.verdict not in _ANSWERS:
            return None
        return Approval(
            intent_id=last.intent_id,
            granted=last.verdict is ApprovalVerdict.APPROVED,
            shares=last.shown.shares,
            limit_price_krw=last.shown.limit_price_krw,
            price_krw=last.shown.last_price_krw,
            asked_at=last.requested_at,
            answered_at=last.decided_at,
            answered_by=last.decided_by or "",
        )

    def reasons_for(self, intent_id: str) -> tuple[DenialCode, ...]:
        """Return why a human was asked about an intent, each reason once."""
        known = {code.value for code in DenialCode}
        reasons = [reason for row in self.for_intent(intent_id) for reason in row.shown.reasons if reason in known]
        return tuple(DenialCode(reason) for reason in dict.fromkeys(reasons))

    def is_approved(self, intent_id: str, order_digest: str) -> bool:
        """Whether exactly this order of the intent was approved in time."""
        query = select(approvals.c.approval_id).where(
            approvals.c.intent_id == intent_id,
            approvals.c.order_digest == order_digest,
            approvals.c.verdict == ApprovalVerdict.APPROVED.value,
        )
        return self._read(lambda session: session.execute(query).first() is not None)


def _one(session: Session, approval_id: str) -> ApprovalRecord:
    row = session.execute(select(approvals).where(approvals.c.approval_id == approval_id)).first()
    if row is None:
        raise RecordNotFound(f"there is no approval {approval_id}")
    return _approval(row)


def _approval(row: Row[Any]) -> ApprovalRecord:
    return ApprovalRecord(
        approval_id=row.approval_id,
        intent_id=row.intent_id,
        order_digest=row.order_digest,
        requested_at=row.requested_at,
        expires_at=row.expires_at,
        shown=ShownOrder.from_json(row.shown),
        verdict=ApprovalVerdict(row.verdict),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
