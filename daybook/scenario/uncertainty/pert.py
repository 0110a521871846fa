"""The beta-PERT distribution, in the two conventions in use, told apart by name.

* :func:`standard` - the usual one: alpha = 1 + gamma (mode - low) / (high - low), beta likewise from the top.
* :func:`fixed_sd` - pyfair's: the same mean with the standard deviation fixed at (high - low) / 6. Same mean, other
  tails; kept for comparison and never used by a scenario.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from daybook.scenario.arrays import FloatArray
from daybook.scenario.uncertainty.errors import UncertaintyError


@dataclass(frozen=True)
class ScaledBeta:
    """``low + (high - low) Beta(alpha, beta)``; a single point where low equals high."""

    low: float
    high: float
    alpha: float
    beta: float

    @property
    def mean(self) -> float:
        """The expectation."""
        return self.low + (self.high - self.low) * self.alpha / (self.alpha + self.beta)

    @property
    def sd(self) -> float:
        """The standard deviation."""
        total = self.alpha + self.beta
        return (self.high - self.low) * math.sqrt(self.alpha * self.beta / (total + 1)) / total

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Return quantiles at probabilities in [0, 1], in their shape."""
        uniform = checked_probabilities(probability)
        if self.low == self.high:
            return np.full(uniform.shape, self.low)
        unit = np.asarray(special.betaincinv(self.alpha, self.beta, uniform), dtype=np.float64)
        return np.clip(self.low + (self.high - self.low) * unit, self.low, self.high)

    def distribution(self, value: ArrayLike) -> FloatArray:
        """Return P(X <= value), in the shape of the values."""
        at = np.asarray(value, dtype=np.float64)
        if self.low == self.high:
            return np.where(at >= self.low, 1.0, 0.0)
        unit = np.clip((at - self.low) / (self.high - self.low), 0.0, 1.0)
        return np.asarray(special.betainc(self.alpha, self.beta, unit), dtype=np.float64)

    def limited_mean(self, limit: ArrayLike) -> FloatArray:
        """Return E[min(X, limit)], in the shape of the limits."""
        at = np.asarray(limit, dtype=np.float64)
        if self.low == self.high:
            return np.minimum(at, self.low)
        width = self.high - self.low
        unit = np.clip((at - self.low) / width, 0.0, 1.0)
        below = self.alpha / (self.alpha + self.beta) * special.betainc(self.alpha + 1, self.beta, unit)
        above = unit * (1 - special.betainc(self.alpha, self.beta, unit))
        return np.asarray(np.minimum(at, self.low + width * (below + above)), dtype=np.float64)


def standard(low: float, mode: float, high: float, gamma: float = 4.0) -> ScaledBeta:
    """Return the usual beta-PERT; its mean is (low + gamma mode + high) / (gamma + 2).

    Raises:
        UncertaintyError: unless low <= mode <= high, all finite, and gamma > 0.
    """
    _check(low, mode, high)
    if not (math.isfinite(gamma) and gamma > 0):
        raise UncertaintyError("gamma", f"must be above 0, not {gamma:g}")
    if low == high:
        return ScaledBeta(low, high, 1.0, 1.0)
    width = high - low
    return ScaledBeta(low, high, 1 + gamma * (mode - low) / width, 1 + gamma * (high - mode) / width)


def fixed_sd(low: float, mode: float, high: float, gamma: float = 4.0) -> ScaledBeta:
    """Return the beta with PERT's mean and sd (high - low) / (gamma + 2); pyfair's convention with gamma 4.

    Raises:
        UncertaintyError: unless low <= mode <= high, all finite, and the shape such an sd asks for exists.
    """
    _check(low, mode, high)
    if not (math.isfinite(gamma) and gamma > 0):
        raise UncertaintyError("gamma", f"must be above 0, not {gamma:g}")
    if low == high:
        return ScaledBeta(low, high, 1.0, 1.0)
    share = ((low + gamma * mode + high) / (gamma + 2) - low) / (high - low)
    total = share * (1 - share) * (gamma + 2) ** 2 - 1
    if total <= 0:
        raise UncertaintyError(
            "mode",
            f"no beta distribution on {low:g} to {high:g} has the mean of mode {mode:g} and that sd",
            "use standard",
        )
    return ScaledBeta(low, high, share * total, (1 - share) * total)


def checked_probabilities(probability: ArrayLike) -> FloatArray:
    """Return probabilities as an array.

    Raises:
        UncertaintyError: where one lies outside [0, 1] or is no number.
    """
    uniform = np.asarray(probability, dtype=np.float64)
    if uniform.size and not bool(np.all((uniform >= 0) & (uniform <= 1))):
        raise UncertaintyError("probability", "one lies outside 0 and 1")
    return uniform


def _check(low: float, mode: float, high: float) -> None:
    if not (math.isfinite(low) and math.isfinite(high) and low <= mode <= high):
        raise UncertaintyError("mode", f"low <= mode <= high is needed, not {low:g}, {mode:g}, {high:g}")
