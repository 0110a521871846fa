"""Alembic's environment: runs migrations on a connection given by the program, or on a URL given on the command line.

By hand: ``alembic -c daybook/storage/alembic.ini -x url=sqlite:///daybook.db check``.
"""

from alembic import context
from sqlalchemy import Connection

from daybook.storage.database import Database
from daybook.storage.errors import StorageConfigurationError
from daybook.storage.tables import metadata


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
    )
    with context.begin_transaction():
        context.run_migrations()


def _run_online() -> None:
    connection: Connection | None = context.config.attributes.get("connection")
    if connection is not None:
        _run(connection)
        return
    url = context.get_x_argument(as_dictionary=True).get("url")
    if not isinstance(url, str):
        raise StorageConfigurationError("name the database: -x url=sqlite:///daybook.db")
    with Database(url) as database, database.engine.begin() as opened:
        _run(opened)


if context.is_offline_mode():
    raise StorageConfigurationError("migrations inspect the database, so they cannot be written out as SQL")
_run_online()
