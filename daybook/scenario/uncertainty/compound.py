"""The loss of a year: a Poisson number of events, each of an uncertain magnitude, added up.

The count of events and their magnitudes are not multiplied (one frequency times one magnitude): a year with one event
in ten and a magnitude of 100,000 to 1,000,000 has an sd of 163,000, the product one of 32,000.

Mean and variance are exact: rate E[X] and rate E[X^2]. Tails come from the transform of the magnitude on a lattice up
to the threshold: sums at or below a threshold never hold a magnitude above it, so cutting the lattice there is exact.
Mass between two points of the lattice is shared so that its mean stays (Gerber 1982); an exponential tilt keeps the
transform's wrap-around below 1e-10 (Grübel and Hermesmeier 1999). Fixed magnitudes make steps, which are added up.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from daybook.contracts.scenario import LogNormal90, Pert
from daybook.scenario.arrays import FloatArray
from daybook.scenario.uncertainty.errors import UncertaintyError
from daybook.scenario.uncertainty.fixed_sums import SAME, fixed_sums
from daybook.scenario.uncertainty.magnitude import Distribution, distribution_of

MIN_CELLS = 8_192
MAX_CELLS = 2**18
"""Cells between 0 and a threshold: enough that a magnitude spans some. A tail's error falls with their square."""

_ROUNDING = 1e-12
_CELLS_A_MAGNITUDE = 16
_TILT = 6.0
"""Over four lattices the wrap-around is damped by exp(-24); rounding grows by exp(6) only."""


@dataclass(frozen=True)
class AnnualLoss:
    """A sum of independent compound Poisson losses; magnitudes must not be negative."""

    rates: tuple[float, ...]
    """Events in the period, one a kind of event."""
    magnitudes: tuple[Distribution, ...]

    @property
    def rate(self) -> float:
        """Events of all kinds in the period."""
        return math.fsum(self.rates)

    @property
    def mean(self) -> float:
        """The expected loss of the period (annualised loss expectancy)."""
        return math.fsum(rate * size.mean for rate, size in zip(self.rates, self.magnitudes, strict=True))

    @property
    def sd(self) -> float:
        """The standard deviation of the period's loss."""
        squares = (rate * (size.sd**2 + size.mean**2) for rate, size in zip(self.rates, self.magnitudes, strict=True))
        return math.sqrt(math.fsum(squares))

    def exceedance(self, thresholds: ArrayLike) -> FloatArray:
        """Return P(loss > threshold) for thresholds in the unit of the magnitudes, in their shape."""
        values = np.asarray(thresholds, dtype=np.float64)
        flat = [self._exceedance(float(value)) for value in values.ravel()]
        return np.asarray(flat, dtype=np.float64).reshape(values.shape)

    def value_at_risk(self, alpha: float) -> float:
        """Return the alpha quantile of the period's loss; 0 where no event is likely enough.

        Raises:
            UncertaintyError: for an alpha outside 0 and 1.
        """
        if not 0 < alpha < 1:
            raise UncertaintyError("alpha", f"must lie between 0 and 1, not {alpha:g}")
        if self._exceedance(0.0) <= 1 - alpha:
            return 0.0
        low, high = 1e-12 * self.mean, max(self.mean, self.sd)
        while self._exceedance(high) > 1 - alpha:
            high *= 2
        if not self._spread and (sums := fixed_sums(self._fixed, high)) is not None:
            reached = np.cumsum(list(sums.values()))
            return list(sums)[int(np.searchsorted(reached, alpha - _ROUNDING))]
        return float(optimize.brentq(lambda at: self._exceedance(at) - (1 - alpha), low, high, rtol=1e-10))

    def conditional_value_at_risk(self, alpha: float) -> float:
        """Return the mean of the worst 1 - alpha of years; raises as :meth:`value_at_risk`."""
        quantile = self.value_at_risk(alpha)
        if quantile == 0:
            return self.mean / (1 - alpha)
        sums = None if self._spread else fixed_sums(self._fixed, quantile)
        if sums is None:
            mass = self._lattice(quantile)
            short = float((mass * np.linspace(quantile, 0.0, mass.size)).sum())
        else:
            short = math.fsum(chance * max(0.0, quantile - total) for total, chance in sums.items())
        excess = self.mean - quantile + short
        return quantile + max(0.0, excess) / (1 - alpha)

    def _exceedance(self, threshold: float) -> float:
        if threshold < 0:
            return 1.0
        if threshold == 0:
            at_zero = (rate * float(size.distribution(0.0)) for rate, size in self._kinds())
            return -math.expm1(math.fsum(at_zero) - self.rate)
        sums = fixed_sums(self._fixed, threshold)
        if sums is not None and not self._spread:
            return min(1.0, max(0.0, 1 - math.fsum(sums.values())))
        at_it = math.fsum(
            chance for total, chance in (sums or {}).items() if abs(total - threshold) <= SAME * threshold
        )
        step = at_it * math.exp(-math.fsum(rate for rate, _ in self._spread))
        mass = self._lattice(threshold)
        return min(1.0, max(0.0, 1 - float(mass[:-1].sum()) - float(mass[-1]) / 2 - step / 2))

    def _lattice(self, threshold: float) -> FloatArray:
        """Return the mass of the sum at points 0 to the threshold, all as far apart, both ends included."""
        smallest = min((size.mean for rate, size in self._kinds() if rate > 0 and size.mean > 0), default=threshold)
        wanted = 2 ** math.ceil(math.log2(max(1.0, _CELLS_A_MAGNITUDE * threshold / smallest)))
        cells = min(MAX_CELLS, max(MIN_CELLS, wanted))
        points = np.arange(cells + 2) * (threshold / cells)
        events = np.zeros(cells + 1)
        for rate, size in self._kinds():
            slopes = np.diff(size.limited_mean(points)) / (threshold / cells)
            events += rate * np.maximum(-np.diff(slopes, prepend=1.0), 0.0)
        tilt = np.exp(-_TILT / cells * np.arange(cells + 1))
        transform = np.fft.rfft(events * tilt, 4 * cells)
        summed = np.fft.irfft(np.exp(transform - self.rate), 4 * cells)[: cells + 1]
        return np.asarray(np.maximum(summed / tilt, 0.0), dtype=np.float64)

    @property
    def _fixed(self) -> list[tuple[float, float]]:
        """Rates and magnitudes of the kinds of event whose magnitude is one number above 0."""
        return [(rate, size.mean) for rate, size in self._kinds() if rate > 0 and size.sd == 0 and size.mean > 0]

    @property
    def _spread(self) -> list[tuple[float, Distribution]]:
        """The kinds of event whose magnitude is uncertain."""
        return [(rate, size) for rate, size in self._kinds() if rate > 0 and size.sd > 0]

    def _kinds(self) -> list[tuple[float, Distribution]]:
        return list(zip(self.rates, self.magnitudes, strict=True))


def annual_loss(events: Sequence[tuple[float, Pert | LogNormal90 | Distribution]]) -> AnnualLoss:
    """Return the loss of a period with these (rate, magnitude) pairs.

    Raises:
        UncertaintyError: without any pair, for a rate that is negative or not finite, or a magnitude that can be
            negative.
    """
    if not events:
        raise UncertaintyError("events", "at least one kind of event is needed")
    sizes = []
    for rate, magnitude in events:
        if not (rate >= 0 and math.isfinite(rate)):
            raise UncertaintyError("rate", f"must be 0 or above, not {rate:g}")
        size = distribution_of(magnitude) if isinstance(magnitude, Pert | LogNormal90) else magnitude
        if float(size.quantile(0.0)) < 0:
            raise UncertaintyError("magnitude", "a loss must not be negative", "give losses as positive numbers")
        sizes.append(size)
    return AnnualLoss(tuple(float(rate) for rate, _ in events), tuple(sizes))
