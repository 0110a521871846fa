"""The visible book around the path's price: seeded synthetic depth, ten levels a side."""

import math
from dataclasses import dataclass

from daybook.contracts.base import Won
from daybook.contracts.market import SecurityKind
from daybook.krx.limits import PriceLimits
from daybook.krx.ticks import Rounding, round_to_tick, ticks_away
from daybook.paper.model import Level

LEVELS = 10
_MASK = (1 << 64) - 1
_WIDE_SPREAD_SHARE = 0.12


@dataclass(frozen=True, slots=True)
class Depth:
    """Synthetic depth of both sides, best level first."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]


def synthetic_depth(
    price_krw: Won, is_buy: bool, *, limits: PriceLimits, kind: SecurityKind, usual_shares: int, salt: int
) -> Depth:
    """Return the book right after a trade at ``price_krw``.

    A buyer's trade leaves it as best ask, a seller's as best bid; one time in eight the other side stands a tick
    further off. ``usual_shares`` is the typical size of a level; ``salt`` decides the sizes, so equal arguments
    give an equal book. At a price limit only the side
    that waits is left: a stock at its upper limit has no asks.
    """
    if price_krw >= limits.upper_krw or price_krw <= limits.lower_krw:
        is_buy = price_krw <= limits.lower_krw
    extra = 1 if _unit(salt, 0) < _WIDE_SPREAD_SHARE else 0
    if is_buy:
        ask = round_to_tick(price_krw, kind, Rounding.UP)
        bid = ticks_away(ask, -1 - extra, kind) if ask > 1 else 0
    else:
        bid = round_to_tick(price_krw, kind, Rounding.DOWN)
        ask = ticks_away(bid, 1 + extra, kind)
    return Depth(
        asks=_side(ask, 1, limits, kind, usual_shares, salt),
        bids=_side(bid, -1, limits, kind, usual_shares, salt),
    )


def _side(
    best: Won, step: int, limits: PriceLimits, kind: SecurityKind, usual_shares: int, salt: int
) -> tuple[Level, ...]:
    levels: list[Level] = []
    price = best
    while len(levels) < LEVELS and price > 0 and limits.lower_krw <= price <= limits.upper_krw:
        depth = 0.6 + 0.12 * min(len(levels), 5)
        shares = math.ceil(usual_shares * depth * math.exp(1.6 * (_unit(salt, price * 2 + (step > 0)) - 0.5)))
        levels.append(Level(price, max(shares, 1)))
        following = ticks_away(price, step, kind)
        if following == price:
            break
        price = following
    return tuple(levels)


def _unit(salt: int, number: int) -> float:
    """Return a number in [0, 1) that two integers decide (SplitMix64's finaliser)."""
    value = (salt * 0x9E3779B97F4A7C15 + number * 0xBF58476D1CE4E5B9 + 0x94D049BB133111EB) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return (value ^ (value >> 31)) / 2**64
