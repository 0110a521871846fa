"""VaR and CVaR of normally distributed returns, in closed form."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from daybook.risk.measures.arrays import vector
from daybook.risk.measures.errors import MeasureError, check_alpha
from daybook.risk.measures.tail import Tail


def standard_quantile(alpha: float) -> float:
    """Return the alpha quantile of a standard normal."""
    check_alpha(alpha)
    return float(special.ndtri(alpha))


def standard_shortfall(alpha: float) -> float:
    """Return E[Z | Z beyond its alpha quantile] = phi(z) / (1 - alpha) of a standard normal."""
    quantile = standard_quantile(alpha)
    return math.exp(-(quantile**2) / 2) / math.sqrt(2 * math.pi) / (1 - alpha)


def normal_tail(alpha: float, sd: float, mean: float = 0.0, value: float = 1.0, periods: float = 1.0) -> Tail:
    """Return VaR and CVaR of ``value`` invested, its return a period normal with this mean and sd.

    Over several independent periods the mean grows with them and the sd with their square root; returns of periods
    add up (no compounding). Positive numbers are losses, in the unit of ``value``.

    Raises:
        MeasureError: for an alpha outside 0 and 1, a negative sd or value, or no time.
    """
    z, shortfall = standard_quantile(alpha), standard_shortfall(alpha)
    if not (sd >= 0 and math.isfinite(sd)):
        raise MeasureError(f"sd must be 0 or above, not {sd:g}")
    if not periods > 0:
        raise MeasureError(f"periods must be above 0, not {periods:g}")
    spread, drift = sd * math.sqrt(periods), mean * periods
    return Tail(value * (z * spread - drift), value * (shortfall * spread - drift))


def lognormal_tail(alpha: float, sd: float, mean: float = 0.0, value: float = 1.0, periods: float = 1.0) -> Tail:
    """Return VaR and CVaR of ``value`` invested whose log return a period is normal with this mean and sd.

    Losses end at ``value``: VaR = value (1 - exp(m - z s)) and
    CVaR = value (1 - exp(m + s^2 / 2) Phi(-z - s) / (1 - alpha)).

    Raises:
        MeasureError: as :func:`normal_tail`.
    """
    plain = normal_tail(alpha, sd, mean, 1.0, periods)
    spread, drift = sd * math.sqrt(periods), mean * periods
    below = float(special.ndtr(-standard_quantile(alpha) - spread)) / (1 - alpha)
    return Tail(-value * math.expm1(-plain.var), value * (1 - math.exp(drift + spread**2 / 2) * below))


def cornish_fisher_var(
    alpha: float, sd: float, skew: float, kurtosis: float, mean: float = 0.0, value: float = 1.0
) -> float:
    """Return the modified VaR of returns with this skew and kurtosis (3 for a normal), by Cornish and Fisher's series.

    Raises:
        MeasureError: for an alpha outside 0 and 1 or a negative sd.
    """
    z = standard_quantile(1 - alpha)
    excess = kurtosis - 3
    adjusted = z + (z**2 - 1) * skew / 6 + (z**3 - 3 * z) * excess / 24 - (2 * z**3 - 5 * z) * skew**2 / 36
    if not (sd >= 0 and math.isfinite(sd)):
        raise MeasureError(f"sd must be 0 or above, not {sd:g}")
    return -value * (mean + adjusted * sd)


def portfolio_sd(positions: ArrayLike, sds: ArrayLike, correlation: ArrayLike) -> float:
    """Return the sd of a portfolio in the unit of its positions.

    Parameters
    ----------
    positions : vector
        What is held of each, negative for a short.
    sds : vector
        Standard deviation of each one's return.
    correlation : number or matrix
        A matrix, or one number for every pair.

    Raises
    ------
    MeasureError
        Where shapes do not agree or the correlations are those of no distribution.
    """
    exposure = vector("positions", positions) * vector("sds", sds)
    matrix = np.asarray(correlation, dtype=np.float64)
    if matrix.ndim == 0:
        matrix = np.where(np.eye(exposure.size, dtype=bool), 1.0, float(matrix))
    if matrix.shape != (exposure.size, exposure.size):
        raise MeasureError(f"correlation must be {exposure.size} by {exposure.size}, not of shape {matrix.shape}")
    if not np.allclose(matrix, matrix.T) or not np.allclose(np.diag(matrix), 1) or float(np.abs(matrix).max()) > 1:
        raise MeasureError("correlation must be symmetric, 1 on its diagonal and within -1 and 1")
    if float(np.linalg.eigvalsh(matrix).min()) < -1e-9:
        raise MeasureError("correlation is that of no distribution: it has a negative eigenvalue")
    return math.sqrt(max(0.0, float((exposure[:, None] * matrix * exposure).sum())))
