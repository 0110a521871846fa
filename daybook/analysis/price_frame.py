"""One symbol's traded sessions as arrays, and several symbols on common days."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from daybook.analysis.errors import TooShort
from daybook.contracts.market import DailyBar

Floats: TypeAlias = NDArray[np.float64]

LARGEST_MOVE = 0.305
"""KRX limits a day's move to 30 %; more is a split, a listing day or data that is not adjusted."""


@dataclass(frozen=True, slots=True)
class PriceFrame:
    """Traded sessions of a symbol, oldest first: prices in won, volume in shares, turnover in won."""

    symbol: str
    days: tuple[date, ...]
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    turnover: Floats

    @classmethod
    def of(cls, symbol: str, bars: Sequence[DailyBar]) -> "PriceFrame":
        """Return the frame of a symbol's bars; a bar without an open or without volume did not trade."""
        traded = sorted((bar for bar in bars if bar.open_krw > 0 and bar.volume_shares > 0), key=lambda bar: bar.day)

        def column(name: str) -> Floats:
            return np.array([getattr(bar, name) for bar in traded], dtype=np.float64)

        return cls(
            symbol,
            tuple(bar.day for bar in traded),
            column("open_krw"),
            column("high_krw"),
            column("low_krw"),
            column("close_krw"),
            column("volume_shares"),
            column("turnover_krw"),
        )

    def __len__(self) -> int:
        return len(self.days)

    def last(self, sessions: int) -> "PriceFrame":
        """Return the latest sessions, at most as many as asked for."""
        first = max(len(self) - sessions, 0)
        columns = (self.open, self.high, self.low, self.close, self.volume, self.turnover)
        return PriceFrame(self.symbol, self.days[first:], *(column[first:] for column in columns))

    def require(self, what: str, sessions: int) -> None:
        """Raise ``TooShort`` when there are fewer sessions."""
        if len(self) < sessions:
            raise TooShort(what, sessions, len(self))

    def leaps(self) -> tuple[date, ...]:
        """Return the days that closed further from the session before than the daily limit allows."""
        moves = np.abs(self.close[1:] / self.close[:-1] - 1)
        return tuple(self.days[place + 1] for place in np.flatnonzero(moves > LARGEST_MOVE))


def common_closes(frames: Sequence[PriceFrame]) -> tuple[tuple[date, ...], Floats]:
    """Return the days all symbols traded, and their closes, days x symbols."""
    days = sorted(set.intersection(*(set(frame.days) for frame in frames))) if frames else []
    closes = np.empty((len(days), len(frames)))
    for place, frame in enumerate(frames):
        row_of = {day: row for row, day in enumerate(frame.days)}
        closes[:, place] = frame.close[[row_of[day] for day in days]]
    return tuple(days), closes
