"""Jumps of the market: days too far from the volatility of the days before them."""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR
from daybook.scenario.arrays import FloatArray
from daybook.scenario.market.volatility import running_variance

THRESHOLD_SD = 4.0
"""A day further from the mean than this many standard deviations holds a jump (threshold method: Mancini 2009)."""
PRIOR_YEARS = 1.0
PRIOR_RATE_PER_YEAR = 1.5
PRIOR_JUMPS = 4.0
PRIOR_MEAN = -0.02
PRIOR_SD = 0.03
"""An expert's guess at the jumps of a broad index, worth one year and four jumps of history; short histories have
none or one, which would say that there are no jumps or that all are alike."""
CONTINUOUS_SHARE = 0.25
"""The least share of the market's variance that is left to ordinary days."""


@dataclass(frozen=True)
class MarketMoves:
    """The market's daily log return: normal with ``continuous_sd``, and Poisson jumps, in daily terms."""

    continuous_sd: float
    rate: float
    mean: float
    sd: float
    days: tuple[int, ...]
    """Rows of the returns that hold a jump."""


def jump_days(returns: FloatArray) -> tuple[int, ...]:
    """Return the rows beyond the threshold, volatility taken from the days before each."""
    centre = float(np.median(returns))
    deviations = returns - centre
    start = float((1.4826 * np.median(np.abs(deviations))) ** 2)
    sd = np.sqrt(running_variance(deviations, start, cap=THRESHOLD_SD)[:-1])
    return tuple(int(row) for row in np.flatnonzero(np.abs(deviations) > THRESHOLD_SD * sd))


def split_moves(returns: FloatArray, total_variance: float) -> MarketMoves:
    """Return jumps and ordinary days that together have ``total_variance`` a day.

    Jump counts and sizes are the history's, drawn towards the prior above. Where jumps alone would take more than
    their share of the variance, they are made rarer, never smaller.
    """
    days = jump_days(returns)
    years = returns.size / TRADING_DAYS_PER_YEAR
    a_year = (len(days) + PRIOR_RATE_PER_YEAR * PRIOR_YEARS) / (years + PRIOR_YEARS)
    sizes = returns[list(days)]
    weight = len(days) + PRIOR_JUMPS
    mean = (float(sizes.sum()) + PRIOR_JUMPS * PRIOR_MEAN) / weight
    square = float(((sizes - mean) ** 2).sum()) + PRIOR_JUMPS * (PRIOR_SD**2 + (PRIOR_MEAN - mean) ** 2)
    sd = float(np.sqrt(square / weight))
    rate = a_year / TRADING_DAYS_PER_YEAR
    second = mean * mean + sd * sd
    rate = min(rate, (1.0 - CONTINUOUS_SHARE) * total_variance / second)
    continuous = total_variance - rate * second
    return MarketMoves(float(np.sqrt(continuous)), rate, mean, sd, days)
