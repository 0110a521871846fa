"""Engines: one set of promises on SQLite and on the MySQL family.

Every connection speaks UTC, refuses lossy values and waits a bounded time for locks. On SQLite a writing transaction
starts with BEGIN IMMEDIATE, so it never fails half-way for want of the write lock.
"""

from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from daybook.storage.errors import StorageConfigurationError

READING = "daybook_reading"
"""Execution option of engines whose transactions only read."""

SQL_MODE = (
    "STRICT_ALL_TABLES,NO_ZERO_DATE,NO_ZERO_IN_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION,"
    "ONLY_FULL_GROUP_BY"
)
_POOL: dict[str, Any] = {"pool_size": 8, "max_overflow": 32, "pool_timeout": 30.0}


class _DriverConnection(Protocol):
    isolation_level: str | None

    def cursor(self) -> Any: ...


def parse_url(url: str) -> URL:
    """Return a supported URL: a SQLite file, or MySQL or MariaDB through PyMySQL."""
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
    except (ArgumentError, NoSuchModuleError) as error:
        raise StorageConfigurationError("the database URL cannot be read") from error
    if backend == "sqlite":
        if not parsed.database or parsed.database == ":memory:":
            raise StorageConfigurationError("a SQLite URL must name a file, e.g. sqlite:///daybook.db")
        return parsed.set(drivername="sqlite+pysqlite")
    if backend in {"mysql", "mariadb"}:
        query = {**parsed.query, "charset": "utf8mb4"}
        return parsed.set(drivername="mysql+pymysql", query=query)
    raise StorageConfigurationError(f"the database URL names {backend}; use sqlite, mysql or mariadb")


def open_engine(url: URL, *, read_only: bool, lock_wait_s: float, reply_timeout_s: float = 30.0) -> Engine:
    """Return an engine for ``url``; nothing is connected yet.

    ``reply_timeout_s`` is how long a server may take over one statement before the connection counts as lost; it must
    be longer than ``lock_wait_s``.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, read_only=read_only, lock_wait_s=lock_wait_s)
    return _open_mysql(url, read_only=read_only, lock_wait_s=lock_wait_s, reply_timeout_s=reply_timeout_s)


def _open_sqlite(url: URL, *, read_only: bool, lock_wait_s: float) -> Engine:
    path = Path(url.database or "")
    if read_only:
        url = url.set(database=f"file:{quote(str(path))}", query={"mode": "ro", "uri": "true"})
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, hide_parameters=True, **_POOL)

    @event.listens_for(engine, "connect")
    def set_pragmas(connection: _DriverConnection, _record: object) -> None:
        # The driver must not open transactions of its own: "begin" below does.
        connection.isolation_level = None
        cursor = connection.cursor()
        try:
            cursor.execute(f"PRAGMA busy_timeout = {int(lock_wait_s * 1000)}")
            cursor.execute("PRAGMA foreign_keys = ON")
            if read_only:
                cursor.execute("PRAGMA query_only = ON")
            else:
                if cursor.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
                    cursor.execute("PRAGMA journal_mode = WAL")
                # FULL, because a forgotten SUBMITTING row after a power cut could double an order.
                cursor.execute("PRAGMA synchronous = FULL")
        finally:
            cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = read_only or connection.get_execution_options().get(READING, False)
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")

    return engine


def _open_mysql(url: URL, *, read_only: bool, lock_wait_s: float, reply_timeout_s: float) -> Engine:
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="READ COMMITTED",
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"connect_timeout": 10, "read_timeout": reply_timeout_s, "write_timeout": reply_timeout_s},
        **_POOL,
    )

    @event.listens_for(engine, "connect")
    def set_session(connection: _DriverConnection, _record: object) -> None:
        # The dialect has just recognised MariaDB and switched RETURNING on; what MySQL lacks is not to be used.
        for capability in ("insert_returning", "delete_returning", "insert_executemany_returning"):
            setattr(engine.dialect, capability, False)
        cursor = connection.cursor()
        try:
            cursor.execute(f"SET SESSION time_zone = '+00:00', sql_mode = '{SQL_MODE}'")
            cursor.execute(f"SET SESSION innodb_lock_wait_timeout = {max(1, round(lock_wait_s))}")
            if read_only:
                cursor.execute("SET SESSION TRANSACTION READ ONLY")
        finally:
            cursor.close()

    return engine
