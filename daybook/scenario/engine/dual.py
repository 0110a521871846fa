"""An upper bound on the best objective of a choice of controls, from the tail of another choice's optimum.

CVaR is the largest expected loss over all weightings q of the scenarios with ``0 <= q <= p / (1 - alpha)`` and sum 1
(Artzner and others 1999). So for any such q, ``E[W] - gamma CVaR(B - W) <= sum (p + gamma q) W - gamma B``, which is
linear in the positions: its maximum needs no scenarios at all, and is an upper bound for every choice. With q the
dual solution of a similar choice it is close, so that most neighbours of a good choice are ruled out by it exactly.
"""

from dataclasses import replace

import numpy as np
from scipy.optimize import lsq_linear

from daybook.contracts.scenario import Objective
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray, WealthModel
from daybook.scenario.engine.estimates import equal_or
from daybook.scenario.engine.sample import wealth_of
from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.optimise.solution import PlanSolution
from daybook.scenario.optimise.solve import solve

_NEAR = 1e-7
"""Losses this close to VaR, as a share of the budget, are at it."""
_MANY = 150
"""Scenarios at VaR that are weighted one by one; a basic solution has about as many as there are instruments."""


def dual_shares(problem: PlanProblem, solution: PlanSolution) -> FloatArray:
    """Return q (S,), the weighting of the tail under which the solution's positions are best.

    Scenarios beyond VaR count in full. Those at it are weighted so that the first-order conditions hold as well as
    they can: the gradient of what is held between its bounds is the price of a won, those of the rest lie beside it.
    """
    wealth = problem.wealth
    losses = problem.reference_krw - wealth_of(wealth, solution.positions_krw)
    chances = equal_or(wealth.probabilities, len(losses))
    caps = chances / (1.0 - problem.alpha)
    var = tail(losses, problem.alpha, wealth.probabilities).var
    width = _NEAR * problem.reference_krw
    shares = np.where(losses > var + width, caps, 0.0)
    near = np.flatnonzero(np.abs(losses - var) <= width)
    mass = 1.0 - float(shares.sum())
    reward, weight = _weights(problem)
    if near.size > _MANY:
        # Wealth that hardly depends on the scenario, as of cash alone: the worst market speaks for the tail.
        worst = near[np.argsort(wealth.gross[near].sum(axis=1), kind="stable")]
        before = np.cumsum(caps[worst]) - caps[worst]
        shares[worst] = np.clip(mass - before, 0.0, caps[worst])
    elif near.size > 1 and weight > 0.0:
        deep = np.flatnonzero(shares)
        gradient = reward * weighted_gross(wealth.gross, chances)
        gradient += weight * weighted_gross(wealth.gross[deep], shares[deep])
        shares[near] = _fitted(problem, solution, wealth.gross[near] * weight, gradient, caps[near], mass)
    elif near.size:
        shares[near] = caps[near] * (mass / float(caps[near].sum()))
    return _within(shares, caps, near)


def weighted_gross(gross: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum (N,) of rows of gross (S, N), weighted; without threads, so the same bits everywhere."""
    return np.asarray(np.einsum("s,sj->j", weights, gross))


def _weights(problem: PlanProblem) -> tuple[float, float]:
    """Return the weights of E[W] and of CVaR in the score."""
    if problem.objective is Objective.UTILITY:
        return 1.0, problem.gamma
    return (0.0, 1.0) if problem.objective is Objective.MIN_CVAR else (1.0, 0.0)


def _fitted(
    problem: PlanProblem,
    solution: PlanSolution,
    near_gross: FloatArray,
    gradient: FloatArray,
    caps: FloatArray,
    mass: float,
) -> FloatArray:
    """Return shares of the scenarios at VaR by least squares of the first-order conditions.

    Unknowns: the shares, the price of a won of budget, and a multiplier at least 0 for each bound and limit in force.
    """
    positions, size = solution.positions_krw, problem.size
    close = 1e-7 * problem.reference_krw
    current = problem.or_zeros(problem.current_krw)
    more, less = positions > current + close, positions < current - close
    price = 1.0 + np.where(more, problem.or_zeros(problem.buy_rate), 0.0)
    price -= np.where(less, problem.or_zeros(problem.sell_rate), 0.0)
    at_rest = ~(more | less)
    eye = np.eye(size)
    columns = [-eye[at] for at in np.flatnonzero((positions >= problem.upper_krw - close) | at_rest)]
    columns += [eye[at] for at in np.flatnonzero((positions <= problem.lower_krw + close) | at_rest)]
    for limit in problem.groups:
        value = float(np.sum(limit.coefficients * positions))
        if limit.upper_krw is not None and value >= limit.upper_krw - close:
            columns.append(-limit.coefficients)
        if limit.lower_krw is not None and value <= limit.lower_krw + close:
            columns.append(limit.coefficients)
    free = np.array(columns).reshape(len(columns), size).T
    matrix = np.hstack([near_gross.T, -price[:, None], free])
    total = np.concatenate([np.full(len(caps), 10.0), np.zeros(matrix.shape[1] - len(caps))])
    lower = np.concatenate([np.zeros(len(caps)), [-np.inf], np.zeros(len(columns))])
    upper = np.concatenate([caps + 1e-15, [np.inf], np.full(len(columns), np.inf)])
    fitted = lsq_linear(np.vstack([matrix, total]), np.append(-gradient, 10.0 * mass), bounds=(lower, upper))
    return np.asarray(np.clip(fitted.x[: len(caps)], 0.0, caps))


def _within(shares: FloatArray, caps: FloatArray, near: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> FloatArray:
    """Return shares that sum to 1 with none above its cap, changed at the quantile alone where that suffices."""
    short = 1.0 - float(shares.sum())
    if short > 0 and near.size:
        room = caps[near] - shares[near]
        free = float(room.sum())
        shares[near] += room * min(1.0, short / free) if free > 0 else 0.0
    return np.minimum(shares / float(shares.sum()), caps)


def upper_bound(problem: PlanProblem, shares: FloatArray) -> float:
    """Return a number the problem's best score cannot exceed; ``shares`` as :func:`dual_shares` gives them.

    The score is E[W] - gamma CVaR, E[W] or -CVaR, as the problem's objective says. Caps on CVaR, on ruin and on the
    number of names are left out, which can only raise the bound.
    """
    wealth = problem.wealth
    reward, weight = _weights(problem)
    weights = weight * shares
    if reward > 0.0:
        weights = weights + reward * equal_or(wealth.probabilities, len(shares))
        gradient = weighted_gross(wealth.gross, weights)
        constant = float(np.sum(weights * wealth.fixed_krw))
    else:
        rows = np.flatnonzero(weights)
        gradient = weighted_gross(wealth.gross[rows], weights[rows])
        constant = float(np.sum(weights[rows] * wealth.fixed_krw[rows]))
    constant += weight * problem.reference_krw
    linear = replace(
        problem,
        wealth=WealthModel(gross=gradient[None, :], fixed_krw=np.zeros(1)),
        objective=Objective.UTILITY,
        gamma=0.0,
        max_cvar_krw=None,
        min_expected_krw=None,
        max_names=None,
        min_position_krw=None,
        ruin=None,
    )
    return solve(linear).expected_krw - constant
