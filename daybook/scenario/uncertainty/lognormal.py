"""The lognormal distribution told by its 5 % and 95 % quantiles, as people who know an interval tell it.

mu = (ln low + ln high) / 2 and sigma = (ln high - ln low) / (2 * 1.6449), exactly; the round 3.29 is the same number.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from daybook.scenario.arrays import FloatArray
from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.pert import checked_probabilities

NORMAL_95 = 1.6448536269514722
"""The 95 % quantile of the standard normal distribution."""


@dataclass(frozen=True)
class LogNormal:
    """``exp(mu + sigma Z)``; a single point where sigma is 0."""

    mu: float
    sigma: float

    @property
    def mean(self) -> float:
        """The expectation."""
        return math.exp(self.mu + self.sigma**2 / 2)

    @property
    def second_moment(self) -> float:
        """E[X^2]."""
        return math.exp(2 * self.mu + 2 * self.sigma**2)

    @property
    def sd(self) -> float:
        """The standard deviation."""
        return self.mean * math.sqrt(math.expm1(self.sigma**2))

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Return quantiles at probabilities in [0, 1], in their shape; 1 gives infinity unless sigma is 0."""
        uniform = checked_probabilities(probability)
        if self.sigma == 0:
            return np.full(uniform.shape, math.exp(self.mu))
        return np.asarray(np.exp(self.mu + self.sigma * special.ndtri(uniform)), dtype=np.float64)

    def distribution(self, value: ArrayLike) -> FloatArray:
        """Return P(X <= value), in the shape of the values."""
        at = np.asarray(value, dtype=np.float64)
        if self.sigma == 0:
            return np.where(at >= math.exp(self.mu), 1.0, 0.0)
        safe = np.where(at > 0, at, 1.0)
        return np.where(at > 0, special.ndtr((np.log(safe) - self.mu) / self.sigma), 0.0)

    def limited_mean(self, limit: ArrayLike) -> FloatArray:
        """Return E[min(X, limit)], in the shape of the limits."""
        at = np.asarray(limit, dtype=np.float64)
        if self.sigma == 0:
            return np.minimum(at, math.exp(self.mu))
        score = (np.log(np.where(at > 0, at, 1.0)) - self.mu) / self.sigma
        whole = self.mean * special.ndtr(score - self.sigma) + at * special.ndtr(-score)
        return np.where(at > 0, whole, at)


def from_interval(low: float, high: float) -> LogNormal:
    """Return the lognormal with these 5 % and 95 % quantiles.

    Raises:
        UncertaintyError: unless 0 < low <= high, both finite.
    """
    if not (0 < low <= high and math.isfinite(high)):
        raise UncertaintyError("low", f"a lognormal interval needs 0 < low <= high, not {low:g}, {high:g}")
    return LogNormal((math.log(low) + math.log(high)) / 2, (math.log(high) - math.log(low)) / (2 * NORMAL_95))
