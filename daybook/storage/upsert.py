"""Bulk insert-or-replace, in each database's own words."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Table
from sqlalchemy.dialects.mysql import insert as mysql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

CHUNK_ROWS = 1000


def upsert(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows, replacing those of the same primary key; every row names every column.

    Rows go in key order, so that two writers lock in the same order.
    """
    keys = [column.name for column in table.primary_key.columns]
    values = [column.name for column in table.columns if column.name not in keys]
    ordered = sorted(rows, key=lambda row: tuple(row[key] for key in keys))
    if session.get_bind().dialect.name == "sqlite":
        lite = sqlite_insert(table)
        statement: Any = lite.on_conflict_do_update(
            index_elements=keys, set_={name: lite.excluded[name] for name in values}
        )
    else:
        mine = mysql_insert(table)
        statement = mine.on_duplicate_key_update({name: mine.inserted[name] for name in values})
    for start in range(0, len(ordered), CHUNK_ROWS):
        session.execute(statement, ordered[start : start + CHUNK_ROWS])
