"""What earlier sessions say about a symbol: previous bar, yearly ranges, pivots."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from daybook.contracts.base import Won
from daybook.contracts.market import DailyBar
from daybook.paper.model import ExchangeEngine

LOOK_BACK = timedelta(days=372)
"""Calendar days that hold 250 sessions and 52 weeks."""


@dataclass(frozen=True, slots=True)
class Extreme:
    """A highest or lowest price and its date."""

    price_krw: Won
    day: date


@dataclass(frozen=True, slots=True)
class Range:
    """Highest and lowest price of some sessions."""

    high: Extreme
    low: Extreme


@dataclass(frozen=True, slots=True)
class Pivots:
    """Classic pivot levels and DeMark's two levels, of the previous session, in won."""

    point: Won
    first_resistance: Won
    second_resistance: Won
    first_support: Won
    second_support: Won
    demark_resistance: Won
    demark_support: Won


@dataclass(frozen=True, slots=True)
class SymbolHistory:
    """The completed sessions of about a year, oldest first."""

    bars: tuple[DailyBar, ...]

    @property
    def previous(self) -> DailyBar | None:
        """The last completed session."""
        return self.bars[-1] if self.bars else None

    def pivots(self) -> Pivots | None:
        """Return the pivot levels of the previous session."""
        bar = self.previous
        if bar is None:
            return None
        point = (bar.high_krw + bar.low_krw + bar.close_krw) / 3
        width = bar.high_krw - bar.low_krw
        total = bar.high_krw + bar.low_krw + bar.close_krw
        if bar.close_krw < bar.open_krw:
            total += bar.low_krw
        elif bar.close_krw > bar.open_krw:
            total += bar.high_krw
        else:
            total += bar.close_krw
        return Pivots(
            point=round(point),
            first_resistance=round(2 * point - bar.low_krw),
            second_resistance=round(point + width),
            first_support=round(2 * point - bar.high_krw),
            second_support=round(point - width),
            demark_resistance=round(total / 2 - bar.low_krw),
            demark_support=round(total / 2 - bar.high_krw),
        )


def range_of(bars: Iterable[DailyBar]) -> Range | None:
    """Return the range of some sessions, None of none; sessions without a trade do not count."""
    traded = [bar for bar in bars if bar.volume_shares > 0 and bar.low_krw > 0]
    if not traded:
        return None
    high = max(traded, key=lambda bar: (bar.high_krw, bar.day))
    low = min(traded, key=lambda bar: (bar.low_krw, -bar.day.toordinal()))
    return Range(Extreme(high.high_krw, high.day), Extreme(low.low_krw, low.day))


class HistoryCache:
    """Histories of the current session; completed sessions do not change, so each is asked for once a day."""

    def __init__(self, engine: ExchangeEngine) -> None:
        self._engine = engine
        self._entries: dict[str, tuple[date, SymbolHistory]] = {}

    def of(self, symbol: str) -> SymbolHistory:
        """Return the history before the engine's current date."""
        today = self._engine.now().date()
        entry = self._entries.get(symbol)
        if entry is None or entry[0] != today:
            bars = self._engine.daily_bars(symbol, today - LOOK_BACK, today - timedelta(days=1))
            entry = (today, SymbolHistory(tuple(bars)))
            self._entries[symbol] = entry
        return entry[1]
