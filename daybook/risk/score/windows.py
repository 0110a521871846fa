"""What one instrument's history tells in windows: each function sees the rows of its window and no later one.

A window matrix is (rows, W), oldest first, nan = not observed. Every function returns ``(value, coverage)``, both
(rows,): the value from what was observed (nan with nothing) and the share of the window that was.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from daybook.scenario.arrays import FloatArray

Measured = tuple[FloatArray, FloatArray]


def windows(series: FloatArray, size: int, rows: int) -> FloatArray:
    """Return the last ``rows`` windows (rows, size) of a series (T,); what lies before its start is nan."""
    need = rows + size - 1
    padded = series[-need:]
    if len(padded) < need:
        padded = np.concatenate([np.full(need - len(padded), np.nan), padded])
    frame: FloatArray = sliding_window_view(padded, size)
    return frame


def _ratio(total: FloatArray, mass: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(total, mass, out=np.full(len(total), np.nan), where=mass > 0)
    return ratio


def root_mean_square(frame: FloatArray, weights: FloatArray) -> Measured:
    """Return the weighted root mean square; coverage is by weight. ``weights`` (W,) sum to 1."""
    seen = ~np.isnan(frame)
    squares = np.where(seen, frame, 0.0) ** 2
    mass = np.einsum("rw,w->r", seen, weights)
    return np.sqrt(_ratio(np.einsum("rw,w->r", squares, weights), mass)), mass


def standard_deviation(frame: FloatArray) -> Measured:
    """Return the sample standard deviation (n - 1)."""
    seen = ~np.isnan(frame)
    count = seen.sum(axis=1).astype(np.float64)
    filled = np.where(seen, frame, 0.0)
    mean = _ratio(filled.sum(axis=1), count)
    squares = (np.where(seen, frame - mean[:, None], 0.0) ** 2).sum(axis=1)
    return np.sqrt(_ratio(squares, count - 1)), count / frame.shape[1]


def drawdown(frame: FloatArray) -> Measured:
    """Return how far the last known price lies below the window's highest, 0 to 1."""
    seen = ~np.isnan(frame)
    count = seen.sum(axis=1)
    last = frame.shape[1] - 1 - np.argmax(seen[:, ::-1], axis=1)
    price = frame[np.arange(len(frame)), last]
    highest = np.where(seen, frame, -np.inf).max(axis=1)
    return np.where(count > 0, 1.0 - price / np.where(count > 0, highest, 1.0), np.nan), count / frame.shape[1]


def tail_loss(frame: FloatArray, tail_share: float) -> Measured:
    """Return the mean loss of the worst ``tail_share`` of returns (CVaR), splitting the atom at the border.

    Source: Rockafellar and Uryasev (2002), Conditional Value-at-Risk for General Loss Distributions, prop. 8.
    """
    size = frame.shape[1]
    seen = ~np.isnan(frame)
    count = seen.sum(axis=1).astype(np.float64)
    most = int(np.ceil(tail_share * size))
    worst = np.sort(np.partition(np.where(seen, frame, np.inf), most - 1, axis=1)[:, :most], axis=1)
    parts = np.clip(tail_share * count[:, None] - np.arange(most), 0.0, 1.0)
    losses = -np.where(np.isfinite(worst), worst, 0.0) * parts
    return _ratio(losses.sum(axis=1), tail_share * count), count / size


def slope(frame: FloatArray, index: FloatArray) -> Measured:
    """Return the least-squares slope of a series on the index over the days both were observed."""
    seen = ~(np.isnan(frame) | np.isnan(index))
    count = seen.sum(axis=1).astype(np.float64)
    own, market = np.where(seen, frame, 0.0), np.where(seen, index, 0.0)
    centred = np.where(seen, market - _ratio(market.sum(axis=1), count)[:, None], 0.0)
    variance = np.einsum("rw,rw->r", centred, centred)
    return _ratio(np.einsum("rw,rw->r", own, centred), variance), count / frame.shape[1]


def mean(frame: FloatArray) -> Measured:
    """Return the mean of what was observed."""
    seen = ~np.isnan(frame)
    count = seen.sum(axis=1).astype(np.float64)
    return _ratio(np.where(seen, frame, 0.0).sum(axis=1), count), count / frame.shape[1]
