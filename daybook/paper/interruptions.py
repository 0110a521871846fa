"""Volatility interruptions (변동성완화장치, VI): two minutes of call auction when a price jumps.

The rules are those of :mod:`daybook.krx.vi`: a static interruption when the price leaves the last auction's price, a
dynamic one when it leaves the last trade's. The auction's price is the next reference.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.session import SessionPhase
from daybook.krx.vi import STATIC_VI_RATIO, VI_AUCTION, VI_RANDOM_END, VolatilityClass, dynamic_vi_ratio

_AUCTION_MS = int(VI_AUCTION.total_seconds() * 1000)
_LONGEST_RANDOM_END_MS = int(VI_RANDOM_END.total_seconds() * 1000)
_CATCH_UP_MS = 900_000
"""Trades that would have fallen into the auction follow it within this time of its start."""
_MOST_PER_DAY = 20

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Interruption:
    """One interruption: from the trade that set it off to the single price at ``index`` that ends it."""

    from_ms: int
    until_ms: int
    reference_krw: int
    index: int


def interrupted(
    at_ms: _Ints,
    price: _Ints,
    continuous_until_ms: int,
    closing_index: int,
    volatility_class: VolatilityClass,
    random: np.random.Generator,
) -> tuple[_Ints, tuple[Interruption, ...]]:
    """Return trade times with room for the interruptions the prices set off, and these; prices stay as they are.

    No interruption starts so late that it would run into the closing auction.
    """
    found: list[Interruption] = []
    reference, start = int(price[0]), 1
    static, dynamic = STATIC_VI_RATIO, dynamic_vi_ratio(volatility_class, SessionPhase.CONTINUOUS)
    if dynamic is None:
        raise ValueError(f"{volatility_class} has no dynamic interruption in continuous trading")
    steps = np.abs(np.diff(price)) * dynamic.denominator >= dynamic.numerator * price[:-1]
    while len(found) < _MOST_PER_DAY:
        away = np.abs(price[start:closing_index] - reference)
        jumped = (away * static.denominator >= static.numerator * reference) | steps[start - 1 : closing_index - 1]
        if not jumped.any():
            break
        trigger = start + int(np.argmax(jumped))
        from_ms = int(at_ms[trigger])
        until_ms = from_ms + _AUCTION_MS + int(random.integers(0, _LONGEST_RANDOM_END_MS))
        if until_ms + 1000 >= continuous_until_ms or trigger + 1 >= closing_index:
            break
        at_ms = _postponed(at_ms, trigger, until_ms, continuous_until_ms, closing_index)
        found.append(Interruption(from_ms, until_ms, reference, trigger + 1))
        reference, start = int(price[trigger + 1]), trigger + 2
    return at_ms, tuple(found)


def _postponed(at_ms: _Ints, trigger: int, until_ms: int, continuous_until_ms: int, closing_index: int) -> _Ints:
    """Squeeze the trades after ``trigger`` into the time after ``until_ms``; the next one ends the auction."""
    from_ms = int(at_ms[trigger])
    horizon = min(from_ms + _CATCH_UP_MS, continuous_until_ms - 1)
    moved = at_ms.copy()
    later = slice(trigger + 1, closing_index)
    inside = at_ms[later] <= horizon
    share = (at_ms[later] - from_ms) / (horizon - from_ms)
    moved[later] = np.where(inside, until_ms + (share * (horizon - until_ms)).astype(np.int64), at_ms[later])
    moved[trigger + 1] = until_ms
    return moved
