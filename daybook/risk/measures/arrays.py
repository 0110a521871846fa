"""Arrays of numbers as the measures take them."""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from daybook.risk.measures.errors import MeasureError

FloatArray = NDArray[np.float64]


def vector(name: str, values: ArrayLike) -> FloatArray:
    """Return a non-empty vector of finite numbers.

    Raises:
        MeasureError: where it is empty, no vector, or holds something that is not finite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or array.size == 0:
        raise MeasureError(f"{name} must be a vector of at least one number, not of shape {array.shape}")
    if not np.isfinite(array).all():
        raise MeasureError(f"{name} holds a number that is not finite")
    return array


def probabilities_of(probabilities: ArrayLike | None, count: int) -> FloatArray:
    """Return the probabilities of ``count`` outcomes, equal ones where None is given; they sum to 1.

    Raises:
        MeasureError: for another count, a negative one, or a sum further than 1e-9 from 1.
    """
    if probabilities is None:
        return np.full(count, 1.0 / count)
    array = vector("probabilities", probabilities)
    if array.size != count:
        raise MeasureError(f"probabilities must be {count}, one an outcome, not {array.size}")
    if (array < 0).any() or abs(float(array.sum()) - 1) > 1e-9:
        raise MeasureError(f"probabilities must not be negative and sum to 1, not {float(array.sum()):.12g}")
    return np.asarray(array / array.sum(), dtype=np.float64)
