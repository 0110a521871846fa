"""Bars of the market, kept for charts, factors and backtests."""

from sqlalchemy import BigInteger, Column, Date, Index

from daybook.storage.column_types import SymbolType, UtcDateTime, WonType
from daybook.storage.tables.base import table

daily_bars = table(
    "daily_bars",
    Column("symbol", SymbolType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("open_krw", WonType, nullable=False),
    Column("high_krw", WonType, nullable=False),
    Column("low_krw", WonType, nullable=False),
    Column("close_krw", WonType, nullable=False),
    Column("volume_shares", BigInteger, nullable=False),
    Column("turnover_krw", WonType, nullable=False),
)
"""One session of one symbol."""

minute_bars = table(
    "minute_bars",
    Column("symbol", SymbolType, primary_key=True),
    Column("starts_at", UtcDateTime, primary_key=True),
    Column("day", Date, nullable=False),
    Column("open_krw", WonType, nullable=False),
    Column("high_krw", WonType, nullable=False),
    Column("low_krw", WonType, nullable=False),
    Column("close_krw", WonType, nullable=False),
    Column("volume_shares", BigInteger, nullable=False),
    Index(None, "symbol", "day"),
)
"""One minute of one symbol; ``day`` is the KST date of the start."""
