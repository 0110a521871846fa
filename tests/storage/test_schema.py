import uuid

import pytest
from alembic import command
from sqlalchemy import create_engine, event, inspect, select, text
from sqlalchemy.dialects import mysql, sqlite
from sqlalchemy.schema import CreateTable

from daybook.storage import Database, IntentStore
from daybook.storage.schema import alembic_config, newest_revision
from daybook.storage.tables import metadata
from daybook.storage.tables.journal import audit_head
from tests.storage.facts import AT, ticket


def test_upgrade_when_repeated_then_it_changes_nothing(blank_url):
    with Database(blank_url) as database:
        assert database.upgrade() == newest_revision()
        IntentStore(database).record(ticket(), AT)
        assert database.upgrade() == database.revision() == newest_revision()
        assert IntentStore(database).get("intent-1").ticket == ticket()


def test_schema_when_upgraded_then_alembic_finds_no_difference_to_the_tables(database):
    with database.engine.begin() as connection:
        command.check(alembic_config(connection))


def test_schema_when_taken_down_then_nothing_is_left_and_it_comes_up_again(blank_url):
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            command.downgrade(alembic_config(connection), "base")
        with database.engine.connect() as connection:
            assert inspect(connection).get_table_names() == ["alembic_version"]
        database.upgrade()
        assert IntentStore(database).record(ticket(), AT).is_new


def test_upgrade_when_an_earlier_one_died_half_way_then_it_is_finished(blank_url):
    with Database(blank_url) as database:
        database.upgrade()
        with database.engine.begin() as connection:
            for statement in (
                "DELETE FROM alembic_version",
                "DELETE FROM audit_head",
                "DROP TABLE fills",
                "DROP TABLE symbol_locks",
            ):
                connection.execute(text(statement))
            drop = "DROP INDEX ix_intents_day" + (" ON intents" if connection.dialect.name == "mysql" else "")
            connection.execute(text(drop))
        database.upgrade()
        with database.engine.begin() as connection:
            command.check(alembic_config(connection))
            assert connection.execute(select(audit_head.c.seq)).scalars().all() == [0]


def test_upgrade_when_run_by_the_developers_command_then_the_url_comes_from_the_command_line(tmp_path):
    from alembic.config import CommandLine

    from daybook.storage.schema import MIGRATIONS

    url = f"sqlite:///{tmp_path}/a.db"
    CommandLine().main(["-c", str(MIGRATIONS.parent / "alembic.ini"), "-x", f"url={url}", "upgrade", "head"])
    with Database(url) as database:
        database.require_current_schema()


def test_tables_when_compiled_for_either_family_then_ids_are_binary_and_times_keep_microseconds():
    for table in metadata.sorted_tables:
        ddl = str(CreateTable(table).compile(dialect=mysql.dialect()))
        assert "COLLATE utf8mb4_bin" in ddl
        assert "ENGINE=InnoDB" in ddl
        assert " DATETIME," not in ddl
        assert str(CreateTable(table).compile(dialect=sqlite.dialect()))


def test_money_when_in_a_table_then_its_column_is_an_integer():
    columns = [column for table in metadata.sorted_tables for column in table.columns if column.name.endswith("_krw")]
    assert len(columns) > 20
    assert {column.type.python_type for column in columns} == {int}


def test_returning_when_a_statement_asks_for_it_then_it_is_not_sent_to_mariadb(migrated_server):
    statements: list[str] = []
    with Database(migrated_server.url) as database:
        event.listen(database.engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
        fresh = ticket().model_copy(update={"intent_id": f"intent-{uuid.uuid4().hex[:12]}"})
        IntentStore(database).record(fresh, AT)
        statement = audit_head.insert().returning(audit_head.c.seq)
        with pytest.raises(Exception, match="RETURNING"), database.engine.begin() as connection:
            connection.execute(statement, {"id": 2, "seq": 0, "hash": ""})
    assert any(sent.startswith("INSERT INTO intents") for sent in statements)
    assert not any("RETURNING" in sent for sent in statements)


def test_returning_guard_when_mariadb_would_use_it_then_the_guard_catches_it(migrated_server):
    engine = create_engine(migrated_server.url)
    try:
        with pytest.raises(AssertionError, match="RETURNING"), engine.begin() as connection:
            connection.execute(audit_head.insert().returning(audit_head.c.seq), {"id": 2, "seq": 0, "hash": ""})
    finally:
        engine.dispose()
