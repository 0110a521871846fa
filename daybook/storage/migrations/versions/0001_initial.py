"""The first schema: orders, books, desk state, journal and bars.

Revision: 0001
After: nothing

Every step looks first whether it is done, because MySQL commits each piece of DDL by itself: an upgrade that died
half-way is finished by running it again.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from daybook.storage.column_types import UtcDateTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

metadata = sa.MetaData()
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LongText = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")
RowNumber = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

sa.Table(
    "approvals",
    metadata,
    sa.Column("approval_id", sa.String(length=120), nullable=False),
    sa.Column("intent_id", sa.String(length=80), nullable=False),
    sa.Column("order_digest", sa.String(length=128), nullable=False),
    sa.Column("requested_at", UtcDateTime(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Column("shown", LongText, nullable=False),
    sa.Column("verdict", sa.String(length=40), nullable=False),
    sa.Column("decided_by", sa.String(length=120), nullable=True),
    sa.Column("decided_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("approval_id", name="pk_approvals"),
    sa.Index("ix_approvals_intent_id", "intent_id"),
    sa.Index("ix_approvals_verdict", "verdict"),
    **OPTIONS,
)
sa.Table(
    "audit_head",
    metadata,
    sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column("seq", sa.BigInteger(), nullable=False),
    sa.Column("hash", sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint("id", name="pk_audit_head"),
    **OPTIONS,
)
sa.Table(
    "audit_log",
    metadata,
    sa.Column("seq", sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("actor", sa.String(length=120), nullable=False),
    sa.Column("action", sa.String(length=40), nullable=False),
    sa.Column("subject", sa.String(length=200), nullable=False),
    sa.Column("detail", LongText, nullable=False),
    sa.Column("previous_hash", sa.String(length=64), nullable=False),
    sa.Column("hash", sa.String(length=64), nullable=False),
    sa.PrimaryKeyConstraint("seq", name="pk_audit_log"),
    sa.Index("ix_audit_log_subject", "subject"),
    **OPTIONS,
)
sa.Table(
    "daily_bars",
    metadata,
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("open_krw", sa.BigInteger(), nullable=False),
    sa.Column("high_krw", sa.BigInteger(), nullable=False),
    sa.Column("low_krw", sa.BigInteger(), nullable=False),
    sa.Column("close_krw", sa.BigInteger(), nullable=False),
    sa.Column("volume_shares", sa.BigInteger(), nullable=False),
    sa.Column("turnover_krw", sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint("symbol", "day", name="pk_daily_bars"),
    **OPTIONS,
)
sa.Table(
    "decisions",
    metadata,
    sa.Column("decision_id", sa.String(length=120), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("inputs_digest", sa.String(length=128), nullable=False),
    sa.Column("inputs", LongText, nullable=False),
    sa.Column("inputs_hash", sa.String(length=64), nullable=False),
    sa.Column("outputs", LongText, nullable=False),
    sa.Column("outputs_hash", sa.String(length=64), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("decision_id", name="pk_decisions"),
    sa.Index("ix_decisions_day", "day"),
    **OPTIONS,
)
sa.Table(
    "equity_points",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("market_time", UtcDateTime(), nullable=False),
    sa.Column("equity_krw", sa.BigInteger(), nullable=False),
    sa.Column("cash_krw", sa.BigInteger(), nullable=False),
    sa.Column("index_level", sa.Double(), nullable=True),
    sa.PrimaryKeyConstraint("account", "day", "market_time", name="pk_equity_points"),
    **OPTIONS,
)
sa.Table(
    "external_orders",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("order_key", sa.String(length=40), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("seen_at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("account", "day", "order_key", name="pk_external_orders"),
    **OPTIONS,
)
sa.Table(
    "fill_notices",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("digest", sa.String(length=128), nullable=False),
    sa.Column("order_key", sa.String(length=40), nullable=False),
    sa.Column("original_key", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("side", sa.String(length=4), nullable=False),
    sa.Column("is_fill", sa.Integer(), nullable=False),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("price_krw", sa.BigInteger(), nullable=False),
    sa.Column("body", LongText, nullable=False),
    sa.Column("received_at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("account", "day", "digest", name="pk_fill_notices"),
    sa.Index("ix_fill_notices_account_day_order_key", "account", "day", "order_key"),
    **OPTIONS,
)
sa.Table(
    "halts",
    metadata,
    sa.Column("id", RowNumber, autoincrement=True, nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("state", sa.String(length=40), nullable=False),
    sa.Column("reason_code", sa.String(length=40), nullable=False),
    sa.Column("reason", sa.String(length=500), nullable=False),
    sa.Column("halted_by", sa.String(length=120), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.Column("closed_by", sa.String(length=120), nullable=True),
    sa.Column("closed_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_halts"),
    sa.Index("ix_halts_account_closed_at", "account", "closed_at"),
    **OPTIONS,
)
sa.Table(
    "intents",
    metadata,
    sa.Column("intent_id", sa.String(length=80), nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("side", sa.String(length=4), nullable=False),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("price_krw", sa.BigInteger(), nullable=False),
    sa.Column("ticket", LongText, nullable=False),
    sa.Column("ticket_digest", sa.String(length=64), nullable=False),
    sa.Column("state", sa.String(length=40), nullable=False),
    sa.Column("detail", sa.String(length=500), nullable=False),
    sa.Column("duplicate_of", sa.String(length=80), nullable=True),
    sa.Column("in_flight_key", sa.String(length=80), nullable=True),
    sa.Column("order_branch", sa.String(length=40), nullable=True),
    sa.Column("order_number", sa.String(length=40), nullable=True),
    sa.Column("filled_shares", sa.BigInteger(), nullable=False),
    sa.Column("filled_amount_krw", sa.BigInteger(), nullable=False),
    sa.Column("costs_krw", sa.BigInteger(), nullable=False),
    sa.Column("recorded_at", UtcDateTime(), nullable=False),
    sa.Column("state_at", UtcDateTime(), nullable=False),
    sa.Column("submitted_at", UtcDateTime(), nullable=True),
    sa.Column("closed_at", UtcDateTime(), nullable=True),
    sa.CheckConstraint("filled_shares >= 0", name="ck_intents_filled_shares"),
    sa.CheckConstraint("shares >= 1", name="ck_intents_shares"),
    sa.PrimaryKeyConstraint("intent_id", name="pk_intents"),
    sa.UniqueConstraint("in_flight_key", name="uq_intents_in_flight_key"),
    sa.Index("ix_intents_account_state", "account", "state"),
    sa.Index("ix_intents_day", "day"),
    **OPTIONS,
)
sa.Table(
    "ledger_accounts",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("cash_krw", sa.BigInteger(), nullable=False),
    sa.Column("high_water_krw", sa.BigInteger(), nullable=True),
    sa.Column("opened_at", UtcDateTime(), nullable=False),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("account", name="pk_ledger_accounts"),
    **OPTIONS,
)
sa.Table(
    "live_arms",
    metadata,
    sa.Column("id", RowNumber, autoincrement=True, nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("requested_by", sa.String(length=120), nullable=False),
    sa.Column("requested_at", UtcDateTime(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Column("confirmed_by", sa.String(length=120), nullable=True),
    sa.Column("confirmed_at", UtcDateTime(), nullable=True),
    sa.Column("withdrawn_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("id", name="pk_live_arms"),
    sa.Index("ix_live_arms_account", "account"),
    **OPTIONS,
)
sa.Table(
    "minute_bars",
    metadata,
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("starts_at", UtcDateTime(), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("open_krw", sa.BigInteger(), nullable=False),
    sa.Column("high_krw", sa.BigInteger(), nullable=False),
    sa.Column("low_krw", sa.BigInteger(), nullable=False),
    sa.Column("close_krw", sa.BigInteger(), nullable=False),
    sa.Column("volume_shares", sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint("symbol", "starts_at", name="pk_minute_bars"),
    sa.Index("ix_minute_bars_symbol_day", "symbol", "day"),
    **OPTIONS,
)
sa.Table(
    "reconciliations",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("passed", sa.Integer(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("account", "day", name="pk_reconciliations"),
    **OPTIONS,
)
sa.Table(
    "resume_requests",
    metadata,
    sa.Column("token_digest", sa.String(length=64), nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("newest_halt_id", RowNumber, nullable=False),
    sa.Column("requested_by", sa.String(length=120), nullable=False),
    sa.Column("requested_at", UtcDateTime(), nullable=False),
    sa.Column("expires_at", UtcDateTime(), nullable=False),
    sa.Column("used_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("token_digest", name="pk_resume_requests"),
    **OPTIONS,
)
sa.Table(
    "symbol_locks",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("reason_code", sa.String(length=40), nullable=False),
    sa.Column("reason", sa.String(length=500), nullable=False),
    sa.Column("locked_by", sa.String(length=120), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("account", "symbol", name="pk_symbol_locks"),
    **OPTIONS,
)
sa.Table(
    "trading_days",
    metadata,
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("mode", sa.String(length=40), nullable=False),
    sa.Column("session_kind", sa.String(length=40), nullable=False),
    sa.Column("phase", sa.String(length=40), nullable=False),
    sa.Column("began_at", UtcDateTime(), nullable=False),
    sa.Column("phase_at", UtcDateTime(), nullable=False),
    sa.Column("finished_at", UtcDateTime(), nullable=True),
    sa.Column("universe", LongText, nullable=True),
    sa.Column("summary", LongText, nullable=True),
    sa.Column("report_path", sa.String(length=1024), nullable=False),
    sa.PrimaryKeyConstraint("day", "account", name="pk_trading_days"),
    **OPTIONS,
)
sa.Table(
    "fills",
    metadata,
    sa.Column("id", RowNumber, autoincrement=True, nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("order_key", sa.String(length=40), nullable=False),
    sa.Column("intent_id", sa.String(length=80), nullable=True),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("side", sa.String(length=4), nullable=False),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("amount_krw", sa.BigInteger(), nullable=False),
    sa.Column("costs_krw", sa.BigInteger(), nullable=False),
    sa.Column("realised_pnl_krw", sa.BigInteger(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.CheckConstraint("shares >= 0", name="ck_fills_shares"),
    sa.ForeignKeyConstraint(["account"], ["ledger_accounts.account"], name="fk_fills_account"),
    sa.PrimaryKeyConstraint("id", name="pk_fills"),
    sa.Index("ix_fills_account_day", "account", "day"),
    sa.Index("ix_fills_account_symbol_side", "account", "symbol", "side"),
    **OPTIONS,
)
sa.Table(
    "ledger_entries",
    metadata,
    sa.Column("id", RowNumber, autoincrement=True, nullable=False),
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("kind", sa.String(length=40), nullable=False),
    sa.Column("reason_code", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=True),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("cash_krw", sa.BigInteger(), nullable=False),
    sa.Column("cost_basis_krw", sa.BigInteger(), nullable=False),
    sa.Column("realised_pnl_krw", sa.BigInteger(), nullable=False),
    sa.Column("note", sa.String(length=500), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(["account"], ["ledger_accounts.account"], name="fk_ledger_entries_account"),
    sa.PrimaryKeyConstraint("id", name="pk_ledger_entries"),
    sa.Index("ix_ledger_entries_account_id", "account", "id"),
    **OPTIONS,
)
sa.Table(
    "order_attempts",
    metadata,
    sa.Column("intent_id", sa.String(length=80), nullable=False),
    sa.Column("attempt", sa.Integer(), autoincrement=False, nullable=False),
    sa.Column("outcome", sa.String(length=40), nullable=False),
    sa.Column("order_branch", sa.String(length=40), nullable=True),
    sa.Column("order_number", sa.String(length=40), nullable=True),
    sa.Column("code", sa.String(length=40), nullable=False),
    sa.Column("text", sa.String(length=500), nullable=False),
    sa.Column("started_at", UtcDateTime(), nullable=False),
    sa.Column("finished_at", UtcDateTime(), nullable=True),
    sa.ForeignKeyConstraint(["intent_id"], ["intents.intent_id"], name="fk_order_attempts_intent_id"),
    sa.PrimaryKeyConstraint("intent_id", "attempt", name="pk_order_attempts"),
    **OPTIONS,
)
sa.Table(
    "order_links",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("order_key", sa.String(length=40), nullable=False),
    sa.Column("intent_id", sa.String(length=80), nullable=False),
    sa.Column("branch", sa.String(length=40), nullable=False),
    sa.Column("number", sa.String(length=40), nullable=False),
    sa.Column("linked_at", UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(["intent_id"], ["intents.intent_id"], name="fk_order_links_intent_id"),
    sa.PrimaryKeyConstraint("account", "day", "order_key", name="pk_order_links"),
    sa.Index("ix_order_links_intent_id", "intent_id"),
    **OPTIONS,
)
sa.Table(
    "order_progress",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("day", sa.Date(), nullable=False),
    sa.Column("order_key", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("side", sa.String(length=4), nullable=False),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("amount_krw", sa.BigInteger(), nullable=False),
    sa.Column("costs_krw", sa.BigInteger(), nullable=False),
    sa.CheckConstraint("shares >= 0", name="ck_order_progress_shares"),
    sa.ForeignKeyConstraint(["account"], ["ledger_accounts.account"], name="fk_order_progress_account"),
    sa.PrimaryKeyConstraint("account", "day", "order_key", name="pk_order_progress"),
    **OPTIONS,
)
sa.Table(
    "positions",
    metadata,
    sa.Column("account", sa.String(length=40), nullable=False),
    sa.Column("symbol", sa.String(length=7), nullable=False),
    sa.Column("shares", sa.BigInteger(), nullable=False),
    sa.Column("cost_basis_krw", sa.BigInteger(), nullable=False),
    sa.Column("realised_pnl_krw", sa.BigInteger(), nullable=False),
    sa.Column("opened_on", sa.Date(), nullable=True),
    sa.Column("updated_at", UtcDateTime(), nullable=False),
    sa.ForeignKeyConstraint(["account"], ["ledger_accounts.account"], name="fk_positions_account"),
    sa.PrimaryKeyConstraint("account", "symbol", name="pk_positions"),
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
    head = metadata.tables["audit_head"]
    if bind.execute(sa.select(head.c.id)).first() is None:
        bind.execute(head.insert().values(id=1, seq=0, hash="0" * 64))


def downgrade() -> None:
    metadata.drop_all(op.get_bind(), checkfirst=True)
