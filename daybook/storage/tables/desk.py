"""What the desk may do and where its day stands."""

from sqlalchemy import Column, Date, Index, Integer, String

from daybook.storage.column_types import (
    AccountType,
    ActorType,
    CodeType,
    DetailType,
    DigestType,
    LongText,
    RowNumber,
    SymbolType,
    UtcDateTime,
)
from daybook.storage.tables.base import table

halts = table(
    "halts",
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("account", AccountType, nullable=False),
    Column("state", CodeType, nullable=False),
    Column("reason_code", CodeType, nullable=False),
    Column("reason", DetailType, nullable=False),
    Column("halted_by", ActorType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("closed_by", ActorType, nullable=True),
    Column("closed_at", UtcDateTime, nullable=True),
    Index(None, "account", "closed_at"),
)
"""Halts and reductions; those without ``closed_at`` are open."""

resume_requests = table(
    "resume_requests",
    Column("token_digest", DigestType, primary_key=True),
    Column("account", AccountType, nullable=False),
    Column("newest_halt_id", RowNumber, nullable=False),
    Column("requested_by", ActorType, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
)
"""The first step of a resumption; only the digest of the token is kept."""

live_arms = table(
    "live_arms",
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("account", AccountType, nullable=False, index=True),
    Column("requested_by", ActorType, nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("confirmed_by", ActorType, nullable=True),
    Column("confirmed_at", UtcDateTime, nullable=True),
    Column("withdrawn_at", UtcDateTime, nullable=True),
)
"""Permission to trade with real money: requested, then confirmed, until it expires."""

reconciliations = table(
    "reconciliations",
    Column("account", AccountType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("passed", Integer, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""The last reconciliation of a day; ``passed`` is 1 or 0."""

symbol_locks = table(
    "symbol_locks",
    Column("account", AccountType, primary_key=True),
    Column("symbol", SymbolType, primary_key=True),
    Column("reason_code", CodeType, nullable=False),
    Column("reason", DetailType, nullable=False),
    Column("locked_by", ActorType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Symbols the desk may not trade until someone unlocks them."""

trading_days = table(
    "trading_days",
    Column("day", Date, primary_key=True),
    Column("account", AccountType, primary_key=True),
    Column("mode", CodeType, nullable=False),
    Column("session_kind", CodeType, nullable=False),
    Column("phase", CodeType, nullable=False),
    Column("began_at", UtcDateTime, nullable=False),
    Column("phase_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=True),
    Column("universe", LongText, nullable=True),
    Column("summary", LongText, nullable=True),
    Column("report_path", String(1024), nullable=False),
)
"""One row per day and account: phase while it runs, summary and report when it is over."""
