"""The plain portfolio problem of the literature: weights that sum to 1 and least CVaR of the portfolio's return."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import FloatArray, WealthModel
from daybook.scenario.optimise.errors import BadProblem
from daybook.scenario.optimise.problem import LimitKind, LinearLimit, PlanProblem
from daybook.scenario.optimise.solution import PlanSolution
from daybook.scenario.optimise.solve import solve


@dataclass(frozen=True)
class Portfolio:
    """Weights with their figures on the scenarios, losses positive.

    ``mean`` and the tail are after transaction costs.
    """

    weights: FloatArray
    cvar: float
    var: float
    mean: float
    binding: tuple[str, ...]
    solution: PlanSolution


@dataclass(frozen=True)
class WeightLimit:
    """``lower <= coefficients @ weights <= upper``, such as a sector's share."""

    name: str
    coefficients: FloatArray
    lower: float | None = None
    upper: float | None = None


def min_cvar(
    returns: FloatArray,
    beta: float = 0.95,
    *,
    lower: float | FloatArray = 0.0,
    upper: float | FloatArray = 1.0,
    mean_floor: float | None = None,
    groups: Sequence[WeightLimit] = (),
    max_names: int | None = None,
    min_held: float | None = None,
    probabilities: FloatArray | None = None,
    previous: FloatArray | None = None,
    buy_cost: float | FloatArray = 0.0,
    sell_cost: float | FloatArray = 0.0,
    max_turnover: float | None = None,
    total: float = 1.0,
    warm: Portfolio | None = None,
) -> Portfolio:
    """Return the weights of least CVaR (Rockafellar and Uryasev 2000).

    Args:
        returns: (S, n) simple returns, one row a scenario.
        beta: the level (0.95: the worst 5 %).
        lower: least weights; negative ones allow short positions.
        upper: largest weights.
        mean_floor: least mean return, after costs.
        groups: linear limits on weights.
        max_names: most weights that are not 0.
        min_held: a weight is 0 or at least this.
        probabilities: (S,) of the scenarios; None: equal.
        previous: (n,) weights held before; None: none.
        buy_cost: cost of each unit bought, taken off the return.
        sell_cost: cost of each unit sold, taken off the return.
        max_turnover: bought plus sold in total.
        total: what the weights sum to.
        warm: the solution of a similar problem.

    Raises ``BadProblem`` and ``InfeasiblePlan`` of ``errors.py``.
    """
    problem = portfolio_problem(
        returns,
        beta,
        lower=lower,
        upper=upper,
        mean_floor=mean_floor,
        groups=groups,
        max_names=max_names,
        min_held=min_held,
        probabilities=probabilities,
        previous=previous,
        buy_cost=buy_cost,
        sell_cost=sell_cost,
        max_turnover=max_turnover,
        total=total,
    )
    return as_portfolio(solve(problem, None if warm is None else warm.solution))


def portfolio_problem(
    returns: FloatArray,
    beta: float,
    *,
    lower: float | FloatArray = 0.0,
    upper: float | FloatArray = 1.0,
    mean_floor: float | None = None,
    groups: Sequence[WeightLimit] = (),
    max_names: int | None = None,
    min_held: float | None = None,
    probabilities: FloatArray | None = None,
    previous: FloatArray | None = None,
    buy_cost: float | FloatArray = 0.0,
    sell_cost: float | FloatArray = 0.0,
    max_turnover: float | None = None,
    total: float = 1.0,
    objective: Objective = Objective.MIN_CVAR,
    gamma: float = 0.0,
    max_cvar: float | None = None,
) -> PlanProblem:
    """Return the problem of ``min_cvar``, or one of the other objectives, in weights.

    Args are those of ``min_cvar``, and: ``objective``; ``gamma``, the weight of CVaR in the utility; ``max_cvar``, a
    cap on it. Raises ``BadProblem`` for returns that are no matrix of finite numbers.
    """
    returns = np.asarray(returns, dtype=np.float64)
    if returns.ndim != 2 or returns.shape[0] < 1 or returns.shape[1] < 1:
        raise BadProblem("returns", f"must be scenarios x assets, not of shape {returns.shape}")
    count, size = returns.shape
    if total <= 0:
        raise BadProblem("total", f"the weights' total must be positive, not {total:g}")

    def each(value: float | FloatArray) -> FloatArray:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (size,)).copy()

    everything = np.ones(size, dtype=np.bool_)
    limits = tuple(
        LinearLimit(group.name, np.asarray(group.coefficients, np.float64), group.upper, group.lower, LimitKind.GROUP)
        for group in groups
    )
    return PlanProblem(
        wealth=WealthModel(returns, np.zeros(count), probabilities),
        reference_krw=0.0,
        budget_krw=total,
        alpha=beta,
        gamma=gamma,
        objective=objective,
        lower_krw=each(lower),
        upper_krw=each(upper),
        groups=limits,
        current_krw=None if previous is None else np.asarray(previous, dtype=np.float64),
        buy_rate=each(buy_cost),
        sell_rate=each(sell_cost),
        is_traded=everything,
        max_turnover_krw=max_turnover,
        max_cvar_krw=max_cvar,
        min_expected_krw=mean_floor,
        max_names=max_names,
        is_stock=everything,
        min_position_krw=None if min_held is None else each(min_held),
        fees_on_wealth=True,
    )


def as_portfolio(solution: PlanSolution) -> Portfolio:
    """Return a solution of ``portfolio_problem`` as weights."""
    return Portfolio(
        weights=solution.positions_krw,
        cvar=solution.cvar_krw,
        var=solution.var_krw,
        mean=solution.expected_krw,
        binding=solution.binding,
        solution=solution,
    )
