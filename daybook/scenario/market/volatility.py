"""Today's volatility: exponentially weighted, drawn back to the long run over the horizon."""

import numpy as np

from daybook.scenario.arrays import FloatArray

DECAY = 0.94
"""Weight of yesterday's variance in today's (RiskMetrics Technical Document 1996, daily data)."""
PERSISTENCE = 0.97
"""What a day leaves of the gap between today's variance and the long run's; 0.97 to 0.99 for daily share prices."""
CAP_SD = 4.0
"""No day counts as more than this many standard deviations in today's variance; jumps have a term of their own."""


def running_variance(deviations: FloatArray, start: float, cap: float | None = None) -> FloatArray:
    """Return the variance expected for each day from the days before it, and for the day after the last: (T + 1,).

    A missing day (nan) changes nothing. Where ``cap`` is given, a deviation counts as at most that many standard
    deviations, so that a jump does not pass for volatility.
    """
    variance = np.empty(deviations.size + 1)
    variance[0] = start
    for day, deviation in enumerate(deviations):
        if np.isnan(deviation):
            variance[day + 1] = variance[day]
            continue
        square = deviation * deviation
        if cap is not None:
            square = min(square, cap * cap * variance[day])
        variance[day + 1] = DECAY * variance[day] + (1.0 - DECAY) * square
    return variance


def forecast_variance(deviations: FloatArray, horizon_days: int) -> float:
    """Return the mean daily variance over the coming horizon.

    Today's exponentially weighted variance returns to the mean of the history at the rate ``PERSISTENCE``; the mean
    over H days of what is left of today's gap is (1 - p^H) / (H (1 - p)), as in a GARCH(1,1) forecast.
    """
    known = deviations[~np.isnan(deviations)]
    if known.size == 0:
        return 0.0
    long_run = float(np.mean(known * known))
    now = float(running_variance(known, long_run, cap=CAP_SD)[-1])
    days = max(horizon_days, 1)
    weight = (1.0 - PERSISTENCE**days) / (days * (1.0 - PERSISTENCE))
    return long_run + weight * (now - long_run)
