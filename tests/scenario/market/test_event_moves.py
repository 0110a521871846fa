"""What events do, and that more or worse of them never makes a path better, to the last bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import ActiveEvents, FloatArray
from daybook.scenario.market.simulate import simulate, simulate_wealth
from tests.scenario.market.markets import a_market, a_still_market, keep_events, one_event, some_events

DAYS, SCENARIOS, STOCKS = 30, 512, 7
ALL = tuple(MarketModel)


def _path(events: ActiveEvents, stock: int, days: int) -> FloatArray:
    plan = np.zeros(6)
    plan[stock] = 1.0
    market = a_still_market()
    paths = simulate_wealth(market, events, 0, 1, days, 1, MarketModel.FACTOR_JUMP, plan, 0.0)
    return np.asarray(paths.wealth_krw[0])


def test_shock_when_nothing_is_permanent_then_it_halves_every_half_life() -> None:
    path = _path(one_event(day=2, stock=1, name_shock=-0.2, permanent=0.0, half_life_days=3.0), 1, 12)
    ages = np.arange(0, 10)
    assert path[:3] == pytest.approx(1)
    assert np.log(path[3:]) == pytest.approx(-0.2 * 0.5 ** (ages / 3), rel=1e-5)


def test_shock_when_a_share_is_permanent_then_that_share_stays() -> None:
    path = _path(one_event(stock=0, name_shock=-0.2, permanent=0.25, half_life_days=1.0), 0, 30)
    assert np.log(path[1]) == pytest.approx(-0.2, rel=1e-5)
    assert np.log(path[30]) == pytest.approx(-0.05, rel=1e-4)


def test_market_shock_when_it_strikes_then_stocks_fall_by_their_beta_and_hedges_rise() -> None:
    market = replace(a_still_market(), beta=np.array([0.5, 1.0, 2.0]))
    paths = simulate(market, one_event(market_shock=-0.1), 0, 1, 5, 1, MarketModel.FACTOR_JUMP)
    assert np.log(paths.stocks[0]) == pytest.approx([-0.05, -0.1, -0.2], rel=1e-5)
    assert np.log(paths.market[0]) == pytest.approx(-0.1, rel=1e-5)
    fall = -np.expm1(-0.1)
    assert paths.hedges[0] == pytest.approx([1 + fall, 1 + 2 * fall], rel=1e-5)


def test_sector_and_name_shocks_when_they_strike_then_only_theirs_fall() -> None:
    market = replace(a_still_market(5), sectors=("b", "a", "b", "c", "a"))
    of_sector = simulate(market, one_event(sector=1, sector_shock=-0.1), 0, 1, 5, 1, MarketModel.FACTOR_JUMP).stocks[0]
    assert np.log(of_sector) == pytest.approx([-0.1, 0, -0.1, 0, 0], rel=1e-5)
    of_name = simulate(market, one_event(stock=3, name_shock=-0.1), 0, 1, 5, 1, MarketModel.FACTOR_JUMP).stocks[0]
    assert np.log(of_name) == pytest.approx([0, 0, 0, -0.1, 0], rel=1e-5)


def test_event_when_it_lies_behind_the_horizon_then_it_does_nothing() -> None:
    assert (_path(one_event(day=5, stock=0, name_shock=-0.2), 0, 5) == 1).all()
    assert _path(one_event(day=4, stock=0, name_shock=-0.2), 0, 5)[-1] < 0.9


@pytest.mark.parametrize(("days_active", "lasting"), [(0.0, 0), (0.5, 1), (3.0, 3), (3.2, 4)])
def test_volatility_when_active_then_falls_alone_are_multiplied_for_as_long(days_active: float, lasting: int) -> None:
    market = a_market(stocks=1)
    plan = np.array([1.0, 0, 0, 0])
    moves = []
    for events in (None, one_event(200, day=2, vol_multiplier=2.0, days_active=days_active)):
        path = simulate_wealth(market, events, 0, 200, 8, 3, MarketModel.FACTOR_JUMP, plan, 0.0).wealth_krw
        moves.append(np.diff(np.log(path), axis=1))
    calm, wild = moves
    expected = np.where(calm < 0, 2 * calm, calm)
    active = np.zeros(8, dtype=bool)
    active[2 : 2 + lasting] = True
    assert wild[:, active] == pytest.approx(expected[:, active], abs=2e-6)
    assert wild[:, ~active] == pytest.approx(calm[:, ~active], abs=2e-6)


def test_correlation_when_the_market_falls_then_own_gains_are_lost_by_their_share() -> None:
    market = replace(a_market(stocks=1, factors=1, jumps=0.0), drift=np.zeros(1), loadings=np.zeros((1, 1)))
    calm = simulate(market, None, 0, 4_000, 1, 3, MarketModel.FACTOR_JUMP)
    lifted = simulate(
        market, one_event(4_000, correlation_lift=0.6, days_active=1.0), 0, 4_000, 1, 3, MarketModel.FACTOR_JUMP
    )
    own, less = np.log(calm.stocks[:, 0]), np.log(lifted.stocks[:, 0])
    falling = calm.market < 1
    assert falling.sum() > 1_000
    assert less == pytest.approx(np.where(falling & (own > 0), 0.4 * own, own), abs=1e-6)
    assert (calm.market == lifted.market).all()


@pytest.mark.parametrize("model", ALL)
@pytest.mark.parametrize("limited", [True, False])
@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_path_when_events_are_fewer_or_milder_then_it_is_never_lower(
    model: MarketModel, limited: bool, seed: int
) -> None:
    market = a_market(STOCKS)
    random = np.random.default_rng(seed)
    worse = some_events(SCENARIOS, STOCKS, DAYS, seed, rate=5.0)
    total = worse.day.size
    milder = {
        "fewer": keep_events(worse, random.random(total) < 0.6),
        "smaller": replace(
            worse,
            market_shock=worse.market_shock * random.random(total),
            sector_shock=worse.sector_shock * random.random(total),
            name_shock=worse.name_shock * random.random(total),
        ),
        "quicker": replace(worse, half_life_days=worse.half_life_days * random.uniform(0.01, 1, total)),
        "calmer": replace(
            worse,
            vol_multiplier=1 + (worse.vol_multiplier - 1) * random.random(total),
            correlation_lift=worse.correlation_lift * random.random(total),
            days_active=worse.days_active * random.random(total),
        ),
    }
    low = simulate(market, worse, 0, SCENARIOS, DAYS, seed, model, price_limits=limited)
    for name, events in milder.items():
        high = simulate(market, events, 0, SCENARIOS, DAYS, seed, model, price_limits=limited)
        assert (high.stocks >= low.stocks).all(), name
        assert (high.market >= low.market).all(), name


def test_half_life_when_it_is_zero_then_the_shock_lasts_one_day() -> None:
    path = _path(one_event(stock=0, name_shock=-0.2, permanent=0.0, half_life_days=0.0), 0, 4)
    assert np.log(path) == pytest.approx([0, -0.2, 0, 0, 0], abs=1e-6)
