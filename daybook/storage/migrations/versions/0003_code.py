"""Scripts that may be used again, and the runs of scripts.

Revision: 0003
After: 0002

Every step looks first whether it is done, because MySQL commits each piece of DDL by itself.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

from daybook.storage.column_types import UtcDateTime

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

metadata = sa.MetaData()
OPTIONS = {"mysql_engine": "InnoDB", "mysql_charset": "utf8mb4", "mysql_collate": "utf8mb4_bin"}
LongText = sa.Text().with_variant(mysql.LONGTEXT(), "mysql")

sa.Table(
    "scripts",
    metadata,
    sa.Column("script_id", sa.String(length=64), nullable=False),
    sa.Column("ast_digest", sa.String(length=64), nullable=False),
    sa.Column("stub_digest", sa.String(length=64), nullable=False),
    sa.Column("task_key", sa.String(length=64), nullable=False),
    sa.Column("task", LongText, nullable=False),
    sa.Column("code", LongText, nullable=False),
    sa.Column("tools", LongText, nullable=False),
    sa.Column("inputs", LongText, nullable=False),
    sa.Column("status", sa.String(length=40), nullable=False),
    sa.Column("origin", sa.String(length=40), nullable=False),
    sa.Column("model", sa.String(length=80), nullable=False),
    sa.Column("runs", sa.Integer(), nullable=False),
    sa.Column("first_run_id", sa.String(length=80), nullable=False),
    sa.Column("approved_by", sa.String(length=120), nullable=True),
    sa.Column("created_at", UtcDateTime(), nullable=False),
    sa.Column("used_at", UtcDateTime(), nullable=True),
    sa.PrimaryKeyConstraint("script_id", name="pk_scripts"),
    sa.Index("ix_scripts_ast_digest", "ast_digest"),
    sa.Index("ix_scripts_task_key", "task_key"),
    sa.Index("ix_scripts_status", "status"),
    **OPTIONS,
)
sa.Table(
    "code_runs",
    metadata,
    sa.Column("run_id", sa.String(length=80), nullable=False),
    sa.Column("script_id", sa.String(length=64), nullable=False),
    sa.Column("task", LongText, nullable=False),
    sa.Column("asked_by", sa.String(length=120), nullable=False),
    sa.Column("outcome", sa.String(length=40), nullable=False),
    sa.Column("reason", sa.String(length=40), nullable=False),
    sa.Column("message", sa.String(length=500), nullable=False),
    sa.Column("result", LongText, nullable=False),
    sa.Column("cost_micro_krw", sa.BigInteger(), nullable=False),
    sa.Column("at", UtcDateTime(), nullable=False),
    sa.PrimaryKeyConstraint("run_id", name="pk_code_runs"),
    sa.Index("ix_code_runs_script_id", "script_id"),
    sa.Index("ix_code_runs_at", "at"),
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
