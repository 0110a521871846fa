"""From a probability to a score: straight lines between fixed knots, so that a band means a range of probabilities."""

import numpy as np
from numpy.typing import ArrayLike

from daybook.contracts.scores import PROBABILITY_KNOTS, SCORE_KNOTS
from daybook.risk.score.piecewise import MonotoneTable
from daybook.scenario.arrays import FloatArray

_SCALE = MonotoneTable.of(PROBABILITY_KNOTS, SCORE_KNOTS)


def score_of(probability: ArrayLike) -> FloatArray:
    """Return the score, 0 to 100, of probabilities of any shape."""
    return _SCALE(np.asarray(probability, dtype=np.float64))
