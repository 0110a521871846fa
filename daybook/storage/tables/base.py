"""The metadata all tables hang on, and the options every table shares."""

from typing import Any

from sqlalchemy import MetaData, Table
from sqlalchemy.schema import SchemaItem

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

metadata = MetaData(naming_convention=NAMING_CONVENTION)

TABLE_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    # A binary collation: the default ones take "abc" and "ABC" for the same key.
    "mysql_collate": "utf8mb4_bin",
}


def table(name: str, *items: SchemaItem) -> Table:
    """Return a table with the shared options.

    Implicit RETURNING is off: SQLAlchemy would use it on MariaDB behind a MySQL URL, and MySQL has none.
    """
    return Table(name, metadata, *items, implicit_returning=False, **TABLE_OPTIONS)
