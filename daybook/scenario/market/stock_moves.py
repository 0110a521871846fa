"""A day of every stock: ordinary return, event shocks, daily limit.

Each loop touches few arrays and runs over lanes alone, which is what the compiler turns into vector instructions.
"""

from numba import njit

from daybook.scenario.market.counter_random import draw32, exponential, f32, normal_pair, u32
from daybook.scenario.market.workspace import JUMP, LANES, LIFT, MARKET, SHOCK, VOLATILITY


@njit(nogil=True, error_model="numpy")
def normals(number, low, high, first, second):  # type: ignore[no-untyped-def]
    """Write two rows of normals, draws ``number`` and the next."""
    for lane in range(LANES):
        z0, z1 = normal_pair(draw32(number, low[lane], high[lane]), draw32(number + u32(1), low[lane], high[lane]))
        first[lane] = z0
        second[lane] = z1


@njit(nogil=True, error_model="numpy")
def _own_returns(returns, lift, jump, drift, beta, sd):  # type: ignore[no-untyped-def]
    """Replace a row of normals by a stock's drift, jump and own noise; gains of its own may be lost in falls."""
    for lane in range(LANES):
        own = sd * returns[lane]
        own = own - lift[lane] * (own if own > f32(0) else f32(0))
        returns[lane] = (drift + beta * jump[lane]) + own


@njit(nogil=True, error_model="numpy")
def _drawn_returns(past, day_row, returns, market, lift, beta):  # type: ignore[no-untyped-def]
    """Write a row of a stock's returns on the days of history the bootstrap has drawn."""
    for lane in range(LANES):
        r = past[day_row[lane]]
        own = r - beta * market[lane]
        returns[lane] = r - lift[lane] * (own if own > f32(0) else f32(0))


@njit(nogil=True, error_model="numpy")
def _add_factors(loading, factors, returns):  # type: ignore[no-untyped-def]
    """Add the factors' parts to a stock's returns, four factors at a time."""
    for k in range(0, loading.shape[0], 4):
        p0, p1, p2, p3 = loading[k], loading[k + 1], loading[k + 2], loading[k + 3]
        f0, f1, f2, f3 = factors[k], factors[k + 1], factors[k + 2], factors[k + 3]
        for lane in range(LANES):
            returns[lane] += (p0 * f0[lane] + p1 * f1[lane]) + (p2 * f2[lane] + p3 * f3[lane])


@njit(nogil=True, error_model="numpy")
def _add_returns(returns, volatility, sums):  # type: ignore[no-untyped-def]
    """Add a day's ordinary returns to their sums; falls are larger while volatility is up."""
    for lane in range(LANES):
        r = returns[lane]
        sums[lane] += r * volatility[lane] if r < f32(0) else r


@njit(nogil=True, error_model="numpy")
def _trade(sums, market_shock, sector_shock, own_shock, traded, beta, lowest, highest):  # type: ignore[no-untyped-def]
    """Move the traded price towards the fundamental one within the daily limit."""
    for lane in range(LANES):
        target = sums[lane] + ((beta * market_shock[lane] + sector_shock[lane]) + own_shock[lane])
        floor = traded[lane] + lowest
        ceiling = traded[lane] + highest
        target = floor if target < floor else target
        traded[lane] = ceiling if target > ceiling else target


@njit(nogil=True, error_model="numpy")
def _add_worth(position, traded, worth):  # type: ignore[no-untyped-def]
    """Add what a position is worth."""
    for lane in range(LANES):
        worth[lane] += position * float(exponential(traded[lane]))


@njit(nogil=True, error_model="numpy")
def move_stocks(draws, rows, state, terms, sector, history, limits):  # type: ignore[no-untyped-def]
    """Move every stock by one day; normals come in pairs, so every second stock draws for two."""
    day_row, low, high = draws
    today, returns, factors = rows
    sums, traded, own_shock, sector_shock = state
    drift, loadings, own_sd, beta = terms
    lowest, highest = limits
    for i in range(loadings.shape[0]):
        r = returns[i % 2]
        if history.shape[1] > 0:
            _drawn_returns(history[i], day_row, r, today[MARKET], today[LIFT], beta[i])
        else:
            if i % 2 == 0:
                normals(u32(i), low, high, returns[0], returns[1])
            _own_returns(r, today[LIFT], today[JUMP], drift[i], beta[i], own_sd[i])
            _add_factors(loadings[i], factors, r)
        _add_returns(r, today[VOLATILITY], sums[i])
        _trade(sums[i], today[SHOCK], sector_shock[sector[i]], own_shock[i], traded[i], beta[i], lowest, highest)


@njit(nogil=True, error_model="numpy")
def add_worths(positions, traded, worth):  # type: ignore[no-untyped-def]
    """Replace ``worth`` by what the stocks of a plan are worth in each lane."""
    for lane in range(LANES):
        worth[lane] = 0.0
    for i in range(traded.shape[0]):
        _add_worth(positions[i], traded[i], worth)
