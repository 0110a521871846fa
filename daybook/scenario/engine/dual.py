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


def dual_shares(problem: PlanProblem, solution: PlanSolution) -> FloatArray:
    """Return q (S,), the weighting of the tail under which the solution's positions are best.

    Scenarios beyond VaR count in full; those at it are weighted so that the gradient is the solution's ``marginal``.
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
    deep = np.flatnonzero(shares)
    gradient = (wealth.gross * chances[:, None]).sum(axis=0)
    gradient += problem.gamma * (wealth.gross[deep] * shares[deep, None]).sum(axis=0)
    if near.size > 1 and problem.gamma > 0:
        wanted = (solution.marginal_krw - gradient) / problem.gamma
        matrix = np.vstack([wealth.gross[near].T, np.full(near.size, 10.0)])
        fitted = lsq_linear(matrix, np.append(wanted, 10.0 * mass), bounds=(0.0, caps[near] + 1e-15))
        shares[near] = np.clip(fitted.x, 0.0, caps[near])
    elif near.size:
        shares[near] = caps[near] * (mass / float(caps[near].sum()))
    return _within(shares, caps, near)


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
    chances = equal_or(wealth.probabilities, len(shares))
    weights = np.zeros_like(chances)
    if problem.objective is not Objective.MIN_CVAR:
        weights += chances
    if problem.objective is Objective.UTILITY:
        weights += problem.gamma * shares
    if problem.objective is Objective.MIN_CVAR:
        weights += shares
    rows = np.flatnonzero(weights)
    gradient = (wealth.gross[rows] * weights[rows, None]).sum(axis=0)
    constant = float((weights * wealth.fixed_krw).sum())
    if problem.objective is Objective.UTILITY:
        constant += problem.gamma * problem.reference_krw
    if problem.objective is Objective.MIN_CVAR:
        constant += problem.reference_krw
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
