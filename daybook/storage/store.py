"""The base of every store: where its reads and writes take place."""

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from sqlalchemy.orm import Session

from daybook.storage.column_types import DETAIL_LENGTH
from daybook.storage.database import Database, utc_now
from daybook.storage.errors import StorageUsageError

Result = TypeVar("Result")


class Store:
    """A store bound to a database (each call is its own transaction) or to the session of a unit of work."""

    def __init__(self, home: Database | Session) -> None:
        self._home = home

    def _now(self, at: datetime | None) -> datetime:
        if at is not None:
            return at
        return self._home.clock() if isinstance(self._home, Database) else utc_now()

    def _write(self, work: Callable[[Session], Result], *, exclusive: bool = True) -> Result:
        if isinstance(self._home, Database):
            return self._home.run(work, exclusive=exclusive)
        return work(self._home)

    def _write_alone(self, work: Callable[[Session], Result]) -> Result:
        if not isinstance(self._home, Database):
            raise StorageUsageError("this record must be committed by itself; use a store bound to the database")
        return self._home.run(work)

    def _read(self, work: Callable[[Session], Result]) -> Result:
        if isinstance(self._home, Database):
            return self._home.read(work)
        return work(self._home)


def clipped(text: str, length: int = DETAIL_LENGTH) -> str:
    """Return ``text`` cut to what its column holds."""
    return text if len(text) <= length else text[: length - 1] + "…"
