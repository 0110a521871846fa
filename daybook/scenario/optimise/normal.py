"""Least variance and least CVaR of a portfolio whose return is normal: the benchmark of Rockafellar and Uryasev 2000.

There ``VaR = -mean + z sd`` and ``CVaR = -mean + phi(z) / (1 - beta) sd``. Where the mean floor binds, least CVaR is
least variance; where it does not, the plan of least CVaR lies further along the mean-variance frontier.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import brentq
from scipy.stats import norm

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.cvar import WeightLimit
from daybook.scenario.optimise.errors import BadProblem
from daybook.scenario.optimise.quadratic import minimise_quadratic


@dataclass(frozen=True)
class NormalPortfolio:
    """Weights with the closed-form figures of a normal return; VaR and CVaR are losses, at each of ``betas``."""

    weights: FloatArray
    mean: float
    variance: float
    betas: tuple[float, ...]
    var: tuple[float, ...]
    cvar: tuple[float, ...]


def min_variance(
    mean: FloatArray,
    covariance: FloatArray,
    betas: Sequence[float] = (0.95,),
    *,
    mean_floor: float | None = None,
    lower: float | FloatArray = 0.0,
    upper: float | FloatArray = np.inf,
    groups: Sequence[WeightLimit] = (),
) -> NormalPortfolio:
    """Return the weights, summing to 1, of least variance.

    Args:
        mean: (n,) mean returns.
        covariance: (n, n), positive definite.
        betas: levels to report VaR and CVaR at.
        mean_floor: least mean return.
        lower: least weights.
        upper: largest weights.
        groups: linear limits on weights.

    Raises ``BadProblem`` and ``InfeasiblePlan`` of ``errors.py``.
    """
    mean, covariance = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    limits = _limits(mean, mean_floor, lower, upper, groups)
    weights = minimise_quadratic(covariance, np.zeros(mean.shape[0]), *limits)
    return normal_figures(weights, mean, covariance, betas)


def normal_min_cvar(
    mean: FloatArray,
    covariance: FloatArray,
    beta: float,
    *,
    mean_floor: float | None = None,
    lower: float | FloatArray = 0.0,
    upper: float | FloatArray = np.inf,
    groups: Sequence[WeightLimit] = (),
) -> NormalPortfolio:
    """Return the weights, summing to 1, of least CVaR at ``beta`` under a normal return.

    The optimum minimises ``w'Vw / 2 - s mean'w`` with ``s = sd(w) / k``, k being CVaR's multiple of the standard
    deviation; s is found by root finding. Args and errors as in ``min_variance``.
    """
    if not 0 < beta < 1:
        raise BadProblem("beta", f"must lie between 0 and 1, not {beta:g}")
    mean, covariance = np.asarray(mean, np.float64), np.asarray(covariance, np.float64)
    limits = _limits(mean, mean_floor, lower, upper, groups)
    multiple = tail_multiple(beta)

    last = [minimise_quadratic(covariance, np.zeros(mean.shape[0]), *limits)]

    def weights_at(reward: float) -> FloatArray:
        last[0] = minimise_quadratic(covariance, -reward * mean, *limits, start=last[0])
        return last[0]

    def excess(reward: float) -> float:
        weights = weights_at(reward)
        return float(np.sqrt(weights @ covariance @ weights)) - multiple * reward

    high = excess(0.0) / multiple + 1e-12
    for _ in range(60):
        if excess(high) <= 0:
            break
        high *= 2
    else:
        raise BadProblem("upper", "least CVaR is without end: give every weight an upper limit")
    reward = float(brentq(excess, 0.0, high, xtol=1e-16, rtol=1e-14))
    return normal_figures(weights_at(reward), mean, covariance, (beta,))


def normal_figures(
    weights: FloatArray, mean: FloatArray, covariance: FloatArray, betas: Sequence[float]
) -> NormalPortfolio:
    """Return the closed-form figures of weights."""
    expected, variance = float(mean @ weights), float(weights @ covariance @ weights)
    sd = float(np.sqrt(variance))
    return NormalPortfolio(
        weights=weights,
        mean=expected,
        variance=variance,
        betas=tuple(betas),
        var=tuple(-expected + float(norm.ppf(beta)) * sd for beta in betas),
        cvar=tuple(-expected + tail_multiple(beta) * sd for beta in betas),
    )


def tail_multiple(beta: float) -> float:
    """Return phi(z) / (1 - beta): CVaR of a standard normal loss."""
    return float(norm.pdf(norm.ppf(beta))) / (1.0 - beta)


def _limits(
    mean: FloatArray,
    mean_floor: float | None,
    lower: float | FloatArray,
    upper: float | FloatArray,
    groups: Sequence[WeightLimit],
) -> tuple[FloatArray, FloatArray, FloatArray, FloatArray]:
    size = mean.shape[0]
    low = np.broadcast_to(np.asarray(lower, np.float64), (size,))
    high = np.broadcast_to(np.asarray(upper, np.float64), (size,))
    eye = np.eye(size)
    rows = [eye[index] for index in np.flatnonzero(np.isfinite(low))]
    rows += [-eye[index] for index in np.flatnonzero(np.isfinite(high))]
    least = [*low[np.isfinite(low)], *-high[np.isfinite(high)]]
    if mean_floor is not None:
        rows.append(mean)
        least.append(mean_floor)
    for group in groups:
        coefficients = np.asarray(group.coefficients, np.float64)
        if group.lower is not None:
            rows.append(coefficients)
            least.append(group.lower)
        if group.upper is not None:
            rows.append(-coefficients)
            least.append(-group.upper)
    at_least = np.array(rows) if rows else np.zeros((0, size))
    return np.ones((1, size)), np.ones(1), at_least, np.array(least, dtype=np.float64)
