import dataclasses
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest

from daybook.contracts.code import CodeOutcome, CodeReason, CodeRunResult, ScriptOrigin
from daybook.storage.code_runs import CodeRunStore
from daybook.storage.database import Database
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.scripts import ScriptRecord, ScriptStatus, ScriptStore

AT = datetime(2026, 3, 6, 1, 0, tzinfo=UTC)
ONE = ScriptRecord(
    script_id="ab" * 32,
    ast_digest="1" * 64,
    stub_digest="2" * 64,
    task_key="3" * 64,
    task="삼성전자 뉴스 감성",
    code="result = {'뉴스': '😀'}\n" * 500,
    tools=("quote", "search_news"),
    inputs=("days", "names"),
    status=ScriptStatus.CANDIDATE,
    origin="model",
    model="gpt-6.1-sol",
    runs=1,
    first_run_id="c-1",
    approved_by=None,
    created_at=AT,
    used_at=None,
)


def like(script_id: str, **changes: object) -> ScriptRecord:
    return dataclasses.replace(ONE, script_id=script_id.ljust(64, "0"), **changes)


def ended(run_id: str, **changes: object) -> CodeRunResult:
    values: dict = {
        "outcome": CodeOutcome.DONE,
        "result": {"a": [1, None, "가"]},
        "ended_at": AT,
        "script_id": "ab" * 32,
    }
    return CodeRunResult(run_id=run_id, **(values | changes))


def test_script_when_kept_then_it_comes_back_as_it_was(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(ONE)
    assert store.get(ONE.script_id) == ONE
    assert store.get("ABABAB") == ONE


def test_script_when_kept_again_then_a_run_is_counted_and_the_rest_stays(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(ONE)
    later = AT + timedelta(hours=1)
    store.keep(dataclasses.replace(ONE, task="other", first_run_id="c-2", used_at=later, status=ScriptStatus.STALE))
    assert store.get(ONE.script_id) == dataclasses.replace(ONE, runs=2, used_at=later)


def test_script_when_it_runs_then_it_is_counted_and_an_unknown_one_is_not(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(ONE)
    store.count_run(ONE.script_id, AT)
    store.count_run("0" * 64, AT)
    assert [(record.runs, record.used_at) for record in store.newest()] == [(2, AT)]


def test_script_when_many_workers_run_it_then_every_run_is_counted(database: Database) -> None:
    store = ScriptStore(database)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: store.keep(ONE), range(12)))
    assert store.get(ONE.script_id).runs == 12


def test_approval_when_the_tools_are_as_they_were_then_it_stands(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(ONE)
    approved = store.approve(ONE.script_id, ONE.stub_digest, "cli:me")
    assert (approved.status, approved.approved_by) == (ScriptStatus.APPROVED, "cli:me")
    assert store.approved_for([ONE.task_key]) == [approved]


def test_approval_when_a_tool_changed_then_it_is_refused_and_the_script_is_stale(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(ONE)
    with pytest.raises(RecordConflict, match="a tool of script abababababab has changed"):
        store.approve(ONE.script_id, "9" * 64, "cli:me")
    assert (store.get(ONE.script_id).status, store.get(ONE.script_id).approved_by) == (ScriptStatus.STALE, None)


def test_approval_when_there_is_no_such_script_then_it_is_refused(database: Database) -> None:
    with pytest.raises(RecordNotFound):
        ScriptStore(database).approve("0" * 64, "9" * 64, "cli:me")


def test_approved_when_looked_for_then_only_approved_ones_of_these_tasks_come_newest_use_first(
    database: Database,
) -> None:
    store = ScriptStore(database)
    approved = {"status": ScriptStatus.APPROVED}
    store.keep(like("aa", **approved, used_at=AT))
    store.keep(like("bb", **approved, used_at=AT + timedelta(days=1)))
    store.keep(like("cc", **approved, task_key="4" * 64))
    store.keep(like("dd"))
    store.keep(like("ee", **approved, task_key="5" * 64))
    store.mark_stale("ee".ljust(64, "0"))
    found = store.approved_for(["3" * 64, "5" * 64, "6" * 64])
    assert [record.script_id[:2] for record in found] == ["bb", "aa"]
    assert store.approved_for([]) == []


@pytest.mark.parametrize("wanted", ["", "ab", "abab%", "abab_b", "'; drop table scripts", "ffffff"])
def test_script_when_no_id_begins_so_then_one_line_says_what_to_do(wanted: str, database: Database) -> None:
    ScriptStore(database).keep(ONE)
    with pytest.raises(RecordNotFound, match="daybook code list") as refused:
        ScriptStore(database).get(wanted)
    assert "\n" not in str(refused.value)


def test_script_when_several_ids_begin_so_then_more_is_asked_for(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(like("abcdef1"))
    store.keep(like("abcdef2"))
    with pytest.raises(RecordNotFound, match="several scripts begin with abcdef"):
        store.get("abcdef")
    assert store.get("abcdef1").script_id.startswith("abcdef1")


def test_scripts_when_listed_then_the_newest_come_first_by_status(database: Database) -> None:
    store = ScriptStore(database)
    store.keep(like("aa", created_at=AT))
    store.keep(like("bb", created_at=AT + timedelta(days=1), status=ScriptStatus.APPROVED))
    assert [record.script_id[:2] for record in store.newest()] == ["bb", "aa"]
    assert [record.script_id[:2] for record in store.newest(status=ScriptStatus.CANDIDATE)] == ["aa"]
    assert len(store.newest(1)) == 1


def test_run_when_kept_then_it_comes_back_and_the_first_result_stays(database: Database) -> None:
    store = CodeRunStore(database)
    first = ended("c-1", origin=ScriptOrigin.MODEL, message="x" * 900, reason=CodeReason.TIME_SPENT)
    assert store.keep("뉴스 감성", "cli:me", first)
    assert not store.keep("뉴스 감성", "cli:me", ended("c-1", message="again"))
    record = store.get("c-1")
    assert (record.result, record.task, record.asked_by, record.at) == (first, "뉴스 감성", "cli:me", AT)


def test_run_when_unknown_then_it_is_not_found(database: Database) -> None:
    assert CodeRunStore(database).find("c-9") is None
    with pytest.raises(RecordNotFound, match="there is no run c-9"):
        CodeRunStore(database).get("c-9")


def test_runs_when_listed_then_the_newest_come_first_and_those_of_a_script_alone(database: Database) -> None:
    store = CodeRunStore(database)
    for number in range(4):
        at = AT + timedelta(minutes=number)
        store.keep("t", "me", ended(f"c-{number}", ended_at=at, script_id=("ab" if number % 2 else "cd") * 32))
    assert [record.run_id for record in store.newest(3)] == ["c-3", "c-2", "c-1"]
    assert [record.run_id for record in store.newest(script_id="ab" * 32)] == ["c-3", "c-1"]
