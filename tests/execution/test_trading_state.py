from typing import Any

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.execution.trading_state import StateChanger
from tests.execution.bench import Bench
from tests.risk import facts


def change(bench: Bench, action: StateAction, **values: Any) -> StateChangeResult:
    return StateChanger(bench.desk).change(StateChangeRequest(action=action, **{"by": "owner", **values}))


def state(bench: Bench) -> TradingState:
    return bench.desk.states.current("main").state


@pytest.mark.parametrize(
    ("action", "expected"),
    [(StateAction.HALT, TradingState.HALTED), (StateAction.REDUCE, TradingState.REDUCING)],
)
def test_state_when_stopped_then_it_is_written_and_repeating_it_is_harmless(
    bench: Bench, action: StateAction, expected: TradingState
) -> None:
    for _ in range(2):
        result = change(bench, action, reason="rumours")
        assert (result.state, result.accepted) == (expected, True)
    assert (state(bench), len(bench.desk.states.halts("main", only_open=True))) == (expected, 1)


def test_state_when_halted_and_then_asked_to_reduce_then_the_halt_stays(bench: Bench) -> None:
    change(bench, StateAction.HALT, reason="fire")
    assert change(bench, StateAction.REDUCE, reason="calmer").state is TradingState.HALTED


def test_resume_when_both_steps_are_taken_then_trading_is_active_and_the_file_is_gone(bench: Bench) -> None:
    bench.desk.kill_switch.engage("owner", "fire")
    change(bench, StateAction.HALT, reason="fire")
    asked = change(bench, StateAction.REQUEST_RESUME)
    assert (asked.state, asked.accepted, bool(asked.token)) == (TradingState.HALTED, True, True)
    confirmed = change(bench, StateAction.CONFIRM_RESUME, token=asked.token)
    assert (confirmed.state, confirmed.accepted) == (TradingState.ACTIVE, True)
    assert (state(bench), bench.desk.kill_switch.is_on()) == (TradingState.ACTIVE, False)


def test_resume_when_only_the_file_stops_the_desk_then_two_steps_are_needed_as_well(bench: Bench) -> None:
    bench.desk.kill_switch.engage("owner", "fire")
    asked = change(bench, StateAction.REQUEST_RESUME)
    assert (asked.accepted, asked.state) == (True, TradingState.HALTED)
    assert change(bench, StateAction.CONFIRM_RESUME, token=asked.token).state is TradingState.ACTIVE


@pytest.mark.parametrize("token", ["", "wrong"])
def test_resume_when_the_token_is_wrong_then_nothing_changes(bench: Bench, token: str) -> None:
    bench.desk.kill_switch.engage("owner", "fire")
    change(bench, StateAction.HALT)
    change(bench, StateAction.REQUEST_RESUME)
    result = change(bench, StateAction.CONFIRM_RESUME, token=token)
    assert (result.accepted, state(bench), bench.desk.kill_switch.is_on()) == (False, TradingState.HALTED, True)


def test_resume_when_the_token_was_used_or_is_old_then_nothing_changes(bench: Bench) -> None:
    change(bench, StateAction.HALT)
    used = change(bench, StateAction.REQUEST_RESUME).token
    change(bench, StateAction.CONFIRM_RESUME, token=used)
    change(bench, StateAction.HALT)
    assert not change(bench, StateAction.CONFIRM_RESUME, token=used).accepted
    old = change(bench, StateAction.REQUEST_RESUME).token
    bench.clock.pass_s(601)
    assert not change(bench, StateAction.CONFIRM_RESUME, token=old).accepted
    assert state(bench) is TradingState.HALTED


def test_resume_when_a_new_halt_came_after_the_question_then_the_answer_is_void(bench: Bench) -> None:
    change(bench, StateAction.HALT, reason="first")
    token = change(bench, StateAction.REQUEST_RESUME).token
    bench.clock.pass_s(1)
    change(bench, StateAction.HALT, reason="second", code="DAILY_LOSS", by="breaker")
    assert not change(bench, StateAction.CONFIRM_RESUME, token=token).accepted
    assert state(bench) is TradingState.HALTED


def test_resume_when_nothing_is_stopped_then_there_is_nothing_to_do(bench: Bench) -> None:
    result = change(bench, StateAction.REQUEST_RESUME)
    assert (result.accepted, result.token, result.state) == (False, "", TradingState.ACTIVE)


def test_lock_when_a_symbol_differs_then_it_is_locked_until_unlocked(bench: Bench) -> None:
    change(bench, StateAction.LOCK_SYMBOLS, symbols=(facts.BOUGHT,), code="RECONCILIATION_BREAK", by="breaker")
    assert set(bench.desk.states.locked_symbols("main")) == {facts.BOUGHT}
    change(bench, StateAction.UNLOCK_SYMBOLS, symbols=(facts.BOUGHT,))
    assert bench.desk.states.locked_symbols("main") == {}


def test_lift_when_a_transient_breaker_is_over_then_only_its_own_reduction_ends(bench: Bench) -> None:
    change(bench, StateAction.REDUCE, code="MARKET_DATA", by="breaker", reason="no data")
    change(bench, StateAction.REDUCE, code="DAILY_LOSS", by="breaker", reason="2 % lost")
    lifted = change(bench, StateAction.LIFT, codes=("MARKET_DATA", "DAILY_LOSS"), by="breaker")
    open_codes = [halt.reason_code for halt in bench.desk.states.halts("main", only_open=True)]
    assert (lifted.state, open_codes) == (TradingState.REDUCING, ["DAILY_LOSS"])


def test_lift_when_the_playbook_ends_its_own_reduction_then_others_stay(bench: Bench) -> None:
    change(bench, StateAction.REDUCE, code="THREAT_LEVEL", by="playbook", reason="level 4")
    lifted = change(bench, StateAction.LIFT, codes=("THREAT_LEVEL",), by="playbook")
    assert lifted.state is TradingState.ACTIVE
    change(bench, StateAction.REDUCE, reason="by hand")
    change(bench, StateAction.REDUCE, code="THREAT_LEVEL", by="playbook", reason="level 4")
    lifted = change(bench, StateAction.LIFT, codes=("THREAT_LEVEL",), by="playbook")
    open_codes = [halt.reason_code for halt in bench.desk.states.halts("main", only_open=True)]
    assert (lifted.state, open_codes) == (TradingState.REDUCING, ["KILL_SWITCH"])


@pytest.mark.parametrize("halts_too", [False, True])
def test_lift_when_the_playbook_has_halted_then_only_a_person_ends_it(bench: Bench, halts_too: bool) -> None:
    change(bench, StateAction.HALT, code="THREAT_LEVEL", by="playbook", reason="level 5")
    lifted = change(bench, StateAction.LIFT, codes=("THREAT_LEVEL",), by="playbook", halts_too=halts_too)
    assert lifted.state is TradingState.HALTED
