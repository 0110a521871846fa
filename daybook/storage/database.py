"""The relational database: units of work, bounded retries and the schema's upgrade."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from random import SystemRandom
from types import TracebackType
from typing import TypeVar

from sqlalchemy import Engine, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from daybook.storage import schema
from daybook.storage.engine import READING, open_engine, parse_url
from daybook.storage.errors import (
    ReadOnlyDatabase,
    StorageBusy,
    StorageConfigurationError,
    StorageUsageError,
)
from daybook.storage.failures import DuplicateRow, storage_error
from daybook.storage.tables.journal import audit_head

Result = TypeVar("Result")

RETRY_ATTEMPTS = 8
_FIRST_PAUSE_S = 0.01
_UPGRADE_LOCK_WAIT_S = 60.0
_UPGRADE_REPLY_TIMEOUT_S = 3600.0
_LONGEST_PAUSE_S = 0.5
_GATE = select(audit_head.c.seq).where(audit_head.c.id == 1).with_for_update()
_jitter = SystemRandom()


def utc_now() -> datetime:
    """Return the time now in UTC."""
    return datetime.now(UTC)


class Database:
    """One database, shared by all threads of a process; not to be carried across a fork.

    Writing units of work run one at a time: SQLite gives that by itself, and on the MySQL family each of them first
    locks the end of the audit chain. So a reader-then-writer never races another one, on either.

    Args:
        url: ``sqlite:///file``, ``mysql+pymysql://...`` or ``mariadb://...``.
        read_only: refuse writes, here and in the database session.
        clock: gives the time of records whose caller names none.
        lock_wait_s: how long one attempt waits for another writer.
    """

    def __init__(
        self,
        url: str,
        *,
        read_only: bool = False,
        clock: Callable[[], datetime] = utc_now,
        lock_wait_s: float = 10.0,
    ) -> None:
        self._url = parse_url(url)
        self._lock_wait_s = lock_wait_s
        self._read_only = read_only
        self._writing = open_engine(self._url, read_only=read_only, lock_wait_s=lock_wait_s)
        self._reading = self._writing.execution_options(**{READING: True})
        self._local = threading.local()
        self._turn = threading.Lock()
        self.clock = clock

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r}, read_only={self._read_only})"

    def __enter__(self) -> "Database":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def engine(self) -> Engine:
        """The engine of writing transactions, for tools and tests."""
        return self._writing

    @property
    def is_read_only(self) -> bool:
        """Whether writes are refused."""
        return self._read_only

    @property
    def is_sqlite(self) -> bool:
        """Whether the database is a SQLite file."""
        return self._url.get_backend_name() == "sqlite"

    def close(self) -> None:
        """Close all pooled connections."""
        self._writing.dispose()

    def upgrade(self) -> str:
        """Bring the schema to the newest revision and return it; safe when several processes start at once."""
        self._require_writable()
        # Changing a large table can take far longer than any statement of a trading day.
        engine = open_engine(
            self._url, read_only=False, lock_wait_s=_UPGRADE_LOCK_WAIT_S, reply_timeout_s=_UPGRADE_REPLY_TIMEOUT_S
        )
        try:
            return schema.upgrade(engine, lock_wait_s=_UPGRADE_LOCK_WAIT_S)
        except SQLAlchemyError as error:
            raise storage_error(error) from error
        finally:
            engine.dispose()

    def revision(self) -> str | None:
        """Return the schema's revision, or None when nothing is installed."""
        try:
            return schema.current_revision(self._reading)
        except SQLAlchemyError as error:
            raise storage_error(error) from error

    def require_current_schema(self) -> None:
        """Raise ``StorageConfigurationError`` unless the schema is the one this code was written for."""
        found, wanted = self.revision(), schema.newest_revision()
        if found != wanted:
            raise StorageConfigurationError(f"the database is at revision {found}, this program needs {wanted}")

    def session(self) -> AbstractContextManager[Session]:
        """Return a unit of work: committed at the end of the block, rolled back on any exception.

        On a read-only database it only reads. Stores bound to the session take part in it. A unit of work inside
        another one of the same thread is refused, since it would wait for itself.
        """
        return self.reading() if self._read_only else self._write_unit(exclusive=True)

    def reading(self) -> AbstractContextManager[Session]:
        """Return a unit of work for reading; it never waits for writers."""
        return self._unit(self._reading)

    def run(self, work: Callable[[Session], Result], *, exclusive: bool = True) -> Result:
        """Run ``work`` in a writing unit of work and return its result, again from the start after a lost race.

        ``work`` may be called several times, each in a fresh transaction, and must have no effect outside it.
        ``exclusive=False`` leaves out the one-writer rule on the MySQL family, for bulk rows nobody else decides on.

        Raises ``StorageBusy`` after ``RETRY_ATTEMPTS`` attempts or three lock waits.
        """
        self._require_writable()
        deadline = time.monotonic() + 3 * self._lock_wait_s
        attempt = 1
        while True:
            try:
                with self._write_unit(exclusive=exclusive) as session:
                    return work(session)
            except (StorageBusy, DuplicateRow):
                if attempt >= RETRY_ATTEMPTS or time.monotonic() >= deadline:
                    raise
            pause_s = min(_LONGEST_PAUSE_S, _FIRST_PAUSE_S * 2**attempt)
            time.sleep(_jitter.uniform(0, pause_s))
            attempt += 1

    def read(self, work: Callable[[Session], Result]) -> Result:
        """Run ``work`` in a reading unit of work and return its result."""
        with self.reading() as session:
            return work(session)

    def _require_writable(self) -> None:
        if self._read_only:
            raise ReadOnlyDatabase("the database is open for reading only")

    @contextmanager
    def _write_unit(self, *, exclusive: bool) -> Iterator[Session]:
        if getattr(self._local, "is_writing", False):
            raise StorageUsageError("a unit of work is already open in this thread; bind the store to its session")
        self._local.is_writing = True
        try:
            with self._in_turn(), self._unit(self._writing) as session:
                if exclusive:
                    session.execute(_GATE)
                yield session
        finally:
            self._local.is_writing = False

    @contextmanager
    def _in_turn(self) -> Iterator[None]:
        """Queue the threads of this process on SQLite, whose own waiting polls, with pauses of up to 0.1 s."""
        if not self.is_sqlite:
            yield
            return
        if not self._turn.acquire(timeout=self._lock_wait_s):
            raise StorageBusy("another thread of this process is writing")
        try:
            yield
        finally:
            self._turn.release()

    @contextmanager
    def _unit(self, engine: Engine) -> Iterator[Session]:
        session = Session(engine, autoflush=False, expire_on_commit=False)
        try:
            with session.begin():
                yield session
        except SQLAlchemyError as error:
            raise storage_error(error) from error
        except OverflowError as error:
            raise StorageUsageError("a number does not fit into 64 bits") from error
        finally:
            session.close()
