"""Features of prices: momentum, reversal, volatility, distance from the year's high."""

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.features.rolling import lagged, window_deviation, window_maximum
from daybook.advice.panel import Panel, log_prices, log_returns

MONTH = 21
YEAR = 12 * MONTH
WEEK = 5
VOLATILITY_SESSIONS = 60
MIN_VOLATILITY_SESSIONS = 18


def momentum_12_7(panel: Panel) -> FloatArray:
    """Return the log return from twelve to seven months ago, that is, up to the end of the seventh month back."""
    levels = log_prices(panel)
    return lagged(levels, 6 * MONTH) - lagged(levels, YEAR)


def momentum_12_1(panel: Panel) -> FloatArray:
    """Return the log return from twelve months to one month ago."""
    levels = log_prices(panel)
    return lagged(levels, MONTH) - lagged(levels, YEAR)


def reversal_5(panel: Panel) -> FloatArray:
    """Return minus the log return of the latest five sessions."""
    levels = log_prices(panel)
    return lagged(levels, WEEK) - levels


def reversal_20(panel: Panel) -> FloatArray:
    """Return minus the log return of the latest twenty sessions."""
    levels = log_prices(panel)
    return lagged(levels, 20) - levels


def low_volatility(panel: Panel) -> FloatArray:
    """Return minus the deviation of daily returns over sixty sessions, or over what there is from eighteen on."""
    return -window_deviation(log_returns(panel), VOLATILITY_SESSIONS, MIN_VOLATILITY_SESSIONS)


def year_high(panel: Panel) -> FloatArray:
    """Return the log distance of the close from the highest close of a year; 0 is at the high."""
    levels = log_prices(panel)
    return levels - window_maximum(levels, YEAR, YEAR)


def excess_deviation(panel: Panel) -> FloatArray:
    """Return the deviation of daily returns in excess of the members' mean, over sixty sessions."""
    returns = np.where(panel.member, log_returns(panel), np.nan)
    known = np.isfinite(returns)
    mean = np.where(known, returns, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return window_deviation(returns - mean[:, None], VOLATILITY_SESSIONS, MIN_VOLATILITY_SESSIONS)
