"""An upper bound on the best score of a choice of controls, certified by the optimum of another choice.

CVaR is the largest expected loss over all weightings q of the scenarios with ``0 <= q <= p / (1 - alpha)`` and sum 1
(Artzner and others 1999). So for any such q and any multipliers at least 0 of the limits, the score of a plan is at
most a function that is linear in its positions, and the best of that within the bounds and the budget is found by
taking instruments in the order of their worth: an upper bound for every choice, without a linear program. With q and
the multipliers of a similar choice's optimum it is close, so that most neighbours are ruled out by it exactly.
"""

from dataclasses import dataclass, replace

import numpy as np

from daybook.contracts.scenario import Objective
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import DirectLosses, FloatArray, IntArray, Paths
from daybook.scenario.engine.estimates import equal_or
from daybook.scenario.engine.multipliers import bounded_fit
from daybook.scenario.engine.net_short import EXPECTED_NET_SHORT, expected_net_short
from daybook.scenario.engine.sample import wealth_of
from daybook.scenario.optimise.problem import BoolArray, LinearLimit, PlanProblem
from daybook.scenario.optimise.solution import PlanSolution

_NEAR = 1e-7
"""Losses and limits this close, as a share of the budget, are reached."""
_MANY = 150
"""Scenarios at VaR that are weighted one by one; a basic solution has about as many as there are instruments."""
_FIRM = 10.0
"""Weight of the condition that the shares of the tail sum to 1 beside those on gradients."""


@dataclass(frozen=True)
class Certificate:
    """Multipliers that bound the score of every choice.

    Args:
        reward: weight of E[W].
        weight: weight of the tail's expected loss: that of CVaR in the score, and the multiplier of its cap.
        cap_price: the multiplier of the cap on CVaR alone.
        shares: (S,) weighting q of the scenarios.
        limits: limits in force, as (coefficients, bound) of ``coefficients @ z <= bound``, with their multipliers.
        net_short_price: the multiplier of the limit on expected net short, whose coefficients are each choice's own.
    """

    reward: float
    weight: float
    cap_price: float
    shares: FloatArray
    limits: tuple[tuple[FloatArray, float, float], ...]
    net_short_price: float


def certificate_of(problem: PlanProblem, solution: PlanSolution) -> Certificate:
    """Return the multipliers under which the solution's positions are best, by least squares of the conditions.

    Scenarios beyond VaR have their full share. Unknown are the shares of those at it, the price of a won, the
    multiplier of a cap on CVaR in force, and one for each bound and limit in force. Whatever comes out is a valid
    certificate; how well the conditions hold decides how close its bounds are.
    """
    wealth = problem.wealth
    losses = problem.reference_krw - wealth_of(wealth, solution.positions_krw)
    chances = equal_or(wealth.probabilities, len(losses))
    caps = chances / (1.0 - problem.alpha)
    close = _NEAR * problem.reference_krw
    var = tail(losses, problem.alpha, wealth.probabilities).var
    shares = np.where(losses > var + close, caps, 0.0)
    near = np.flatnonzero(np.abs(losses - var) <= close)
    reward, weight = _weights(problem)
    capped = problem.max_cvar_krw is not None and solution.cvar_krw >= problem.max_cvar_krw - close
    if near.size > _MANY:
        # Wealth that hardly depends on the scenario, as of cash alone: the worst market speaks for the tail.
        worst = near[np.argsort(wealth.gross[near].sum(axis=1), kind="stable")]
        room = 1.0 - float(shares.sum())
        before = np.cumsum(caps[worst]) - caps[worst]
        shares[worst] = np.clip(room - before, 0.0, caps[worst])
        near = near[:0]
    deep = np.flatnonzero(shares)
    fitted = _fitted(
        problem,
        solution,
        reward * weighted_gross(wealth.gross, chances) if reward > 0.0 else np.zeros(problem.size),
        weighted_gross(wealth.gross[deep], shares[deep]),
        wealth.gross[near],
        (weight, 1.0 - float(shares.sum()), capped),
    )
    total = weight + fitted.cap_price
    if near.size and total > 0.0:
        shares[near] = np.minimum(fitted.near / total, caps[near])
    completed = _completed(shares, caps, near)
    return Certificate(reward, total, fitted.cap_price, completed, fitted.limits, fitted.net_short_price)


def weighted_gross(gross: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the sum (N,) of rows of gross (S, N), weighted; without threads, so the same bits everywhere."""
    return np.asarray(np.einsum("s,sj->j", weights, gross))


def _weights(problem: PlanProblem) -> tuple[float, float]:
    """Return the weights of E[W] and of CVaR in the score."""
    if problem.objective is Objective.UTILITY:
        return 1.0, problem.gamma
    return (0.0, 1.0) if problem.objective is Objective.MIN_CVAR else (1.0, 0.0)


@dataclass(frozen=True)
class _Fitted:
    near: FloatArray
    cap_price: float
    limits: tuple[tuple[FloatArray, float, float], ...]
    net_short_price: float


def _fitted(
    problem: PlanProblem,
    solution: PlanSolution,
    gain: FloatArray,
    deep: FloatArray,
    near: FloatArray,
    terms: tuple[float, float, bool],
) -> _Fitted:
    weight, mass, capped = terms
    positions, size = solution.positions_krw, problem.size
    close = _NEAR * problem.reference_krw
    at_upper, at_lower = positions >= problem.upper_krw - close, positions <= problem.lower_krw + close
    price, at_rest = _prices(problem, positions, close, at_lower)
    eye = np.eye(size)
    bounds = [-eye[at] for at in np.flatnonzero(at_upper | (at_rest & ~at_lower))]
    bounds += [eye[at] for at in np.flatnonzero(at_lower | (at_rest & ~at_upper))]
    common = tuple(limit for limit in problem.groups if limit.name != EXPECTED_NET_SHORT)
    own = tuple(limit for limit in problem.groups if limit.name == EXPECTED_NET_SHORT)
    bare = _in_force(own, positions, close)
    limits = [*_in_force(common, positions, close), *bare]
    count = near.shape[0]
    columns = [*near, -price, *([deep] if capped else []), *(-row for row, _ in limits), *bounds]
    matrix = np.array(columns).T
    firm = np.zeros(matrix.shape[1])
    firm[:count] = _FIRM
    if capped:
        firm[count + 1] = -_FIRM * mass
    lower = np.zeros(matrix.shape[1])
    lower[count] = -np.inf
    target = np.append(-(gain + weight * deep), _FIRM * weight * mass)
    found = bounded_fit(np.vstack([matrix, firm]), target, lower)
    first = count + 1 + int(capped)
    multipliers = np.maximum(found[first : first + len(limits)], 0.0)
    priced = [(row, bound, float(price)) for (row, bound), price in zip(limits, multipliers, strict=True)]
    shared = len(priced) - len(bare)
    return _Fitted(
        near=np.maximum(found[:count], 0.0),
        cap_price=max(0.0, float(found[count + 1])) if capped else 0.0,
        limits=tuple(priced[:shared]),
        net_short_price=sum(price for _, _, price in priced[shared:]),
    )


def _prices(
    problem: PlanProblem, positions: FloatArray, close: float, at_lower: BoolArray
) -> tuple[FloatArray, BoolArray]:
    """Return (N,) what one more won in each instrument costs, and whether it is neither bought nor sold.

    What rests at its lower bound can only be bought.
    """
    current = problem.or_zeros(problem.current_krw)
    more, less = positions > current + close, positions < current - close
    price = 1.0 + np.where(more | (at_lower & ~less), problem.or_zeros(problem.buy_rate), 0.0)
    price -= np.where(less, problem.or_zeros(problem.sell_rate), 0.0)
    return price, ~(more | less)


def _in_force(groups: tuple[LinearLimit, ...], positions: FloatArray, close: float) -> list[tuple[FloatArray, float]]:
    """Return limits that are reached as (coefficients, bound) of ``coefficients @ z <= bound``."""
    found = []
    for limit in groups:
        value = float(np.sum(limit.coefficients * positions))
        if limit.upper_krw is not None and value >= limit.upper_krw - close:
            found.append((limit.coefficients, limit.upper_krw))
        if limit.lower_krw is not None and value <= limit.lower_krw + close:
            found.append((-limit.coefficients, -limit.lower_krw))
    return found


def _completed(shares: FloatArray, caps: FloatArray, near: IntArray) -> FloatArray:
    """Return shares that sum to 1 with none above its cap."""
    short = 1.0 - float(shares.sum())
    if short > 0.0 and near.size:
        room = caps[near] - shares[near]
        free = float(room.sum())
        shares[near] += room * min(1.0, short / free) if free > 0.0 else 0.0
    return np.minimum(shares / float(shares.sum()), caps)


def adapted(
    certificate: Certificate,
    problem: PlanProblem,
    paths: Paths,
    direct: DirectLosses,
    growth: float,
    positions_krw: FloatArray,
    probabilities: FloatArray | None,
) -> Certificate:
    """Return a certificate whose tail is that of ``positions_krw`` under another choice of controls.

    Where wealth hardly depends on the market (cash alone), controls decide which scenarios are the worst, and this one
    bounds more closely. Ties go to the scenarios the given certificate weighs, then to the worst markets.
    """
    stocks = paths.stocks.shape[1]
    held = np.einsum("sj,sj,j->s", paths.stocks, 1.0 - direct.position_ratio, positions_krw[:stocks])
    held += np.einsum("sj,j->s", paths.hedges, positions_krw[stocks:-1]) + growth * positions_krw[-1]
    wealth = held * (1.0 - direct.account_ratio) - direct.fixed_krw
    rank = np.round((problem.reference_krw - wealth) / (_NEAR * problem.reference_krw))
    order = np.lexsort((paths.market, -certificate.shares, -rank))
    caps = equal_or(probabilities, len(order)) / (1.0 - problem.alpha)
    before = np.cumsum(caps[order]) - caps[order]
    shares = np.empty_like(caps)
    shares[order] = np.clip(1.0 - before, 0.0, caps[order])
    return replace(certificate, shares=shares)


def upper_bound(
    problem: PlanProblem,
    paths: Paths,
    direct: DirectLosses,
    growth: float,
    budget_krw: float,
    probabilities: FloatArray | None,
    certificate: Certificate,
) -> float:
    """Return what the score of a choice cannot exceed.

    Parameters
    ----------
    problem : PlanProblem
        Any problem with the choice's limits; its scenarios and budget are not looked at.
    paths, direct, growth : Paths, DirectLosses, float
        What one won comes to under the choice, losses apart.
    budget_krw : float
        What the choice leaves for positions and fees.
    probabilities : array (S,), optional
        Of the scenarios.
    certificate : Certificate
        Of another choice on the same scenarios.
    """
    weights = certificate.weight * certificate.shares
    if certificate.reward > 0.0:
        weights = weights + certificate.reward * equal_or(probabilities, len(weights))
    worth = _mean_gross(paths, direct, growth, weights)
    constant = -float(np.sum(weights * direct.fixed_krw)) - certificate.weight * problem.reference_krw
    if problem.max_cvar_krw is not None:
        constant += certificate.cap_price * problem.max_cvar_krw
    if certificate.net_short_price > 0.0:
        mean_gross = _mean_gross(paths, direct, growth, equal_or(probabilities, len(weights)))
        worth -= certificate.net_short_price * expected_net_short(mean_gross, problem.or_all_but_last(problem.is_stock))
    for row, bound, price in certificate.limits:
        worth -= price * row
        constant += price * bound
    return constant + _best_linear(problem, worth, budget_krw)


def _mean_gross(paths: Paths, direct: DirectLosses, growth: float, weights: FloatArray) -> FloatArray:
    """Return the sum (N,) over scenarios, weighted, of what one won in each instrument comes to."""
    kept = weights * (1.0 - direct.account_ratio)
    invested = np.einsum("s,sj,sj->j", kept, paths.stocks, 1.0 - direct.position_ratio)
    hedged = np.einsum("s,sj->j", kept, paths.hedges)
    return np.concatenate([invested, hedged, [growth * float(kept.sum())]])


def _best_linear(problem: PlanProblem, worth: FloatArray, budget_krw: float) -> float:
    """Return the largest ``worth @ z`` within bounds, with positions and fees together costing the budget.

    What is held already costs less to keep than to buy, so each instrument is two pieces; pieces are taken by worth
    per won they cost.
    """
    lower, upper = problem.lower_krw, problem.upper_krw
    current = np.clip(problem.or_zeros(problem.current_krw), lower, upper)
    held = problem.or_zeros(problem.current_krw)
    buy, sell = problem.or_zeros(problem.buy_rate), problem.or_zeros(problem.sell_rate)
    fees = sell * np.maximum(held - lower, 0.0) + buy * np.maximum(lower - held, 0.0)
    left = budget_krw - float(np.sum(lower + fees))
    keep_cost = np.where(held > lower, 1.0 - sell, 1.0 + buy)
    costs = np.concatenate([keep_cost, 1.0 + buy])
    lengths = np.concatenate([current - lower, np.where(np.isfinite(upper), upper, budget_krw) - current])
    gains = np.concatenate([worth, worth])
    value = float(np.sum(worth * lower))
    for piece in np.argsort(-gains / costs, kind="stable"):
        taken = min(float(lengths[piece]), max(left, 0.0) / float(costs[piece]))
        value += taken * float(gains[piece])
        left -= taken * float(costs[piece])
        if left <= 0.0:
            break
    return value
