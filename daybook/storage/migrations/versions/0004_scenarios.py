"""Index bars, investor flows, securities, the object store's names, scenarios, threats, scores and outcomes.

Revision: 0004
After: 0003

Every step looks first whether it is done, because MySQL commits each piece of DDL by itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from daybook.storage.column_types import UtcDateTime

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

metadata = sa.MetaData()
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LongText = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")

sa.Table(
    "index_bars",
    metadata,
    sa.Column("index_code", sa.String(length=10), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("open_level", sa.Double(), nullable=False),
    sa.Column("high_level", sa.Double(), nullable=False),
    sa.Column("low_level", sa.Double(), nullable=False),
    sa.Column("close_level", sa.Double(), nullable=False),
    sa.Column("volume_shares", sa.BigInteger(), nullable=False),
    sa.Column("turnover_krw", sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint("index_code", "day", name="pk_index_bars"),
    **OPTIONS,
)
sa.Table(
    "investor_flows",
    metadata,
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("foreign_net_shares", sa.BigInteger(), nullable=False),
    sa.Column("institution_net_shares", sa.BigInteger(), nullable=False),
    sa.Column("individual_net_shares", sa.BigInteger(), nullable=False),
    sa.Column("foreign_net_krw", sa.BigInteger(), nullable=False),
    sa.Column("institution_net_krw", sa.BigInteger(), nullable=False),
    sa.Column("individual_net_krw", sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint("symbol", "day", name="pk_investor_flows"),
    **OPTIONS,
)
sa.Table(
    "securities",
    metadata,
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("name", sa.String(length=120), nullable=False),
    sa.Column("market", sa.String(length=40), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("sector", sa.String(length=80), nullable=False),
    sa.Column("shares_listed", sa.BigInteger(), nullable=True),
    sa.Column("seen_at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("symbol", name="pk_securities"),
    **OPTIONS,
)
sa.Table(
    "collected_series",
    metadata,
    sa.Column("series", sa.String(length=40), nullable=False),
    sa.Column("series_key", sa.String(length=20), nullable=False),
    sa.Column("first_day", sa.Date(), nullable=False),
    sa.Column("last_day", sa.Date(), nullable=False),
    sa.Column("sessions", sa.Integer(), nullable=False),
    sa.Column("digest", sa.String(length=64), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("series", "series_key", name="pk_collected_series"),
    **OPTIONS,
)
sa.Table(
    "object_entries",
    metadata,
    sa.Column("owner", sa.String(length=120), nullable=False),
    sa.Column("name", sa.String(length=200), nullable=False),
    sa.Column("digest", sa.String(length=64), nullable=False),
    sa.Column("size_bytes", sa.BigInteger(), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("owner", "name", name="pk_object_entries"),
    sa.Index("ix_object_entries_digest", "digest"),
    **OPTIONS,
)
sa.Table(
    "scenario_runs",
    metadata,
    sa.Column("run_id", sa.String(length=80), nullable=False),
    sa.Column("name", sa.String(length=80), nullable=False),
    sa.Column("input_hash", sa.String(length=64), nullable=False),
    sa.Column("status", sa.String(length=40), nullable=False),
    sa.Column("threat_level", sa.Integer(), nullable=False),
    sa.Column("budget_krw", sa.BigInteger(), nullable=False),
    sa.Column("scenario", LongText, nullable=False),
    sa.Column("result", LongText, nullable=False),
    sa.Column("asked_by", sa.String(length=120), nullable=False),
    sa.Column("problem", sa.String(length=500), nullable=False),
    sa.Column("started_at", UtcDateTime(), nullable=False),
    sa.Column("ended_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("run_id", name="pk_scenario_runs"),
    sa.Index("ix_scenario_runs_input_hash", "input_hash"),
    sa.Index("ix_scenario_runs_name", "name"),
    sa.Index("ix_scenario_runs_started_at", "started_at"),
    **OPTIONS,
)
sa.Table(
    "threat_assessments",
    metadata,
    sa.Column("assessment_id", sa.String(length=80), nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("level", sa.Integer(), nullable=False),
    sa.Column("previous_level", sa.Integer(), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("market_time", UtcDateTime(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("assessment_id", name="pk_threat_assessments"),
    sa.Index("ix_threat_assessments_account_day", "account", "day"),
    **OPTIONS,
)
sa.Table(
    "response_actions",
    metadata,
    sa.Column("action_id", sa.String(length=80), nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column("state", sa.String(length=40), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("action_id", name="pk_response_actions"),
    sa.Index("ix_response_actions_account_day", "account", "day"),
    **OPTIONS,
)
sa.Table(
    "risk_scores",
    metadata,
    sa.Column("subject", sa.String(length=60), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("reference_version", sa.String(length=40), nullable=False),
    sa.Column("score", sa.Double(), nullable=False),
    sa.Column("confidence", sa.Double(), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("subject", "day", "reference_version", name="pk_risk_scores"),
    **OPTIONS,
)
sa.Table(
    "outcomes",
    metadata,
    sa.Column("outcome_id", sa.String(length=120), nullable=False),
    sa.Column("source", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("made_on", sa.Date(), nullable=False),
    sa.Column("complete", sa.Integer(), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("recorded_at", UtcDateTime(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("outcome_id", name="pk_outcomes"),
    sa.Index("ix_outcomes_complete", "complete"),
    sa.Index("ix_outcomes_made_on", "made_on"),
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
