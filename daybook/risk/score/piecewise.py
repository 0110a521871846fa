"""Piecewise-linear functions that never fall, not even by a rounding error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.score.errors import ScoreReferenceError
from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class MonotoneTable:
    """A non-decreasing function through ``(x_i, y_i)``, constant outside; ``x`` rises strictly, ``y`` never falls.

    Raises ScoreReferenceError when the points are fewer than two, not finite, or out of order.
    """

    x: FloatArray
    y: FloatArray

    def __post_init__(self) -> None:
        if self.x.ndim != 1 or self.x.shape != self.y.shape or len(self.x) < 2:
            raise ScoreReferenceError("a table needs two or more points, as many x as y")
        if not (np.isfinite(self.x).all() and np.isfinite(self.y).all()):
            raise ScoreReferenceError("a table's points must be finite")
        if not (np.diff(self.x) > 0).all() or not (np.diff(self.y) >= 0).all():
            raise ScoreReferenceError("a table's x must rise strictly and its y must never fall")

    @classmethod
    def of(cls, x: Sequence[float], y: Sequence[float]) -> "MonotoneTable":
        """Return the table through these points."""
        return cls(np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64))

    def __call__(self, at: ArrayLike) -> FloatArray:
        """Return the function at any shape of ``at``; nan stays nan, infinities meet the ends.

        Rounded products of a segment's slope can leave the segment by one unit in the last place, so values are
        clipped to its ends: a greater ``at`` never gives a smaller value.
        """
        values = np.asarray(at, dtype=np.float64)
        known = np.clip(np.where(np.isnan(values), self.x[0], values), self.x[0], self.x[-1])
        left = np.clip(np.searchsorted(self.x, known, side="right") - 1, 0, len(self.x) - 2)
        low, high = self.y[left], self.y[left + 1]
        share = (known - self.x[left]) / (self.x[left + 1] - self.x[left])
        result = np.where(known == self.x[-1], self.y[-1], np.clip(low + share * (high - low), low, high))
        return np.where(np.isnan(values), np.nan, result)


def quantile_table(sample: FloatArray, shares: FloatArray) -> MonotoneTable:
    """Return the empirical distribution function of a sample, linear between its quantiles at ``shares``.

    Where many shares meet one value the lowest stands, so that a value at the bottom is at percentile 0. Raises
    ScoreReferenceError when the sample holds fewer than two distinct quantiles.
    """
    finite = sample[np.isfinite(sample)]
    if not len(finite):
        raise ScoreReferenceError("a quantile table needs values, and none is finite")
    values, first = np.unique(np.quantile(finite, shares), return_index=True)
    percentiles = shares[first].copy()
    percentiles[-1] = 1.0
    return MonotoneTable(values, percentiles)
