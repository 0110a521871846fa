from datetime import UTC, datetime, time, timedelta

import pytest

from daybook.contracts.base import KST, Mode, TradingState
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.execution.trading_state import StateChanger
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts

CLOSE = datetime.combine(facts.DAY, time(15, 30), KST)


@pytest.fixture
def live(make_bench: BenchMaker) -> Bench:
    return make_bench(mode=Mode.LIVE)


def ask(bench: Bench, action: StateAction, token: str = "") -> StateChangeResult:
    return StateChanger(bench.desk).change(StateChangeRequest(action=action, by="owner", token=token))


def is_armed(bench: Bench) -> bool:
    return bench.desk.states.is_armed("main", bench.clock())


def test_arming_when_both_steps_are_taken_then_it_holds_until_the_close(live: Bench) -> None:
    first = ask(live, StateAction.REQUEST_ARM)
    assert (first.accepted, bool(first.token), is_armed(live)) == (True, True, False)
    live.clock.pass_s(30)
    second = ask(live, StateAction.CONFIRM_ARM, first.token)
    assert (second.accepted, is_armed(live)) == (True, True)
    assert "15:30 KST" in second.text
    live.clock.now = (CLOSE - timedelta(seconds=1)).astimezone(UTC)
    assert is_armed(live)
    live.clock.now = CLOSE.astimezone(UTC)
    assert not is_armed(live)


def test_arming_when_a_carried_out_step_is_repeated_then_it_is_still_armed(live: Bench) -> None:
    token = ask(live, StateAction.REQUEST_ARM).token
    ask(live, StateAction.CONFIRM_ARM, token)
    assert ask(live, StateAction.CONFIRM_ARM, token).accepted
    again = ask(live, StateAction.REQUEST_ARM)
    assert (again.accepted, again.token, is_armed(live)) == (True, "", True)


@pytest.mark.parametrize("token", ["", "until-19700101-1530", "rubbish"])
def test_arming_when_the_token_is_wrong_then_it_is_refused(live: Bench, token: str) -> None:
    ask(live, StateAction.REQUEST_ARM)
    answer = ask(live, StateAction.CONFIRM_ARM, token)
    assert (answer.accepted, is_armed(live)) == (False, False)
    assert "daybook arm" in answer.text


def test_arming_when_the_first_step_is_missing_or_too_old_then_it_is_refused(live: Bench) -> None:
    token = f"until-{CLOSE:%Y%m%d-%H%M}"
    assert not ask(live, StateAction.CONFIRM_ARM, token).accepted
    assert ask(live, StateAction.REQUEST_ARM).token == token
    live.clock.pass_s(601)
    assert not ask(live, StateAction.CONFIRM_ARM, token).accepted
    assert not is_armed(live)


def test_arming_when_disarmed_then_it_is_over_and_takes_both_steps_again(live: Bench) -> None:
    token = ask(live, StateAction.REQUEST_ARM).token
    ask(live, StateAction.CONFIRM_ARM, token)
    assert ask(live, StateAction.DISARM).accepted
    assert not is_armed(live)
    assert not ask(live, StateAction.CONFIRM_ARM, token).accepted


@pytest.mark.parametrize("moment", [CLOSE, CLOSE + timedelta(hours=3), datetime(2026, 3, 7, 10, 0, tzinfo=KST)])
def test_arming_when_no_session_is_left_today_then_it_is_refused(live: Bench, moment: datetime) -> None:
    live.clock.now = moment.astimezone(UTC)
    answer = ask(live, StateAction.REQUEST_ARM)
    assert (answer.accepted, answer.token) == (False, "")
    assert "no session" in answer.text


@pytest.mark.parametrize("mode", [Mode.PAPER, Mode.MOCK])
@pytest.mark.parametrize("action", [StateAction.REQUEST_ARM, StateAction.CONFIRM_ARM, StateAction.DISARM])
def test_arming_when_the_mode_is_not_live_then_it_is_refused(
    make_bench: BenchMaker, mode: Mode, action: StateAction
) -> None:
    answer = ask(make_bench(mode=mode), action)
    assert not answer.accepted
    assert mode.value in answer.text


def test_arming_when_trading_is_halted_then_the_halt_stays(live: Bench) -> None:
    StateChanger(live.desk).change(StateChangeRequest(action=StateAction.HALT, by="owner", reason="unrest"))
    token = ask(live, StateAction.REQUEST_ARM).token
    answer = ask(live, StateAction.CONFIRM_ARM, token)
    assert (answer.accepted, answer.state) == (True, TradingState.HALTED)
