"""The desk's own books: cash, positions, fills, adjustments and equity."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, String

from daybook.storage.column_types import (
    AccountType,
    CodeType,
    DetailType,
    IndexLevel,
    IntentIdType,
    OrderKeyType,
    RowNumber,
    SymbolType,
    UtcDateTime,
    WonType,
)
from daybook.storage.tables.base import table

ledger_accounts = table(
    "ledger_accounts",
    Column("account", AccountType, primary_key=True),
    Column("cash_krw", WonType, nullable=False),
    Column("high_water_krw", WonType, nullable=True),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
)
"""One row per opened account; cash is D+2 cash, which moves with each fill."""

positions = table(
    "positions",
    Column("account", AccountType, ForeignKey("ledger_accounts.account"), primary_key=True),
    Column("symbol", SymbolType, primary_key=True),
    Column("shares", BigInteger, nullable=False),
    Column("cost_basis_krw", WonType, nullable=False),
    Column("realised_pnl_krw", WonType, nullable=False),
    Column("opened_on", Date, nullable=True),
    Column("updated_at", UtcDateTime, nullable=False),
)
"""Signed shares and their cost basis without fees; a flat position keeps its row for the realised result.

``opened_on`` is the day of the fill that opened the position; NULL when flat or adopted.
"""

ledger_entries = table(
    "ledger_entries",
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("account", AccountType, ForeignKey("ledger_accounts.account"), nullable=False),
    Column("day", Date, nullable=False),
    Column("kind", CodeType, nullable=False),
    Column("reason_code", CodeType, nullable=False),
    Column("symbol", SymbolType, nullable=True),
    Column("shares", BigInteger, nullable=False),
    Column("cash_krw", WonType, nullable=False),
    Column("cost_basis_krw", WonType, nullable=False),
    Column("realised_pnl_krw", WonType, nullable=False),
    Column("note", DetailType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "account", "id"),
)
"""Openings and explained adjustments, as changes; what fills change stands in ``fills``."""

order_progress = table(
    "order_progress",
    Column("account", AccountType, ForeignKey("ledger_accounts.account"), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("order_key", OrderKeyType, primary_key=True),
    Column("symbol", SymbolType, nullable=False),
    Column("side", String(4), nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("amount_krw", WonType, nullable=False),
    Column("costs_krw", WonType, nullable=False),
    CheckConstraint("shares >= 0", name="shares"),
)
"""The highest cumulative fill booked for each broker order."""

fills = table(
    "fills",
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("account", AccountType, ForeignKey("ledger_accounts.account"), nullable=False),
    Column("day", Date, nullable=False),
    Column("order_key", OrderKeyType, nullable=False),
    Column("intent_id", IntentIdType, nullable=True),
    Column("symbol", SymbolType, nullable=False),
    Column("side", String(4), nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("amount_krw", WonType, nullable=False),
    Column("costs_krw", WonType, nullable=False),
    Column("realised_pnl_krw", WonType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    CheckConstraint("shares >= 0", name="shares"),
    Index(None, "account", "day"),
    Index(None, "account", "symbol", "side"),
)
"""One row per booked difference of cumulative fills; costs are fees and taxes."""

equity_points = table(
    "equity_points",
    Column("account", AccountType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("market_time", UtcDateTime, primary_key=True),
    Column("equity_krw", WonType, nullable=False),
    Column("cash_krw", WonType, nullable=False),
    Column("index_level", IndexLevel, nullable=True),
)
"""Equity, cash and the index at market times of a day."""
