"""Merton's jump diffusion (1976): Brownian motion and normally distributed jumps of the log price at a Poisson rate.

The drift is compensated: ``E[S_T] = S_0 exp(mu T)`` whatever the jumps. Given the number of jumps the log return is
normal, so its distribution is a Poisson mixture of normals; its cumulants are lambda T E[J^k] beyond the Brownian part.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, special

from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class Merton:
    """The log return of a jump diffusion over ``years``; rates are a year's."""

    drift: float
    volatility: float
    jump_rate: float
    jump_mean: float
    jump_sd: float
    years: float

    @property
    def jump_growth(self) -> float:
        """E[e^J] - 1, the expected relative jump of the price."""
        return math.expm1(self.jump_mean + self.jump_sd**2 / 2)

    @property
    def continuous_mean(self) -> float:
        """The mean of the log return without jumps, the compensation taken off."""
        return (self.drift - self.volatility**2 / 2 - self.jump_rate * self.jump_growth) * self.years

    @property
    def mean(self) -> float:
        """The mean of the log return."""
        return self.continuous_mean + self.jump_rate * self.years * self.jump_mean

    @property
    def variance(self) -> float:
        """The variance of the log return."""
        jumps = self.jump_rate * (self.jump_mean**2 + self.jump_sd**2)
        return (self.volatility**2 + jumps) * self.years

    @property
    def skew(self) -> float:
        """The skew of the log return."""
        third = self.jump_mean**3 + 3 * self.jump_mean * self.jump_sd**2
        return float(self.jump_rate * self.years * third / self.variance**1.5)

    @property
    def excess_kurtosis(self) -> float:
        """The kurtosis of the log return less 3."""
        mean, sd = self.jump_mean, self.jump_sd
        return self.jump_rate * self.years * (mean**4 + 6 * mean**2 * sd**2 + 3 * sd**4) / self.variance**2

    @property
    def growth(self) -> float:
        """E[S_T] / S_0."""
        return math.exp(self.drift * self.years)

    def distribution(self, log_return: ArrayLike) -> FloatArray:
        """Return P(log return <= x)."""
        values = np.asarray(log_return, dtype=np.float64)
        weights, means, sds = self._mixture()
        chances = special.ndtr(_scores(values[..., None] - means, sds))
        return np.asarray((chances * weights).sum(axis=-1), dtype=np.float64)

    def quantile(self, probability: float) -> float:
        """Return a quantile of the log return; ``exp`` of it is that of the price over today's."""
        width = 40 * math.sqrt(self.variance)
        low, high = self.mean - width, self.mean + width
        return float(optimize.brentq(lambda at: float(self.distribution(at)) - probability, low, high, xtol=1e-14))

    def value_at_risk_log(self, alpha: float) -> float:
        """Return the negated 1 - alpha quantile of the log return."""
        return -self.quantile(1 - alpha)

    def expected_shortfall_log(self, alpha: float) -> float:
        """Return the mean of -log return in its worst 1 - alpha."""
        weights, means, sds = self._mixture()
        scores = _scores(self.quantile(1 - alpha) - means, sds)
        density = np.exp(-(scores**2) / 2) / math.sqrt(2 * math.pi)
        return -float((weights * (means * special.ndtr(scores) - sds * density)).sum()) / (1 - alpha)

    def _mixture(self) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return weights, means and sds given 0, 1, 2, ... jumps, until what is left is below 1e-16."""
        expected = self.jump_rate * self.years
        counts = np.arange(int(expected + 12 * math.sqrt(expected + 1) + 20))
        weights = np.asarray(
            np.exp(special.xlogy(counts, expected) - expected - special.gammaln(counts + 1)), dtype=np.float64
        )
        means = np.asarray(self.continuous_mean + counts * self.jump_mean, dtype=np.float64)
        sds = np.asarray(np.sqrt(self.volatility**2 * self.years + counts * self.jump_sd**2), dtype=np.float64)
        return weights, means, sds


def _scores(distances: FloatArray, sds: FloatArray) -> FloatArray:
    """Return distances in sds; where there is no spread, whether they are reached: plus or minus infinity."""
    sure = np.where(distances >= 0, np.inf, -np.inf)
    return np.divide(distances, sds, out=sure, where=np.broadcast_to(sds > 0, sure.shape))


def simulate_log_returns(model: Merton, count: int, generator: np.random.Generator) -> FloatArray:
    """Return ``count`` draws of the log return over the whole time, (count,)."""
    jumps = generator.poisson(model.jump_rate * model.years, count)
    spread = np.sqrt(model.volatility**2 * model.years + jumps * model.jump_sd**2)
    centre = model.continuous_mean + jumps * model.jump_mean
    return np.asarray(centre + spread * generator.standard_normal(count), dtype=np.float64)
