import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.reconciliation import Difference, DifferenceCode
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.front.errors import DeskNoAnswer
from daybook.storage.database import Database
from daybook.storage.states import StateStore
from tests.commands.conftest import Run
from tests.commands.desk import ScriptedDesk

NOW = datetime.now(UTC)


@pytest.fixture
def live(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAYBOOK_MODE", "live")
    monkeypatch.setenv("DAYBOOK_LIVE_TRADING_ENABLED", "true")


def answer(
    state: TradingState = TradingState.ACTIVE, *, accepted: bool = True, text: str = "", token: str = ""
) -> StateChangeResult:
    return StateChangeResult(state=state, accepted=accepted, text=text, token=token)


def test_state_when_nothing_is_halted_then_it_is_active(run: Run, books: Database) -> None:
    assert run("state").out.split() == ["trading", "state", "active"]


def test_state_when_a_halt_is_open_then_its_reason_and_author_are_shown(run: Run, books: Database) -> None:
    StateStore(books).halt("main", TradingState.HALTED, "DAILY_LOSS", "3.1 % lost", "TradingDay", NOW)
    StateStore(books).lock_symbol("main", "005930", "UNEXPLAINED", "1 share more than booked", at=NOW)
    ended = run("state")
    assert "HALTED DAILY_LOSS 3.1 % lost (by TradingDay)" in ended.out
    assert "005930" in ended.out
    value = json.loads(run("state", "--json").out)
    assert (value["state"], value["reason_code"], value["by"]) == ("halted", "DAILY_LOSS", "TradingDay")
    assert value["locked_symbols"] == {"005930": "1 share more than booked"}
    assert (value["kill_switch"]["engaged"], value["armed"]) == (False, None)


def test_state_when_the_kill_switch_file_is_there_then_it_is_halted_whatever_the_ledger_says(
    run: Run, home: Path, books: Database
) -> None:
    (home / "HALT").write_text("by hand\n")
    assert "HALTED" in run("state").out
    value = json.loads(run("state", "--json").out)
    assert (value["state"], value["ledger_state"], value["kill_switch"]["reason"]) == ("halted", "active", "by hand")


def test_state_when_live_then_it_says_whether_real_orders_are_armed(run: Run, books: Database, live: None) -> None:
    assert "not armed" in run("state").out
    store, expires_at = StateStore(books), NOW + timedelta(hours=1)
    store.arm_live("main", "kim", NOW - timedelta(seconds=2), expires_at, 1)
    store.arm_live("main", "kim", NOW - timedelta(seconds=1), expires_at, 2)
    assert "ARMED until the close" in run("state").out
    assert json.loads(run("state", "--json").out)["armed"] is True


def test_reduce_when_the_workers_are_silent_then_one_line_says_that_it_is_queued(run: Run, desk: ScriptedDesk) -> None:
    desk.failure = DeskNoAnswer("no answer within 60 s; the change is queued")
    ended = run("reduce", "nervous")
    assert (ended.code, desk.asked) == (1, [(StateAction.REDUCE, "nervous", "")])
    assert ended.line == "daybook: no answer within 60 s; the change is queued"


def test_resume_when_taken_in_two_steps_then_the_first_prints_the_second(run: Run, desk: ScriptedDesk) -> None:
    desk.change = answer(TradingState.HALTED, token="abc-DEF_1")
    assert "daybook resume --confirm abc-DEF_1" in run("resume").out
    desk.change = answer()
    assert run("resume", "--confirm", "abc-DEF_1").out == "trading state: active\n"
    assert desk.asked == [(StateAction.REQUEST_RESUME, "", ""), (StateAction.CONFIRM_RESUME, "", "abc-DEF_1")]


@pytest.mark.parametrize("token", ["x" * 101, "é", "a\tb", "\udcff"])
def test_resume_when_the_token_cannot_be_one_then_the_desk_is_not_asked(
    run: Run, desk: ScriptedDesk, token: str
) -> None:
    ended = run("resume", "--confirm", token)
    assert (ended.code, desk.asked) == (1, [])
    assert "start again with: daybook resume" in ended.line


def test_resume_when_it_is_refused_then_the_reason_is_the_line(run: Run, desk: ScriptedDesk) -> None:
    desk.change = answer(TradingState.HALTED, accepted=False, text="wrong, used or expired token")
    ended = run("resume", "--confirm", "abc")
    assert (ended.code, ended.line) == (1, "daybook: wrong, used or expired token")


def test_arm_when_live_then_it_takes_two_steps(run: Run, desk: ScriptedDesk, live: None) -> None:
    desk.change = answer(
        text="confirm within 10 minutes to arm until 2026-03-06 15:30 KST", token="until-20260306-1530"
    )
    first = run("arm")
    assert (first.code, first.line.startswith("WARNING: mode live")) == (0, True)
    assert "daybook arm --confirm until-20260306-1530" in first.out
    desk.change = answer(text="armed until 2026-03-06 15:30 KST by cli")
    assert run("arm", "--confirm", "until-20260306-1530").out.startswith("armed until 2026-03-06 15:30 KST")
    assert desk.asked == [(StateAction.REQUEST_ARM, "", ""), (StateAction.CONFIRM_ARM, "", "until-20260306-1530")]


def test_arm_when_it_is_refused_then_the_exit_code_says_so(run: Run, desk: ScriptedDesk, live: None) -> None:
    desk.change = answer(accepted=False, text="there is no session to arm now")
    ended = run("arm")
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.splitlines()[-1] == "daybook: there is no session to arm now"


def test_disarm_when_live_then_the_desk_is_told(run: Run, desk: ScriptedDesk, live: None) -> None:
    assert run("disarm").code == 0
    assert desk.asked == [(StateAction.DISARM, "", "")]


@pytest.mark.parametrize("command", ["arm", "disarm"])
def test_arm_when_the_live_flag_is_missing_then_the_desk_is_not_asked(
    run: Run, desk: ScriptedDesk, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    monkeypatch.setenv("DAYBOOK_MODE", "live")
    ended = run(command)
    assert (ended.code, desk.asked) == (1, [])
    assert "DAYBOOK_LIVE_TRADING_ENABLED=true" in ended.line


def test_reconcile_when_books_differ_then_exit_1_and_each_difference_is_shown(run: Run, desk: ScriptedDesk) -> None:
    difference = Difference(
        code=DifferenceCode.CASH_DIFFERS, subject="cash", ledger="1", broker="2", adopted=False, text="unexplained [1]"
    )
    desk.report = desk.report.model_copy(update={"signed_off": False, "differences": (difference,)})
    ended = run("reconcile")
    assert (ended.code, ended.err) == (1, "")
    assert "OPEN" in ended.out
    assert "unexplained [1]" in ended.out
    machine = run("reconcile", "--accept", "--json")
    assert (machine.code, json.loads(machine.out)["differences"][0]["subject"]) == (1, "cash")
    assert desk.asked == [("reconcile", False), ("reconcile", True)]
