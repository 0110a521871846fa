import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from daybook.commands import support
from daybook.contracts.base import Mode
from daybook.contracts.day import DayPhase, DayResult, DayState
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk

FRIDAY = date(2026, 3, 6)
AT = datetime(2026, 3, 6, 7, 0, tzinfo=UTC)
SUMMARY = json.dumps({"opening_equity_krw": 10_000_000, "closing_equity_krw": 9_997_128})


@pytest.fixture
def friday(monkeypatch: pytest.MonkeyPatch) -> date:
    monkeypatch.setattr(support, "today", lambda: FRIDAY)
    return FRIDAY


@pytest.fixture
def finished(books: Database) -> Database:
    days = DayStore(books)
    days.begin(FRIDAY, "main", Mode.PAPER, "regular", AT)
    days.finish(FRIDAY, "main", SUMMARY, "reports/2026-03-06/report.md", AT)
    return books


def test_day_run_when_it_is_today_then_it_is_started_and_the_web_ui_named(
    run: Run, friday: date, desk: ScriptedDesk
) -> None:
    ended = run("day", "run")
    assert (ended.code, desk.asked, ended.err) == (0, [("start_day", friday)], "")
    assert ended.out.startswith("started trading-day-2026-03-06; watch it: http://")


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (DayResult(day=FRIDAY, phase=DayPhase.DONE, signed_off=True), 0),
        (DayResult(day=FRIDAY, phase=DayPhase.DONE, signed_off=False), 1),
        (DayResult(day=FRIDAY, phase=DayPhase.SKIPPED, reason="holiday"), 1),
    ],
)
def test_day_run_when_it_is_waited_for_then_the_exit_code_tells_how_it_ended(
    run: Run, friday: date, desk: ScriptedDesk, result: DayResult, code: int
) -> None:
    desk.result = result
    assert run("day", "run", "--wait").code == code


def test_day_run_when_it_was_started_already_then_one_line_says_so(run: Run, friday: date, desk: ScriptedDesk) -> None:
    desk.failure = DeskError("2026-03-06 was already started; look at it with: daybook day status 2026-03-06")
    ended = run("day", "run")
    assert (ended.code, "already started" in ended.line) == (1, True)


@pytest.mark.parametrize("line", ["day run", "schedule apply"])
def test_live_when_its_flag_is_missing_then_nothing_is_asked_of_the_desk(
    run: Run, friday: date, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    monkeypatch.setenv("DAYBOOK_MODE", "live")
    ended = run(*line.split())
    assert (ended.code, desk.settings) == (1, None)
    assert ended.line == "daybook: mode live needs DAYBOOK_LIVE_TRADING_ENABLED=true as well"


@pytest.mark.parametrize("line", ["day run", "schedule apply"])
def test_live_when_something_is_started_then_a_warning_says_real_money(
    run: Run, friday: date, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, line: str
) -> None:
    async def apply(*_: object) -> list[str]:
        return ["trading-day created"]

    monkeypatch.setattr("daybook.commands.schedule.apply_schedules", apply)
    monkeypatch.setenv("DAYBOOK_MODE", "live")
    monkeypatch.setenv("DAYBOOK_LIVE_TRADING_ENABLED", "true")
    ended = run(*line.split())
    assert (ended.code, ended.line) == (
        0,
        "WARNING: mode live: orders go to the real market, with real money",
    )


def test_day_status_when_the_workflow_answers_then_it_fits_80_columns_and_says_what_waits(
    run: Run, desk: ScriptedDesk
) -> None:
    desk.state = DayState(
        day=FRIDAY,
        phase=DayPhase.TRADING,
        equity_krw=10_010_000,
        opening_equity_krw=10_000_000,
        pending_approvals=("20260306-t001-005930-buy-084acb7a",),
        note="x " * 100,
    )
    ended = run("day", "status", "2026-03-06")
    assert (ended.code, ended.err) == (0, "")
    assert max(len(line) for line in ended.out.splitlines()) <= 80
    assert "10,010,000 KRW (+10,000 today)" in ended.out
    assert "WAITS FOR YOU   daybook approve 20260306-t001-005930-buy-084acb7a" in ended.out


@pytest.mark.parametrize(
    "failure",
    [DeskUnreachable("no server"), DeskNoAnswer("the control worker does not answer"), DeskNotFound("no day")],
)
def test_day_status_when_no_workflow_answers_then_the_ledger_does(
    run: Run, finished: Database, desk: ScriptedDesk, failure: DeskError
) -> None:
    desk.failure = failure
    ended = run("day", "status", "2026-03-06")
    assert (ended.code, "9,997,128 KRW (-2,872 that day)" in ended.out) == (0, True)
    assert ended.line == f"daybook: {failure} (this is what the ledger knows)"
    value = json.loads(run("day", "status", "2026-03-06", "--json").out)
    assert (value["source"], value["state"], value["note"]) == ("ledger", None, str(failure))
    assert value["row"]["summary"]["closing_equity_krw"] == 9_997_128


def test_day_status_when_nobody_knows_the_day_then_the_first_reason_stands(
    run: Run, books: Database, desk: ScriptedDesk
) -> None:
    desk.failure = DeskNotFound("no day 2026-03-05; list days with: daybook day list")
    ended = run("day", "status", "2026-03-05")
    assert (ended.code, ended.line) == (1, "daybook: no day 2026-03-05; list days with: daybook day list")


def test_day_status_when_json_is_asked_for_then_it_is_the_workflows_state(run: Run, desk: ScriptedDesk) -> None:
    value = json.loads(run("day", "status", "2026-03-06", "--json").out)
    assert (value["source"], value["day"], value["state"]["phase"]) == ("workflow", "2026-03-06", "starting")


def test_day_list_when_days_ended_then_the_change_of_equity_is_shown(run: Run, finished: Database) -> None:
    lines = run("day", "list").out.splitlines()
    assert lines[1].split() == ["2026-03-06", "paper", "regular", "finished", "9,997,128", "-2,872", "yes"]
    assert max(len(line) for line in lines) <= 80
    (row,) = json.loads(run("day", "list", "--json").out)
    assert (row["day"], row["summary"]["opening_equity_krw"]) == ("2026-03-06", 10_000_000)


def test_day_list_when_no_day_was_started_then_it_says_so(run: Run, books: Database) -> None:
    assert run("day", "list").out == "no day has been started yet\n"
    assert json.loads(run("day", "list", "--json").out) == []


def test_day_report_when_a_program_reads_it_then_it_is_the_file(run: Run, home: Path) -> None:
    file = home / "reports" / "2026-03-06" / "report.md"
    file.parent.mkdir(parents=True)
    text = "# Trading day [2026-03-06]\n\n| a | b |\n| --- | ---: |\n| " + "x" * 100 + " | 1 |\n"
    file.write_text(text)
    assert run("day", "report", "2026-03-06").out.strip() == text.strip()
    assert run("day", "report", "2026-03-06", "--path").out == f"{file}\n"


def test_day_report_when_there_is_none_then_it_says_when_it_is_written(run: Run, home: Path) -> None:
    ended = run("day", "report", "2026-03-06")
    assert (ended.code, "it is written after the close" in ended.line) == (1, True)
