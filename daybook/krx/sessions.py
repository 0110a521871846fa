"""The times of a session, and how special days move them.

Regular times: order entry from 08:20 (KIS), opening auction 08:30-09:00, continuous trading to 15:20, closing
auction to 15:30. On a delayed day everything that precedes the opening keeps its distance to it. For the CSAT day
the exchange announces this; for the first trading day of the year it is inferred from the same practice.
"""

from datetime import date, datetime, time, timedelta

from daybook.contracts.base import KST
from daybook.contracts.session import DayKind, Session, SessionTimes

REGULAR_ORDER_ENTRY = time(8, 20)
REGULAR_OPENING_AUCTION = time(8, 30)
REGULAR_OPEN = time(9, 0)
REGULAR_CLOSING_AUCTION = time(15, 20)
REGULAR_CLOSE = time(15, 30)

SPECIAL_DELAY = timedelta(hours=1)
"""The one delay the exchange uses, for late openings and for shifted days."""


def session_times(
    day: date, *, open_delay: timedelta = timedelta(0), close_delay: timedelta = timedelta(0)
) -> SessionTimes:
    """Return a day's times in KST, with the opening part and the closing part delayed separately."""

    def at(moment: time, delay: timedelta) -> datetime:
        return datetime.combine(day, moment, tzinfo=KST) + delay

    return SessionTimes(
        order_entry_from=at(REGULAR_ORDER_ENTRY, open_delay),
        opening_auction_from=at(REGULAR_OPENING_AUCTION, open_delay),
        opens=at(REGULAR_OPEN, open_delay),
        closing_auction_from=at(REGULAR_CLOSING_AUCTION, close_delay),
        closes=at(REGULAR_CLOSE, close_delay),
    )


def regular_session(day: date) -> Session:
    """Return an ordinary session, 09:00-15:30."""
    return _open_session(day, DayKind.REGULAR, "", session_times(day))


def late_open_session(day: date, reason: str) -> Session:
    """Return a session that opens an hour late and closes as always, 10:00-15:30."""
    return _open_session(day, DayKind.LATE_OPEN, reason, session_times(day, open_delay=SPECIAL_DELAY))


def shifted_session(day: date, reason: str) -> Session:
    """Return a session with every time an hour later, 10:00-16:30."""
    times = session_times(day, open_delay=SPECIAL_DELAY, close_delay=SPECIAL_DELAY)
    return _open_session(day, DayKind.SHIFTED, reason, times)


def closed_day(day: date, reason: str) -> Session:
    """Return a day without trading."""
    return Session(day=day, kind=DayKind.CLOSED, reason=reason)


def disputed_day(day: date, reason: str) -> Session:
    """Return a day of which it is not known whether or when it trades: nobody may trade."""
    return Session(day=day, kind=DayKind.DISAGREED, reason=reason)


def _open_session(day: date, kind: DayKind, reason: str, times: SessionTimes) -> Session:
    return Session(
        day=day,
        kind=kind,
        reason=reason,
        order_entry_from=times.order_entry_from,
        opening_auction_from=times.opening_auction_from,
        opens=times.opens,
        closing_auction_from=times.closing_auction_from,
        closes=times.closes,
    )
