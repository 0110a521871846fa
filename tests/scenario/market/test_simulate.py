import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import BLOCK, Hedge, Paths
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.simulate import simulate, simulate_log_returns, simulate_wealth
from tests.scenario.market.markets import a_market, a_still_market, keep_events, one_event, some_events

KEY = 0x1234_5678_9ABC_DEF0
DAYS = 25
ALL = tuple(MarketModel)


def _rows(paths: Paths, rows: slice) -> list[bytes]:
    return [np.ascontiguousarray(array[rows]).tobytes() for array in (paths.stocks, paths.hedges, paths.market)]


@pytest.mark.parametrize("model", ALL)
def test_simulation_when_cut_into_chunks_in_any_order_then_bits_are_the_same(model: MarketModel) -> None:
    market, count = a_market(), 4 * BLOCK
    events = some_events(count, 7, DAYS)
    whole = simulate(market, events, 0, count, DAYS, KEY, model)
    scenario = np.repeat(np.arange(count), np.diff(events.offsets))
    for first, size in ((3 * BLOCK, BLOCK), (0, BLOCK), (BLOCK, 2 * BLOCK), (1, 1), (777, 130)):
        mine = keep_events(events, (scenario >= first) & (scenario < first + size))
        mine = replace(mine, offsets=mine.offsets[first : first + size + 1])
        part = simulate(market, mine, first, size, DAYS, KEY, model)
        assert _rows(part, slice(None)) == _rows(whole, slice(first, first + size))


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("threads", [2, 5, 0])
def test_simulation_when_threads_differ_then_bits_are_the_same(model: MarketModel, threads: int) -> None:
    market, events = a_market(factors=4), some_events(1_300, 7, DAYS)
    one = simulate(market, events, 500, 1_300, DAYS, KEY, model)
    many = simulate(market, events, 500, 1_300, DAYS, KEY, model, threads=threads)
    assert _rows(one, slice(None)) == _rows(many, slice(None))


def test_simulation_when_called_from_several_threads_at_once_then_bits_are_the_same() -> None:
    market = a_market(stocks=4)
    expected = _rows(simulate(market, None, 0, 1_000, DAYS, KEY, MarketModel.FACTOR_JUMP), slice(None))
    with ThreadPoolExecutor(4) as pool:
        found = [
            pool.submit(simulate, market, None, 0, 1_000, DAYS, KEY, MarketModel.FACTOR_JUMP, threads=2)
            for _ in range(8)
        ]
    assert all(_rows(one.result(), slice(None)) == expected for one in found)


def test_simulation_when_no_event_happens_then_bits_are_those_without_events() -> None:
    market = a_market()
    none = keep_events(some_events(600, 7, DAYS), np.zeros(0, dtype=np.int64))
    with_none = simulate(market, none, 0, 600, DAYS, KEY, MarketModel.FACTOR_JUMP)
    without = simulate(market, None, 0, 600, DAYS, KEY, MarketModel.FACTOR_JUMP)
    assert _rows(with_none, slice(None)) == _rows(without, slice(None))
    harmless = simulate(market, one_event(600), 0, 600, DAYS, KEY, MarketModel.FACTOR_JUMP)
    assert _rows(harmless, slice(None)) == _rows(without, slice(None))


def test_simulation_when_key_or_number_differs_then_scenarios_differ() -> None:
    market = a_market()
    one = simulate(market, None, 0, 500, 5, KEY, MarketModel.FACTOR_JUMP)
    other = simulate(market, None, 0, 500, 5, KEY + 1, MarketModel.FACTOR_JUMP)
    later = simulate(market, None, 500, 500, 5, KEY, MarketModel.FACTOR_JUMP)
    assert not np.isin(one.stocks, other.stocks).any()
    assert np.unique(np.concatenate([one.market, other.market, later.market])).size > 1_490


@pytest.mark.parametrize("model", [MarketModel.FACTOR_JUMP, MarketModel.GBM])
@pytest.mark.parametrize("limited", [True, False])
def test_simulation_when_nothing_moves_then_everything_is_worth_what_it_was(model: MarketModel, limited: bool) -> None:
    paths = simulate(a_still_market(), None, 0, 300, 60, KEY, model, price_limits=limited)
    assert (paths.stocks == 1).all()
    assert (paths.hedges == 1).all()
    assert (paths.market == 1).all()


@pytest.mark.parametrize("positions", [np.zeros(5), np.array([12_345_679.0, 3, 99_999_999_999, 7_654_321, 1])])
def test_wealth_when_nothing_moves_then_it_stays_to_the_last_bit(positions: np.ndarray) -> None:
    cash = 98_765_432.0
    wealth = simulate_wealth(
        a_still_market(), None, 0, 300, 60, KEY, MarketModel.FACTOR_JUMP, np.append(positions, cash), 0.0
    )
    assert (wealth.wealth_krw == positions.sum() + cash).all()
    assert (wealth.max_drawdown == 0).all()
    assert (wealth.minimum_krw == positions.sum() + cash).all()


def test_wealth_when_budget_is_zero_then_it_is_zero_and_has_no_drawdown() -> None:
    wealth = simulate_wealth(a_market(), None, 0, 300, 20, KEY, MarketModel.FACTOR_JUMP, np.zeros(10), 0.001)
    assert (wealth.wealth_krw == 0).all()
    assert (wealth.max_drawdown == 0).all()


def test_wealth_when_all_is_cash_then_interest_compounds_daily() -> None:
    plan = np.append(np.zeros(9), 1_000_000.0)
    wealth = simulate_wealth(a_market(), None, 0, 300, 20, KEY, MarketModel.FACTOR_JUMP, plan, 0.0001)
    assert wealth.wealth_krw == pytest.approx(np.tile(1_000_000 * 1.0001 ** np.arange(21), (300, 1)), rel=1e-12)


@pytest.mark.parametrize("model", ALL)
def test_wealth_when_compared_with_the_horizon_then_its_last_day_is_the_same(model: MarketModel) -> None:
    market, events = a_market(), some_events(700, 7, DAYS)
    plan = np.random.default_rng(4).uniform(0, 1e7, 10)
    paths = simulate(market, events, 0, 700, DAYS, KEY, model)
    wealth = simulate_wealth(market, events, 0, 700, DAYS, KEY, model, plan, 0.0)
    last = paths.stocks @ plan[:7] + paths.hedges @ plan[7:9] + plan[9]
    assert wealth.wealth_krw[:, -1] == pytest.approx(last, rel=1e-12)
    assert wealth.wealth_krw[:, 0] == pytest.approx(plan.sum(), rel=1e-12)


def test_wealth_when_horizon_is_cut_short_then_its_days_are_those_of_the_longer_one() -> None:
    market = a_market()
    plan = np.full(10, 1e6)
    whole = simulate_wealth(market, None, 0, 300, 12, KEY, MarketModel.FACTOR_JUMP, plan, 0.0).wealth_krw
    for days in (0, 1, 7):
        part = simulate_wealth(market, None, 0, 300, days, KEY, MarketModel.FACTOR_JUMP, plan, 0.0).wealth_krw
        assert part.shape == (300, days + 1)
        assert part == pytest.approx(whole[:, : days + 1], rel=3e-7)


def test_drawdown_when_wealth_falls_from_a_peak_then_it_is_the_largest_share_lost() -> None:
    wealth = simulate_wealth(a_market(), None, 0, 400, 40, KEY, MarketModel.FACTOR_JUMP, np.full(10, 1e6), 0.0)
    for path, drawdown, lowest in zip(wealth.wealth_krw, wealth.max_drawdown, wealth.minimum_krw, strict=True):
        assert drawdown == pytest.approx(max(1 - low / max(path[: day + 1]) for day, low in enumerate(path)), abs=1e-12)
        assert lowest == path.min()


@pytest.mark.parametrize("model", ALL)
def test_limits_when_moves_are_wild_then_no_day_leaves_30_percent(model: MarketModel) -> None:
    market = replace(a_market(scale=12.0), history=np.random.default_rng(3).normal(0, 0.25, (300, 8)))
    events = some_events(500, 7, 30)
    for place in range(9):
        plan = np.zeros(10)
        plan[place] = 1.0
        path = simulate_wealth(market, events, 0, 500, 30, KEY, model, plan, 0.0).wealth_krw
        leverage = 1.0 if place < 7 else market.hedges[place - 7].leverage
        moves = path[:, 1:] / path[:, :-1] - 1
        assert np.abs(moves).max() <= 0.3 * leverage
        assert np.abs(moves).max() > 0.299 * leverage


def test_limits_when_a_shock_is_larger_then_the_price_needs_days_to_reach_it() -> None:
    market = a_still_market()
    struck = one_event(stock=1, name_shock=np.log(0.2))
    plan = np.zeros(6)
    plan[1] = 1.0
    path = simulate_wealth(market, struck, 0, 1, 8, KEY, MarketModel.FACTOR_JUMP, plan, 0.0).wealth_krw[0]
    assert path[:6] == pytest.approx([1, 0.7, 0.49, 0.343, 0.2401, 0.2], rel=1e-5)
    free = simulate_wealth(
        market, struck, 0, 1, 8, KEY, MarketModel.FACTOR_JUMP, plan, 0.0, price_limits=False
    ).wealth_krw[0]
    assert free[1:] == pytest.approx(0.2, rel=1e-6)


def test_hedges_when_the_index_moves_then_they_compound_minus_its_daily_return() -> None:
    market = replace(a_market(stocks=1, factors=1), beta=np.ones(1), drift=np.array([0.0002]))
    market = replace(market, loadings=np.array([[market.market_sd]]), idiosyncratic_sd=np.zeros(1))
    events = some_events(400, 1, 30)
    events = replace(
        events, sector_shock=0 * events.sector_shock, name_shock=0 * events.name_shock,
        correlation_lift=0 * events.correlation_lift,
    )  # fmt: skip
    index = simulate_wealth(
        market, events, 0, 400, 30, KEY, MarketModel.FACTOR_JUMP, np.array([1.0, 0, 0, 0]), 0.0
    ).wealth_krw
    found = simulate(market, events, 0, 400, 30, KEY, MarketModel.FACTOR_JUMP)
    daily = index[:, 1:] / index[:, :-1] - 1
    for place, hedge in enumerate(market.hedges):
        assert found.hedges[:, place] == pytest.approx(np.prod(1 - hedge.leverage * daily, axis=1), rel=1e-4)


def test_hedges_when_leverage_is_large_then_they_end_at_nothing_and_never_below() -> None:
    market = replace(a_market(scale=10.0), hedges=(Hedge("999999", 5.0, 100),))
    hedges = simulate(market, None, 0, 500, 40, KEY, MarketModel.FACTOR_JUMP).hedges
    assert hedges.min() == 0
    assert (hedges >= 0).all()


def test_simulation_when_horizon_is_zero_then_it_gives_one() -> None:
    paths = simulate(a_market(), None, 0, 10, 0, KEY, MarketModel.FACTOR_JUMP)
    assert (paths.stocks == 1).all()


@pytest.mark.parametrize(
    ("change", "reason", "word"),
    [
        ({"drift": np.zeros(6)}, MarketDataCode.BAD_SHAPE, "drift"),
        ({"drift": np.full(7, np.nan)}, MarketDataCode.BAD_PARAMETER, "drift"),
        ({"jump_rate": -1.0}, MarketDataCode.BAD_PARAMETER, "jump rate"),
        ({"idiosyncratic_sd": np.full(7, -0.1)}, MarketDataCode.BAD_PARAMETER, "standard deviation"),
        ({"loadings": np.zeros((7, 0))}, MarketDataCode.BAD_SHAPE, "loadings"),
    ],
)
def test_simulation_when_parameters_do_not_fit_then_it_names_them(
    change: dict[str, object], reason: MarketDataCode, word: str
) -> None:
    with pytest.raises(MarketDataError, match=word) as caught:
        simulate(replace(a_market(), **change), None, 0, 10, 5, KEY, MarketModel.FACTOR_JUMP)
    assert caught.value.reason is reason
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)


def test_simulation_when_range_events_or_plan_do_not_fit_then_it_says_so() -> None:
    market = a_market()
    with pytest.raises(MarketDataError, match="offsets"):
        simulate(market, some_events(9, 7, 5), 0, 10, 5, KEY, MarketModel.FACTOR_JUMP)
    with pytest.raises(MarketDataError, match="negative"):
        simulate_log_returns(market, None, -1, 10, 5, KEY, MarketModel.FACTOR_JUMP)
    with pytest.raises(MarketDataError, match="10 finite numbers"):
        simulate_wealth(market, None, 0, 10, 5, KEY, MarketModel.FACTOR_JUMP, np.zeros(9), 0.0)
    with pytest.raises(MarketDataError, match="bootstrap"):
        simulate(replace(market, history=np.zeros((0, 8))), None, 0, 10, 5, KEY, MarketModel.BOOTSTRAP)
