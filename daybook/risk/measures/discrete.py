"""Discrete distributions of losses and the sums of independent ones."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import FloatArray, probabilities_of, vector
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.tail import Tail, tail

MAX_ATOMS = 2_000_000
"""Sums with more atoms than this are refused rather than left to fill the memory."""


@dataclass(frozen=True)
class DiscreteLoss:
    """A loss that takes finitely many values, ascending and distinct, with their probabilities."""

    losses: FloatArray
    probabilities: FloatArray

    def tail(self, alpha: float) -> Tail:
        """Return VaR and CVaR, the atom at the quantile split."""
        return tail(self.losses, alpha, self.probabilities)

    @property
    def mean(self) -> float:
        """The expectation."""
        return float((self.losses * self.probabilities).sum())

    @property
    def sd(self) -> float:
        """The standard deviation."""
        return float(np.sqrt(((self.losses - self.mean) ** 2 * self.probabilities).sum()))

    def plus(self, other: "DiscreteLoss") -> "DiscreteLoss":
        """Return the distribution of the sum with an independent loss.

        Raises:
            MeasureError: where it would have more than :data:`MAX_ATOMS` atoms before equal ones are joined.
        """
        if self.losses.size * other.losses.size > MAX_ATOMS:
            raise MeasureError(f"losses: the sum has more than {MAX_ATOMS:,} atoms; round the losses or take fewer")
        sums = np.add.outer(self.losses, other.losses).ravel()
        return _joined(sums, np.multiply.outer(self.probabilities, other.probabilities).ravel())

    def copies(self, count: int) -> "DiscreteLoss":
        """Return the distribution of the sum of ``count`` independent copies, by repeated doubling.

        Raises:
            MeasureError: for a count below 1, and as :meth:`plus`.
        """
        if count < 1:
            raise MeasureError(f"count must be 1 or more, not {count}")
        doubled, total = self, None
        while True:
            if count & 1:
                total = doubled if total is None else total.plus(doubled)
            count >>= 1
            if total is not None and not count:
                return total
            doubled = doubled.plus(doubled)


def discrete(losses: ArrayLike, probabilities: ArrayLike | None = None) -> DiscreteLoss:
    """Return the distribution of these losses, equally likely without probabilities.

    Raises:
        MeasureError: for losses that are empty or not finite, or probabilities that are none.
    """
    values = vector("losses", losses)
    return _joined(values, probabilities_of(probabilities, values.size))


def _joined(values: FloatArray, probabilities: FloatArray) -> DiscreteLoss:
    """Return the distribution with atoms joined that differ by rounding alone."""
    order = np.argsort(values, kind="stable")
    values, probabilities = values[order], probabilities[order]
    width = 1e-12 * max(1.0, float(np.abs(values).max()))
    starts = np.flatnonzero(np.concatenate(([True], np.diff(values) > width)))
    mass = np.add.reduceat(probabilities, starts)
    return DiscreteLoss(values[starts], mass / mass.sum())
