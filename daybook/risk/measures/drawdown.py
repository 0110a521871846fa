"""Falls from the highest level so far, as shares of it."""

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import FloatArray, vector
from daybook.risk.measures.errors import MeasureError


def drawdowns(prices: ArrayLike) -> FloatArray:
    """Return 1 - price / highest so far at each moment, (T,), within 0 and 1.

    Raises:
        MeasureError: for prices that are empty, not finite or not above 0.
    """
    levels = vector("prices", prices)
    if (levels <= 0).any():
        raise MeasureError("prices must be above 0")
    return np.asarray(1 - levels / np.maximum.accumulate(levels), dtype=np.float64)


def max_drawdown(prices: ArrayLike) -> float:
    """Return the largest fall from a peak, a share of the peak; raises as :func:`drawdowns`."""
    return float(drawdowns(prices).max())


def max_drawdown_of_returns(returns: ArrayLike) -> float:
    """Return the largest fall of one won put into simple returns and compounded; the start counts as a peak.

    Raises:
        MeasureError: for returns that are empty, not finite or at or below -1.
    """
    return float(drawdowns_of_returns(returns).max())


def drawdowns_of_returns(returns: ArrayLike, *, compounded: bool = True) -> FloatArray:
    """Return the drawdown after each return, (T,): a share of the peak, or the gap of summed returns to their peak.

    Raises:
        MeasureError: for returns that are empty, not finite or, compounded, at or below -1.
    """
    series = vector("returns", returns)
    if not compounded:
        total = np.cumsum(series)
        return np.asarray(np.maximum.accumulate(np.maximum(total, 0.0)) - total, dtype=np.float64)
    if (series <= -1).any():
        raise MeasureError("returns must be above -1")
    return drawdowns(np.concatenate(([1.0], np.cumprod(1 + series))))[1:]


def ulcer_index(falls: ArrayLike) -> float:
    """Return the root mean square of drawdowns."""
    return float(np.sqrt((vector("falls", falls) ** 2).mean()))
