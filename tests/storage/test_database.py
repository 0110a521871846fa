import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import insert, select, text

from daybook.storage import (
    AuditLog,
    ConstraintViolated,
    Database,
    IntentStore,
    ReadOnlyDatabase,
    RecordNotFound,
    StateStore,
    StorageBusy,
    StorageConfigurationError,
    StorageError,
    StorageUnavailable,
    StorageUsageError,
)
from daybook.storage.tables.journal import audit_head, decisions
from daybook.storage.tables.orders import attempts, intents
from tests.storage.facts import AT, DAY, later, ticket
from tests.storage.mariadb import free_port


@pytest.mark.parametrize("url", ["", "no url", "postgresql://x/y", "sqlite://", "sqlite:///:memory:", "oracle://x/y\n"])
def test_database_when_the_url_is_unusable_then_it_says_so_in_one_line(url):
    with pytest.raises(StorageConfigurationError) as raised:
        Database(url)
    assert "\n" not in str(raised.value)


def test_database_when_shown_then_the_password_is_not(tmp_path):
    with Database("mariadb://desk:secret@127.0.0.1/desk") as database:
        assert "secret" not in repr(database)


def test_sqlite_when_opened_then_it_is_durable_and_strict(tmp_path):
    with Database(f"sqlite:///{tmp_path}/deep/er/a b.db") as database, database.reading() as session:
        pragmas = {name: session.execute(text(f"PRAGMA {name}")).scalar() for name in _PRAGMAS}
    assert pragmas == _PRAGMAS


_PRAGMAS = {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 2, "busy_timeout": 10_000}


def test_mysql_session_when_opened_then_it_is_strict_utc_and_read_committed(mariadb):
    with Database(mariadb.url, lock_wait_s=3) as database, database.reading() as session:
        names = "time_zone", "innodb_lock_wait_timeout", "character_set_client", "sql_mode"
        zone, wait_s, charset, mode = (session.execute(text(f"SELECT @@{name}")).scalar() for name in names)
        isolation = session.connection().get_isolation_level()
    assert (zone, isolation, wait_s, charset) == ("+00:00", "READ COMMITTED", 3, "utf8mb4")
    assert "STRICT_ALL_TABLES" in mode


def test_session_when_the_block_raises_then_nothing_stays(database):
    def fail(session):
        IntentStore(session).record(ticket(), AT)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.session() as session:
        fail(session)
    with pytest.raises(RecordNotFound):
        IntentStore(database).get("intent-1")
    assert AuditLog(database).head()[0] == 0


def test_session_when_stores_share_it_then_all_of_it_is_one_transaction(database):
    with database.session() as session:
        IntentStore(session).record(ticket(), AT)
        StateStore(session).lock_symbol("main", "005930", "X", "because", at=AT)
        assert IntentStore(session).get("intent-1").intent_id == "intent-1"
        with pytest.raises(RecordNotFound):
            IntentStore(database).get("intent-1")
    assert len(AuditLog(database).rows()) == 2


def test_write_when_a_unit_of_work_is_open_in_the_thread_then_it_is_refused_instead_of_waiting_for_itself(database):
    with database.session(), pytest.raises(StorageUsageError, match="already open"):
        IntentStore(database).record(ticket(), AT)


def test_write_when_another_writer_does_not_finish_then_it_is_busy_after_a_bounded_time(database_url):
    with Database(database_url, lock_wait_s=1) as holder, Database(database_url, lock_wait_s=0.2) as database:
        with holder.session(), pytest.raises(StorageBusy):
            IntentStore(database).record(ticket(), AT)
        assert IntentStore(database).record(ticket(), AT).is_new


def test_write_when_another_thread_does_not_finish_then_it_is_busy_after_a_bounded_time(database_url):
    with Database(database_url, lock_wait_s=0.2) as database:
        busy: list[type[Exception]] = []

        def write() -> None:
            try:
                IntentStore(database).record(ticket(), AT)
            except StorageBusy as error:
                busy.append(type(error))

        with database.session():
            thread = threading.Thread(target=write)
            thread.start()
            thread.join()
        assert busy == [StorageBusy]
        assert IntentStore(database).record(ticket(), AT).is_new


def test_write_when_another_writer_finishes_in_time_then_it_succeeds(database):
    started, done = threading.Event(), threading.Event()

    def hold() -> None:
        with database.session() as session:
            IntentStore(session).record(ticket("first"), AT)
            started.set()
            done.wait(0.3)

    thread = threading.Thread(target=hold)
    thread.start()
    started.wait(5)
    recorded = IntentStore(database).record(ticket("second"), AT)
    thread.join()
    assert recorded.duplicate_of == "first"


def test_run_when_the_race_is_lost_then_the_work_runs_again_from_the_start(database):
    looks: list[int] = []

    def work(session):
        looks.append(session.execute(select(audit_head.c.seq)).scalar())
        if len(looks) < 3:
            session.execute(insert(audit_head).values(id=1, seq=0, hash=""))
        return "done"

    assert database.run(work) == "done"
    assert len(looks) == 3


def test_run_when_a_unique_key_stays_taken_then_it_gives_up(database, monkeypatch):
    monkeypatch.setattr("daybook.storage.database._LONGEST_PAUSE_S", 0.01)
    calls: list[int] = []

    def work(session):
        calls.append(1)
        session.execute(insert(audit_head).values(id=1, seq=0, hash=""))

    with pytest.raises(ConstraintViolated):
        database.run(work)
    assert len(calls) == 8


def test_check_constraint_when_broken_then_it_is_a_violation_on_every_database(database):
    IntentStore(database).record(ticket(), AT)
    with pytest.raises(ConstraintViolated), database.session() as session:
        session.execute(intents.update().values(shares=0))


def test_foreign_key_when_broken_then_it_is_a_violation(database):
    values = {"outcome": "unknown", "code": "", "text": "", "started_at": AT}
    with pytest.raises(ConstraintViolated), database.session() as session:
        session.execute(insert(attempts).values(intent_id="nobody", attempt=1, **values))


def test_time_when_naive_then_it_is_refused(database):
    with pytest.raises(StorageUsageError, match="without an offset"):
        IntentStore(database).record(ticket(), AT.replace(tzinfo=None))


def test_time_when_stored_then_microseconds_and_the_moment_stay(database):
    IntentStore(database).record(ticket(), AT)
    recorded_at = IntentStore(database).get("intent-1").recorded_at
    assert recorded_at == AT
    assert recorded_at.utcoffset().total_seconds() == 0


def test_identifiers_when_they_differ_in_case_only_then_they_are_different(database):
    intents_store = IntentStore(database)
    assert intents_store.record(ticket("abc"), AT).is_new
    assert intents_store.record(ticket("ABC", symbol="000660"), AT).is_new
    assert [record.intent_id for record in intents_store.search("AB")] == ["ABC"]


def test_number_when_beyond_64_bits_then_it_is_refused(database):
    with pytest.raises(StorageError), database.session() as session:
        session.execute(audit_head.update().values(seq=2**70))


def test_error_when_raised_then_it_is_one_line_without_values(database):
    def work(session):
        row = {"decision_id": "d", "day": DAY, "kind": "k", "inputs_digest": "", "inputs": "CONFIDENTIAL"}
        session.execute(insert(decisions).values(**row, outputs="", inputs_hash="", outputs_hash="", at=None))

    with pytest.raises(ConstraintViolated) as raised:
        database.run(work)
    shown = f"{raised.value} {raised.value.__cause__}"
    assert "\n" not in str(raised.value)
    assert "CONFIDENTIAL" not in shown


def test_schema_when_missing_then_the_error_tells_to_upgrade(blank_url):
    with Database(blank_url) as database:
        with pytest.raises(StorageConfigurationError, match="upgrade"):
            IntentStore(database).open_intents("main")
        with pytest.raises(StorageConfigurationError, match="revision None"):
            database.require_current_schema()


def test_read_only_when_written_to_then_it_refuses(database_url, database):
    IntentStore(database).record(ticket(), AT)
    with Database(database_url, read_only=True) as reader:
        reader.require_current_schema()
        assert IntentStore(reader).get("intent-1").recorded_at == AT
        with reader.session() as session:
            assert len(IntentStore(session).open_intents("main")) == 1
        with pytest.raises(ReadOnlyDatabase):
            IntentStore(reader).record(ticket("other"), AT)
        with pytest.raises(ReadOnlyDatabase):
            reader.upgrade()
        with pytest.raises(ReadOnlyDatabase), reader.session() as session:
            session.execute(audit_head.update().values(seq=9))
    IntentStore(database).set_state("intent-1", IntentStore(database).get("intent-1").state, "seen", at=later(1))


def test_read_only_when_the_file_is_missing_then_it_is_not_created(tmp_path):
    path = tmp_path / "missing.db"
    with Database(f"sqlite:///{path}", read_only=True) as reader, pytest.raises(StorageUnavailable):
        IntentStore(reader).open_intents("main")
    assert not path.exists()


def test_read_only_when_nobody_writes_then_a_closed_file_can_be_read(tmp_path):
    url = f"sqlite:///{tmp_path}/odd name?#%41.db".replace("?", "%3F")
    with Database(url) as database:
        database.upgrade()
    with Database(url, read_only=True) as reader:
        assert IntentStore(reader).open_intents("main") == []


def test_reader_when_granted_select_only_then_writes_are_refused_by_the_server(migrated_server):
    with Database(migrated_server.reader_url) as reader, pytest.raises(ReadOnlyDatabase), reader.reading() as session:
        session.execute(audit_head.update().values(seq=9))


def test_server_when_it_cannot_be_reached_or_refuses_then_errors_differ(mariadb):
    with Database(f"mysql+pymysql://app:app@127.0.0.1:{free_port()}/app") as nowhere, pytest.raises(StorageUnavailable):
        nowhere.upgrade()
    refused = mariadb.url.replace(":writer@", ":wrong@")
    with Database(refused) as stranger, pytest.raises(StorageConfigurationError):
        stranger.revision()


def test_file_when_it_is_no_database_then_the_error_says_so(tmp_path):
    path = tmp_path / "notes.db"
    path.write_bytes(b"this is not a database" * 100)
    with Database(f"sqlite:///{path}") as database, pytest.raises(StorageConfigurationError):
        database.upgrade()


def test_database_when_another_program_reads_meanwhile_then_writers_do_not_wait(tmp_path):
    with Database(f"sqlite:///{tmp_path}/a.db", lock_wait_s=0.2) as database:
        database.upgrade()
        with closing(sqlite3.connect(tmp_path / "a.db")) as reader:
            reader.execute("BEGIN")
            reader.execute("SELECT * FROM intents").fetchall()
            assert IntentStore(database).record(ticket(), AT).is_new
