"""Every test of this folder that takes ``database`` runs on SQLite and on a real MariaDB."""

import os
import re
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from daybook.storage.database import Database
from daybook.storage.tables import metadata
from daybook.storage.tables.journal import audit_head
from tests.storage.mariadb import DATABASE, GivenServer, MariaDb, MariaDbUnavailable, Server, require_programs

PROCESSES = 3
TABLES = [table for table in metadata.sorted_tables if table is not audit_head]
FILLED_TABLES = " UNION ALL ".join(
    f"SELECT '{table.name}' WHERE EXISTS (SELECT 1 FROM {table.name})" for table in TABLES
)


def refuse_returning(connection, cursor, statement, parameters, context, executemany) -> None:
    """MySQL has no RETURNING, but MariaDB has: without this guard the tests would prove nothing for MySQL."""
    if connection.dialect.name == "mysql" and re.search(r"\bRETURNING\b", statement, re.IGNORECASE):
        raise AssertionError(f"RETURNING on the MySQL family: {statement}")


@pytest.fixture(scope="session", autouse=True)
def _returning_guard() -> Iterator[None]:
    event.listen(Engine, "before_cursor_execute", refuse_returning)
    yield
    event.remove(Engine, "before_cursor_execute", refuse_returning)


@pytest.fixture(scope="session")
def mariadb() -> Iterator[Server]:
    """A server of the MySQL family for the session; skips with a reason where there is none."""
    given = os.environ.get("DAYBOOK_TEST_MYSQL_URL")
    if given:
        yield GivenServer(given)
        return
    try:
        require_programs()
    except MariaDbUnavailable as reason:
        pytest.skip(f"no MariaDB: {reason}")
    server = MariaDb()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def migrated_server(mariadb: Server) -> Server:
    """The MariaDB server with an upgraded database."""
    with Database(mariadb.url) as database:
        database.upgrade()
    return mariadb


@pytest.fixture(scope="session")
def sqlite_database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """One upgraded file for the session, so that statements are compiled once."""
    path = tmp_path_factory.mktemp("sqlite") / "daybook.db"
    with Database(f"sqlite:///{path}", lock_wait_s=5) as opened:
        opened.upgrade()
        yield opened


@pytest.fixture(scope="session")
def mariadb_database(migrated_server: Server) -> Iterator[Database]:
    """One connection pool to the server for the session."""
    with Database(migrated_server.url, lock_wait_s=5) as opened:
        yield opened


@pytest.fixture(params=["sqlite", "mariadb"])
def database(request: pytest.FixtureRequest) -> Database:
    """An upgraded and empty database."""
    opened: Database = request.getfixturevalue(f"{request.param}_database")
    with opened.engine.begin() as connection:
        filled = set(connection.exec_driver_sql(FILLED_TABLES).scalars())
        for table in reversed(TABLES):
            if table.name in filled:
                connection.execute(table.delete())
        connection.execute(audit_head.update().values(seq=0, hash="0" * 64))
    return opened


@pytest.fixture
def database_url(database: Database) -> str:
    """The URL of ``database``, for other processes."""
    return database.engine.url.render_as_string(hide_password=False)


@pytest.fixture(params=["sqlite", "mariadb"])
def blank_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without any table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'blank.db'}"
        return
    server: Server = request.getfixturevalue("mariadb")
    with Database(server.url) as database:
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"CREATE DATABASE {DATABASE}_blank")
        yield f"{server.url}_blank"
        with database.engine.begin() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {DATABASE}_blank")


@pytest.fixture(scope="session")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Fresh Python processes, each of which opens the database by itself."""
    with ProcessPoolExecutor(PROCESSES, mp_context=get_context("spawn")) as pool:
        yield pool
