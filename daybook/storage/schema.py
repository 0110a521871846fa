"""The schema's revisions: what is installed, what is newest, and the upgrade between them.

Alembic is imported where it is used: most commands never ask, and it is a tenth of their memory.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, text

from daybook.storage.errors import StorageBusy, StorageConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK_NAME = "daybook_schema_upgrade"
# Alembic keeps its running environment in module globals, so one upgrade at a time per process.
_one_upgrade = threading.Lock()


def alembic_config(connection: Connection | None = None) -> "Config":
    """Return Alembic's configuration, bound to an open connection if one is given."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def newest_revision() -> str:
    """Return the newest revision this code knows."""
    from alembic.script import ScriptDirectory

    revision = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if revision is None:
        raise StorageConfigurationError("the program was installed without its database migrations")
    return revision


def current_revision(engine: Engine) -> str | None:
    """Return the revision installed in the database, or None."""
    from alembic.runtime.migration import MigrationContext

    with engine.connect() as connection:
        return MigrationContext.configure(connection).get_current_revision()


def is_known_revision(revision: str) -> bool:
    """Whether this code has a revision of that name."""
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    try:
        return ScriptDirectory.from_config(alembic_config()).get_revision(revision) is not None
    except CommandError:
        return False


def upgrade(engine: Engine, *, lock_wait_s: float) -> str:
    """Upgrade to the newest revision and return it; other processes that upgrade meanwhile wait.

    Raises ``StorageBusy`` when another upgrade holds the lock for longer than ``lock_wait_s``.
    """
    from alembic import command

    newest = newest_revision()
    if current_revision(engine) == newest:
        return newest
    with _one_upgrade, exclusive_connection(engine, lock_wait_s=lock_wait_s) as connection:
        command.upgrade(alembic_config(connection), "head")
    return newest


@contextmanager
def exclusive_connection(engine: Engine, *, lock_wait_s: float) -> Iterator[Connection]:
    """Yield a connection that no other upgrade shares; committed at the end.

    SQLite: one BEGIN IMMEDIATE transaction around all changes. MySQL family: a named server lock, because its DDL
    commits by itself.
    """
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            with connection.begin():
                yield connection
            return
        got = connection.execute(
            text("SELECT GET_LOCK(CONCAT(:name, '.', DATABASE()), :wait)"), {"name": _LOCK_NAME, "wait": lock_wait_s}
        ).scalar()
        if got != 1:
            raise StorageBusy("another process is upgrading the database")
        try:
            yield connection
            connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT RELEASE_LOCK(CONCAT(:name, '.', DATABASE()))"), {"name": _LOCK_NAME})
            connection.commit()
