"""Price ticks of the Korea Exchange (호가가격단위), in force since 2023-01-25 on KOSPI, KOSDAQ and KONEX alike.

A price band includes its lower bound: exactly on a boundary the higher band's tick applies. Each boundary is a
multiple of the ticks on both sides, so the grid has no gap and no overlap where bands meet.

The grid binds the prices of orders. Executions halfway between two ticks do occur (midpoint orders; seen as closing
prices in sessions of 2026-03), so a last price or a base price may lie off the grid.
"""

import math
from enum import StrEnum
from fractions import Fraction

from daybook.contracts.base import Won
from daybook.contracts.market import SecurityKind


class Rounding(StrEnum):
    """Which grid price to choose for a price between two ticks."""

    DOWN = "down"
    UP = "up"
    NEAREST = "nearest"


_Bands = tuple[tuple[Won, Won], ...]
"""(lowest price of the band, tick), lowest band first."""

_STOCK_BANDS: _Bands = (
    (0, 1),
    (2_000, 5),
    (5_000, 10),
    (20_000, 50),
    (50_000, 100),
    (200_000, 500),
    (500_000, 1_000),
)
_FUND_BANDS: _Bands = ((0, 1), (2_000, 5))
_BANDS: dict[SecurityKind, _Bands] = {
    SecurityKind.STOCK: _STOCK_BANDS,
    SecurityKind.ETF: _FUND_BANDS,
    SecurityKind.ETN: _FUND_BANDS,
    SecurityKind.ELW: ((0, 5),),
}


def tick_size(price_krw: Won, kind: SecurityKind = SecurityKind.STOCK) -> Won:
    """Return the tick in won at a price; raises ``ValueError`` for a price that is not positive."""
    if price_krw <= 0:
        raise ValueError(f"a price must be positive, not {price_krw}")
    return _tick_of_band(price_krw, kind)


def is_on_tick(price_krw: Won, kind: SecurityKind = SecurityKind.STOCK) -> bool:
    """Return whether an order may be priced so; False for a price that is not positive."""
    return price_krw > 0 and price_krw % _tick_of_band(price_krw, kind) == 0


def round_to_tick(price_krw: int | float, kind: SecurityKind, direction: Rounding) -> Won:
    """Return the grid price next to a price in won, which may have a fraction.

    ``NEAREST`` takes the higher of two equally near prices. The result is never below the lowest price on the
    grid (1 won, 5 for an ELW). Raises ``ValueError`` for a price that is not positive and finite.
    """
    if not math.isfinite(price_krw) or price_krw <= 0:
        raise ValueError(f"a price must be positive and finite, not {price_krw}")
    exact = Fraction(price_krw)
    tick = _tick_of_band(math.floor(exact), kind)
    if direction is Rounding.DOWN:
        steps = math.floor(exact / tick)
    elif direction is Rounding.UP:
        steps = math.ceil(exact / tick)
    else:
        steps = math.floor(exact / tick + Fraction(1, 2))
    return max(steps * tick, _BANDS[kind][0][1])


def ticks_away(price_krw: Won, count: int, kind: SecurityKind = SecurityKind.STOCK) -> Won:
    """Return the price ``count`` ticks up (or down, when negative), using each band's own tick on the way.

    From a price between two ticks the first step ends on the neighbouring grid price. Going down ends at the
    lowest price on the grid. Raises ``ValueError`` for a price that is not positive.
    """
    if price_krw <= 0:
        raise ValueError(f"a price must be positive, not {price_krw}")
    if count == 0:
        return price_krw
    steps = _steps_up_to(price_krw, kind)
    if count < 0 and not is_on_tick(price_krw, kind):
        steps += 1
    return _price_of_step(max(steps + count, 1), kind)


def _tick_of_band(price_krw: Won, kind: SecurityKind) -> Won:
    return next(tick for lowest, tick in reversed(_BANDS[kind]) if price_krw >= lowest)


def _steps_up_to(price_krw: Won, kind: SecurityKind) -> int:
    """Count the grid prices in (0, price]."""
    bands = _BANDS[kind]
    steps = 0
    for index, (lowest, tick) in enumerate(bands):
        if price_krw < lowest:
            break
        end = bands[index + 1][0] if index + 1 < len(bands) else price_krw
        steps += (min(end, price_krw) - lowest) // tick
    return steps


def _price_of_step(step: int, kind: SecurityKind) -> Won:
    """Return the grid price with ``step`` grid prices in (0, price]."""
    bands = _BANDS[kind]
    for index, (lowest, tick) in enumerate(bands[:-1]):
        steps_in_band = (bands[index + 1][0] - lowest) // tick
        if step <= steps_in_band:
            return lowest + step * tick
        step -= steps_in_band
    lowest, tick = bands[-1]
    return lowest + step * tick
