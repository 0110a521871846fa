"""What the desk read, asked and answered: articles, scores, model calls, answers."""

from sqlalchemy import BigInteger, Column, Date, Double, Index, Integer, String

from daybook.storage.column_types import CodeType, DetailType, DigestType, LongText, RowNumber, UtcDateTime
from daybook.storage.tables.base import table

llm_calls = table(
    "llm_calls",
    Column("id", RowNumber, primary_key=True, autoincrement=True),
    Column("call_id", String(80), nullable=False, unique=True),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("day", Date, nullable=False, index=True),
    Column("status", CodeType, nullable=False),
    Column("provider", CodeType, nullable=False),
    Column("model", String(80), nullable=False),
    Column("purpose", CodeType, nullable=False),
    Column("run_id", String(120), nullable=False, index=True),
    Column("plan", CodeType, nullable=False),
    Column("prefix_digest", DigestType, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("cache_write_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("reasoning_tokens", BigInteger, nullable=False),
    Column("billed_equivalent_tokens", Double, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("cost_micro_krw", BigInteger, nullable=False),
    Column("krw_per_usd", Double, nullable=False),
    Column("latency_ms", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("error", DetailType, nullable=False),
)
"""The cost ledger: one row a call; a reserved row counts with its highest possible cost until it is settled."""

articles = table(
    "articles",
    Column("article_id", DigestType, primary_key=True),
    Column("source", CodeType, nullable=False),
    Column("publisher", String(120), nullable=False),
    Column("title", DetailType, nullable=False),
    Column("text", LongText, nullable=False),
    Column("url", String(1000), nullable=False),
    Column("language", CodeType, nullable=False),
    Column("published_at", UtcDateTime, nullable=False, index=True),
    Column("observed_at", UtcDateTime, nullable=False, index=True),
    Column("symbols", LongText, nullable=False),
    Column("cluster", DigestType, nullable=False, index=True),
)
"""Articles and disclosures as they were first seen; text from outside, redacted."""

article_scores = table(
    "article_scores",
    Column("article_id", DigestType, primary_key=True),
    Column("scorer", String(80), primary_key=True),
    Column("sentiment", Double, nullable=False),
    Column("relevance", Double, nullable=False),
    Column("terms", LongText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Sentiment of an article by a model or the lexicon (``scorer`` is its name)."""

news_reports = table(
    "news_reports",
    Column("run_id", String(80), primary_key=True),
    Column("as_of", UtcDateTime, nullable=False, index=True),
    Column("report", LongText, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
"""Results of news analyses, as JSON."""

answers = table(
    "answers",
    Column("run_id", String(80), primary_key=True),
    Column("question", LongText, nullable=False),
    Column("asked_by", String(120), nullable=False),
    Column("intent", CodeType, nullable=False),
    Column("kind", CodeType, nullable=False),
    Column("answer", LongText, nullable=False),
    Column("cost_micro_krw", BigInteger, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "at"),
)
"""Questions, redacted, and their answers as JSON."""
