"""Gross threat loss of a plan in every scenario: what events alone take, with no market movement and no gains."""

import numpy as np

from daybook.scenario.arrays import ActiveEvents, DirectLosses, FloatArray, MarketParameters
from daybook.scenario.threats.picks import sector_index, sector_names


def gross_loss_krw(
    active: ActiveEvents,
    direct: DirectLosses,
    parameters: MarketParameters,
    positions_krw: FloatArray,
    horizon_days: int,
) -> FloatArray:
    """Return the gross threat loss of each scenario in won at the horizon, (S,), never negative.

    Shocks of events are added up on each stock as far as they have not decayed at the horizon, and direct losses are
    taken from what they leave. Long positions alone: what a hedge gains and what a stock with a negative beta gains
    from a crash are no part of a gross loss, nor are the price limits that spread a fall over days.

    Parameters
    ----------
    active : ActiveEvents
        Events that happen.
    direct : DirectLosses
        What they take directly.
    parameters : MarketParameters
        The universe.
    positions_krw : array (N,)
        Stocks, hedges, cash, in won; direct losses of the account take hedges and cash too.
    horizon_days : int
        Trading days of the horizon.
    """
    names = len(parameters.codes)
    stocks, rest = positions_krw[:names], float(np.sum(positions_krw[names:]))
    value = np.exp(event_log_returns(active, parameters, horizon_days)) * (1 - direct.position_ratio)
    kept = (value * stocks[None, :]).sum(axis=1) + rest
    loss = float(np.sum(stocks)) + rest - kept * (1 - direct.account_ratio) + direct.fixed_krw
    return np.asarray(np.maximum(loss, 0.0), dtype=np.float64)


def event_log_returns(active: ActiveEvents, parameters: MarketParameters, horizon_days: int) -> FloatArray:
    """Return what events leave on each stock's log price at the horizon, (S, n), never positive.

    An event of day d has decayed for ``horizon_days - 1 - d`` days, of which the last is the horizon's own.
    """
    count, names = active.offsets.size - 1, len(parameters.codes)
    sectors = len(sector_names(parameters))
    number = np.repeat(np.arange(count), np.diff(active.offsets))
    elapsed = horizon_days - 1 - active.day
    left = active.permanent + (1 - active.permanent) * np.exp2(-elapsed / active.half_life_days)
    market = np.bincount(number, weights=active.market_shock * left, minlength=count)
    rows = np.flatnonzero(active.sector >= 0)
    place = number[rows] * sectors + active.sector[rows]
    sector = np.bincount(place, weights=active.sector_shock[rows] * left[rows], minlength=count * sectors)
    rows = np.flatnonzero(active.stock >= 0)
    place = number[rows] * names + active.stock[rows]
    name = np.bincount(place, weights=active.name_shock[rows] * left[rows], minlength=count * names)
    out = market[:, None] * np.maximum(parameters.beta, 0.0)[None, :]
    out += sector.reshape(count, sectors)[:, sector_index(parameters)]
    out += name.reshape(count, names)
    return np.asarray(out, dtype=np.float64)
