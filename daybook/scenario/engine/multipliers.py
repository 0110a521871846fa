"""Multipliers of limits by bounded least squares."""

import numpy as np
from scipy.optimize import lsq_linear

from daybook.scenario.arrays import FloatArray


def bounded_fit(matrix: FloatArray, target: FloatArray, lower: FloatArray) -> FloatArray:
    """Return the least squares solution at least ``lower``; zeros where none is found.

    Degenerate conditions make the solver multiply infinity by zero on its way. Zeros certify less, so that more
    choices are solved exactly.
    """
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        try:
            found = np.asarray(lsq_linear(matrix, target, bounds=(lower, np.inf)).x, dtype=np.float64)
        except np.linalg.LinAlgError:
            return np.zeros(matrix.shape[1])
    return found if bool(np.isfinite(found).all()) else np.zeros(matrix.shape[1])
