"""What equal-weighted portfolios of the best scored names earned, period by period, before and after cost."""

from dataclasses import dataclass

import numpy as np

from daybook.advice.arrays import BoolArray, FloatArray, IntArray
from daybook.advice.costs import TradingCosts
from daybook.advice.panel import Panel

QUANTILES = 5


@dataclass(frozen=True, slots=True)
class PeriodReturns:
    """Per rebalance: returns before and after cost, value traded one way, and equity at which liquidity binds."""

    gross: FloatArray
    net: FloatArray
    turnover: FloatArray
    capacity_krw: FloatArray


def rebalance_rows(scores: FloatArray, returns: FloatArray, horizon: int) -> IntArray:
    """Return sessions a horizon apart from the first with scores and returns on."""
    usable: BoolArray = np.any(np.isfinite(scores) & np.isfinite(returns), axis=1)
    rows = np.flatnonzero(usable)
    if rows.size == 0:
        return rows.astype(np.int64)
    spaced = np.arange(rows[0], rows[-1] + 1, horizon)
    return spaced[usable[spaced]].astype(np.int64)


def top_quantile(scores: FloatArray, known: BoolArray, lowest: bool = False) -> BoolArray:
    """Return per row the names in the best (or worst) fifth of the known ones, at least one; ties by column."""
    count = known.sum(axis=1).reshape(-1, 1)
    order = np.argsort(np.where(known, scores if lowest else -scores, np.inf), axis=1, kind="stable")
    places = np.empty_like(order)
    np.put_along_axis(places, order, np.broadcast_to(np.arange(order.shape[1]), order.shape), axis=1)
    chosen: BoolArray = known & (places < np.maximum(count // QUANTILES, 1))
    return chosen


def equal_weights(chosen: BoolArray) -> FloatArray:
    """Return equal weights of the chosen names of each row; a row without any is all cash."""
    count = chosen.sum(axis=1).reshape(-1, 1)
    return np.asarray(chosen / np.maximum(count, 1), dtype=np.float64)


def period_returns(
    panel: Panel,
    weights: FloatArray,
    rows: IntArray,
    returns: FloatArray,
    costs: TradingCosts,
    average_turnover_krw: FloatArray,
    participation: float,
) -> PeriodReturns:
    """Hold ``weights`` (one row each rebalance) for the period whose returns stand at ``rows``.

    Between rebalances weights drift with prices; each rebalance trades to the new ones at the next session's close
    and pays that date's costs.
    """
    days = [panel.days[min(row + 1, len(panel.days) - 1)] for row in rows]
    sells = costs.sell_ratios(days, panel.symbols)
    held = np.zeros(panel.shape[1])
    gross, net, traded, capacity = [], [], [], []
    for number, row in enumerate(rows):
        change = weights[number] - held
        bought, sold = np.maximum(change, 0.0), np.maximum(-change, 0.0)
        cost = float(bought.sum()) * costs.buy_ratio + float((sold * sells[number]).sum())
        earned = np.where(weights[number] > 0, np.nan_to_num(returns[row]), 0.0)
        period = float((weights[number] * earned).sum())
        gross.append(period)
        net.append((1 + period) * (1 - cost) - 1)
        traded.append(float(bought.sum() + sold.sum()) / 2)
        moved = (np.abs(change) > 1e-12) & np.isfinite(average_turnover_krw[row])
        room = participation * average_turnover_krw[row][moved] / np.abs(change[moved])
        capacity.append(float(room.min()) if room.size else float("nan"))
        held = weights[number] * (1 + earned) / (1 + period) if period > -1 else np.zeros_like(held)
    return PeriodReturns(np.array(gross), np.array(net), np.array(traded), np.array(capacity))
