"""Scenario runs, threat levels and responses, risk scores, outcomes, and what stands in the object store."""

from sqlalchemy import BigInteger, Column, Date, Double, Index, Integer, String

from daybook.storage.column_types import (
    AccountType,
    ActorType,
    CodeType,
    DetailType,
    DigestType,
    LongText,
    UtcDateTime,
    WonType,
)
from daybook.storage.tables.base import table

object_entries = table(
    "object_entries",
    Column("owner", String(120), primary_key=True),
    Column("name", String(200), primary_key=True),
    Column("digest", DigestType, nullable=False, index=True),
    Column("size_bytes", BigInteger, nullable=False),
    Column("kind", CodeType, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""The names objects were kept under; the bytes stand in the object store."""

scenario_runs = table(
    "scenario_runs",
    Column("run_id", String(80), primary_key=True),
    Column("name", String(80), nullable=False, index=True),
    Column("input_hash", DigestType, nullable=False, index=True),
    Column("status", CodeType, nullable=False),
    Column("threat_level", Integer, nullable=False),
    Column("budget_krw", WonType, nullable=False),
    Column("scenario", LongText, nullable=False),
    Column("result", LongText, nullable=False),
    Column("asked_by", ActorType, nullable=False),
    Column("problem", DetailType, nullable=False),
    Column("started_at", UtcDateTime, nullable=False, index=True),
    Column("ended_at", UtcDateTime, nullable=True),
)
"""Runs of scenarios: input and result as canonical JSON; ``result`` is empty until there is one."""

threat_assessments = table(
    "threat_assessments",
    Column("assessment_id", String(80), primary_key=True),
    Column("account", AccountType, nullable=False),
    Column("day", Date, nullable=False),
    Column("level", Integer, nullable=False),
    Column("previous_level", Integer, nullable=False),
    Column("body", LongText, nullable=False),
    Column("market_time", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "account", "day"),
)
"""Assessed threat levels with their reasons."""

response_actions = table(
    "response_actions",
    Column("action_id", String(80), primary_key=True),
    Column("account", AccountType, nullable=False),
    Column("day", Date, nullable=False),
    Column("code", CodeType, nullable=False),
    Column("state", CodeType, nullable=False),
    Column("body", LongText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "account", "day"),
)
"""Actions of the response playbook, each in its last state with the record of its states."""

risk_scores = table(
    "risk_scores",
    Column("subject", String(60), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("reference_version", CodeType, primary_key=True),
    Column("score", Double, nullable=False),
    Column("confidence", Double, nullable=False),
    Column("body", LongText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Risk scores of symbols and of portfolios (``portfolio:{account}``) by day."""

outcomes = table(
    "outcomes",
    Column("outcome_id", String(120), primary_key=True),
    Column("source", CodeType, nullable=False),
    Column("symbol", String(7), nullable=False),
    Column("made_on", Date, nullable=False, index=True),
    Column("complete", Integer, nullable=False, index=True),
    Column("body", LongText, nullable=False),
    Column("recorded_at", UtcDateTime, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""The outcome journal: what became of each recommendation and decision; ``recorded_at`` never changes."""
