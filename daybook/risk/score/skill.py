"""How good probabilities of a yes-or-no outcome are. p and y are (N,), y 0 or 1."""

import numpy as np
from scipy.stats import rankdata

from daybook.contracts.scores import ForecastSkill, ReliabilityBin
from daybook.scenario.arrays import FloatArray

BINS = 10


def auc(probabilities: FloatArray, outcomes: FloatArray) -> float:
    """Return the area under the ROC curve, ties counted half (Mann-Whitney); 0.5 where one outcome never occurs."""
    events = float(outcomes.sum())
    others = len(outcomes) - events
    if events == 0 or others == 0:
        return 0.5
    ranks = float(rankdata(probabilities)[outcomes > 0].sum())
    return (ranks - events * (events + 1) / 2) / (events * others)


def brier_skill(probabilities: FloatArray, outcomes: FloatArray) -> float:
    """Return 1 - Brier score / that of always saying the rows' own base rate; 0 where one outcome never occurs."""
    rate = float(outcomes.mean())
    if rate in (0.0, 1.0):
        return 0.0
    return 1.0 - float(((probabilities - outcomes) ** 2).mean()) / (rate * (1.0 - rate))


def reliability(probabilities: FloatArray, outcomes: FloatArray, bins: int = BINS) -> tuple[ReliabilityBin, ...]:
    """Return bins of equal count in rising probability: the mean forecast and the observed rate of each."""
    order = np.argsort(probabilities, kind="stable")
    return tuple(
        ReliabilityBin(
            predicted=float(np.clip(probabilities[part].mean(), 0.0, 1.0)),
            observed=float(outcomes[part].mean()),
            rows=len(part),
        )
        for part in np.array_split(order, min(bins, len(order)))
    )


def calibration_error(bins: tuple[ReliabilityBin, ...]) -> float:
    """Return the expected calibration error: mean |forecast - observed| over bins, weighted by their rows."""
    return sum(abs(row.predicted - row.observed) * row.rows for row in bins) / sum(row.rows for row in bins)


def skill(probabilities: FloatArray, outcomes: FloatArray) -> ForecastSkill:
    """Return the three figures and the mean forecast."""
    return ForecastSkill(
        auc=auc(probabilities, outcomes),
        brier_skill=brier_skill(probabilities, outcomes),
        calibration_error=calibration_error(reliability(probabilities, outcomes)),
        mean_probability=float(np.clip(probabilities.mean(), 0.0, 1.0)),
    )
