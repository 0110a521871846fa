"""Entropic value at risk: the tightest bound on VaR and CVaR that Chernoff's inequality gives."""

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from daybook.risk.measures.arrays import probabilities_of, vector
from daybook.risk.measures.errors import check_alpha


def entropic_value_at_risk(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> float:
    """Return inf over z > 0 of z ln(E[exp(L / z)] / (1 - alpha)) (Ahmadi-Javid 2012), at least CVaR.

    Raises:
        MeasureError: for an alpha outside 0 and 1, or losses or probabilities that are none.
    """
    check_alpha(alpha)
    values = vector("losses", losses)
    weights = probabilities_of(probabilities, values.size)
    top, spread = float(values.max()), float(values.max() - values.min())
    if spread == 0:
        return top

    def bound(log_scale: float) -> float:
        scale = spread * math.exp(log_scale)
        return top + scale * (math.log(float((weights * np.exp((values - top) / scale)).sum())) - math.log(1 - alpha))

    found = optimize.minimize_scalar(bound, bounds=(-12.0, 12.0), method="bounded", options={"xatol": 1e-10})
    return min(top, float(found.fun))
