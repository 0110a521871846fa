"""Why things were done: decisions, approvals and the audit chain."""

from sqlalchemy import BigInteger, Column, Date, Index, Integer, String

from daybook.storage.column_types import ActorType, CodeType, DigestType, IntentIdType, LongText, UtcDateTime
from daybook.storage.tables.base import table

decisions = table(
    "decisions",
    Column("decision_id", String(120), primary_key=True),
    Column("day", Date, nullable=False, index=True),
    Column("kind", CodeType, nullable=False),
    Column("inputs_digest", String(128), nullable=False),
    Column("inputs", LongText, nullable=False),
    Column("inputs_hash", DigestType, nullable=False),
    Column("outputs", LongText, nullable=False),
    Column("outputs_hash", DigestType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Inputs and outputs as JSON, with the hashes of their bytes."""

approvals = table(
    "approvals",
    Column("approval_id", String(120), primary_key=True),
    Column("intent_id", IntentIdType, nullable=False),
    Column("order_digest", String(128), nullable=False),
    Column("requested_at", UtcDateTime, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("shown", LongText, nullable=False),
    Column("verdict", CodeType, nullable=False),
    Column("decided_by", ActorType, nullable=True),
    Column("decided_at", UtcDateTime, nullable=True),
    Index(None, "verdict"),
    Index(None, "intent_id"),
)
"""Questions to a human about one order, and the first answer."""

audit = table(
    "audit_log",
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", ActorType, nullable=False),
    Column("action", CodeType, nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", LongText, nullable=False),
    Column("previous_hash", DigestType, nullable=False),
    Column("hash", DigestType, nullable=False),
    Index(None, "subject"),
)
"""Append-only; each row's hash covers the hash of the row before."""

audit_head = table(
    "audit_head",
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("seq", BigInteger, nullable=False),
    Column("hash", DigestType, nullable=False),
)
"""One row: the end of the chain. Locking it is what lets one writer in at a time on the MySQL family."""
