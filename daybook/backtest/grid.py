"""Ticks and daily limits of whole arrays, equal to :mod:`daybook.krx.ticks` and :mod:`daybook.krx.limits`.

Stocks only: their bands are the ones a backtest of daily bars meets.
"""

from typing import Final

import numpy as np

from daybook.backtest.arrays import Ints
from daybook.krx.ticks import tick_size

_BAND_STARTS: Final = np.array([2_000, 5_000, 20_000, 50_000, 200_000, 500_000], dtype=np.int64)
_TICKS: Final = np.array([tick_size(price) for price in (1, *_BAND_STARTS.tolist())], dtype=np.int64)


def ticks(prices_krw: Ints) -> Ints:
    """Return the tick at each price; prices are positive."""
    return _TICKS[np.searchsorted(_BAND_STARTS, prices_krw, side="right")]


def down_to_tick(prices_krw: Ints) -> Ints:
    """Return the highest grid price not above each price."""
    return prices_krw // ticks(prices_krw) * ticks(prices_krw)


def up_to_tick(prices_krw: Ints) -> Ints:
    """Return the lowest grid price not below each price."""
    tick = ticks(prices_krw)
    return -(-prices_krw // tick) * tick


def limits(bases_krw: Ints) -> tuple[Ints, Ints]:
    """Return the lower and the upper limit of a day (30 %) from each positive base price."""
    width = bases_krw * 3 // 10 // ticks(bases_krw) * ticks(bases_krw)
    return up_to_tick(bases_krw - width), down_to_tick(bases_krw + width)
