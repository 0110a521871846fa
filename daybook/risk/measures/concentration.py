"""How concentrated a portfolio is."""

from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import vector
from daybook.risk.measures.errors import MeasureError


def herfindahl_index(weights: ArrayLike) -> float:
    """Return the Herfindahl-Hirschman index: the sum of squared shares, 1 / n for n equal ones, 1 for a single one.

    Weights are scaled to sum to 1, so amounts may be given.

    Raises:
        MeasureError: for a negative weight or none above 0.
    """
    held = vector("weights", weights)
    if (held < 0).any() or float(held.sum()) <= 0:
        raise MeasureError("weights must not be negative and not all 0")
    shares = held / held.sum()
    return float((shares**2).sum())


def effective_number(weights: ArrayLike) -> float:
    """Return how many equal positions would be as concentrated: 1 / HHI. Raises as :func:`herfindahl_index`."""
    return 1 / herfindahl_index(weights)
