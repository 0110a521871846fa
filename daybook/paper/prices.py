"""Daily prices of the paper exchange: the port every source implements."""

from dataclasses import dataclass
from datetime import date, time
from functools import cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.base import Won
from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import tick_size

_HIGHEST_PRICE_KRW = 100_000_000


@dataclass(frozen=True, slots=True)
class SessionBar:
    """One traded session of one symbol; ``base_krw`` is the price its limits and its change refer to."""

    symbol: str
    day: date
    base_krw: Won
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int
    turnover_krw: Won


@dataclass(frozen=True, slots=True)
class MarketShock:
    """A fall (or rise) of the whole market by ``ratio`` (-0.05 is -5 %) around ``at`` (KST) of one day."""

    at: time
    ratio: float


class PriceSource(Protocol):
    """Where the sessions' open, high, low, close and volume come from."""

    @property
    def identity(self) -> str:
        """What distinguishes these prices from others; a journal is only continued on the same ones."""
        ...

    def bar(self, symbol: str, day: date) -> SessionBar | None:
        """Return a session, or None where the symbol does not trade that day."""
        ...

    def bars(self, symbol: str, first: date, last: date) -> list[SessionBar]:
        """Return the traded sessions of ``[first, last]``, oldest first."""
        ...

    def base_krw(self, symbol: str, day: date) -> Won:
        """Return the last close before ``day`` (the first known price where there is none)."""
        ...

    def shock(self, day: date) -> MarketShock | None:
        """Return the shock that shapes the day, if any."""
        ...


@cache
def _bands(kind: SecurityKind) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the lowest price of each tick band and its tick, read off the rule itself."""
    lowest = [1]
    while tick_size(lowest[-1], kind) != tick_size(_HIGHEST_PRICE_KRW, kind):
        tick, below, above = tick_size(lowest[-1], kind), lowest[-1], _HIGHEST_PRICE_KRW
        while above - below > 1:
            middle = (above + below) // 2
            below, above = (middle, above) if tick_size(middle, kind) == tick else (below, middle)
        lowest.append(above)
    return np.array(lowest, np.int64), np.array([tick_size(price, kind) for price in lowest], np.int64)


def rounded_to_ticks(prices: NDArray[np.float64], kind: SecurityKind) -> NDArray[np.int64]:
    """Return prices in won (any shape, above 0) rounded to the nearest tick."""
    lowest, ticks = _bands(kind)
    tick = ticks[np.maximum(np.searchsorted(lowest, prices, side="right") - 1, 0)]
    return np.maximum(np.rint(prices / tick).astype(np.int64), 1) * tick
