"""How long one write takes: a transaction that takes the database's lock, changes nothing, and is committed."""

from collections.abc import Callable

from sqlalchemy import false, update
from sqlalchemy.orm import Session

from daybook.storage.database import Database
from daybook.storage.errors import StorageError
from daybook.storage.tables.scenario import threat_assessments

NOT_IN_TIME_S = 60.0
"""Taken for a write that failed: longer than any threshold."""


def write_time_s(database: Database, monotonic: Callable[[], float]) -> float:
    """Return the real seconds of one write; :data:`NOT_IN_TIME_S` when it is refused."""

    def work(session: Session) -> None:
        session.execute(update(threat_assessments).where(false()).values(level=threat_assessments.c.level))

    began = monotonic()
    try:
        database.run(work)
    except StorageError:
        return max(NOT_IN_TIME_S, monotonic() - began)
    return max(0.0, monotonic() - began)
