"""A day of every stock: ordinary return, event shocks, daily limit.

Each loop touches few arrays and runs over lanes alone, which is what the compiler turns into vector instructions.
"""

from numba import njit

from daybook.scenario.market.counter_random import draw32, exponential, f32, f64, normal_pair, u32
from daybook.scenario.market.fused import fma
from daybook.scenario.market.workspace import JUMP, LANES, LIFT, MARKET, SHOCK, VOLATILITY


@njit(nogil=True, error_model="numpy")
def normals(number, low, high, first, second):  # type: ignore[no-untyped-def]
    """Write two rows of normals, draws ``number`` and the next."""
    for lane in range(LANES):
        z0, z1 = normal_pair(draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane]))
        first[lane] = z0
        second[lane] = z1


@njit(nogil=True, error_model="numpy")
def _own_returns(number, low, high, today, returns, first, second):  # type: ignore[no-untyped-def]
    """Write two rows of returns without the factors: drift, jump and own noise; own gains may be lost in falls."""
    d0, b0, s0 = first
    d1, b1, s1 = second
    for lane in range(LANES):
        z0, z1 = normal_pair(draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane]))
        jump = today[JUMP * LANES + lane]
        lost = -today[LIFT * LANES + lane]
        own = s0 * z0
        own = fma(lost, own if own > f32(0) else f32(0), own)
        returns[lane] = fma(b0, jump, d0) + own
        own = s1 * z1
        own = fma(lost, own if own > f32(0) else f32(0), own)
        returns[LANES + lane] = fma(b1, jump, d1) + own


@njit(nogil=True, error_model="numpy")
def _drawn_returns(past, day_row, returns, market, lift, beta):  # type: ignore[no-untyped-def]
    """Write a row of a stock's returns on the days of history the bootstrap has drawn."""
    for lane in range(LANES):
        r = past[day_row[lane]]
        own = fma(-beta, market[lane], r)
        returns[lane] = fma(-lift[lane], own if own > f32(0) else f32(0), r)


@njit(nogil=True, error_model="numpy")
def _add_factors(first, second, factors, returns):  # type: ignore[no-untyped-def]
    """Add the factors' parts to the two rows of returns, five factors at a time."""
    for five in range(first.shape[0] // 5):
        k = 5 * five
        at = k * LANES
        p0, p1, p2, p3, p4 = first[k], first[k + 1], first[k + 2], first[k + 3], first[k + 4]
        q0, q1, q2, q3, q4 = second[k], second[k + 1], second[k + 2], second[k + 3], second[k + 4]
        for lane in range(LANES):
            f0, f1 = factors[at + lane], factors[at + LANES + lane]
            f2, f3 = factors[at + 2 * LANES + lane], factors[at + 3 * LANES + lane]
            f4 = factors[at + 4 * LANES + lane]
            r = fma(p1, f1, fma(p0, f0, returns[lane]))
            returns[lane] = fma(p4, f4, fma(p3, f3, fma(p2, f2, r)))
            r = fma(q1, f1, fma(q0, f0, returns[LANES + lane]))
            returns[LANES + lane] = fma(q4, f4, fma(q3, f3, fma(q2, f2, r)))


@njit(nogil=True, error_model="numpy")
def _add_shocks(market_shock, sector_shock, own_shock, shock, beta):  # type: ignore[no-untyped-def]
    """Write the shocks a stock still feels."""
    for lane in range(LANES):
        shock[lane] = fma(beta, market_shock[lane], sector_shock[lane]) + own_shock[lane]


@njit(nogil=True, error_model="numpy")
def _trade(returns, volatility, shock, sums, traded, lowest, highest):  # type: ignore[no-untyped-def]
    """Add a day's return, larger in falls while volatility is up, and trade towards the new price within limits."""
    for lane in range(LANES):
        r = returns[lane]
        summed = sums[lane] + (r * volatility[lane] if r < f32(0) else r)
        sums[lane] = summed
        target = summed + shock[lane]
        floor = traded[lane] + lowest
        ceiling = traded[lane] + highest
        target = floor if target < floor else target
        traded[lane] = ceiling if target > ceiling else target


@njit(nogil=True, error_model="numpy")
def _add_worth(position, traded, worth):  # type: ignore[no-untyped-def]
    """Add what a position is worth."""
    for lane in range(LANES):
        worth[lane] = fma(position, f64(exponential(traded[lane])), worth[lane])


@njit(nogil=True, error_model="numpy")
def _add_four_worths(positions, i, one, two, three, four, worth):  # type: ignore[no-untyped-def]
    """Add what four positions from number ``i`` on are worth, one after another."""
    p0, p1, p2, p3 = positions[i], positions[i + 1], positions[i + 2], positions[i + 3]
    for lane in range(LANES):
        total = fma(p0, f64(exponential(one[lane])), worth[lane])
        total = fma(p1, f64(exponential(two[lane])), total)
        total = fma(p2, f64(exponential(three[lane])), total)
        worth[lane] = fma(p3, f64(exponential(four[lane])), total)


@njit(nogil=True, error_model="numpy")
def move_stocks(draws, rows, state, terms, sector, history, limits, struck):  # type: ignore[no-untyped-def]
    """Move every stock by one day, two at a time: normals come in pairs."""
    day_row, low, high = draws
    today, returns, factors, shock = rows
    sums, traded, own_shock, sector_shock = state
    drift, loadings, own_sd, beta = terms
    lowest, highest = limits
    n = loadings.shape[0]
    flat_today, flat_factors, flat_returns = today.ravel(), factors.ravel(), returns.ravel()
    for one in range(0, n, 2):
        two = min(one + 1, n - 1)
        if history.shape[1] > 0:
            _drawn_returns(history[one], day_row, returns[0], today[MARKET], today[LIFT], beta[one])
            _drawn_returns(history[two], day_row, returns[1], today[MARKET], today[LIFT], beta[two])
        else:
            first = (drift[one], beta[one], own_sd[one])
            second = (drift[two], beta[two], own_sd[two])
            _own_returns(u32(one), low, high, flat_today, flat_returns, first, second)
            _add_factors(loadings[one], loadings[two], flat_factors, flat_returns)
        for i in range(one, two + 1):
            if struck:
                _add_shocks(today[SHOCK], sector_shock[sector[i]], own_shock[i], shock, beta[i])
            _trade(returns[i - one], today[VOLATILITY], shock, sums[i], traded[i], lowest, highest)


@njit(nogil=True, error_model="numpy")
def add_worths(positions, traded, worth):  # type: ignore[no-untyped-def]
    """Replace ``worth`` by what the stocks of a plan are worth in each lane, added in their order."""
    n = traded.shape[0]
    for lane in range(LANES):
        worth[lane] = 0.0
    fours = n - n % 4
    for i in range(0, fours, 4):
        _add_four_worths(positions, i, traded[i], traded[i + 1], traded[i + 2], traded[i + 3], worth)
    for i in range(fours, n):
        _add_worth(positions[i], traded[i], worth)
