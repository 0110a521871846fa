"""The kernel: LANES scenarios side by side, day by day, stock by stock, without ever storing a path.

Each scenario stands in a lane of its own and no lane looks at another, so a scenario's numbers do not depend on how
many are computed together, on which thread or in which order. State is single precision; the price of a stock is
kept as a log price against today's.
"""

import math

import numpy as np
from numba import njit

from daybook.scenario.market.counter_random import draw32, exponential, f32, growth, mix64, normal_pair, u32, u64

LANES = 256
LOWER_LIMIT = f32(math.log(0.7) + 2e-6)
UPPER_LIMIT = f32(math.log(1.3) - 2e-6)
"""A day's log return within KRX's limit of 30 %, the width of single precision inside it."""

_FACTOR_DRAWS = 0x40000000
_JUMP_DRAWS = 0x50000000
_ROW_DRAWS = 0x60000000
_GOLDEN = 0x9E3779B97F4A7C15

# Rows of the workspace of one day; a row holds one number a lane.
_JUMP, _MARKET, _SHOCK, _LIFT, _VOLATILITY, _STEP, _ROWS = 0, 1, 2, 3, 4, 5, 6


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _jump(low, high, first_bits, rate, mean, sd):  # type: ignore[no-untyped-def]
    """Return the sum of a day's jumps: Poisson many, normal each."""
    u = (float(first_bits) + 0.5) * 2.0**-32
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
    return count * mean + math.sqrt(float(count)) * sd * float(z)


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _normals(number, low, high, first, second):  # type: ignore[no-untyped-def]
    """Write two rows of normals, draws ``number`` and the next."""
    for lane in range(LANES):
        z0, z1 = normal_pair(draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane]))
        first[lane] = z0
        second[lane] = z1


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _own_returns(returns, lift, jump, drift, beta, sd):  # type: ignore[no-untyped-def]
    """Replace a row of normals by a stock's drift, jump and own noise; gains of its own may be lost in falls."""
    for lane in range(LANES):
        own = sd * returns[lane]
        own = own - lift[lane] * (own if own > f32(0) else f32(0))
        returns[lane] = (drift + beta * jump[lane]) + own


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _drawn_returns(past, day_row, returns, market, lift, beta):  # type: ignore[no-untyped-def]
    """Write a row of a stock's returns on the days of history the bootstrap has drawn."""
    for lane in range(LANES):
        r = past[day_row[lane]]
        own = r - beta * market[lane]
        returns[lane] = r - lift[lane] * (own if own > f32(0) else f32(0))


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_factors(loading, factors, returns):  # type: ignore[no-untyped-def]
    """Add the factors' parts to a stock's returns, four factors at a time."""
    for k in range(0, loading.shape[0], 4):
        p0, p1, p2, p3 = loading[k], loading[k + 1], loading[k + 2], loading[k + 3]
        f0, f1, f2, f3 = factors[k], factors[k + 1], factors[k + 2], factors[k + 3]
        for lane in range(LANES):
            returns[lane] += (p0 * f0[lane] + p1 * f1[lane]) + (p2 * f2[lane] + p3 * f3[lane])


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_returns(returns, volatility, sums):  # type: ignore[no-untyped-def]
    """Add a day's ordinary returns to their sums; falls are larger while volatility is up."""
    for lane in range(LANES):
        r = returns[lane]
        sums[lane] += r * volatility[lane] if r < f32(0) else r


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _trade(sums, market_shock, sector_shock, own_shock, traded, beta, lowest, highest):  # type: ignore[no-untyped-def]
    """Move the traded price towards the fundamental one within the daily limit."""
    for lane in range(LANES):
        target = sums[lane] + ((beta * market_shock[lane] + sector_shock[lane]) + own_shock[lane])
        floor = traded[lane] + lowest
        ceiling = traded[lane] + highest
        target = floor if target < floor else target
        traded[lane] = ceiling if target > ceiling else target


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _add_worth(position, traded, worth):  # type: ignore[no-untyped-def]
    """Add what a position is worth."""
    for lane in range(LANES):
        worth[lane] += position * float(exponential(traded[lane]))


@njit(nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _move_stocks(day_row, low, high, today, returns, factors, sums, traded, own_shock, sector_shock, sector, history,
                 positions, worth, drift, loadings, own_sd, beta, lowest, highest, with_wealth):  # type: ignore[no-untyped-def]  # fmt: skip
    """Move every stock by one day, two at a time since normals come in pairs."""
    n = loadings.shape[0]
    lift, jump = today[_LIFT], today[_JUMP]
    for i in range(n):
        r = returns[i % 2]
        if history.shape[1] > 0:
            _drawn_returns(history[i], day_row, r, today[_MARKET], lift, beta[i])
        else:
            if i % 2 == 0:
                _normals(u32(i), low, high, returns[0], returns[1])
            _own_returns(r, lift, jump, drift[i], beta[i], own_sd[i])
            _add_factors(loadings[i], factors, r)
        _add_returns(r, today[_VOLATILITY], sums[i])
        _trade(sums[i], today[_SHOCK], sector_shock[sector[i]], own_shock[i], traded[i], beta[i], lowest, highest)
        if with_wealth:
            _add_worth(positions[i], traded[i], worth)


@njit(nogil=True, error_model="numpy", cache=True)  # type: ignore[untyped-decorator]
def run_lanes(first, count, skip, days, key, market, stocks, sector, history, leverage, events, money, out):  # type: ignore[no-untyped-def]
    """Simulate ``count`` scenarios from number ``first`` and write rows ``skip`` onwards of the outputs.

    Parameters are the arrays of ``packing.KernelInput``; ``out`` is (log prices of stocks (S, n), value of hedges
    (S, m), log level of the market (S,), wealth (S, days + 1) or an empty array).
    """
    drift, loadings, own_sd, beta = stocks
    market_drift, market_sd, rate, jump_mean, jump_sd, restart, limited = market
    offsets, event_day, event_sector, event_stock, shocks, permanent, kept, lasts, effects = events
    positions, cash, cash_growth = money
    out_stocks, out_hedges, out_market, out_wealth = out
    n = drift.shape[0]
    hedges = leverage.shape[0]
    width = loadings.shape[1]
    sectors = int(sector.max()) + 1 if n else 1
    sessions = history.shape[1]
    with_wealth = out_wealth.shape[1] == days + 1
    no_jump = math.exp(-rate)
    lowest = LOWER_LIMIT if limited > 0 else f32(-np.inf)
    highest = UPPER_LIMIT if limited > 0 else f32(np.inf)

    today = np.zeros((_ROWS, LANES), np.float32)
    factors = np.zeros((width, LANES), np.float32)
    returns = np.zeros((2, LANES), np.float32)
    worth = np.zeros(LANES, np.float64)
    sums = np.zeros((n, LANES), np.float32)
    traded = np.zeros((n, LANES), np.float32)
    own_shock = np.zeros((n, LANES), np.float32)
    sector_shock = np.zeros((sectors, LANES), np.float32)
    market_sum = np.zeros(LANES, np.float32)
    market_traded = np.zeros(LANES, np.float32)
    hedge_value = np.ones((hedges, LANES), np.float64)
    low = np.zeros(LANES, np.uint32)
    high = np.zeros(LANES, np.uint32)
    base = np.zeros(LANES, np.uint64)
    row = np.zeros(LANES, np.int64)
    has_events = offsets.shape[0] > 1
    first_event = offsets[skip] if has_events else 0
    last_event = offsets[skip + count] if has_events else 0
    decayed = np.ones(last_event - first_event, np.float64)
    for lane in range(LANES):
        base[lane] = mix64(u64(key) + u64(first + lane) * u64(_GOLDEN))
        today[_VOLATILITY, lane] = f32(1)
    held = 0.0
    for i in range(n):
        held += positions[i]
    cash_now = cash
    if with_wealth:
        for lane in range(count):
            total = cash + held
            for j in range(hedges):
                total += positions[n + j]
            out_wealth[skip + lane, 0] = total

    for day in range(days):
        for lane in range(LANES):
            both = mix64(base[lane] + u64(day + 1) * u64(0xD1B54A32D192ED03))
            low[lane] = u32(both & u64(0xFFFFFFFF))
            high[lane] = u32(both >> u64(32))
        # What moves the market.
        if sessions > 0:
            for lane in range(LANES):
                again = (float(draw32(_ROW_DRAWS, low[lane], high[lane])) + 0.5) * 2.0**-32
                if day == 0 or again < restart:
                    bits = u64(draw32(_ROW_DRAWS + 1, low[lane], high[lane]))
                    row[lane] = np.int64((bits * u64(sessions)) >> u64(32))
                else:
                    row[lane] = row[lane] + 1 if row[lane] + 1 < sessions else 0
                today[_MARKET, lane] = history[n, row[lane]]
        else:
            if rate > 0:
                for lane in range(LANES):
                    bits = draw32(_JUMP_DRAWS, low[lane], high[lane])
                    jump = f32(0)
                    if (float(bits) + 0.5) * 2.0**-32 >= no_jump:
                        jump = f32(_jump(low[lane], high[lane], bits, rate, jump_mean, jump_sd))
                    today[_JUMP, lane] = jump
            for k in range(0, width, 2):
                _normals(u32(_FACTOR_DRAWS + k), low, high, factors[k], factors[k + 1])
            for lane in range(LANES):
                ordinary = market_drift + market_sd * factors[0, lane]
                today[_MARKET, lane] = ordinary + today[_JUMP, lane]
        # What events do today.
        if last_event > first_event:
            _apply_events(
                day, count, skip, first_event, offsets, event_day, event_sector, event_stock, shocks, permanent,
                kept, lasts, effects, decayed, today, own_shock, sector_shock,
            )  # fmt: skip
        # The index and what follows it.
        for lane in range(LANES):
            r = today[_MARKET, lane]
            r = r * today[_VOLATILITY, lane] if r < f32(0) else r
            market_sum[lane] += r
            target = market_sum[lane] + today[_SHOCK, lane]
            before = market_traded[lane]
            target = min(max(target, before + lowest), before + highest)
            market_traded[lane] = target
            today[_STEP, lane] = growth(target - before)
            worth[lane] = 0.0
        for j in range(hedges):
            for lane in range(LANES):
                value = hedge_value[j, lane] * (1.0 - leverage[j] * float(today[_STEP, lane]))
                hedge_value[j, lane] = max(value, 0.0)
        _move_stocks(
            row, low, high, today, returns, factors, sums, traded, own_shock, sector_shock, sector, history, positions,
            worth, drift, loadings, own_sd, beta, lowest, highest, with_wealth,
        )  # fmt: skip
        if with_wealth:
            cash_now *= cash_growth
            for lane in range(count):
                total = cash_now + worth[lane]
                for j in range(hedges):
                    total += positions[n + j] * hedge_value[j, lane]
                out_wealth[skip + lane, day + 1] = total

    for lane in range(count):
        held = 0.0
        for i in range(n):
            level = float(traded[i, lane])
            out_stocks[skip + lane, i] = level
            if with_wealth:
                held += positions[i] * math.exp(level)
        total = cash_now + held
        for j in range(hedges):
            out_hedges[skip + lane, j] = hedge_value[j, lane]
            if with_wealth:
                total += positions[n + j] * hedge_value[j, lane]
        out_market[skip + lane] = float(market_traded[lane])
        if with_wealth and days > 0:
            out_wealth[skip + lane, days] = total


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _apply_events(day, count, skip, first_event, offsets, event_day, event_sector, event_stock, shocks, permanent,
                  kept, lasts, effects, decayed, today, own_shock, sector_shock):  # type: ignore[no-untyped-def]  # fmt: skip
    """Write what the events of each lane do today: shocks still felt, volatility and lost gains.

    Of a shock ``permanent`` stays, the rest is multiplied by ``kept`` each day after the first. Shocks are added as
    levels, never as differences: each is at most 0, so that a scenario with fewer or smaller events is at least as
    high in every lane, rounding included.
    """
    for lane in range(count):
        begin, end = offsets[skip + lane], offsets[skip + lane + 1]
        for e in range(begin, end):
            if event_sector[e] >= 0:
                sector_shock[event_sector[e], lane] = f32(0)
            if event_stock[e] >= 0:
                own_shock[event_stock[e], lane] = f32(0)
        shock, volatility, lift = f32(0), 1.0, 0.0
        for e in range(begin, end):
            age = day - event_day[e]
            if age < 0:
                continue
            if age > 0:
                decayed[e - first_event] *= kept[e]
            share = permanent[e] + (1.0 - permanent[e]) * decayed[e - first_event]
            shock += f32(shocks[e, 0] * share)
            if event_sector[e] >= 0:
                sector_shock[event_sector[e], lane] += f32(shocks[e, 1] * share)
            if event_stock[e] >= 0:
                own_shock[event_stock[e], lane] += f32(shocks[e, 2] * share)
            if age < lasts[e]:
                volatility = max(volatility, effects[e, 0])
                lift = max(lift, effects[e, 1])
        today[_SHOCK, lane] = shock
        today[_VOLATILITY, lane] = f32(volatility)
        falling = today[_MARKET, lane] < f32(0)
        today[_LIFT, lane] = f32(lift) if falling else f32(0)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def exponentiate(levels):  # type: ignore[no-untyped-def]
    """Replace log prices (S, n) by prices, one after another: the bits do not depend on the array's length."""
    for s in range(levels.shape[0]):
        for i in range(levels.shape[1]):
            levels[s, i] = math.exp(levels[s, i])
