from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.base import TradingState
from daybook.contracts.limits import RiskLimits
from daybook.contracts.reasons import BreakerCode
from daybook.contracts.risk import BreakerInputs, BreakerTrip
from daybook.risk.breakers import BREAKERS, evaluate_breakers, loss_ratio, stricter, strictest

LIMITS = RiskLimits()
ACTIVE, REDUCING, HALTED = TradingState.ACTIVE, TradingState.REDUCING, TradingState.HALTED
STRICTNESS = [ACTIVE, REDUCING, HALTED]
EQUITY = {"previous_close_equity_krw": 10_000_000}
WEEK = {"week_start_equity_krw": 10_000_000}
MARK = {"high_water_mark_krw": 10_000_000}
IN_SESSION = {"in_session": True}
BROKEN = {"unexplained_polls": 2}


def trips(**facts: Any) -> tuple[BreakerTrip, ...]:
    return evaluate_breakers(BreakerInputs(**facts), LIMITS)


@pytest.mark.parametrize(
    ("facts", "code", "state"),
    [
        ({"equity_krw": 9_800_000, **EQUITY}, BreakerCode.DAILY_LOSS, REDUCING),
        ({"equity_krw": 9_700_001, **EQUITY}, BreakerCode.DAILY_LOSS, REDUCING),
        ({"equity_krw": 9_700_000, **EQUITY}, BreakerCode.DAILY_LOSS, HALTED),
        ({"equity_krw": -1, **EQUITY}, BreakerCode.DAILY_LOSS, HALTED),
        ({"equity_krw": 10_780_000, "flow_today_krw": 1_000_000, **EQUITY}, BreakerCode.DAILY_LOSS, REDUCING),
        ({"equity_krw": 4_900_000, "flow_today_krw": -5_000_000, **EQUITY}, BreakerCode.DAILY_LOSS, REDUCING),
        ({"equity_krw": 9_500_000, **WEEK}, BreakerCode.WEEKLY_LOSS, REDUCING),
        ({"equity_krw": 5_000_000, **WEEK}, BreakerCode.WEEKLY_LOSS, REDUCING),
        ({"equity_krw": 9_200_000, **MARK}, BreakerCode.DRAWDOWN, REDUCING),
        ({"equity_krw": 8_800_001, **MARK}, BreakerCode.DRAWDOWN, REDUCING),
        ({"equity_krw": 8_800_000, **MARK}, BreakerCode.DRAWDOWN, HALTED),
        ({"stop_out_ages_sessions": (0, 0, 3, 4)}, BreakerCode.STOP_OUTS, REDUCING),
        ({"stop_out_ages_sessions": (5, 1, 1, 1)}, BreakerCode.STOP_OUTS, REDUCING),
        ({"broker_rejects_in_row": 3}, BreakerCode.BROKER_REJECTS, HALTED),
        ({"oldest_unknown_s": 60.1}, BreakerCode.UNKNOWN_OUTCOME, HALTED),
        ({**BROKEN, "unexplained_position": True}, BreakerCode.RECONCILIATION_BREAK, HALTED),
        ({**BROKEN, "unexplained_cash": True}, BreakerCode.RECONCILIATION_BREAK, REDUCING),
        ({**BROKEN, "unexplained_symbols": ("005930",)}, BreakerCode.RECONCILIATION_BREAK, ACTIVE),
        ({**IN_SESSION, "market_data_age_s": 60.1}, BreakerCode.MARKET_DATA, REDUCING),
        ({**IN_SESSION, "market_data_age_s": 300}, BreakerCode.MARKET_DATA, REDUCING),
        ({**IN_SESSION, "market_data_age_s": 300.1}, BreakerCode.MARKET_DATA, HALTED),
        ({"index_change_ratio": -0.03}, BreakerCode.INDEX_FALL, REDUCING),
        ({"index_change_ratio": -0.0799}, BreakerCode.INDEX_FALL, REDUCING),
        ({"index_change_ratio": -0.08}, BreakerCode.INDEX_FALL, HALTED),
        ({"market_circuit_breaker": True}, BreakerCode.INDEX_FALL, HALTED),
        ({"clock_skew_s": 1.01}, BreakerCode.CLOCK_SKEW, REDUCING),
        ({"clock_skew_s": -1.01}, BreakerCode.CLOCK_SKEW, REDUCING),
        ({**IN_SESSION, "worker_silent_s": 90.1}, BreakerCode.WORKER_SILENT, REDUCING),
        ({"kill_switch": True}, BreakerCode.KILL_SWITCH, HALTED),
    ],
)
def test_breaker_when_its_threshold_is_reached_then_exactly_it_trips(
    facts: dict[str, Any], code: BreakerCode, state: TradingState
) -> None:
    (trip,) = trips(**facts)
    assert (trip.code, trip.state) == (code, state)
    assert trip.text


@pytest.mark.parametrize(
    "facts",
    [
        {},
        {"equity_krw": 9_800_001, **EQUITY},
        {"equity_krw": 20_000_000, **EQUITY, **WEEK, **MARK},
        {"equity_krw": 9_500_001, **WEEK},
        {"equity_krw": 9_200_001, **MARK},
        {"equity_krw": 4_900_001, "flow_today_krw": -5_000_000, **EQUITY},
        {"equity_krw": 5_000_000, "flow_week_krw": -5_000_000, **WEEK},
        {"equity_krw": 1},
        {"equity_krw": 0, "previous_close_equity_krw": 0},
        {"stop_out_ages_sessions": (0, 0, 4)},
        {"stop_out_ages_sessions": (0, 0, 4, 5)},
        {"stop_out_ages_sessions": (2, 2, 2, 2)},
        {"stop_out_ages_sessions": (-1, -1, -1, -1)},
        {"broker_rejects_in_row": 2},
        {"oldest_unknown_s": 60},
        {"unexplained_polls": 1, "unexplained_position": True, "unexplained_symbols": ("005930",)},
        BROKEN,
        {**IN_SESSION, "market_data_age_s": 60},
        {"market_data_age_s": 9_999, "worker_silent_s": 9_999},
        {"index_change_ratio": -0.0299},
        {"index_change_ratio": 0.2},
        {"clock_skew_s": -1.0},
        {**IN_SESSION, "worker_silent_s": 90},
    ],
)
def test_breaker_when_just_below_its_threshold_then_nothing_trips(facts: dict[str, Any]) -> None:
    assert trips(**facts) == ()


def test_every_breaker_when_listed_then_there_is_one_of_each_code() -> None:
    assert sorted(breaker.code for breaker in BREAKERS) == sorted(BreakerCode)


def test_breakers_when_several_trip_then_all_are_told_and_the_strictest_state_wins() -> None:
    tripped = trips(equity_krw=9_750_000, **EQUITY, clock_skew_s=3, oldest_unknown_s=90)
    assert [trip.code for trip in tripped] == [
        BreakerCode.DAILY_LOSS,
        BreakerCode.UNKNOWN_OUTCOME,
        BreakerCode.CLOCK_SKEW,
    ]
    assert strictest(tripped) is HALTED
    assert strictest(tripped[:1]) is REDUCING
    assert strictest(()) is ACTIVE


def test_states_when_compared_then_the_stricter_one_wins_from_either_side() -> None:
    assert stricter(REDUCING, HALTED) is HALTED
    assert stricter(HALTED, ACTIVE) is HALTED
    assert stricter(ACTIVE, REDUCING) is REDUCING


def test_loss_when_it_trips_then_a_person_has_to_resume_and_buys_are_cancelled() -> None:
    (loss,) = trips(equity_krw=9_800_000, **EQUITY)
    assert (loss.cancel_buys, loss.needs_human) == (True, True)
    (data,) = trips(in_session=True, market_data_age_s=400)
    assert (data.cancel_buys, data.needs_human) == (True, False)
    (clock,) = trips(clock_skew_s=2)
    assert (clock.cancel_buys, clock.needs_human) == (False, False)


@pytest.mark.parametrize(
    ("facts", "cancel_buys", "needs_human"),
    [
        ({"unexplained_position": True}, True, True),
        ({"unexplained_cash": True}, True, False),
        ({}, False, False),
    ],
)
def test_reconciliation_break_when_symbols_differ_then_they_are_locked_each_once(
    facts: dict[str, Any], cancel_buys: bool, needs_human: bool
) -> None:
    (trip,) = trips(**BROKEN, unexplained_symbols=("035720", "005930", "035720"), **facts)
    assert trip.lock_symbols == ("005930", "035720")
    assert (trip.cancel_buys, trip.needs_human) == (cancel_buys, needs_human)
    assert "005930, 035720" in trip.text


@pytest.mark.parametrize("facts", [{"kill_switch": True}, {"broker_rejects_in_row": 3}])
def test_halt_when_a_person_or_the_broker_caused_it_then_a_person_has_to_resume(facts: dict[str, Any]) -> None:
    (trip,) = trips(**facts)
    assert (trip.cancel_buys, trip.needs_human) == (True, True)


@pytest.mark.parametrize(
    ("equity", "base", "flow", "loss"),
    [(90, 100, 0, 0.1), (110, 100, 0, -0.1), (180, 100, 100, 0.1), (45, 100, -50, 0.1)],
)
def test_loss_ratio_when_money_flows_then_it_is_as_if_it_came_first(
    equity: int, base: int, flow: int, loss: float
) -> None:
    assert loss_ratio(equity, base, flow) == pytest.approx(loss)


@pytest.mark.parametrize(("equity", "base", "flow"), [(None, 100, 0), (100, None, 0), (1, 0, 0), (1, 100, -100)])
def test_loss_ratio_when_there_is_no_base_then_unknown(equity: int | None, base: int | None, flow: int) -> None:
    assert loss_ratio(equity, base, flow) is None


@given(st.integers(-1_000_000, 12_000_000), st.integers(0, 3_000_000), st.integers(-2_000_000, 2_000_000))
def test_breakers_when_equity_falls_then_the_state_never_loosens(equity_krw: int, further_krw: int, flow: int) -> None:
    facts: dict[str, Any] = {**EQUITY, **WEEK, **MARK, "flow_today_krw": flow}
    before = strictest(trips(equity_krw=equity_krw, **facts))
    after = strictest(trips(equity_krw=equity_krw - further_krw, **facts))
    assert STRICTNESS.index(after) >= STRICTNESS.index(before)


@given(st.floats(-0.5, 0.3), st.floats(0, 0.3), st.floats(0, 1_000), st.floats(0, 1_000))
def test_breakers_when_index_falls_or_data_ages_then_the_state_never_loosens(
    change: float, further: float, age_s: float, longer_s: float
) -> None:
    before = strictest(trips(in_session=True, index_change_ratio=change, market_data_age_s=age_s))
    after = strictest(trips(in_session=True, index_change_ratio=change - further, market_data_age_s=age_s + longer_s))
    assert STRICTNESS.index(after) >= STRICTNESS.index(before)


@given(st.lists(st.integers(0, 8), max_size=8), st.integers(0, 1))
def test_stop_outs_when_one_more_comes_today_then_the_state_never_loosens(ages: list[int], age: int) -> None:
    before = strictest(trips(stop_out_ages_sessions=tuple(ages)))
    after = strictest(trips(stop_out_ages_sessions=(*ages, age)))
    if before is REDUCING and (not ages or age >= min(ages)):
        assert after is REDUCING
