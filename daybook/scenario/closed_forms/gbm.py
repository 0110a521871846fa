"""Geometric Brownian motion: ``S_T = S_0 exp((mu - sigma^2 / 2) T + sigma W_T)``; rates a year, T in years."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import special

from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class Gbm:
    """The terminal price of a geometric Brownian motion."""

    spot: float
    drift: float
    volatility: float
    years: float

    @property
    def log_mean(self) -> float:
        """The mean of the log return."""
        return (self.drift - self.volatility**2 / 2) * self.years

    @property
    def log_variance(self) -> float:
        """The variance of the log return."""
        return self.volatility**2 * self.years

    @property
    def mean(self) -> float:
        """The mean of the terminal price."""
        return self.spot * math.exp(self.drift * self.years)

    @property
    def variance(self) -> float:
        """The variance of the terminal price."""
        return self.mean**2 * math.expm1(self.log_variance)

    def quantile(self, probability: ArrayLike) -> FloatArray:
        """Return quantiles of the terminal price."""
        score = special.ndtri(np.asarray(probability, dtype=np.float64))
        return np.asarray(self.spot * np.exp(self.log_mean + math.sqrt(self.log_variance) * score), dtype=np.float64)

    def distribution(self, price: ArrayLike) -> FloatArray:
        """Return P(S_T <= price) for prices above 0."""
        logs = np.log(np.asarray(price, dtype=np.float64) / self.spot)
        return np.asarray(special.ndtr((logs - self.log_mean) / math.sqrt(self.log_variance)), dtype=np.float64)

    def expected_shortfall_log(self, alpha: float) -> float:
        """Return the mean of -log return in its worst 1 - alpha."""
        score = float(special.ndtri(alpha))
        tail = math.exp(-(score**2) / 2) / math.sqrt(2 * math.pi) / (1 - alpha)
        return math.sqrt(self.log_variance) * tail - self.log_mean

    def chance_of_touching(self, barrier: float) -> float:
        """Return P(the price is at the barrier at some time), below or above today's, by the reflection principle.

        The price is watched all the time; watched ``n`` times only it touches as one watched all the time touches a
        barrier further away by exp(0.5826 sigma sqrt(T / n)) (Broadie, Glasserman and Kou 1997).

        Raises:
            ValueError: for a barrier that is not above 0.
        """
        if not barrier > 0:
            raise ValueError(f"barrier must be above 0, not {barrier:g}")
        away = math.log(barrier / self.spot)
        if away == 0:
            return 1.0
        sign = 1.0 if away < 0 else -1.0
        spread = math.sqrt(self.log_variance)
        beyond = special.ndtr(sign * (away - self.log_mean) / spread)
        back = special.log_ndtr(sign * (away + self.log_mean) / spread)
        return float(beyond + math.exp(2 * self.log_mean * away / self.log_variance + float(back)))
