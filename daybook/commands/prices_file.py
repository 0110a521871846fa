"""Files of prices, held against what a replay needs before anything is started with them."""

import csv
import zlib
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import TypeVar

from daybook.commands.support import fail
from daybook.paper.replay import ReplayFileError, ReplayPrices, read_index, read_rows, replay_days

R = TypeVar("R")

PRICE_COLUMNS = ("date", "open", "high", "low", "close", "volume")
_UNREADABLE = (OSError, EOFError, ValueError, LookupError, AttributeError, TypeError, csv.Error, zlib.error)
_TELLING = (OSError, PermissionError, ValueError, csv.Error, zlib.error)
"""Errors whose text says something to a person."""


def replay_sessions(path: Path) -> list[date]:
    """Return the sessions of a replay file, every row of which can be one.

    Raises:
        CommandError: when the file is not there, is no table, lacks columns or is empty.
        ReplayFileError: naming the row that cannot be a session.
    """
    columns = _columns(path, "daily prices")
    missing = [name for name in PRICE_COLUMNS if name not in columns]
    if not {"code", "symbol"} & columns:
        missing.append("symbol")
    if missing:
        fail(f"{path} lacks the columns {', '.join(missing)}; daily prices have one row a day and symbol")
    _reading(path, "daily prices", lambda: ReplayPrices.read(path))
    return _reading(path, "daily prices", lambda: replay_days(path))


def require_index(path: Path) -> None:
    """Refuse a file that cannot be an index's history.

    Raises:
        CommandError: with what is wrong.
    """
    missing = [name for name in PRICE_COLUMNS if name not in _columns(path, "an index")]
    if missing:
        fail(f"{path} lacks the columns {', '.join(missing)}; an index has one row a day")
    _reading(path, "an index", lambda: read_index(path))


def _columns(path: Path, content: str) -> set[str]:
    if not path.is_file():
        fail(f"there is no file {path}")
    first = _reading(path, content, lambda: next(iter(read_rows(path)), None))
    if first is None:
        fail(f"{path} has no rows; it must hold {content}")
    return set(first)


def _reading(path: Path, content: str, read: Callable[[], R]) -> R:
    try:
        return read()
    except ReplayFileError:
        raise
    except _UNREADABLE as error:
        reason = f" ({error})" if type(error) in _TELLING else ""
        fail(f"{path} cannot be read as {content}{reason}; it must be a table in CSV, CSV.gz or Parquet")
