"""Trading dates as the paper exchange needs them: the KRX calendar, and plain weekdays outside its table.

Generated history reaches further back than the table of special days, and the last settlements reach beyond it. No
orders are taken on such days (their session is disputed); only dates are counted.
"""

from datetime import date, datetime, timedelta
from functools import lru_cache

from daybook.contracts.session import Session, SessionTimes
from daybook.krx.calendar import session_on
from daybook.krx.holiday_table import packaged_table
from daybook.krx.sessions import session_times

DAY_MS = 86_400_000


@lru_cache(maxsize=4096)
def session_of_day(day: date) -> Session:
    """Return the session of a date by the KRX calendar; remembered."""
    return session_on(day)


@lru_cache(maxsize=16_384)
def trades_on(day: date) -> bool:
    """Return whether a date has a session; outside the calendar, whether it is a weekday."""
    if not packaged_table().covers(day):
        return day.weekday() < 5
    return session_of_day(day).is_open


@lru_cache(maxsize=4096)
def previous_trading_date(day: date) -> date:
    """Return the last trading date before ``day``."""
    day -= timedelta(days=1)
    while not trades_on(day):
        day -= timedelta(days=1)
    return day


@lru_cache(maxsize=4096)
def trading_date_after(day: date, count: int = 1) -> date:
    """Return the ``count``-th trading date after ``day``: with 2, the day its trades settle."""
    for _ in range(count):
        day += timedelta(days=1)
        while not trades_on(day):
            day += timedelta(days=1)
    return day


@lru_cache(maxsize=4096)
def times_of(day: date) -> SessionTimes:
    """Return the session times of a trading date; the regular ones outside the calendar."""
    session = session_of_day(day)
    return session.times() if session.is_open else session_times(day)


def milliseconds_of(moment: datetime) -> int:
    """Return the milliseconds a KST time is past its midnight, a started one not counted."""
    seconds = moment.hour * 3600 + moment.minute * 60 + moment.second
    return seconds * 1000 + moment.microsecond // 1000
