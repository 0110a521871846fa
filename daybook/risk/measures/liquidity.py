"""How hard a position is to sell."""

import math

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import vector
from daybook.risk.measures.errors import MeasureError


def amihud(returns: ArrayLike, value_traded_krw: ArrayLike) -> float:
    """Return Amihud's illiquidity: the mean of |return| / value traded, per won (Amihud 2002).

    Days without trade say nothing about prices' response and are left out.

    Raises:
        MeasureError: where counts differ, a value is negative, or no day had any trade.
    """
    moves = np.abs(vector("returns", returns))
    values = vector("value_traded_krw", value_traded_krw)
    if values.size != moves.size:
        raise MeasureError(f"value_traded_krw must be {moves.size}, one a return, not {values.size}")
    if (values < 0).any():
        raise MeasureError("value_traded_krw must not be negative")
    traded = values > 0
    if not traded.any():
        raise MeasureError("value_traded_krw is 0 on every day")
    return float((moves[traded] / values[traded]).mean())


def amihud_of_prices(prices: ArrayLike, value_traded_krw: ArrayLike) -> float:
    """Return :func:`amihud` of the simple returns between prices; one value traded for each price after the first.

    Raises:
        MeasureError: for fewer than two prices or one not above 0, and as :func:`amihud`.
    """
    levels = vector("prices", prices)
    if levels.size < 2 or (levels <= 0).any():
        raise MeasureError("prices must be two or more, all above 0")
    return amihud(levels[1:] / levels[:-1] - 1, value_traded_krw)


def days_to_liquidate(position_krw: float, turnover_krw: float, participation: float = 0.10) -> float:
    """Return the trading days a position takes to sell at a share of a day's turnover; infinite without turnover.

    Raises:
        MeasureError: for a negative position or turnover, or a participation outside 0 (excluded) and 1.
    """
    _check(position_krw, turnover_krw)
    if not 0 < participation <= 1:
        raise MeasureError(f"participation must lie between 0 and 1, not {participation:g}")
    if position_krw == 0:
        return 0.0
    return math.inf if turnover_krw == 0 else position_krw / (participation * turnover_krw)


def square_root_impact(daily_sd: float, position_krw: float, turnover_krw: float, coefficient: float = 1.0) -> float:
    """Return the price impact of trading an amount, as a return: coefficient * sd * sqrt(amount / turnover).

    Raises:
        MeasureError: for a negative sd, position or coefficient, or no turnover.
    """
    _check(position_krw, turnover_krw)
    if not (daily_sd >= 0 and coefficient >= 0):
        raise MeasureError("daily_sd and coefficient must be 0 or above")
    if turnover_krw == 0:
        raise MeasureError("turnover_krw is 0: nothing can be traded, at any impact")
    return coefficient * daily_sd * math.sqrt(position_krw / turnover_krw)


def _check(position_krw: float, turnover_krw: float) -> None:
    if not (position_krw >= 0 and turnover_krw >= 0):
        raise MeasureError("position_krw and turnover_krw must be 0 or above")
