"""The kernel: LANES scenarios side by side, day by day, stock by stock, without ever storing a path.

Each scenario stands in a lane of its own and no lane looks at another, so a scenario's numbers do not depend on how
many are computed together, on which thread or in which order. State is single precision; the price of a stock is
kept as a log price against today's.
"""

import math

import numpy as np
from numba import njit

from daybook.scenario.market.counter_random import draw32, f32, f64, growth, mix64, normal_pair, u32, u64
from daybook.scenario.market.event_moves import apply_events
from daybook.scenario.market.stock_moves import add_worths, move_stocks, normals
from daybook.scenario.market.workspace import JUMP, LANES, MARKET, ROWS, SHOCK, STEP, VOLATILITY

PARTS = "953fb00b183c16be"
"""Digest of the modules this one is compiled from. Numba keeps compiled code by the date of this file alone: whoever
changes a part must change this line, and a test says so."""

LOWER_LIMIT = f32(math.log(0.7) + 2e-6)
UPPER_LIMIT = f32(math.log(1.3) - 2e-6)
"""A day's log return within KRX's limit of 30 %, the width of single precision inside it."""

_FACTOR_DRAWS = 0x40000000
_JUMP_DRAWS = 0x50000000
_ROW_DRAWS = 0x60000000
_SCENARIO_STRIDE = 0x9E3779B97F4A7C15
_DAY_STRIDE = 0xD1B54A32D192ED03
_TO_UNIT = 2.0**-32


@njit(nogil=True)
def _jump(low, high, first_bits, rate, mean, sd):  # type: ignore[no-untyped-def]
    """Return the sum of a day's jumps: Poisson many, by inversion of one uniform, and normal each."""
    u = (f64(first_bits) + 0.5) * _TO_UNIT
    term = math.exp(-rate)
    total = term
    count = 0
    while u >= total and count < 1_000:
        count += 1
        term *= rate / count
        total += term
    if count == 0:
        return 0.0
    z, _ = normal_pair(draw32(_JUMP_DRAWS + 1, low, high), draw32(_JUMP_DRAWS + 2, low, high))
    return count * mean + math.sqrt(float(count)) * sd * f64(z)


@njit(nogil=True, error_model="numpy")
def _draw_market(market, count, low, high, factors, today):  # type: ignore[no-untyped-def]
    """Draw a day's first ``count`` factors, its jump and the ordinary market return."""
    drift, sd, rate, jump_mean, jump_sd, _, _ = market
    if rate > 0:
        no_jump = math.exp(-rate)
        for lane in range(LANES):
            bits = draw32(_JUMP_DRAWS, low[lane], high[lane])
            jump = f32(0)
            if (f64(bits) + 0.5) * _TO_UNIT >= no_jump:
                jump = f32(_jump(low[lane], high[lane], bits, rate, jump_mean, jump_sd))
            today[JUMP, lane] = jump
    for k in range(0, count, 2):
        normals(u32(_FACTOR_DRAWS + k), low, high, factors[k], factors[k + 1])
    for lane in range(LANES):
        today[MARKET, lane] = (drift + sd * factors[0, lane]) + today[JUMP, lane]


@njit(nogil=True, error_model="numpy")
def _draw_past(day, restart, low, high, past, row, today):  # type: ignore[no-untyped-def]
    """Choose the day of history each lane repeats: the next one, or a new block's first."""
    sessions = past.shape[0]
    for lane in range(LANES):
        again = (f64(draw32(_ROW_DRAWS, low[lane], high[lane])) + 0.5) * _TO_UNIT
        if day == 0 or again < restart:
            bits = u64(draw32(_ROW_DRAWS + 1, low[lane], high[lane]))
            row[lane] = np.int64((bits * u64(sessions)) >> u64(32))
        else:
            row[lane] = row[lane] + 1 if row[lane] + 1 < sessions else 0
        today[MARKET, lane] = past[row[lane]]


@njit(nogil=True, error_model="numpy")
def _move_market(today, market_sum, market_traded, leverage, hedge_value, limits):  # type: ignore[no-untyped-def]
    """Move the index, and hedges by -leverage times its return of the day, never below nothing."""
    lowest, highest = limits
    for lane in range(LANES):
        r = today[MARKET, lane]
        r = r * today[VOLATILITY, lane] if r < f32(0) else r
        market_sum[lane] += r
        target = market_sum[lane] + today[SHOCK, lane]
        before = market_traded[lane]
        target = min(max(target, before + lowest), before + highest)
        market_traded[lane] = target
        today[STEP, lane] = growth(target - before)
    for j in range(leverage.shape[0]):
        for lane in range(LANES):
            value = hedge_value[j, lane] * (1.0 - leverage[j] * f64(today[STEP, lane]))
            hedge_value[j, lane] = max(value, 0.0)


@njit(nogil=True)
def _write_wealth(column, skip, count, cash, worth, positions, hedge_value, wealth):  # type: ignore[no-untyped-def]
    """Write one day of wealth: cash, then stocks, then hedges, always added in this order."""
    hedges = hedge_value.shape[0]
    stocks = positions.shape[0] - hedges
    for lane in range(count):
        total = cash + worth[lane]
        for j in range(hedges):
            total += positions[stocks + j] * hedge_value[j, lane]
        wealth[skip + lane, column] = total


@njit(nogil=True, error_model="numpy", cache=True)
def run_lanes(first, count, skip, days, key, market, terms, sector, history, leverage, events, money, out):  # type: ignore[no-untyped-def]
    """Simulate ``count`` scenarios, up to LANES, from number ``first`` and write the outputs' rows from ``skip`` on.

    ``market``, ``terms``, ``sector``, ``history`` and ``leverage`` are those of ``packing.PackedMarket``, ``events``
    of ``packing.pack_events``; ``money`` is (won in stocks and hedges, cash, cash growth a day); ``out`` is (log
    prices of stocks (S, n), value of hedges (S, m), log level of the market (S,), wealth (S, days + 1) or empty).
    """
    positions, cash, cash_growth = money
    out_stocks, out_hedges, out_market, out_wealth = out
    n, hedges = terms[0].shape[0], leverage.shape[0]
    limited = market[6] > 0
    limits = (LOWER_LIMIT, UPPER_LIMIT) if limited else (f32(-np.inf), f32(np.inf))
    with_wealth = out_wealth.shape[1] == days + 1
    today = np.zeros((ROWS, LANES), np.float32)
    factors = np.zeros((terms[1].shape[1] + 1, LANES), np.float32)
    rows = (today, np.zeros((2, LANES), np.float32), factors, np.zeros(LANES, np.float32))
    traded = np.zeros((n, LANES), np.float32)
    own_shock = np.zeros((n, LANES), np.float32)
    sector_shock = np.zeros((int(sector.max()) + 1 if n else 1, LANES), np.float32)
    state = (np.zeros((n, LANES), np.float32), traded, own_shock, sector_shock)
    market_sum = np.zeros(LANES, np.float32)
    market_traded = np.zeros(LANES, np.float32)
    hedge_value = np.ones((hedges, LANES), np.float64)
    worth = np.zeros(LANES, np.float64)
    low = np.zeros(LANES, np.uint32)
    high = np.zeros(LANES, np.uint32)
    row = np.zeros(LANES, np.int64)
    base = np.zeros(LANES, np.uint64)
    for lane in range(LANES):
        base[lane] = mix64(u64(key) + u64(first + lane) * u64(_SCENARIO_STRIDE))
        today[VOLATILITY, lane] = f32(1)
    offsets = events[0]
    struck = offsets[skip + count] - offsets[skip] if offsets.shape[0] > 1 else 0
    decayed = np.ones(struck, np.float64)
    if with_wealth:
        add_worths(positions, traded, worth)
        _write_wealth(0, skip, count, cash, worth, positions, hedge_value, out_wealth)

    for day in range(days):
        for lane in range(LANES):
            both = mix64(base[lane] + u64(day + 1) * u64(_DAY_STRIDE))
            low[lane] = u32(both & u64(0xFFFFFFFF))
            high[lane] = u32(both >> u64(32))
        if history.shape[1] > 0:
            _draw_past(day, market[5], low, high, history[n], row, today)
        else:
            _draw_market(market, terms[1].shape[1], low, high, factors, today)
        if struck > 0:
            apply_events(day, count, skip, events, decayed, today, own_shock, sector_shock)
        _move_market(today, market_sum, market_traded, leverage, hedge_value, limits)
        move_stocks((row, low, high), rows, state, terms, sector, history, limits, struck > 0)
        cash *= cash_growth
        if with_wealth and day + 1 < days:
            add_worths(positions, traded, worth)
            _write_wealth(day + 1, skip, count, cash, worth, positions, hedge_value, out_wealth)

    for lane in range(count):
        worth[lane] = 0.0
        for i in range(n):
            out_stocks[skip + lane, i] = f64(traded[i, lane])
            worth[lane] += positions[i] * math.exp(f64(traded[i, lane]))
        for j in range(hedges):
            out_hedges[skip + lane, j] = hedge_value[j, lane]
        out_market[skip + lane] = f64(market_traded[lane])
    if with_wealth:
        _write_wealth(days, skip, count, cash, worth, positions, hedge_value, out_wealth)


@njit(nogil=True, cache=True)
def exponentiate(levels):  # type: ignore[no-untyped-def]
    """Replace log prices (S, n) by prices, one after another: the bits do not depend on the array's length."""
    for s in range(levels.shape[0]):
        for i in range(levels.shape[1]):
            levels[s, i] = math.exp(levels[s, i])
