"""Cross-sectional ranks of one session: unit variance, bounded, 0 where a value is missing."""

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray, IntArray

WINSOR_RATIO = 0.01
"""Values beyond the outermost 1 % of a session count as that quantile, so that one bad print is no extreme rank."""


def rank_rows(values: FloatArray, member: BoolArray) -> FloatArray:
    """Return for each row the ranks of members' values, scaled to mean 0 and variance 1; ties share their mean.

    Missing values and non-members are 0, the neutral rank. All values lie within the square root of 3.
    """
    known = member & np.isfinite(values)
    count = known.sum(axis=1)
    ranks = average_ranks(np.where(known, values, np.inf))
    outer = np.floor(count * WINSOR_RATIO)[:, None]
    clipped = np.clip(ranks, 1 + outer, np.maximum(count[:, None] - outer, 1))
    centred = clipped - (count[:, None] + 1) / 2
    scale = np.sqrt(np.maximum(count.astype(np.float64) ** 2 - 1, 1) / 12)[:, None]
    return np.where(known, centred / scale, 0.0)


def average_ranks(values: FloatArray) -> FloatArray:
    """Return the 1-based rank of each value within its row; equal values share the mean of their ranks."""
    rows, width = values.shape
    if width == 0:
        return values.copy()
    order: IntArray = np.argsort(values, axis=1, kind="stable")
    ordered = np.take_along_axis(values, order, axis=1)
    places = np.broadcast_to(np.arange(width), (rows, width))
    starts = np.ones((rows, width), dtype=bool)
    starts[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
    ends = np.ones((rows, width), dtype=bool)
    ends[:, :-1] = starts[:, 1:]
    first = np.maximum.accumulate(np.where(starts, places, 0), axis=1)
    last = np.minimum.accumulate(np.where(ends, places, width)[:, ::-1], axis=1)[:, ::-1]
    ranks = np.empty((rows, width))
    np.put_along_axis(ranks, order, (first + last) / 2 + 1, axis=1)
    return ranks


def percentiles(values: FloatArray, member: BoolArray) -> FloatArray:
    """Return the place of each value among a row's members, 0 to 1, nan where missing; one lone value is 0.5."""
    known = member & np.isfinite(values)
    count = known.sum(axis=1)[:, None]
    ranks = average_ranks(np.where(known, values, np.inf))
    with np.errstate(divide="ignore", invalid="ignore"):
        places = np.where(count > 1, (ranks - 1) / (count - 1), 0.5)
    return np.where(known, places, np.nan)
