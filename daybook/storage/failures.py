"""What a driver's error means, in this room's own errors.

The MySQL family reports a violated CHECK as an operational error (4025 MariaDB, 3819 MySQL), so codes decide, not
exception classes.
"""

import re

from sqlalchemy.exc import DBAPIError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from daybook.storage.errors import (
    ConstraintViolated,
    ReadOnlyDatabase,
    StorageBusy,
    StorageConfigurationError,
    StorageError,
    StorageUnavailable,
    StorageUsageError,
)

_SCHEMA_ADVICE = "a table or column is missing; run the database upgrade"
_BUSY = frozenset({1020, 1205, 1213})
_DUPLICATE = frozenset({1062, 1586})
_CONSTRAINT = frozenset({1048, 1264, 1366, 1406, 1451, 1452, 3819, 4025})
_SCHEMA = frozenset({1054, 1146})
_READ_ONLY = frozenset({1290, 1792, 1836})
_DENIED_STATEMENT = frozenset({1142, 1143})
_ACCESS = frozenset({1044, 1045, 1049, 1227, 1698})
_CONNECTION = frozenset({1040, 1053, 1158, 1159, 1160, 1161, 1927, 2002, 2003, 2006, 2013, 2014, 2055})


class DuplicateRow(ConstraintViolated):
    """A unique key is taken; the unit of work is worth one more look, because another writer may have won."""


def storage_error(error: SQLAlchemyError) -> StorageError:
    """Return the storage error a SQLAlchemy error stands for; one line, without SQL and without values."""
    if isinstance(error, DBAPIError) and error.orig is not None:
        sqlite_name = getattr(error.orig, "sqlite_errorname", None)
        text = _one_line(error.orig)
        if isinstance(sqlite_name, str):
            return _from_sqlite(sqlite_name, text)
        code = error.orig.args[0] if error.orig.args else None
        if isinstance(code, int):
            return _from_mysql(code, text)
        if error.connection_invalidated:
            return StorageUnavailable(f"the database connection was lost: {text}")
        return StorageUsageError(f"the database driver refused a value: {text}")
    if isinstance(error, PoolTimeoutError):
        return StorageBusy("all database connections are in use")
    if isinstance(error, StatementError) and isinstance(error.orig, ValueError | TypeError):
        return StorageUsageError(_one_line(error.orig))
    return StorageError(_one_line(error))


def _from_sqlite(name: str, text: str) -> StorageError:
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return StorageBusy("the database file stayed locked by another writer")
    if name in {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_ROWID"}:
        return DuplicateRow(text)
    if name.startswith(("SQLITE_CONSTRAINT", "SQLITE_MISMATCH", "SQLITE_TOOBIG")):
        return ConstraintViolated(text)
    if name.startswith("SQLITE_READONLY"):
        return ReadOnlyDatabase("the database is open for reading only")
    if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
        return StorageConfigurationError("the database file is damaged or is no SQLite database")
    if re.search(r"no such (table|column)|has no column", text):
        return StorageConfigurationError(_SCHEMA_ADVICE)
    return StorageUnavailable(f"the database file cannot be used: {text}")


def _from_mysql(code: int, text: str) -> StorageError:
    if code in _BUSY:
        return StorageBusy("rows stayed locked by another writer, or a deadlock was broken")
    if code in _DUPLICATE:
        return DuplicateRow("a row with the same unique key exists")
    if code in _CONSTRAINT:
        return ConstraintViolated(f"a rule of the schema refuses the row (code {code})")
    if code in _SCHEMA:
        return StorageConfigurationError(_SCHEMA_ADVICE)
    if code in _READ_ONLY:
        return ReadOnlyDatabase("the database is open for reading only")
    if code in _DENIED_STATEMENT:
        return ReadOnlyDatabase("the database user is not granted this statement")
    if code in _ACCESS:
        return StorageConfigurationError(f"the database server refuses the user or the database (code {code})")
    if code in _CONNECTION:
        return StorageUnavailable(f"the database server cannot be reached (code {code})")
    return StorageError(f"the database refused a statement: {text}")


def _one_line(error: BaseException) -> str:
    lines = str(error.args[-1] if error.args else error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
