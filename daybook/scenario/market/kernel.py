"""The kernel: LANES scenarios side by side, day by day, stock by stock, without ever storing a path.

Each scenario stands in a lane of its own and no lane looks at another, so a scenario's numbers do not depend on how
many are computed together, on which thread or in which order. State is single precision; the price of a stock is
kept as a log price against today's.
"""

import math

import numpy as np
from numba import njit

from daybook.scenario.market.counter_random import draw32, f32, growth, mix64, normal_pair, u32, u64

LANES = 128
LOWER_LIMIT = f32(math.log(0.7) + 2e-6)
UPPER_LIMIT = f32(math.log(1.3) - 2e-6)
"""A day's log return within KRX's limit of 30 %, the width of single precision inside it."""

_FACTOR_DRAWS = 0x40000000
_JUMP_DRAWS = 0x50000000
_ROW_DRAWS = 0x60000000
_GOLDEN = 0x9E3779B97F4A7C15

# Rows of the workspace of one day; a row holds one number a lane.
_JUMP, _MARKET, _SHOCK, _LIFT, _VOLATILITY, _ACCUMULATED = 0, 1, 2, 3, 4, 5
_FIRST_NORMAL, _SECOND_NORMAL, _FIRST_RETURN, _SECOND_RETURN, _STEP, _FACTORS = 6, 7, 8, 9, 10, 11


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


@njit(forceinline=True)  # type: ignore[untyped-decorator]
def _step(stock, row, work, sums, traded, own_shock, sector_shock, sector, beta, lowest, highest, weight):  # type: ignore[no-untyped-def]
    """Move one stock by its ordinary return (a row of the workspace), its event shocks and the daily limit."""
    at = stock * LANES
    of_sector = sector * LANES
    for lane in range(LANES):
        r = work[row * LANES + lane]
        r = r * work[_VOLATILITY * LANES + lane] if r < f32(0) else r
        summed = sums[at + lane] + r
        sums[at + lane] = summed
        target = summed + ((beta * work[_SHOCK * LANES + lane] + sector_shock[of_sector + lane]) + own_shock[at + lane])
        before = traded[at + lane]
        floor = before + lowest
        ceiling = before + highest
        target = floor if target < floor else target
        target = ceiling if target > ceiling else target
        traded[at + lane] = target
    if weight != f32(0):
        for lane in range(LANES):
            work[_ACCUMULATED * LANES + lane] += weight * growth(traded[at + lane])


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
    factors = loadings.shape[1]
    sectors = int(sector.max()) + 1 if n else 1
    sessions = history.shape[1]
    with_wealth = out_wealth.shape[1] == days + 1
    no_jump = math.exp(-rate)
    lowest = LOWER_LIMIT if limited > 0 else f32(-np.inf)
    highest = UPPER_LIMIT if limited > 0 else f32(np.inf)

    work = np.zeros((_FACTORS + factors) * LANES, np.float32)
    sums = np.zeros(n * LANES, np.float32)
    traded = np.zeros(n * LANES, np.float32)
    own_shock = np.zeros(n * LANES, np.float32)
    sector_shock = np.zeros(sectors * LANES, np.float32)
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
        work[_VOLATILITY * LANES + lane] = f32(1)
    stock_money = 0.0
    for i in range(n):
        stock_money += positions[i]
    cash_now = cash
    if with_wealth:
        for lane in range(count):
            total = cash + stock_money
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
                work[_MARKET * LANES + lane] = history[n, row[lane]]
        else:
            if rate > 0:
                for lane in range(LANES):
                    bits = draw32(_JUMP_DRAWS, low[lane], high[lane])
                    jump = f32(0)
                    if (float(bits) + 0.5) * 2.0**-32 >= no_jump:
                        jump = f32(_jump(low[lane], high[lane], bits, rate, jump_mean, jump_sd))
                    work[_JUMP * LANES + lane] = jump
            for pair in range((factors + 1) // 2):
                at = (_FACTORS + 2 * pair) * LANES
                number = u32(_FACTOR_DRAWS + 2 * pair)
                for lane in range(LANES):
                    z0, z1 = normal_pair(
                        draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane])
                    )
                    work[at + lane] = z0
                    work[at + LANES + lane] = z1
            for lane in range(LANES):
                ordinary = market_drift + market_sd * work[_FACTORS * LANES + lane]
                work[_MARKET * LANES + lane] = ordinary + work[_JUMP * LANES + lane]
        # What events do today.
        if last_event > first_event:
            _apply_events(
                day, count, skip, first_event, offsets, event_day, event_sector, event_stock, shocks, permanent,
                kept, lasts, effects, decayed, work, own_shock, sector_shock,
            )  # fmt: skip
        # The index and what follows it.
        for lane in range(LANES):
            r = work[_MARKET * LANES + lane]
            r = r * work[_VOLATILITY * LANES + lane] if r < f32(0) else r
            market_sum[lane] += r
            target = market_sum[lane] + work[_SHOCK * LANES + lane]
            before = market_traded[lane]
            target = min(max(target, before + lowest), before + highest)
            market_traded[lane] = target
            work[_STEP * LANES + lane] = growth(target - before)
            work[_ACCUMULATED * LANES + lane] = f32(0)
        for j in range(hedges):
            for lane in range(LANES):
                value = hedge_value[j, lane] * (1.0 - leverage[j] * float(work[_STEP * LANES + lane]))
                hedge_value[j, lane] = max(value, 0.0)
        # The stocks, two at a time since normals come in pairs.
        for pair in range((n + 1) // 2):
            one = 2 * pair
            two = one + 1 if one + 1 < n else one
            if sessions > 0:
                for lane in range(LANES):
                    at_row = row[lane]
                    market_part = work[_MARKET * LANES + lane]
                    r = history[one, at_row]
                    own = r - beta[one] * market_part
                    work[_FIRST_RETURN * LANES + lane] = r - work[_LIFT * LANES + lane] * max(own, f32(0))
                    r = history[two, at_row]
                    own = r - beta[two] * market_part
                    work[_SECOND_RETURN * LANES + lane] = r - work[_LIFT * LANES + lane] * max(own, f32(0))
            else:
                number = u32(2 * pair)
                for lane in range(LANES):
                    z0, z1 = normal_pair(
                        draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane])
                    )
                    work[_FIRST_NORMAL * LANES + lane] = z0
                    work[_SECOND_NORMAL * LANES + lane] = z1
                d0, d1, s0, s1, b0, b1 = drift[one], drift[two], own_sd[one], own_sd[two], beta[one], beta[two]
                for lane in range(LANES):
                    jump = work[_JUMP * LANES + lane]
                    lift = work[_LIFT * LANES + lane]
                    own = s0 * work[_FIRST_NORMAL * LANES + lane]
                    work[_FIRST_RETURN * LANES + lane] = (d0 + b0 * jump) + (own - lift * max(own, f32(0)))
                    own = s1 * work[_SECOND_NORMAL * LANES + lane]
                    work[_SECOND_RETURN * LANES + lane] = (d1 + b1 * jump) + (own - lift * max(own, f32(0)))
                for four in range(factors // 4):
                    k = 4 * four
                    at = (_FACTORS + k) * LANES
                    p0, p1, p2, p3 = loadings[one, k], loadings[one, k + 1], loadings[one, k + 2], loadings[one, k + 3]
                    q0, q1, q2, q3 = loadings[two, k], loadings[two, k + 1], loadings[two, k + 2], loadings[two, k + 3]
                    for lane in range(LANES):
                        f0, f1 = work[at + lane], work[at + LANES + lane]
                        f2, f3 = work[at + 2 * LANES + lane], work[at + 3 * LANES + lane]
                        work[_FIRST_RETURN * LANES + lane] += (p0 * f0 + p1 * f1) + (p2 * f2 + p3 * f3)
                        work[_SECOND_RETURN * LANES + lane] += (q0 * f0 + q1 * f1) + (q2 * f2 + q3 * f3)
            weight = f32(positions[one]) if with_wealth else f32(0)
            _step(
                one, _FIRST_RETURN, work, sums, traded, own_shock, sector_shock, sector[one], beta[one], lowest,
                highest, weight,
            )  # fmt: skip
            if two > one:
                weight = f32(positions[two]) if with_wealth else f32(0)
                _step(
                    two, _SECOND_RETURN, work, sums, traded, own_shock, sector_shock, sector[two], beta[two], lowest,
                    highest, weight,
                )  # fmt: skip
        if with_wealth:
            cash_now *= cash_growth
            for lane in range(count):
                total = (cash_now + stock_money) + float(work[_ACCUMULATED * LANES + lane])
                for j in range(hedges):
                    total += positions[n + j] * hedge_value[j, lane]
                out_wealth[skip + lane, day + 1] = total

    for lane in range(count):
        total = cash_now
        for i in range(n):
            level = float(traded[i * LANES + lane])
            out_stocks[skip + lane, i] = level
            if with_wealth:
                total += positions[i] * math.exp(level)
        for j in range(hedges):
            out_hedges[skip + lane, j] = hedge_value[j, lane]
            if with_wealth:
                total += positions[n + j] * hedge_value[j, lane]
        out_market[skip + lane] = float(market_traded[lane])
        if with_wealth and days > 0:
            out_wealth[skip + lane, days] = total


@njit(nogil=True)  # type: ignore[untyped-decorator]
def _apply_events(day, count, skip, first_event, offsets, event_day, event_sector, event_stock, shocks, permanent,
                  kept, lasts, effects, decayed, work, own_shock, sector_shock):  # type: ignore[no-untyped-def]  # fmt: skip
    """Write what the events of each lane do today: shocks still felt, volatility and lost gains.

    Of a shock ``permanent`` stays, the rest is multiplied by ``kept`` each day after the first. Shocks are added as
    levels, never as differences: each is at most 0, so that a scenario with fewer or smaller events is at least as
    high in every lane, rounding included.
    """
    for lane in range(count):
        begin, end = offsets[skip + lane], offsets[skip + lane + 1]
        for e in range(begin, end):
            if event_sector[e] >= 0:
                sector_shock[event_sector[e] * LANES + lane] = f32(0)
            if event_stock[e] >= 0:
                own_shock[event_stock[e] * LANES + lane] = f32(0)
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
                sector_shock[event_sector[e] * LANES + lane] += f32(shocks[e, 1] * share)
            if event_stock[e] >= 0:
                own_shock[event_stock[e] * LANES + lane] += f32(shocks[e, 2] * share)
            if age < lasts[e]:
                volatility = max(volatility, effects[e, 0])
                lift = max(lift, effects[e, 1])
        work[_SHOCK * LANES + lane] = shock
        work[_VOLATILITY * LANES + lane] = f32(volatility)
        falling = work[_MARKET * LANES + lane] < f32(0)
        work[_LIFT * LANES + lane] = f32(lift) if falling else f32(0)


@njit(nogil=True, cache=True)  # type: ignore[untyped-decorator]
def exponentiate(levels):  # type: ignore[no-untyped-def]
    """Replace log prices (S, n) by prices, one after another: the bits do not depend on the array's length."""
    for s in range(levels.shape[0]):
        for i in range(levels.shape[1]):
            levels[s, i] = math.exp(levels[s, i])
