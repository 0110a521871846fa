"""Standard errors of what a simulation estimates.

For independent scenarios: the mean's is the usual one, CVaR's follows from its influence function
q + (L - q)+ / (1 - alpha) (Trindade, Uryasev, Shapiro and Zrazhevsky 2007), VaR's from the order statistics one
binomial standard deviation either side of the quantile, which needs no density. Scenarios that are not independent
(quasi-random points, stratified ones) are judged by :func:`of_blocks`.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import FloatArray, probabilities_of, vector
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.tail import tail


@dataclass(frozen=True)
class Estimated:
    """An estimate and its standard error, in the unit of the data."""

    value: float
    standard_error: float


def mean(values: ArrayLike, probabilities: ArrayLike | None = None) -> Estimated:
    """Return the mean of values; raises ``MeasureError`` for fewer than two."""
    series = vector("values", values)
    weights = probabilities_of(probabilities, _enough(series.size))
    expected = float((weights * series).sum())
    return Estimated(expected, _spread(weights, series - expected))


def proportion(happened: ArrayLike, probabilities: ArrayLike | None = None) -> Estimated:
    """Return how often something happened, from 0 and 1 (or False and True).

    Where it never or always happened in n scenarios the standard error is that of one happening: at most 1 / n.
    """
    estimate = mean(np.asarray(happened, dtype=np.float64), probabilities)
    if estimate.standard_error == 0:
        return Estimated(estimate.value, 1 / np.asarray(happened).size)
    return estimate


def cvar(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> Estimated:
    """Return CVaR of losses; raises ``MeasureError`` for fewer than two or an alpha outside 0 and 1."""
    series = vector("losses", losses)
    weights = probabilities_of(probabilities, _enough(series.size))
    found = tail(series, alpha, probabilities)
    influence = np.maximum(series - found.var, 0.0) / (1 - alpha)
    return Estimated(found.cvar, _spread(weights, influence - float((weights * influence).sum())))


def var(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> Estimated:
    """Return VaR of losses; raises ``MeasureError`` for fewer than two or an alpha outside 0 and 1."""
    series = vector("losses", losses)
    weights = probabilities_of(probabilities, _enough(series.size))
    quantile = tail(series, alpha, probabilities).var
    effective = 1 / float((weights**2).sum())
    step = math.sqrt(alpha * (1 - alpha) / effective)
    order = np.argsort(series, kind="stable")
    reached = np.cumsum(weights[order])
    last = series.size - 1
    low = series[order[min(int(np.searchsorted(reached, alpha - step)), last)]]
    high = series[order[min(int(np.searchsorted(reached, alpha + step)), last)]]
    return Estimated(quantile, float(high - low) / 2)


def of_blocks(estimates: ArrayLike) -> Estimated:
    """Return the mean of estimates from independent blocks (seeds, randomisations) and its standard error.

    Raises:
        MeasureError: for fewer than two blocks.
    """
    series = vector("estimates", estimates)
    _enough(series.size)
    return Estimated(float(series.mean()), float(series.std(ddof=1)) / math.sqrt(series.size))


def _spread(weights: FloatArray, centred: FloatArray) -> float:
    """Return the standard error of a weighted mean; for equal weights it is sd / sqrt(n) with sd over n - 1."""
    squares = float((weights**2).sum())
    correction = 1 / (1 - squares) if squares < 1 else 1.0
    return math.sqrt(float((weights**2 * centred**2).sum()) * correction)


def _enough(count: int) -> int:
    if count < 2:
        raise MeasureError("a standard error needs two scenarios or more")
    return count
