"""Bars of the market, kept for charts, factors and backtests."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String

from daybook.storage.column_types import CodeType, DigestType, IndexLevel, SymbolType, UtcDateTime, WonType
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

index_bars = table(
    "index_bars",
    Column("index_code", String(10), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("open_level", IndexLevel, nullable=False),
    Column("high_level", IndexLevel, nullable=False),
    Column("low_level", IndexLevel, nullable=False),
    Column("close_level", IndexLevel, nullable=False),
    Column("volume_shares", BigInteger, nullable=False),
    Column("turnover_krw", WonType, nullable=False),
)
"""One session of an index, in points."""

investor_flows = table(
    "investor_flows",
    Column("symbol", SymbolType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("foreign_net_shares", BigInteger, nullable=False),
    Column("institution_net_shares", BigInteger, nullable=False),
    Column("individual_net_shares", BigInteger, nullable=False),
    Column("foreign_net_krw", WonType, nullable=False),
    Column("institution_net_krw", WonType, nullable=False),
    Column("individual_net_krw", WonType, nullable=False),
)
"""Net buying of a session by kind of investor."""

securities = table(
    "securities",
    Column("symbol", SymbolType, primary_key=True),
    Column("name", String(120), nullable=False),
    Column("market", CodeType, nullable=False),
    Column("kind", CodeType, nullable=False),
    Column("sector", String(80), nullable=False),
    Column("shares_listed", BigInteger, nullable=True),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""What each symbol is, as last seen at the broker."""

collected_series = table(
    "collected_series",
    Column("series", CodeType, primary_key=True),
    Column("series_key", String(20), primary_key=True),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    Column("sessions", Integer, nullable=False),
    Column("digest", DigestType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""How far each series was collected without a gap, and the object its last archive is."""
