"""What is predicted: the return from the next session's close over the horizon, ranked within its session."""

import numpy as np

from daybook.advice.arrays import FloatArray
from daybook.advice.panel import LARGEST_DAILY_MOVE, Panel, carried
from daybook.advice.ranks import rank_rows

LIQUIDATION_SESSIONS = 10
"""Sessions before a delisting in which the exchange sets no daily limit (정리매매): falls there are real."""


def forward_returns(panel: Panel, horizon: int) -> FloatArray:
    """Return close(t+1+horizon) / close(t+1) - 1 for members of session t; nan while it is not known.

    A symbol that was delisted in between counts with its last close: leaving it out would keep survivors only. One
    without a bar in session t+1 could not be bought and is nan.
    """
    sessions = panel.shape[0]
    result = np.full(panel.shape, np.nan)
    if sessions <= horizon + 1:
        return result
    levels = _levels(panel)
    change = levels[1 + horizon :] - levels[1 : sessions - horizon]
    buyable = panel.member[: sessions - horizon - 1] & ~np.isnan(panel.close_krw[1 : sessions - horizon])
    result[: sessions - horizon - 1] = np.where(buyable, np.expm1(change), np.nan)
    return result


def _levels(panel: Panel) -> FloatArray:
    """Return log prices with closes carried to the end; a step no day allows counts in a liquidation only."""
    sessions = panel.shape[0]
    closes = carried(panel.close_krw, None)
    returns = np.zeros(panel.shape)
    returns[1:] = np.nan_to_num(np.log(closes[1:]) - np.log(closes[:-1]))
    rows = np.arange(sessions)[:, None]
    last = np.where(np.isnan(panel.close_krw), -1, rows).max(axis=0)
    liquidated = (last < sessions - 1) & (rows > last - LIQUIDATION_SESSIONS)
    unexplained = (np.abs(np.expm1(returns)) > LARGEST_DAILY_MOVE) & ~liquidated
    levels = np.cumsum(np.where(unexplained, 0.0, returns), axis=0)
    return np.where(np.isnan(closes), np.nan, levels)


def ranked_labels(panel: Panel, horizon: int) -> FloatArray:
    """Return forward returns as ranks of mean 0 and variance 1 within their session; nan where not known."""
    returns = forward_returns(panel, horizon)
    known = np.isfinite(returns)
    return np.where(known, rank_rows(returns, known), np.nan)
