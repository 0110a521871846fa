"""Expiries of KOSPI200 options and futures, by the exchange's rule: the second Thursday of the month.

Where that day does not trade, the expiry is the trading day before. In March, June, September and December futures
expire too. Weekly options are left out.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from daybook.krx.calendar import CalendarRangeError, is_trading_day, previous_trading_day
from daybook.skills.market_data.event_book import Event, EventKind, EventStatus

_THURSDAY = 3
_QUARTERS = frozenset({3, 6, 9, 12})
_RULE = "KRX rule: second Thursday of the month"


def option_expiries(first: date, last: date) -> Iterator[Event]:
    """Yield the expiries in ``[first, last]``, oldest first; months outside the exchange's calendar are left out."""
    month = first.replace(day=1)
    while month <= last:
        day = _expiry(month)
        if day is not None and first <= day <= last:
            what = "futures and options" if day.month in _QUARTERS else "options"
            yield Event(
                day=day,
                kind=EventKind.OPTION_EXPIRY,
                title=f"KOSPI200 {what} expire",
                status=EventStatus.BY_RULE,
                source=_RULE,
                known_since=date(day.year - 1, day.month, 1),
            )
        month = (month + timedelta(days=32)).replace(day=1)


def _expiry(month: date) -> date | None:
    second_thursday = month + timedelta(days=(_THURSDAY - month.weekday()) % 7 + 7)
    try:
        return second_thursday if is_trading_day(second_thursday) else previous_trading_day(second_thursday)
    except CalendarRangeError:
        return None
