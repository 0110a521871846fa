"""What events do to prices on a day."""

from numba import njit

from daybook.scenario.market.counter_random import f32
from daybook.scenario.market.workspace import LIFT, MARKET, SHOCK, VOLATILITY


@njit(nogil=True)
def apply_events(day, count, skip, events, decayed, today, own_shock, sector_shock):  # type: ignore[no-untyped-def]
    """Write what the events of each lane do today: shocks still felt, volatility and lost gains.

    Of a shock ``permanent`` stays, the rest is multiplied by ``kept`` each day after the first. Shocks are added as
    levels, never as differences: each is at most 0, so that a scenario with fewer or smaller events is at least as
    high in every lane, rounding included.
    """
    offsets, event_day, event_sector, event_stock, shocks, permanent, kept, lasts, effects = events
    first_event = offsets[skip]
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
        today[SHOCK, lane] = shock
        today[VOLATILITY, lane] = f32(volatility)
        falling = today[MARKET, lane] < f32(0)
        today[LIFT, lane] = f32(lift) if falling else f32(0)
