"""The price of a symbol at the close of a day, from the best source the ledger has."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from daybook.contracts.base import Won
from daybook.report.decision_facts import SeenDecision
from daybook.report.model import PriceSource
from daybook.storage.bars import BarStore


@dataclass(frozen=True, slots=True)
class ClosingPrice:
    """A price, where it comes from and, where it is known, of when it is (market time)."""

    price_krw: Won | None
    source: PriceSource
    at: datetime | None = None


def closing_price(symbol: str, day: date, bars: BarStore, decisions: Sequence[SeenDecision]) -> ClosingPrice:
    """Return the day's daily close, else the last minute's, else the last quote a decision saw, else unknown."""
    daily = bars.daily(symbol, day, day)
    if daily and daily[-1].close_krw:
        return ClosingPrice(daily[-1].close_krw, PriceSource.DAILY_BAR)
    minutes = bars.minutes(symbol, day)
    if minutes:
        return ClosingPrice(minutes[-1].close_krw, PriceSource.MINUTE_BAR, minutes[-1].starts_at)
    for seen in reversed(decisions):
        price_krw = seen.prices_krw.get(symbol)
        if price_krw:
            return ClosingPrice(price_krw, PriceSource.QUOTE, seen.market_time)
    return ClosingPrice(None, PriceSource.UNKNOWN)
