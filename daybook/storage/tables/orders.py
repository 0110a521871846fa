"""Intents to trade, their attempts at the broker, and whose order a broker number is."""

from sqlalchemy import BigInteger, CheckConstraint, Column, Date, ForeignKey, Index, Integer, String

from daybook.storage.column_types import (
    AccountType,
    CodeType,
    DetailType,
    DigestType,
    IntentIdType,
    LongText,
    OrderKeyType,
    SymbolType,
    UtcDateTime,
    WonType,
)
from daybook.storage.tables.base import table

intents = table(
    "intents",
    Column("intent_id", IntentIdType, primary_key=True),
    Column("account", AccountType, nullable=False),
    Column("day", Date, nullable=False),
    Column("symbol", SymbolType, nullable=False),
    Column("side", String(4), nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("price_krw", WonType, nullable=False),
    Column("ticket", LongText, nullable=False),
    Column("ticket_digest", DigestType, nullable=False),
    Column("state", CodeType, nullable=False),
    Column("detail", DetailType, nullable=False),
    Column("duplicate_of", IntentIdType, nullable=True),
    # Set while the intent is in flight, NULL afterwards: NULLs do not collide in a unique index.
    Column("in_flight_key", String(80), nullable=True, unique=True),
    Column("order_branch", OrderKeyType, nullable=True),
    Column("order_number", OrderKeyType, nullable=True),
    Column("filled_shares", BigInteger, nullable=False),
    Column("filled_amount_krw", WonType, nullable=False),
    Column("costs_krw", WonType, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("state_at", UtcDateTime, nullable=False),
    Column("submitted_at", UtcDateTime, nullable=True),
    Column("closed_at", UtcDateTime, nullable=True),
    CheckConstraint("shares >= 1", name="shares"),
    CheckConstraint("filled_shares >= 0", name="filled_shares"),
    Index(None, "account", "state"),
    Index(None, "day"),
)
"""One row per intent id. ``price_krw`` is the limit, or the reference price of a market order."""

attempts = table(
    "order_attempts",
    Column("intent_id", IntentIdType, ForeignKey("intents.intent_id"), primary_key=True),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("outcome", CodeType, nullable=False),
    Column("order_branch", OrderKeyType, nullable=True),
    Column("order_number", OrderKeyType, nullable=True),
    Column("code", CodeType, nullable=False),
    Column("text", DetailType, nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime, nullable=True),
)
"""One row per POST, written before it: the pair (intent, attempt) is used once."""

order_links = table(
    "order_links",
    Column("account", AccountType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("order_key", OrderKeyType, primary_key=True),
    Column("intent_id", IntentIdType, ForeignKey("intents.intent_id"), nullable=False, index=True),
    Column("branch", OrderKeyType, nullable=False),
    Column("number", OrderKeyType, nullable=False),
    Column("linked_at", UtcDateTime, nullable=False),
)
"""Whose order a broker number of a day is. The broker counts its numbers from new every day."""

external_orders = table(
    "external_orders",
    Column("account", AccountType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("order_key", OrderKeyType, primary_key=True),
    Column("body", LongText, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
"""Orders made by hand or by other programs, as last seen."""

notices = table(
    "fill_notices",
    Column("account", AccountType, primary_key=True),
    Column("day", Date, primary_key=True),
    Column("digest", String(128), primary_key=True),
    Column("order_key", OrderKeyType, nullable=False),
    Column("original_key", OrderKeyType, nullable=False),
    Column("symbol", SymbolType, nullable=False),
    Column("side", String(4), nullable=False),
    Column("is_fill", Integer, nullable=False),
    Column("shares", BigInteger, nullable=False),
    Column("price_krw", WonType, nullable=False),
    Column("body", LongText, nullable=False),
    Column("received_at", UtcDateTime, nullable=False),
    Index(None, "account", "day", "order_key"),
)
"""Notices of the broker's stream, repeats dropped by digest. ``is_fill`` is 1 or 0.

``original_key`` is the order a cancel or modify notice is about, empty on others: such notices have own numbers.
"""
