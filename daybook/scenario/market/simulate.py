"""Simulated markets: wealth at the horizon, log returns, or the daily wealth of a plan.

A scenario's numbers depend on the key, its number in the stream and the inputs, on nothing else: ranges may be
computed anywhere, in any order, on any number of threads and any number of times, bit for bit the same.
"""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import ActiveEvents, FloatArray, MarketParameters, Paths
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.kernel import exponentiate, run_lanes
from daybook.scenario.market.packing import pack_events, pack_market, plain
from daybook.scenario.market.workspace import LANES


@dataclass(frozen=True)
class WealthPaths:
    """Daily wealth of a plan, before the owner's direct losses."""

    wealth_krw: FloatArray
    """(S, days + 1), today first."""
    max_drawdown: FloatArray
    """(S,) the largest fall from a peak, as a share of the peak."""
    minimum_krw: FloatArray
    """(S,) the lowest wealth, today included."""


def simulate(
    parameters: MarketParameters,
    events: ActiveEvents | None,
    first: int,
    count: int,
    horizon_days: int,
    key: int,
    model: MarketModel,
    *,
    price_limits: bool = True,
    threads: int = 1,
) -> Paths:
    """Return what one won in each stock and hedge is worth after ``horizon_days`` in scenarios of a stream.

    Parameters
    ----------
    parameters : MarketParameters
        Today's market. ``jump_rate`` is jumps a trading day.
    events : ActiveEvents | None
        Events of scenarios ``first`` to ``first + count``; an event of day 0 strikes in the first simulated session.
        Events on day ``horizon_days`` or later do nothing.
    first, count : int
        The range of scenarios.
    horizon_days : int
        Simulated sessions; 0 gives 1 everywhere.
    key : int
        Of the stream, from ``stream_key``.
    model : MarketModel
        How prices move between events.
    price_limits : bool
        Whether a day's price is held within 30 % of the day before (KRX); False for tests of exact moments.
    threads : int
        How many threads to use; changes nothing but the time it takes. 0: one a core.

    Raises
    ------
    MarketDataError
        When the inputs do not fit together.
    """
    stocks, hedges, market = _log_prices(
        parameters, events, first, count, horizon_days, key, model, price_limits, threads
    )
    exponentiate(stocks)
    exponentiate(market.reshape(-1, 1))
    return Paths(stocks=stocks, hedges=hedges, market=market)


def simulate_log_returns(
    parameters: MarketParameters,
    events: ActiveEvents | None,
    first: int,
    count: int,
    horizon_days: int,
    key: int,
    model: MarketModel,
    *,
    price_limits: bool = True,
    threads: int = 1,
) -> FloatArray:
    """Return the log returns to the horizon: (count, n + 1), the market last. See ``simulate``.

    Without limits and events their means and covariances are exactly those of the parameters: for ``factor_jump``
    ``days (drift + beta rate mean)`` and ``days (B B' + diag(s^2) + beta beta' rate (mean^2 + sd^2))``.
    """
    stocks, _, market = _log_prices(parameters, events, first, count, horizon_days, key, model, price_limits, threads)
    return np.column_stack([stocks, market])


def simulate_wealth(
    parameters: MarketParameters,
    events: ActiveEvents | None,
    first: int,
    count: int,
    horizon_days: int,
    key: int,
    model: MarketModel,
    positions_krw: FloatArray,
    cash_daily_rate: float,
    *,
    price_limits: bool = True,
    threads: int = 1,
) -> WealthPaths:
    """Return the daily wealth of positions held to the horizon, before direct losses.

    ``positions_krw`` holds n stocks, m hedges and cash, in won; cash earns ``cash_daily_rate`` a day. The last day is
    computed from the same log prices as ``simulate``; days between are in single precision, some 1e-7 of a position.

    Raises
    ------
    MarketDataError
        When the inputs do not fit together.
    """
    n, m = len(parameters.codes), len(parameters.hedges)
    positions = plain(positions_krw, np.float64)
    if positions.shape != (n + m + 1,) or not np.isfinite(positions).all():
        raise MarketDataError(
            MarketDataCode.BAD_SHAPE,
            "positions_krw",
            f"must be {n + m + 1} finite numbers: {n} stocks, {m} hedges and cash, not of shape {positions.shape}",
        )
    wealth = np.empty((count, horizon_days + 1), dtype=np.float64)
    money = (positions[:-1], float(positions[-1]), 1.0 + cash_daily_rate)
    _log_prices(parameters, events, first, count, horizon_days, key, model, price_limits, threads, money, wealth)
    peak = np.maximum.accumulate(wealth, axis=1)
    fall = np.divide(peak - wealth, peak, out=np.zeros_like(wealth), where=peak > 0)
    return WealthPaths(wealth_krw=wealth, max_drawdown=fall.max(axis=1), minimum_krw=wealth.min(axis=1))


def _log_prices(
    parameters: MarketParameters,
    events: ActiveEvents | None,
    first: int,
    count: int,
    horizon_days: int,
    key: int,
    model: MarketModel,
    price_limits: bool,
    threads: int,
    money: tuple[FloatArray, float, float] | None = None,
    wealth: FloatArray | None = None,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    if min(first, count, horizon_days, threads) < 0 or not 0 <= key < 2**64:
        raise MarketDataError(
            MarketDataCode.BAD_PARAMETER,
            "simulate",
            "first, count, horizon_days and threads must not be negative and the key must have 64 bits",
        )
    packed = pack_market(parameters, model, price_limits)
    packed_events = pack_events(events, count)
    n, m = len(parameters.codes), len(parameters.hedges)
    out = (
        np.empty((count, n), dtype=np.float64),
        np.empty((count, m), dtype=np.float64),
        np.empty(count, dtype=np.float64),
        np.empty((0, 0), dtype=np.float64) if wealth is None else wealth,
    )
    if money is None:
        money = (np.zeros(n + m), 0.0, 1.0)

    def run(skip: int) -> None:
        run_lanes(
            first + skip, min(LANES, count - skip), skip, horizon_days, np.uint64(key), packed.market, packed.stocks,
            packed.sector, packed.history, packed.leverage, packed_events, money, out,
        )  # fmt: skip

    _run_all(run, range(0, count, LANES), threads or os.cpu_count() or 1)
    return out[0], out[1], out[2]


def _run_all(run: Any, starts: range, threads: int) -> None:
    if threads == 1 or len(starts) < 2:
        for start in starts:
            run(start)
        return
    with ThreadPoolExecutor(max_workers=min(threads, len(starts))) as pool:
        for done in [pool.submit(run, start) for start in starts]:
            done.result()
