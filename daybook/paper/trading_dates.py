"""Trading dates as the paper exchange needs them: the KRX calendar, and plain weekdays before it begins.

Generated history reaches further back than the table of special days; there a weekday counts as a trading day,
because only the shape of the history matters.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

from daybook.contracts.session import Session
from daybook.krx.calendar import session_on
from daybook.krx.holiday_table import packaged_table

MIDNIGHT_MS = 0
DAY_MS = 86_400_000


@lru_cache(maxsize=4096)
def session_of_day(day: date) -> Session:
    """Return the session of a date by the KRX calendar; remembered."""
    return session_on(day)


@lru_cache(maxsize=16_384)
def trades_on(day: date) -> bool:
    """Return whether a date has a session; before the calendar begins, whether it is a weekday."""
    if day < packaged_table().first_day:
        return day.weekday() < 5
    return session_of_day(day).is_open


@lru_cache(maxsize=4096)
def previous_trading_date(day: date) -> date:
    """Return the last trading date before ``day``."""
    day -= timedelta(days=1)
    while not trades_on(day):
        day -= timedelta(days=1)
    return day


def milliseconds_of(moment: datetime) -> int:
    """Return the milliseconds a KST time is past its midnight, a started one not counted."""
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return seconds * 1000 + moment.microsecond // 1000
