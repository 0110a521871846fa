"""Information coefficients: the rank correlation, session by session, of a score with what followed."""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.ranks import rank_rows

MIN_NAMES = 3


@dataclass(frozen=True, slots=True)
class InformationSummary:
    """Of sessions with a known IC: the mean of all; t, ratio and hit rate of sessions a horizon apart."""

    mean: float
    t: float
    ratio: float
    hit_ratio: float
    sessions: int
    windows: int


def session_ics(scores: FloatArray, labels: FloatArray) -> FloatArray:
    """Return the Spearman correlation of each row over columns known in both.

    Scores that are all equal say nothing, so their row is 0; nan with fewer than 3 columns, or labels all equal.
    """
    known = np.isfinite(scores) & np.isfinite(labels)
    left, right = rank_rows(scores, known), rank_rows(labels, known)
    product = (left * right).sum(axis=1)
    scale = np.sqrt((left * left).sum(axis=1) * (right * right).sum(axis=1))
    usable = (known.sum(axis=1) >= MIN_NAMES) & (np.abs(right).sum(axis=1) > 0)
    return np.where(usable, product / np.where(scale > 1e-12, scale, 1.0), np.nan)


def summarise(ics: FloatArray, horizon: int) -> InformationSummary:
    """Return mean, t and ratio of ICs; t counts sessions ``horizon`` + 1 apart only, since labels overlap."""
    known = ics[np.isfinite(ics)]
    apart = known[:: horizon + 1]
    windows = int(apart.size)
    if windows < 2:
        mean = float(known.mean()) if known.size else float("nan")
        return InformationSummary(mean, float("nan"), float("nan"), float("nan"), int(known.size), windows)
    deviation = float(apart.std(ddof=1))
    ratio = float(apart.mean()) / deviation if deviation > 0 else float("nan")
    return InformationSummary(
        mean=float(known.mean()),
        t=ratio * windows**0.5,
        ratio=ratio,
        hit_ratio=float((apart > 0).mean()),
        sessions=int(known.size),
        windows=windows,
    )
