"""Permission to send real orders: requested, confirmed soon after, and gone when the session is over."""

from datetime import datetime, timedelta

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from daybook.storage.audit import append_audit
from daybook.storage.errors import StorageUsageError
from daybook.storage.store import clipped
from daybook.storage.tables.desk import live_arms

CONFIRM_WITHIN = timedelta(minutes=10)
"""How old a request may be when it is confirmed."""


def request(session: Session, account: str, by: str, at: datetime, expires_at: datetime) -> bool:
    """Store a request; an earlier unconfirmed one is withdrawn."""
    if expires_at <= at:
        raise StorageUsageError("an armed record must expire after it begins")
    pending = (
        live_arms.c.account == account,
        live_arms.c.confirmed_at.is_(None),
        live_arms.c.withdrawn_at.is_(None),
    )
    session.execute(update(live_arms).where(*pending).values(withdrawn_at=at))
    session.execute(
        insert(live_arms).values(account=account, requested_by=clipped(by, 120), requested_at=at, expires_at=expires_at)
    )
    values = {"expires_at": expires_at.isoformat()}
    append_audit(session, "live.arm_requested", account, values, actor=by, at=at)
    return True


def confirm(session: Session, account: str, by: str, at: datetime, expires_at: datetime) -> bool:
    """Confirm the pending request of the same expiry; False when there is none, or it is too old."""
    query = (
        select(live_arms)
        .where(
            live_arms.c.account == account,
            live_arms.c.confirmed_at.is_(None),
            live_arms.c.withdrawn_at.is_(None),
        )
        .order_by(live_arms.c.id.desc())
        .limit(1)
    )
    row = session.execute(query).first()
    holds = (
        row is not None
        and row.expires_at == expires_at
        and timedelta(0) <= at - row.requested_at <= CONFIRM_WITHIN
        and at < row.expires_at
    )
    if row is None or not holds:
        append_audit(session, "live.arm_refused", account, {}, actor=by, at=at)
        return False
    session.execute(
        update(live_arms).where(live_arms.c.id == row.id).values(confirmed_by=clipped(by, 120), confirmed_at=at)
    )
    values = {"expires_at": expires_at.isoformat(), "requested_by": row.requested_by}
    append_audit(session, "live.armed", account, values, actor=by, at=at)
    return True


def withdraw(session: Session, account: str, by: str, at: datetime) -> None:
    """End every armed record and request of the account."""
    standing = (live_arms.c.account == account, live_arms.c.withdrawn_at.is_(None))
    session.execute(update(live_arms).where(*standing).values(withdrawn_at=at))
    append_audit(session, "live.disarmed", account, {}, actor=by, at=at)


def is_armed(session: Session, account: str, at: datetime) -> bool:
    """Whether a confirmed record stands at ``at``."""
    query = select(live_arms.c.id).where(
        live_arms.c.account == account,
        live_arms.c.withdrawn_at.is_(None),
        live_arms.c.confirmed_at <= at,
        live_arms.c.expires_at > at,
    )
    return session.execute(query).first() is not None
