"""Resuming after a halt, in two steps: a request that gives a secret token, and a confirmation with it."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from daybook.storage.audit import append_audit
from daybook.storage.canonical import digest
from daybook.storage.errors import StorageUsageError
from daybook.storage.store import clipped
from daybook.storage.tables.desk import halts, resume_requests


def request(session: Session, account: str, by: str, at: datetime, valid_for: timedelta) -> str:
    """Store a request and return its token, of which only the digest is kept."""
    if valid_for <= timedelta(0):
        raise StorageUsageError("a request to resume must be valid for some time")
    token = secrets.token_urlsafe(32)
    session.execute(
        insert(resume_requests).values(
            token_digest=digest(token),
            account=account,
            newest_halt_id=_newest_open_halt(session, account),
            requested_by=clipped(by, 120),
            requested_at=at,
            expires_at=at + valid_for,
        )
    )
    values = {"expires_at": (at + valid_for).isoformat()}
    append_audit(session, "state.resume_requested", account, values, actor=by, at=at)
    return token


def confirm(session: Session, account: str, token: str, by: str, at: datetime) -> bool:
    """Use a token once: close all open halts; False, with the refusal audited, when it does not hold."""
    query = select(resume_requests).where(resume_requests.c.token_digest == digest(token))
    row = session.execute(query).first()
    refusal = ""
    if row is None or row.account != account:
        refusal = "wrong token"
    elif row.used_at is not None:
        refusal = "token was used"
    elif at >= row.expires_at:
        refusal = "token has expired"
    elif _newest_open_halt(session, account) > row.newest_halt_id:
        refusal = "a halt opened after the request"
    if refusal:
        append_audit(session, "state.resume_refused", account, {"why": refusal}, actor=by, at=at)
        return False
    used = update(resume_requests).where(resume_requests.c.token_digest == digest(token)).values(used_at=at)
    session.execute(used)
    open_halts = (halts.c.account == account, halts.c.closed_at.is_(None))
    closed = list(session.execute(select(halts.c.id).where(*open_halts).order_by(halts.c.id)).scalars())
    session.execute(update(halts).where(*open_halts).values(closed_by=clipped(by, 120), closed_at=at))
    append_audit(session, "state.resumed", account, {"closed_halts": closed}, actor=by, at=at)
    return True


def _newest_open_halt(session: Session, account: str) -> int:
    query = select(func.max(halts.c.id)).where(halts.c.account == account, halts.c.closed_at.is_(None))
    return int(session.execute(query).scalar() or 0)
