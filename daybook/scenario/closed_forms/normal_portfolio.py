"""The long-only portfolio of least CVaR when returns are jointly normal: exact, and a yardstick for the optimiser.

For a given mean CVaR rises with the variance, so it is the portfolio of Markowitz at some mean (Rockafellar and
Uryasev 2000, section 5).
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from daybook.risk.measures.normal import normal_tail, standard_shortfall
from daybook.scenario.arrays import FloatArray
from daybook.scenario.errors import ScenarioError


@dataclass(frozen=True)
class NormalPortfolio:
    """Weights that sum to 1, and what they give a period, as shares of the budget."""

    weights: FloatArray
    mean: float
    variance: float
    var: float
    cvar: float


def least_cvar_portfolio(
    mean: ArrayLike, covariance: ArrayLike, alpha: float, mean_floor: float | None = None, max_weight: float = 1.0
) -> NormalPortfolio:
    """Return the weights in 0 to ``max_weight`` of least CVaR, with at least ``mean_floor`` expected.

    Raises:
        ScenarioError: where no weights meet the limits, or the search finds no minimum.
    """
    expected = np.asarray(mean, dtype=np.float64)
    matrix = np.asarray(covariance, dtype=np.float64)
    count = expected.size
    if max_weight * count < 1:
        raise ScenarioError("max_weight", f"{max_weight:g} of {count} assets makes less than 1", "raise it")
    best_first = np.argsort(-expected)
    highest = np.zeros(count)
    left = 1.0
    for asset in best_first:
        highest[asset] = min(max_weight, left)
        left -= highest[asset]
    if mean_floor is not None and float((expected * highest).sum()) < mean_floor - 1e-12:
        raise ScenarioError("mean_floor", f"no weights within the limits expect {mean_floor:g}", "lower it")
    factor = standard_shortfall(alpha)

    def cvar(weights: FloatArray) -> float:
        return float(factor * np.sqrt((weights * (matrix * weights).sum(axis=1)).sum()) - (expected * weights).sum())

    def slope(weights: FloatArray) -> FloatArray:
        marginal = (matrix * weights).sum(axis=1)
        return np.asarray(factor * marginal / np.sqrt((weights * marginal).sum()) - expected, dtype=np.float64)

    limits = [{"type": "eq", "fun": lambda w: w.sum() - 1, "jac": lambda w: np.ones(count)}]
    if mean_floor is not None:
        limits.append({"type": "ineq", "fun": lambda w: (expected * w).sum() - mean_floor, "jac": lambda w: expected})
    found = optimize.minimize(
        cvar,
        highest,
        jac=slope,
        method="SLSQP",
        bounds=[(0.0, max_weight)] * count,
        constraints=limits,
        options={"ftol": 1e-15, "maxiter": 500},
    )
    if not found.success:
        raise ScenarioError("covariance", f"no portfolio of least CVaR was found: {found.message}")
    weights = np.clip(found.x, 0.0, max_weight)
    weights = np.asarray(weights / weights.sum(), dtype=np.float64)
    variance = float((weights * (matrix * weights).sum(axis=1)).sum())
    held = normal_tail(alpha, float(np.sqrt(variance)), float((expected * weights).sum()))
    return NormalPortfolio(weights, float((expected * weights).sum()), variance, held.var, held.cvar)
