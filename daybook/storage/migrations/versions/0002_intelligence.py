"""What the desk reads, asks and answers: articles, scores, model calls, answers.

Revision: 0002
After: 0001

Every step looks first whether it is done, because MySQL commits each piece of DDL by itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from daybook.storage.column_types import UtcDateTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

metadata = sa.MetaData()
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LongText = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

sa.Table(
    "llm_calls",
    metadata,
    sa.Column("id", RowNumber, autoincrement=True, nullable=False),
    sa.Column("call_id", sa.String(length=80), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("status", sa.String(length=40), nullable=False),
    sa.Column("provider", sa.String(length=40), nullable=False),
    sa.Column("model", sa.String(length=80), nullable=False),
    sa.Column("purpose", sa.String(length=40), nullable=False),
    sa.Column("run_id", sa.String(length=120), nullable=False),
    sa.Column("plan", sa.String(length=40), nullable=False),
    sa.Column("prefix_digest", sa.String(length=64), nullable=False),
    sa.Column("input_tokens", sa.BigInteger(), nullable=False),
    sa.Column("cached_tokens", sa.BigInteger(), nullable=False),
    sa.Column("cache_write_tokens", sa.BigInteger(), nullable=False),
    sa.Column("output_tokens", sa.BigInteger(), nullable=False),
    sa.Column("reasoning_tokens", sa.BigInteger(), nullable=False),
    sa.Column("billed_equivalent_tokens", sa.Double(), nullable=False),
    sa.Column("cost_micro_usd", sa.BigInteger(), nullable=False),
    sa.Column("cost_micro_krw", sa.BigInteger(), nullable=False),
    sa.Column("krw_per_usd", sa.Double(), nullable=False),
    sa.Column("latency_ms", sa.BigInteger(), nullable=False),
    sa.Column("attempts", sa.Integer(), nullable=False),
    sa.Column("error", sa.String(length=500), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_llm_calls"),
    sa.UniqueConstraint("call_id", name="uq_llm_calls_call_id"),
    sa.Index("ix_llm_calls_at", "at"),
    sa.Index("ix_llm_calls_day", "day"),
    sa.Index("ix_llm_calls_run_id", "run_id"),
    **OPTIONS,
)
sa.Table(
    "articles",
    metadata,
    sa.Column("article_id", sa.String(length=64), nullable=False),
    sa.Column("source", sa.String(length=40), nullable=False),
    sa.Column("publisher", sa.String(length=120), nullable=False),
    sa.Column("title", sa.String(length=500), nullable=False),
    sa.Column("text", LongText, nullable=False),
    sa.Column("url", sa.String(length=1000), nullable=False),
    sa.Column("language", sa.String(length=40), nullable=False),
    sa.Column("published_at", UtcDateTime(), nullable=False),
    sa.Column("observed_at", UtcDateTime(), nullable=False),
    sa.Column("symbols", LongText, nullable=False),
    sa.Column("cluster", sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint("article_id", name="pk_articles"),
    sa.Index("ix_articles_published_at", "published_at"),
    sa.Index("ix_articles_observed_at", "observed_at"),
    sa.Index("ix_articles_cluster", "cluster"),
    **OPTIONS,
)
sa.Table(
    "article_scores",
    metadata,
    sa.Column("article_id", sa.String(length=64), nullable=False),
    sa.Column("scorer", sa.String(length=80), nullable=False),
    sa.Column("sentiment", sa.Double(), nullable=False),
    sa.Column("relevance", sa.Double(), nullable=False),
    sa.Column("terms", LongText, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("article_id", "scorer", name="pk_article_scores"),
    **OPTIONS,
)
sa.Table(
    "news_reports",
    metadata,
    sa.Column("run_id", sa.String(length=80), nullable=False),
    sa.Column("as_of", UtcDateTime(), nullable=False),
    sa.Column("report", LongText, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("run_id", name="pk_news_reports"),
    sa.Index("ix_news_reports_as_of", "as_of"),
    **OPTIONS,
)
sa.Table(
    "answers",
    metadata,
    sa.Column("run_id", sa.String(length=80), nullable=False),
    sa.Column("question", LongText, nullable=False),
    sa.Column("asked_by", sa.String(length=120), nullable=False),
    sa.Column("intent", sa.String(length=40), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("answer", LongText, nullable=False),
    sa.Column("cost_micro_krw", sa.BigInteger(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("run_id", name="pk_answers"),
    sa.Index("ix_answers_at", "at"),
    **OPTIONS,
)


def upgrade() -> None:
    bind = op.get_bind()
    for table in metadata.sorted_tables:
        table.create(bind, checkfirst=True)
        present = {index["name"] for index in sa.inspect(bind).get_indexes(table.name)}
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            if index.name not in present:
                index.create(bind)


def downgrade() -> None:
    metadata.drop_all(op.get_bind(), checkfirst=True)
