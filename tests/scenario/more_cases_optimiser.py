"""Portfolios of least CVaR with other limits, against plain linear programs and closed forms: OP-02 to OP-05."""

from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats

from daybook.contracts.scenario import Objective
from daybook.risk.measures.tail import tail
from daybook.scenario.optimise.cvar import WeightLimit, as_portfolio, min_cvar, portfolio_problem
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.optimise.normal import normal_min_cvar
from daybook.scenario.optimise.solve import solve


def _returns(seed: int, scenarios: int = 300, assets: int = 8) -> np.ndarray:
    generator = np.random.default_rng(seed)
    common = 0.01 * generator.standard_t(4, (scenarios, 1))
    own = 0.01 * generator.standard_t(5, (scenarios, assets)) * generator.uniform(0.5, 2, assets)
    return generator.uniform(0, 0.001, assets) + common * generator.uniform(0.3, 1.5, assets) + own


def _plain(returns: np.ndarray, beta: float, **limits: Any) -> float:
    """Solve the textbook program with scipy: minimise CVaR, or maximise the mean under a cap on it.

    Variables: weights, bought, sold, the threshold, excesses.
    """
    count, size = returns.shape
    odds = limits.get("probabilities", np.full(count, 1 / count))
    before = limits.get("previous", np.zeros(size))
    buy, sell = limits.get("buy_cost", 0.0), limits.get("sell_cost", 0.0)
    width = 3 * size + 1 + count
    cvar = np.concatenate([np.zeros(3 * size), [1.0], odds / (1 - beta)])
    mean = np.concatenate([odds @ returns, np.full(size, -buy), np.full(size, -sell), np.zeros(1 + count)])
    excess = np.hstack(
        [-returns, np.full((count, size), buy), np.full((count, size), sell), -np.ones((count, 1)), -np.eye(count)]
    )
    rows, bounds = [excess], [np.zeros(count)]
    for row, bound in (
        (cvar, limits.get("max_cvar")),
        (-mean, None if limits.get("mean_floor") is None else -limits["mean_floor"]),
        (np.concatenate([np.zeros(size), np.ones(2 * size), np.zeros(1 + count)]), limits.get("max_turnover")),
    ):
        if bound is not None:
            rows.append(row[None, :])
            bounds.append(np.array([bound]))
    for group in limits.get("groups", ()):
        wide = np.concatenate([group.coefficients, np.zeros(width - size)])[None, :]
        for sign, bound in ((1.0, group.upper), (-1.0, group.lower)):
            if bound is not None:
                rows.append(sign * wide)
                bounds.append(np.array([sign * bound]))
    trade = np.hstack([np.eye(size), -np.eye(size), np.eye(size), np.zeros((size, 1 + count))])
    whole = np.concatenate([np.ones(size), np.zeros(width - size)])[None, :]
    free = [(limits.get("lower", 0.0), limits.get("upper", 1.0))] * size
    wants_mean = limits.get("max_cvar") is not None
    gamma = limits.get("gamma")
    cost = -mean if wants_mean else cvar if gamma is None else gamma * cvar - mean
    found = optimize.linprog(
        cost,
        np.vstack(rows),
        np.concatenate(bounds),
        np.vstack([trade, whole]),
        np.append(before, limits.get("total", 1.0)),
        [*free, *[(0, None)] * (2 * size), (None, None), *[(0, None)] * count],
    )
    assert found.status == 0, found.message
    return float(-found.fun if wants_mean or gamma is not None else found.fun)


def limits_of_every_kind() -> None:
    returns = _returns(1)
    before = np.full(8, 1 / 8)
    odds = np.random.default_rng(3).dirichlet(np.ones(300))
    odds[::4] = 0
    odds /= odds.sum()
    tech = np.array([1.0, 1, 1, 0, 0, 0, 0, 0])
    for beta, limits in (
        (0.9, {}),
        (0.99, {}),
        (0.975, {"total": 0.9}),
        (0.95, {"upper": 0.2, "lower": 0.05}),
        (0.95, {"lower": -0.2, "upper": 0.5}),
        (0.95, {"mean_floor": 0.0006}),
        (0.95, {"groups": (WeightLimit("tech", tech, lower=0.4), WeightLimit("rest", 1 - tech, upper=0.55))}),
        (0.95, {"previous": before, "max_turnover": 0.4}),
        (0.95, {"previous": before, "buy_cost": 0.00014, "sell_cost": 0.00214}),
        (0.95, {"buy_cost": 0.001, "sell_cost": 0.001}),
        (0.95, {"probabilities": odds}),
    ):
        found = min_cvar(returns, beta, **limits)
        assert found.cvar == pytest.approx(_plain(returns, beta, **limits), rel=1e-6), limits
        assert found.weights.sum() == pytest.approx(limits.get("total", 1.0))


def most_return_under_a_cap() -> None:
    returns = _returns(2)
    least = min_cvar(returns).cvar
    for share in (1.02, 1.2, 1.6):
        problem = portfolio_problem(
            returns, 0.95, objective=Objective.MAX_RETURN_CVAR_CAP, max_cvar=float(share * least)
        )
        found = as_portfolio(solve(problem))
        assert found.mean == pytest.approx(_plain(returns, 0.95, max_cvar=share * least), rel=1e-6)
        assert found.cvar <= share * least * (1 + 1e-9)


def utility_of_every_aversion() -> None:
    returns = _returns(3)
    for gamma in (0.0, 0.01, 0.1, 3.0):
        found = solve(portfolio_problem(returns, 0.95, objective=Objective.UTILITY, gamma=gamma))
        assert found.objective_krw == pytest.approx(_plain(returns, 0.95, gamma=gamma), rel=1e-6)


def few_names_by_trying_all() -> None:
    """At most two or three names of seven, capped: every subset tried with the plain program."""
    import itertools

    returns = _returns(4, scenarios=120, assets=7)
    for names, cap in ((2, 0.6), (3, 0.4)):
        best = min(_plain(returns[:, list(held)], 0.95, upper=cap) for held in itertools.combinations(range(7), names))
        found = min_cvar(returns, max_names=names, upper=cap)
        assert found.cvar == pytest.approx(best, rel=1e-6)
        assert int((found.weights > 1e-7).sum()) <= names


def two_assets_of_least_variance() -> None:
    """With equal means CVaR of normal returns is least where variance is: w = (s2^2 - c) / (s1^2 + s2^2 - 2c)."""
    covariance = np.array([[0.04, 0.006], [0.006, 0.09]])
    weight = (0.09 - 0.006) / (0.04 + 0.09 - 0.012)
    found = normal_min_cvar(np.array([0.01, 0.01]), covariance, 0.95)
    assert found.weights == pytest.approx([weight, 1 - weight], abs=1e-6)
    spread = np.sqrt(found.weights @ covariance @ found.weights)
    assert found.cvar[0] == pytest.approx(stats.norm.pdf(stats.norm.ppf(0.95)) / 0.05 * spread - 0.01, rel=1e-9)
    draws = np.random.default_rng(1).multivariate_normal([0.01, 0.01], covariance, 40_000)
    sampled = min_cvar(draws, 0.95)
    assert sampled.weights[0] == pytest.approx(weight, abs=0.03)


def what_has_to_give_way_is_told_in_the_callers_numbers() -> None:
    returns = _returns(1)
    best = float(returns.mean(axis=0).max())
    with pytest.raises(InfeasiblePlan, match=rf"min_expected_return from 0\.1 to {best:.4g}"):
        min_cvar(returns, mean_floor=0.1)
    with pytest.raises(InfeasiblePlan, match=r"max_weight from 0\.1 to 0\.125"):
        min_cvar(returns, upper=0.1)


def contributions_of_the_best_plan_add_up() -> None:
    from daybook.risk.measures.contributions import cvar_contributions

    returns = _returns(6)
    found = min_cvar(returns, 0.93)
    parts = cvar_contributions(-returns * found.weights, 0.93)
    assert parts.sum() == pytest.approx(found.cvar, rel=1e-9)
    assert tail(-returns @ found.weights, 0.93).cvar == pytest.approx(found.cvar, rel=1e-9)


CHECKS = (
    limits_of_every_kind,
    most_return_under_a_cap,
    utility_of_every_aversion,
    few_names_by_trying_all,
    two_assets_of_least_variance,
    what_has_to_give_way_is_told_in_the_callers_numbers,
    contributions_of_the_best_plan_add_up,
)
