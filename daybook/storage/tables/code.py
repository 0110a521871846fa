"""Scripts that may be used again, and the runs of scripts."""

from sqlalchemy import BigInteger, Column, Index, Integer, String

from daybook.storage.column_types import CodeType, DetailType, DigestType, LongText, UtcDateTime
from daybook.storage.tables.base import table

scripts = table(
    "scripts",
    Column("script_id", DigestType, primary_key=True),
    Column("ast_digest", DigestType, nullable=False, index=True),
    Column("stub_digest", DigestType, nullable=False),
    Column("task_key", DigestType, nullable=False, index=True),
    Column("task", LongText, nullable=False),
    Column("code", LongText, nullable=False),
    Column("tools", LongText, nullable=False),
    Column("inputs", LongText, nullable=False),
    Column("status", CodeType, nullable=False),
    Column("origin", CodeType, nullable=False),
    Column("model", String(80), nullable=False),
    Column("runs", Integer, nullable=False),
    Column("first_run_id", String(80), nullable=False),
    Column("approved_by", String(120), nullable=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("used_at", UtcDateTime, nullable=True),
    Index(None, "status"),
)
"""Scripts whose run gave a valid result; ``status`` is candidate, approved or stale."""

code_runs = table(
    "code_runs",
    Column("run_id", String(80), primary_key=True),
    Column("script_id", DigestType, nullable=False, index=True),
    Column("task", LongText, nullable=False),
    Column("asked_by", String(120), nullable=False),
    Column("outcome", CodeType, nullable=False),
    Column("reason", CodeType, nullable=False),
    Column("message", DetailType, nullable=False),
    Column("result", LongText, nullable=False),
    Column("cost_micro_krw", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False, index=True),
)
"""Every run with its result as JSON."""
