"""Asking a human about one order: the first answer in time counts, a late yes is a no."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.errors import RecordConflict, RecordNotFound, StorageUsageError
from daybook.storage.store import Store, clipped
from daybook.storage.tables.journal import approvals


class ApprovalVerdict(StrEnum):
    """How a question stands."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class ApprovalRecord:
    """A question about the order with this digest, and its answer."""

    approval_id: str
    intent_id: str
    order_digest: str
    requested_at: datetime
    expires_at: datetime
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
        if answer not in {ApprovalVerdict.APPROVED, ApprovalVerdict.REJECTED}:
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
        verdict=ApprovalVerdict(row.verdict),
        decided_by=row.decided_by,
        decided_at=row.decided_at,
    )
