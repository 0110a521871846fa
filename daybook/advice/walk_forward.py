"""Expanding walk-forward: each block of sessions is scored with weights fitted on earlier sessions only.

Between the last training row and the first test row lie ``purge`` + ``embargo`` rows, and never fewer than a label
spans: the last training label ends before the first test session.
"""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import FloatArray, IntArray
from daybook.advice.information import InformationSummary, session_ics, summarise
from daybook.advice.ridge import Moments, fit_ridge, session_moments
from daybook.contracts.factors import FactorSettings


@dataclass(frozen=True, slots=True)
class WalkForward:
    """Out-of-sample scores (T, N), nan before the first fit; the weights of each fit and the session it begins at."""

    scores: FloatArray
    starts: IntArray
    weights: FloatArray
    ics: FloatArray
    summary: InformationSummary


def training_gap(settings: FactorSettings) -> int:
    """Return the rows left out between training and test: purge and embargo, at least the label's span."""
    return max(settings.purge_sessions + settings.embargo_sessions, settings.horizon_sessions + 1)


def walk_forward(
    features: FloatArray, labels: FloatArray, settings: FactorSettings, prior: FloatArray | None = None
) -> WalkForward:
    """Score sessions out of sample; ``features`` (T, N, K) and ``labels`` (T, N) are ranks, see ``ranks.py``.

    Without ``prior`` nothing is assumed of any feature. An empty result (all nan) means too few sessions.
    """
    sessions, _, width = features.shape
    horizon = settings.horizon_sessions
    assumed = np.zeros(width) if prior is None else prior
    gap = training_gap(settings)
    moments = session_moments(features, labels)
    gram, moment = np.cumsum(moments.gram, axis=0), np.cumsum(moments.moment, axis=0)
    rows = np.cumsum(moments.rows)
    first = settings.min_training_sessions + int(np.argmax(moments.rows > 0)) + gap
    starts = np.arange(first, sessions, settings.refit_sessions, dtype=np.int64)
    scores = np.full(labels.shape, np.nan)
    weights = np.empty((starts.size, width))
    for number, start in enumerate(starts):
        last = start - gap - 1
        fit = fit_ridge(
            Moments(gram[last], moment[last], float(rows[last])), assumed, settings.prior_deviation, horizon
        )
        weights[number] = fit.weights
        stop = min(start + settings.refit_sessions, sessions)
        scores[start:stop] = np.einsum("tnk,k->tn", features[start:stop], fit.weights)
    ics = session_ics(scores, labels)
    return WalkForward(scores, starts, weights, ics, summarise(ics, horizon))
