"""Who contributes what to a CVaR: Euler's split, which sums to the whole (Tasche 1999)."""

import math

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import FloatArray, vector
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.normal import standard_quantile, standard_shortfall
from daybook.risk.measures.tail import tail_weights


def cvar_contributions(component_losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> FloatArray:
    """Return each component's mean loss in the tail of their sum, (N,), from losses (S, N).

    The contributions sum to the CVaR of the row sums. Components may be positions, threats, fees or noise.

    Raises:
        MeasureError: for losses of another shape, and as :func:`daybook.risk.measures.tail.value_at_risk`.
    """
    components = np.asarray(component_losses, dtype=np.float64)
    if components.ndim != 2:
        raise MeasureError(f"component_losses must be scenarios by components, not of shape {components.shape}")
    weights = tail_weights(components.sum(axis=1), alpha, probabilities)
    worst = np.flatnonzero(weights)
    return np.asarray((weights[worst, None] * components[worst]).sum(axis=0), dtype=np.float64)


def normal_cvar_contributions(weights: ArrayLike, mean: ArrayLike, covariance: ArrayLike, alpha: float) -> FloatArray:
    """Return w_i (-mu_i + k (V w)_i / sigma) under normal returns, k the shortfall of a standard normal, (N,).

    Raises:
        MeasureError: for shapes that do not agree, or a portfolio without risk.
    """
    return _normal_contributions(weights, mean, covariance, standard_shortfall(alpha))


def normal_var_contributions(weights: ArrayLike, mean: ArrayLike, covariance: ArrayLike, alpha: float) -> FloatArray:
    """Return component VaRs under normal returns, (N,): they sum to the VaR; over the weight they are marginal VaRs.

    Raises:
        MeasureError: as :func:`normal_cvar_contributions`.
    """
    return _normal_contributions(weights, mean, covariance, standard_quantile(alpha))


def _normal_contributions(weights: ArrayLike, mean: ArrayLike, covariance: ArrayLike, multiple: float) -> FloatArray:
    held = vector("weights", weights)
    expected = vector("mean", mean)
    matrix = np.asarray(covariance, dtype=np.float64)
    if expected.size != held.size or matrix.shape != (held.size, held.size):
        raise MeasureError(f"covariance must be {held.size} by {held.size}, not of shape {matrix.shape}")
    marginal = (matrix * held).sum(axis=1)
    variance = float((held * marginal).sum())
    if variance <= 0:
        raise MeasureError("covariance gives this portfolio no variance, so no risk can be split")
    return np.asarray(held * (multiple * marginal / math.sqrt(variance) - expected), dtype=np.float64)
