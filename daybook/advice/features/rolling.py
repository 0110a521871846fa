"""Windows over the latest sessions of each symbol; row t uses rows up to t only."""

import numpy as np

from daybook.advice.arrays import FloatArray


def lagged(values: FloatArray, sessions: int) -> FloatArray:
    """Return the values of ``sessions`` earlier; nan before there were any."""
    if sessions == 0:
        return values
    result = np.full_like(values, np.nan)
    result[sessions:] = values[:-sessions]
    return result


def window_counts(values: FloatArray, sessions: int) -> FloatArray:
    """Return how many of the latest ``sessions`` rows are known."""
    return _window(np.isfinite(values).astype(np.float64), sessions)


def window_mean(values: FloatArray, sessions: int, min_count: int) -> FloatArray:
    """Return the mean of the latest known rows; nan with fewer than ``min_count``."""
    count = window_counts(values, sessions)
    total = _window(np.where(np.isfinite(values), values, 0.0), sessions)
    return np.where(count >= min_count, total / np.maximum(count, 1), np.nan)


def window_deviation(values: FloatArray, sessions: int, min_count: int) -> FloatArray:
    """Return the sample standard deviation of the latest known rows; nan with fewer than ``min_count`` or no spread."""
    count = window_counts(values, sessions)
    clean = np.where(np.isfinite(values), values, 0.0)
    mean = _window(clean, sessions) / np.maximum(count, 1)
    square = _window(clean * clean, sessions) / np.maximum(count, 1)
    variance = np.maximum(square - mean * mean, 0.0) * count / np.maximum(count - 1, 1)
    return np.where((count >= max(min_count, 2)) & (variance > 1e-12), np.sqrt(variance), np.nan)


def window_maximum(values: FloatArray, sessions: int, min_count: int) -> FloatArray:
    """Return the largest of the latest known rows; nan with fewer than ``min_count``."""
    lowest = np.where(np.isfinite(values), values, -np.inf)
    best, span = lowest.copy(), 1
    while span < sessions:
        step = min(span, sessions - span)
        wider = best.copy()
        wider[step:] = np.maximum(best[step:], best[:-step])
        best, span = wider, span + step
    return np.where(window_counts(values, sessions) >= min_count, best, np.nan)


def _window(values: FloatArray, sessions: int) -> FloatArray:
    total = np.cumsum(values, axis=0)
    result = total.copy()
    result[sessions:] -= total[:-sessions]
    return result
