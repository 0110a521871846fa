"""Returns, volatility, correlation and drawdown of price series.

Daily returns are simple, close to close; volatility is the sample standard deviation of daily log returns times the
root of 245 sessions a year; the Sharpe ratio is the mean daily return over its sample standard deviation times that
root, with no risk-free rate taken off.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.analysis.errors import TooShort
from daybook.analysis.price_frame import Floats

SESSIONS_A_YEAR = 245
"""Sessions the Korea Exchange holds in a usual year."""


def simple_returns(values: Floats) -> Floats:
    """Return the daily returns of a series, one fewer than its values."""
    result: Floats = values[1:] / values[:-1] - 1
    return result


def log_returns(values: Floats) -> Floats:
    """Return the daily log returns of a series of positive values."""
    result: Floats = np.diff(np.log(values), axis=0)
    return result


def total_return(values: Floats) -> float:
    """Return last over first, less one; raises ``TooShort`` below two values."""
    _require("a return", values, 2)
    return float(values[-1] / values[0] - 1)


def annual_return(values: Floats) -> float:
    """Return the yearly growth rate that leads from the first value to the last; raises ``TooShort`` below two."""
    growth = 1 + total_return(values)
    return float(growth ** (SESSIONS_A_YEAR / (len(values) - 1)) - 1) if growth > 0 else -1.0


def annual_volatility(values: Floats) -> float:
    """Return the yearly volatility of a series; raises ``TooShort`` below three values."""
    _require("volatility", values, 3)
    return float(np.std(log_returns(values), ddof=1) * math.sqrt(SESSIONS_A_YEAR))


def sharpe_ratio(values: Floats) -> float | None:
    """Return the yearly Sharpe ratio; None for a series that does not move; raises ``TooShort`` below three values."""
    _require("a Sharpe ratio", values, 3)
    returns = simple_returns(values)
    deviation = float(np.std(returns, ddof=1))
    if deviation < 1e-12:
        return None
    return float(np.mean(returns)) / deviation * math.sqrt(SESSIONS_A_YEAR)


def correlation(values: Floats) -> Floats:
    """Return the correlations of daily log returns of series in columns; NaN where one does not move.

    Raises ``TooShort`` below four values.
    """
    _require("correlation", values, 4)
    returns = log_returns(values)
    centred = returns - returns.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    lengths[lengths < 1e-12] = np.nan
    matrix: Floats = np.clip(centred.T @ centred / np.outer(lengths, lengths), -1, 1)
    return matrix


@dataclass(frozen=True, slots=True)
class Drawdown:
    """The deepest fall of a series from its highest value before.

    Attributes:
        depth: how far it fell, 0 to 1.
        peak: day of the high before the fall.
        trough: day of the lowest value after it.
        recovered: first day back at the high; None while below.
        now: how far the last value is below the highest so far, 0 to 1.
    """

    depth: float
    peak: date
    trough: date
    recovered: date | None
    now: float


def drawdown(days: Sequence[date], values: Floats) -> Drawdown:
    """Return the deepest drawdown of a series; raises ``TooShort`` below two values."""
    _require("a drawdown", values, 2)
    highs = np.maximum.accumulate(values)
    falls = 1 - values / highs
    trough = int(np.argmax(falls))
    peak = int(np.argmax(values[: trough + 1]))
    back = np.flatnonzero(values[trough:] >= highs[trough])
    recovered = days[trough + int(back[0])] if falls[trough] > 0 and len(back) else None
    return Drawdown(float(falls[trough]), days[peak], days[trough], recovered, float(falls[-1]))


def _require(what: str, values: Floats, needed: int) -> None:
    if len(values) < needed:
        raise TooShort(what, needed, len(values))
