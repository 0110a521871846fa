import numpy as np
import pytest
from scipy.optimize import linprog

from daybook.scenario.optimise.cvar import WeightLimit, min_cvar
from daybook.scenario.optimise.errors import BadProblem, InfeasiblePlan
from daybook.scenario.optimise.tail import measure_tail


def _returns(seed=0, scenarios=120, assets=8):
    random = np.random.default_rng(seed)
    market = random.standard_t(4, scenarios)[:, None] * 0.01
    return 0.001 + market * random.uniform(0.5, 1.5, assets) + random.standard_t(4, (scenarios, assets)) * 0.01


def _least(returns, beta, *, rows=(), limits=(), cost=0.0, previous=None, odds=None, upper=1.0, turnover=None):
    """Return the least CVaR by scipy: weights, bought, sold, edge, excess."""
    count, size = returns.shape
    odds = np.full(count, 1 / count) if odds is None else odds
    previous = np.zeros(size) if previous is None else previous
    fee = np.concatenate((np.zeros(size), np.full(2 * size, cost)))
    tail = np.hstack((-returns, np.full((count, 2 * size), cost), -np.ones((count, 1)), -np.eye(count)))
    wide = [np.concatenate((row, np.zeros(2 * size + 1 + count))) for row in rows]
    right = [*limits]
    if turnover is not None:
        wide.append(np.concatenate((np.zeros(size), np.ones(2 * size), np.zeros(1 + count))))
        right.append(turnover)
    equal = np.vstack(
        (
            np.concatenate((np.ones(size), np.zeros(2 * size + 1 + count))),
            np.hstack((np.eye(size), -np.eye(size), np.eye(size), np.zeros((size, 1 + count)))),
        )
    )
    found = linprog(
        np.concatenate((np.zeros_like(fee), [1.0], odds / (1 - beta))),
        np.vstack((tail, *wide)) if wide else tail,
        np.concatenate((np.zeros(count), right)),
        equal,
        np.concatenate(([1.0], previous)),
        [(0, upper)] * size + [(0, None)] * (2 * size) + [(None, None)] + [(0, None)] * count,
    )
    assert found.status == 0
    return float(found.fun)


def test_min_cvar_when_plain_then_it_is_least():
    returns = _returns()
    found = min_cvar(returns, 0.9)
    assert found.cvar == pytest.approx(_least(returns, 0.9), abs=1e-10)
    assert found.cvar == pytest.approx(measure_tail(-(returns @ found.weights), 0.9).cvar, abs=1e-12)
    assert found.weights.sum() == pytest.approx(1, abs=1e-12)


def test_min_cvar_when_sectors_and_a_mean_floor_limit_then_it_is_least():
    returns = _returns(1)
    means = returns.mean(axis=0)
    floor = float(np.quantile(means, 0.7))
    first, last = np.array([1.0] * 3 + [0] * 5), np.array([0.0] * 5 + [1] * 3)
    groups = [WeightLimit("first", first, upper=0.3), WeightLimit("last", last, lower=0.45)]
    found = min_cvar(returns, 0.95, mean_floor=floor, upper=0.4, groups=groups)
    rows, limits = [-means, first, -last], [-floor, 0.3, -0.45]
    assert found.cvar == pytest.approx(_least(returns, 0.95, rows=rows, limits=limits, upper=0.4), abs=1e-10)


def test_min_cvar_when_trading_costs_and_turnover_is_limited_then_it_is_least_after_costs():
    returns, previous = _returns(2), np.full(8, 1 / 8)
    found = min_cvar(returns, 0.9, previous=previous, buy_cost=0.002, sell_cost=0.002, max_turnover=0.5)
    expected = _least(returns, 0.9, cost=0.002, previous=previous, turnover=0.5)
    assert found.cvar == pytest.approx(expected, abs=1e-10)
    assert np.abs(found.weights - previous).sum() <= 0.5 + 1e-9


def test_min_cvar_when_scenarios_have_probabilities_then_they_count():
    returns = _returns(3)
    odds = np.random.default_rng(0).dirichlet(np.ones(120) * 0.3)
    assert min_cvar(returns, 0.9, probabilities=odds).cvar == pytest.approx(_least(returns, 0.9, odds=odds), abs=1e-10)


@pytest.mark.parametrize("scenarios", [1, 2, 7, 30])
def test_min_cvar_when_history_is_short_then_it_is_still_least(scenarios):
    returns = _returns(4, scenarios=scenarios)
    assert min_cvar(returns, 0.95, upper=0.5).cvar == pytest.approx(_least(returns, 0.95, upper=0.5), abs=1e-9)


def test_min_cvar_when_shorts_are_allowed_then_cvar_is_lower():
    returns = _returns(5)
    found = min_cvar(returns, 0.9, lower=-0.3, upper=0.8)
    assert found.cvar < min_cvar(returns, 0.9, upper=0.8).cvar - 1e-6
    assert found.weights.min() >= -0.3 - 1e-9


def test_min_cvar_when_small_holdings_are_banned_then_none_is_held():
    returns = _returns(6)
    free, found = min_cvar(returns, 0.9), min_cvar(returns, 0.9, min_held=0.15)
    assert ((free.weights > 0) & (free.weights < 0.15)).any()
    assert not ((found.weights > 0) & (found.weights < 0.15 - 1e-9)).any()
    assert found.cvar >= free.cvar - 1e-12


def test_min_cvar_when_warm_then_the_result_is_that_from_nothing():
    returns = _returns(7)
    cold = min_cvar(returns, 0.9, upper=0.3)
    warm = min_cvar(returns, 0.9, upper=0.3, warm=min_cvar(returns, 0.9))
    assert warm.cvar == pytest.approx(cold.cvar, abs=1e-12)


def test_min_cvar_when_caps_cannot_hold_everything_then_the_cap_is_named():
    with pytest.raises(InfeasiblePlan, match=r"constraints\.max_weight from 0\.1 to 0\.125"):
        min_cvar(_returns(), upper=0.1)


def test_min_cvar_when_returns_hold_gaps_then_they_are_refused():
    returns = _returns()
    returns[3, 2] = np.nan
    with pytest.raises(BadProblem, match="finite"):
        min_cvar(returns)
