"""The audit log: append-only rows, each hash covering the one before.

Changing, removing or re-ordering a row breaks the chain at that row; cutting rows off the end shows because the head
is kept apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.orm import Session

from daybook.storage.canonical import canonical_json, digest, json_text
from daybook.storage.store import Store, clipped
from daybook.storage.tables.journal import audit, audit_head

GENESIS_HASH = "0" * 64
SYSTEM = "system"
_VERIFY_PAGE = 1000


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that was done: who, what, to what, with which detail (canonical JSON)."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: str
    previous_hash: str
    hash: str


def append_audit(
    session: Session,
    action: str,
    subject: str,
    detail: Mapping[str, Any] | str,
    *,
    actor: str,
    at: datetime,
) -> AuditRow:
    """Append a row in the caller's transaction, which must hold the one-writer lock."""
    head = session.execute(select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)).one()
    seq = head.seq + 1
    fields = {
        "seq": seq,
        "at": at,
        "actor": clipped(actor or SYSTEM, 120),
        "action": action,
        "subject": clipped(subject, 200),
        "detail": json_text(detail),
        "previous_hash": head.hash,
    }
    row = AuditRow(**fields, hash=_hash(**fields))
    session.execute(insert(audit).values(**fields, hash=row.hash))
    session.execute(update(audit_head).where(audit_head.c.id == 1).values(seq=seq, hash=row.hash))
    return row


class AuditLog(Store):
    """Reads, extends and checks the chain."""

    def append(
        self,
        action: str,
        subject: str,
        detail: Mapping[str, Any] | str,
        *,
        actor: str = SYSTEM,
        at: datetime | None = None,
    ) -> AuditRow:
        """Append one row and return it; ``detail`` is a mapping or a JSON text."""
        moment = self._now(at)
        return self._write(lambda session: append_audit(session, action, subject, detail, actor=actor, at=moment))

    def rows(self, *, after_seq: int = 0, limit: int = 1000) -> list[AuditRow]:
        """Return up to ``limit`` rows after a sequence number, oldest first."""
        query = select(audit).where(audit.c.seq > after_seq).order_by(audit.c.seq).limit(limit)
        return self._read(lambda session: [_row(row) for row in session.execute(query)])

    def for_subject(self, subject: str) -> list[AuditRow]:
        """Return all rows of one subject, oldest first."""
        query = select(audit).where(audit.c.subject == subject).order_by(audit.c.seq)
        return self._read(lambda session: [_row(row) for row in session.execute(query)])

    def head(self) -> tuple[int, str]:
        """Return the last sequence number and hash, e.g. to publish them outside the database."""
        query = select(audit_head.c.seq, audit_head.c.hash).where(audit_head.c.id == 1)
        row = self._read(lambda session: session.execute(query).one())
        return row.seq, row.hash

    def verify(self) -> int | None:
        """Return the first sequence number whose row is missing or altered, or None when the chain is whole."""
        last_seq, last_hash = self.head()
        expected, previous_hash = 1, GENESIS_HASH
        while expected <= last_seq:
            page = self.rows(after_seq=expected - 1, limit=_VERIFY_PAGE)
            if not page:
                return expected
            for row in page:
                if row.seq != expected or row.previous_hash != previous_hash or row.hash != _recomputed(row):
                    return expected
                if row.seq == last_seq and row.hash != last_hash:
                    return expected
                expected, previous_hash = expected + 1, row.hash
        head_seq = select(audit_head.c.seq).where(audit_head.c.id == 1).scalar_subquery()
        beyond = select(func.min(audit.c.seq)).where(audit.c.seq > head_seq)
        return self._read(lambda session: session.execute(beyond).scalar())


def _hash(*, seq: int, at: datetime, actor: str, action: str, subject: str, detail: str, previous_hash: str) -> str:
    moment = at.astimezone(UTC).isoformat(timespec="microseconds")
    return digest(canonical_json([seq, moment, actor, action, subject, detail, previous_hash]))


def _recomputed(row: AuditRow) -> str:
    return _hash(
        seq=row.seq,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
        previous_hash=row.previous_hash,
    )


def _row(row: Row[Any]) -> AuditRow:
    return AuditRow(**row._mapping)
