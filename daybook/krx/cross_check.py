"""The table of special days held against other sources, so that a wrong calendar closes the desk.

Three opinions on a date: the table, a calendar library (``exchange_calendars``, XKRX) and, where the service is
offered, the broker (chk-holiday). The library is imported only when it is asked, and by this module alone: it
brings pandas with it.
"""

import warnings
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache

from daybook.contracts.base import KST
from daybook.contracts.session import DayKind, Session, SessionTimes
from daybook.krx.calendar import session_on
from daybook.krx.holiday_table import HolidayTable, packaged_table
from daybook.krx.sessions import disputed_day, session_times

OtherCalendar = Callable[[date], SessionTimes | None]
"""A second opinion: a date's times, or None for a closed day; raises ``NoSecondOpinion`` where it cannot say."""

_OVERRIDE_ADVICE = "confirm with the exchange's notice and add an entry with 'overrides' to daybook/krx/holidays.yaml"


class NoSecondOpinion(Exception):
    """The other calendar knows nothing of a date; the text says why."""


def check_day(
    day: date,
    other: OtherCalendar | None = None,
    *,
    broker_says_open: bool | None = None,
    table: HolidayTable | None = None,
) -> Session:
    """Return the session of a date (KST) after asking all sources; ``DISAGREED`` when they cannot be reconciled.

    ``other`` is the calendar library unless given, ``table`` the packaged one. Only opening and closing times are
    compared, since libraries know no auctions. Where table and ``other`` differ, or ``other`` knows nothing, an
    entry with ``overrides`` decides for the table. A broker who contradicts the table always disputes the day;
    ``broker_says_open`` None means that the broker was not asked.
    """
    table = table or packaged_table()
    session = session_on(day, table)
    if session.kind is DayKind.DISAGREED:
        return session
    if broker_says_open is not None and broker_says_open != session.is_open:
        broker_word = "a business day" if broker_says_open else "a holiday"
        return disputed_day(
            day, f"the broker says {broker_word}, the table says {_describe(session)}: {_OVERRIDE_ADVICE}"
        )
    try:
        opinion = (other or library_times)(day)
    except NoSecondOpinion as silence:
        doubt = f"no second opinion ({silence})"
        if day.weekday() >= 5:
            return session
    else:
        if _agree(session, opinion):
            return session
        doubt = f"the other calendar says {_describe_times(opinion)}"
    override = table.override_for(day)
    if override is None:
        return disputed_day(day, f"the table says {_describe(session)}, {doubt}: {_OVERRIDE_ADVICE}")
    return session.model_copy(update={"reason": f"{session.reason}; {doubt}, overridden: {override.overrides}"})


def library_times(day: date) -> SessionTimes | None:
    """Return the times ``exchange_calendars`` gives a date, or None for a day it closes.

    Its auctions are set from its opening and closing times. Raises ``NoSecondOpinion`` when the library is not
    installed or cannot build the year. The first question about a year takes about a second.
    """
    hours = _library_year(day.year).get(day)
    if hours is None:
        return None
    regular = session_times(day)
    return session_times(day, open_delay=hours[0] - regular.opens, close_delay=hours[1] - regular.closes)


@cache
def _library_year(year: int) -> Mapping[date, tuple[datetime, datetime]]:
    """Return the library's opening and closing times (KST) by session date.

    The year is asked for explicitly, since by default the library's range ends a year from today.
    """
    with warnings.catch_warnings():
        # The library's own use of pandas raises deprecation warnings that no caller can act on.
        warnings.simplefilter("ignore")
        try:
            import exchange_calendars

            calendar = exchange_calendars.get_calendar("XKRX", start=f"{year}-01-01", end=f"{year}-12-31")
            rows = list(calendar.schedule[["open", "close"]].itertuples())
        except ImportError as error:
            raise NoSecondOpinion("exchange_calendars is not installed") from error
        except ValueError as error:
            raise NoSecondOpinion(f"exchange_calendars has no calendar of {year}: {error}") from error
        return {
            label.date(): (opens.to_pydatetime().astimezone(KST), closes.to_pydatetime().astimezone(KST))
            for label, opens, closes in rows
        }


def _agree(session: Session, opinion: SessionTimes | None) -> bool:
    if opinion is None:
        return not session.is_open
    return session.opens == opinion.opens and session.closes == opinion.closes


def _describe(session: Session) -> str:
    if not session.is_open:
        return f"closed ({session.reason})"
    return _describe_times(session.times())


def _describe_times(times: SessionTimes | None) -> str:
    if times is None:
        return "closed"
    return f"{times.opens.astimezone(KST):%H:%M}-{times.closes.astimezone(KST):%H:%M}"
