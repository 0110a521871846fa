"""The exchange's calendar from the table of special days: sessions, trading days, settlement.

Here the table alone speaks; :mod:`daybook.krx.cross_check` holds it against other sources.
"""

from datetime import date, timedelta

from daybook.contracts.session import DayKind, Session
from daybook.krx.holiday_table import HolidayTable, packaged_table
from daybook.krx.sessions import closed_day, disputed_day, late_open_session, regular_session, shifted_session

_WEEKEND = {5: "Saturday", 6: "Sunday"}


class CalendarRangeError(ValueError):
    """A question about trading days leaves the dates the table knows."""


def session_on(day: date, table: HolidayTable | None = None) -> Session:
    """Return the session of a date (KST) by the table (the packaged one unless given).

    A date the table does not cover is ``DISAGREED``, and the reason says what to do. A session of a year the
    exchange has not yet confirmed has ``provisional`` in its reason.
    """
    table = table or packaged_table()
    if not table.covers(day):
        return disputed_day(day, _beyond(day, table))
    if day.weekday() in _WEEKEND:
        return closed_day(day, _WEEKEND[day.weekday()])
    entry = table.special_days.get(day)
    note = "provisional until the exchange's notice of the year" if day >= table.provisional_from else ""
    if entry is None or entry.kind is DayKind.REGULAR:
        reason = "; ".join(part for part in (entry.name if entry else "", note) if part)
        return regular_session(day).model_copy(update={"reason": reason})
    reason = f"{entry.name} ({note})" if note else entry.name
    if entry.kind is DayKind.LATE_OPEN:
        return late_open_session(day, reason)
    if entry.kind is DayKind.SHIFTED:
        return shifted_session(day, reason)
    return closed_day(day, reason)


def is_trading_day(day: date, table: HolidayTable | None = None) -> bool:
    """Return whether a date trades; raises ``CalendarRangeError`` for a date the table does not cover."""
    table = table or packaged_table()
    if not table.covers(day):
        raise CalendarRangeError(_beyond(day, table))
    return session_on(day, table).is_open


def previous_trading_day(day: date, table: HolidayTable | None = None) -> date:
    """Return the last trading day before a date; raises ``CalendarRangeError`` where the table ends first."""
    return _walk(day, -1, table)


def next_trading_day(day: date, table: HolidayTable | None = None) -> date:
    """Return the first trading day after a date; raises ``CalendarRangeError`` where the table ends first."""
    return _walk(day, 1, table)


def trading_days(first: date, last: date, table: HolidayTable | None = None) -> list[date]:
    """Return the trading days in ``[first, last]``, oldest first; empty when ``first`` is after ``last``.

    Raises ``CalendarRangeError`` when the dates leave the table.
    """
    count = (last - first).days + 1
    days = (first + timedelta(days=offset) for offset in range(count))
    return [day for day in days if is_trading_day(day, table)]


def settlement_day(day: date, business_days: int = 2, table: HolidayTable | None = None) -> date:
    """Return when a trade of ``day`` settles: T+2 on the exchange's business days.

    ``day`` itself need not trade; counting starts after it. Raises ``ValueError`` for a negative count and
    ``CalendarRangeError`` where the table ends first.
    """
    if business_days < 0:
        raise ValueError(f"business days cannot be negative: {business_days}")
    for _ in range(business_days):
        day = next_trading_day(day, table)
    return day


def _walk(day: date, step_days: int, table: HolidayTable | None) -> date:
    day += timedelta(days=step_days)
    while not is_trading_day(day, table):
        day += timedelta(days=step_days)
    return day


def _beyond(day: date, table: HolidayTable) -> str:
    return (
        f"{day} is outside the table of special days ({table.first_day} to {table.last_day}): "
        "extend daybook/krx/holidays.yaml from the exchange's notice of the year"
    )
