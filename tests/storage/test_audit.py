import pytest
from sqlalchemy import delete, insert, update

from daybook.storage import AuditLog
from daybook.storage.audit import GENESIS_HASH
from daybook.storage.tables.journal import audit, audit_head
from tests.storage.facts import AT, later


@pytest.fixture
def log(database) -> AuditLog:
    chain = AuditLog(database)
    for number in range(1, 6):
        chain.append("order.checked", f"intent-{number}", {"n": number, "a": "삼성"}, actor="risk", at=later(number))
    return chain


def change(database, *statements) -> None:
    with database.session() as session:
        for statement in statements:
            session.execute(statement)


def test_audit_when_rows_are_appended_then_each_covers_the_one_before(log):
    rows = log.rows()
    assert [row.seq for row in rows] == [1, 2, 3, 4, 5]
    assert [row.previous_hash for row in rows] == [GENESIS_HASH, *(row.hash for row in rows[:-1])]
    assert (rows[0].actor, rows[0].action, rows[0].at) == ("risk", "order.checked", later(1))
    assert rows[0].detail == '{"a":"삼성","n":1}'
    assert log.head() == (5, rows[-1].hash)
    assert log.verify() is None


def test_audit_when_empty_then_it_is_whole(database):
    assert AuditLog(database).verify() is None
    assert AuditLog(database).head() == (0, GENESIS_HASH)


@pytest.mark.parametrize(
    "values",
    [
        {"detail": '{"n":99}'},
        {"actor": "someone"},
        {"action": "x"},
        {"subject": "x"},
        {"at": AT},
        {"hash": "f" * 64},
        {"previous_hash": "f" * 64},
    ],
    ids=lambda values: next(iter(values)),
)
def test_audit_when_a_row_is_altered_then_verify_names_it(log, database, values):
    change(database, update(audit).where(audit.c.seq == 3).values(values))
    assert log.verify() == 3


@pytest.mark.parametrize("seq", [1, 3, 5])
def test_audit_when_a_row_is_removed_then_verify_names_it(log, database, seq):
    change(database, delete(audit).where(audit.c.seq == seq))
    assert log.verify() == seq


def test_audit_when_all_rows_are_removed_then_verify_names_the_first(log, database):
    change(database, delete(audit))
    assert log.verify() == 1


def test_audit_when_rows_swap_places_then_verify_names_the_first_of_them(log, database):
    change(
        database,
        update(audit).where(audit.c.seq == 2).values(seq=99),
        update(audit).where(audit.c.seq == 3).values(seq=2),
        update(audit).where(audit.c.seq == 99).values(seq=3),
    )
    assert log.verify() == 2


def test_audit_when_the_end_was_rewritten_with_fitting_hashes_then_the_head_shows_it(log, database):
    rows = log.rows()
    change(database, delete(audit).where(audit.c.seq == 5))
    change(database, update(audit_head).values(seq=4, hash=rows[3].hash))
    log.append("order.checked", "forged", {}, at=later(5))
    change(database, update(audit_head).values(hash=rows[4].hash))
    assert log.verify() == 5


def test_audit_when_a_row_is_added_beyond_the_end_then_verify_names_it(log, database):
    row = {"at": AT, "actor": "x", "action": "x", "subject": "x", "detail": "{}", "previous_hash": "", "hash": ""}
    change(database, insert(audit).values(seq=6, **row))
    assert log.verify() == 6


def test_audit_when_read_in_pages_then_rows_follow_each_other(log, monkeypatch):
    assert [row.seq for row in log.rows(after_seq=2, limit=2)] == [3, 4]
    monkeypatch.setattr("daybook.storage.audit._VERIFY_PAGE", 2)
    assert log.verify() is None
    assert [row.seq for row in log.for_subject("intent-4")] == [4]


def test_audit_when_actor_and_time_are_left_out_then_they_are_system_and_now(database):
    before = database.clock()
    row = AuditLog(database).append("test", "x", '{"given": "as text"}')
    assert row.actor == "system"
    assert before <= row.at <= database.clock()
