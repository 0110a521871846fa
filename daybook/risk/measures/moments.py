"""Moments of a series of returns, by the conventions risk reports use."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import vector
from daybook.risk.measures.errors import MeasureError


@dataclass(frozen=True)
class Moments:
    """Moments of returns. ``sd`` divides by n - 1; skew and kurtosis are of the population, kurtosis not in excess."""

    mean: float
    sd: float
    skew: float
    kurtosis: float
    worst: float
    """The largest loss, positive."""
    mean_absolute_deviation: float
    semi_deviation: float
    """Root of the sum of squares below the mean over n - 1."""


def moments(returns: ArrayLike) -> Moments:
    """Return the moments of returns.

    Raises:
        MeasureError: for fewer than two returns, or returns that do not vary.
    """
    series = vector("returns", returns)
    if series.size < 2:
        raise MeasureError("returns must be two or more")
    centred = series - series.mean()
    second = float((centred**2).mean())
    if second == 0:
        raise MeasureError("returns do not vary, so they have no skew")
    return Moments(
        mean=float(series.mean()),
        sd=(second * series.size / (series.size - 1)) ** 0.5,
        skew=float((centred**3).mean()) / second**1.5,
        kurtosis=float((centred**4).mean()) / second**2,
        worst=-float(series.min()),
        mean_absolute_deviation=float(np.abs(centred).mean()),
        semi_deviation=float(((np.minimum(centred, 0.0) ** 2).sum() / (series.size - 1)) ** 0.5),
    )
