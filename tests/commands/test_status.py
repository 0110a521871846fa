import json
from datetime import date
from pathlib import Path

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.calls import Layer
from daybook.contracts.day import DayPhase, DayState
from daybook.contracts.orders import IntentState
from daybook.front.errors import DeskNoAnswer
from daybook.storage.database import Database
from daybook.storage.intents import IntentStore
from daybook.storage.states import StateStore
from tests.commands.conftest import NO_SERVER, Run
from tests.commands.desk import ScriptedDesk
from tests.storage import facts

NAMES = ("mode", "home", "server", "workers", "running day", "orders waiting", "last report", "next run")


@pytest.fixture(autouse=True)
def schedules(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listed(_: object) -> list[tuple[str, str, str]]:
        return [("trading-day", "2026-03-09 08:10", "mode paper")]

    monkeypatch.setattr("daybook.commands.status.list_schedules", listed)


def shown(text: str) -> dict[str, str]:
    """Return what stands beside each label of the screen."""
    found: dict[str, str] = {}
    label = ""
    for line in text.splitlines():
        assert len(line) <= 80 or " " not in line[16:]
        label = line[:16].strip() or label
        found[label] = f"{found.get(label, '')} {line[16:].strip()}".strip()
    return found


def test_status_when_all_is_well_then_one_screen_says_so(
    run: Run, home: Path, books: Database, desk: ScriptedDesk
) -> None:
    desk.day = "trading-day-2026-03-06"
    desk.state = DayState(day=date(2026, 3, 6), phase=DayPhase.TRADING, equity_krw=10_000_000)
    ended = run("status")
    screen = shown(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert set(NAMES) <= set(screen)
    assert screen["mode"] == "paper, account main"
    assert screen["home"] == str(home)
    assert screen["server"] == f"{NO_SERVER} reachable"
    assert screen["workers"] == "control ok, sandbox ok, pipeline ok, trading ok"
    assert screen["running day"] == "2026-03-06 trading"
    assert (screen["trading state"], screen["kill switch"], screen["orders waiting"]) == ("active", "off", "none")
    assert screen["next run"] == "trading-day 2026-03-09 08:10 KST (mode paper)"
    assert ("day_state", date(2026, 3, 6)) in desk.asked


def test_status_when_the_server_is_down_then_the_ledger_is_shown_and_the_rest_marked(
    run: Run, books: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAYBOOK_TEMPORAL__ADDRESS", NO_SERVER)
    ended = run("status")
    screen = shown(ended.out)
    assert (ended.code, screen["server"]) == (0, f"{NO_SERVER} UNREACHABLE")
    assert screen["workers"] == screen["running day"] == screen["next run"] == "not known"
    assert (screen["trading state"], screen["orders waiting"]) == ("active", "none")


def test_status_when_no_desk_runs_in_the_home_then_it_says_how_to_start_it(run: Run, home: Path) -> None:
    screen = shown(run("status").out)
    assert screen["server"] == "NOT RUNNING: daybook up"
    assert "NOT READABLE: there is no ledger" in screen["ledger"]
    assert not home.exists()


@pytest.mark.parametrize("content", [b"no database" * 500, b""])
def test_status_when_the_ledger_is_broken_then_the_server_is_shown_all_the_same(
    run: Run, home: Path, desk: ScriptedDesk, content: bytes
) -> None:
    home.mkdir()
    (home / "daybook.db").write_bytes(content)
    (home / "HALT").write_text("by hand")
    screen = shown(run("status").out)
    assert "NOT READABLE" in screen["ledger"]
    assert screen["workers"].startswith("control ok")
    assert screen["kill switch"].startswith("ON ")
    assert screen["orders waiting"] == "not known"


def test_status_when_workers_are_silent_then_they_are_marked(run: Run, books: Database, desk: ScriptedDesk) -> None:
    desk.polling = frozenset({Layer.CONTROL})
    assert shown(run("status").out)["workers"] == "control ok, sandbox SILENT, pipeline SILENT, trading SILENT"


def test_status_when_the_day_does_not_answer_then_it_is_marked(
    run: Run, books: Database, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def silent(_: date) -> DayState:
        raise DeskNoAnswer("the control worker does not answer")

    desk.day = "trading-day-2026-03-06"
    monkeypatch.setattr(desk, "day_state", silent)
    assert shown(run("status").out)["running day"] == "trading-day-2026-03-06 DOES NOT ANSWER"


def test_status_when_the_server_answers_nothing_then_it_is_marked(
    run: Run, books: Database, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_: object) -> list[tuple[str, str, str]]:
        raise DeskNoAnswer("no")

    monkeypatch.setattr("daybook.commands.status.list_schedules", fails)
    desk.failure = DeskNoAnswer("no")
    assert "DOES NOT ANSWER" in shown(run("status").out)["server"]


def test_status_when_orders_wait_and_trading_is_halted_then_both_stand_out(
    run: Run, home: Path, books: Database, desk: ScriptedDesk
) -> None:
    store = IntentStore(books)
    for number, (symbol, state) in enumerate(
        (
            ("005930", IntentState.AWAITING_APPROVAL),
            ("000660", IntentState.NEEDS_HUMAN),
            ("035420", IntentState.UNKNOWN),
        )
    ):
        store.record(facts.ticket(f"i-{number}", symbol=symbol), facts.later(number))
        store.set_state(f"i-{number}", state, at=facts.later(9))
    StateStore(books).halt("main", TradingState.HALTED, "UNKNOWN_OUTCOME", "i-2", "TradingDay", facts.AT)
    (home / "HALT").write_text("by hand")
    screen = shown(run("status").out)
    assert screen["trading state"] == "HALTED UNKNOWN_OUTCOME i-2 (by TradingDay)"
    assert screen["orders waiting"] == "2 FOR YOU: daybook orders --waiting; 1 of unknown outcome, being looked for"
    value = json.loads(run("status", "--json").out)
    assert (value["orders_waiting"], value["orders_unknown"]) == (["i-0", "i-1"], ["i-2"])
    assert value["kill_switch"]["engaged"] is True


def test_status_when_json_is_asked_for_with_everything_down_then_it_is_still_json(run: Run, home: Path) -> None:
    ended = run("status", "--json")
    value = json.loads(ended.out)
    assert (ended.code, ended.err) == (0, "")
    assert value["server"] == {"address": None, "reachable": False, "complaint": "NOT RUNNING: daybook up"}
    assert (value["ledger"]["readable"], value["layers_polling"], value["schedules"]) == (False, None, None)
