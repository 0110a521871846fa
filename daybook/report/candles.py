"""Minute bars put together to candles, and fills put together to marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from daybook.contracts.base import KST, Side, Won
from daybook.contracts.market import MinuteBar
from daybook.report.model import FillRow

CANDLE_MIN = 5


@dataclass(frozen=True, slots=True)
class Candle:
    """Several minutes of one symbol."""

    starts_at: datetime
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int

    @property
    def is_up(self) -> bool:
        """Whether it closed at or above its open."""
        return self.close_krw >= self.open_krw


@dataclass(frozen=True, slots=True)
class FillMark:
    """All fills of one side within one candle's time."""

    at: datetime
    side: Side
    shares: int
    price_krw: float


def candle_start(moment: datetime, minutes: int = CANDLE_MIN) -> datetime:
    """Return the start of the candle a moment belongs to, in KST."""
    local = moment.astimezone(KST)
    return local.replace(minute=local.minute - local.minute % minutes, second=0, microsecond=0)


def candles(bars: Sequence[MinuteBar], minutes: int = CANDLE_MIN) -> list[Candle]:
    """Return candles of ``minutes`` (a divisor of 60) from minute bars, oldest first; empty ones are left out."""
    groups: dict[datetime, list[MinuteBar]] = {}
    for bar in sorted(bars, key=lambda row: row.starts_at):
        groups.setdefault(candle_start(bar.starts_at, minutes), []).append(bar)
    return [
        Candle(
            starts_at=start,
            open_krw=rows[0].open_krw,
            high_krw=max(row.high_krw for row in rows),
            low_krw=min(row.low_krw for row in rows),
            close_krw=rows[-1].close_krw,
            volume_shares=sum(row.volume_shares for row in rows),
        )
        for start, rows in groups.items()
    ]


def fill_marks(fills: Iterable[FillRow], minutes: int = CANDLE_MIN) -> list[FillMark]:
    """Return one mark per candle time and side, at the average price; corrections without shares are left out."""
    groups: dict[tuple[datetime, Side], list[FillRow]] = {}
    for fill in fills:
        if fill.shares:
            groups.setdefault((candle_start(fill.at, minutes), fill.side), []).append(fill)
    marks = []
    for (start, side), rows in sorted(groups.items()):
        shares = sum(row.shares for row in rows)
        marks.append(FillMark(start, side, shares, sum(row.amount_krw for row in rows) / shares))
    return marks
