"""Spans of the calendar that hold a number of sessions."""

from datetime import date, timedelta

CALENDAR_DAYS_PER_SESSION = 1.7
"""Enough calendar days for a number of sessions, holidays included."""
_SPARE_DAYS = 10


def first_day_of(last: date, sessions: int) -> date:
    """Return a day early enough that ``sessions`` sessions lie between it and ``last``."""
    return last - timedelta(days=int(sessions * CALENDAR_DAYS_PER_SESSION) + _SPARE_DAYS)
