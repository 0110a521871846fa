"""When the exchange trades, and what is to happen."""

from datetime import date, timedelta
from typing import Annotated

from pydantic import Field

from daybook.contracts.base import KST, Message
from daybook.contracts.layers import Layer
from daybook.contracts.session import DayKind, Session
from daybook.contracts.tools import SourceRef
from daybook.krx.calendar import session_on
from daybook.krx.holiday_table import packaged_table
from daybook.skills.context import ToolContext
from daybook.skills.errors import BadArguments, NoData
from daybook.skills.market_data.event_book import Event, EventKind, Events
from daybook.skills.market_data.expiries import option_expiries
from daybook.skills.result import Sourced
from daybook.skills.skill import Skill

calendar = Skill(
    "market_data.calendar",
    "Trading sessions, holidays, economic and earnings events",
    layer=Layer.PIPELINE,
    keywords=("일정", "휴장", "휴일", "개장", "calendar", "holiday", "session", "schedule"),
)

_LONGEST_SPAN_DAYS = 366
_NEXT_SESSIONS_DAYS = 13
_NEXT_EVENTS_DAYS = 30
_MOST_EVENTS = 200

First = Annotated[date | None, Field(description="YYYY-MM-DD; today if left out")]
Last = Annotated[date | None, Field(description="YYYY-MM-DD")]


class TradingSession(Message):
    """One session of the Korea Exchange; times are KST."""

    day: date
    opens: str
    closes: str
    note: str = ""


class SpecialWeekday(Message):
    """A weekday on which the exchange is closed or keeps other hours."""

    day: date
    kind: DayKind
    name: str
    provisional: bool


@calendar.tool()
def trading_sessions(first: First = None, last: Last = None, *, context: ToolContext) -> list[TradingSession]:
    """KRX sessions with opening and closing times; the next two weeks if left out."""
    start, end = _span(first, last, _NEXT_SESSIONS_DAYS, context)
    days = [session_on(start + timedelta(days=offset)) for offset in range((end - start).days + 1)]
    unknown = next((session for session in days if session.kind is DayKind.DISAGREED), None)
    if unknown is not None:
        raise NoData(unknown.reason)
    sessions = [_row(session) for session in days if session.is_open]
    if not sessions:
        raise NoData(f"the exchange does not trade from {start} to {end}: {days[0].reason}")
    return sessions


@calendar.tool()
def holidays(
    year: Annotated[int | None, Field(ge=2000, le=2100, description="this year if left out")] = None,
    *,
    context: ToolContext,
) -> list[SpecialWeekday]:
    """Weekdays of a year on which KRX is closed or opens late."""
    table = packaged_table()
    wanted = year or context.now.astimezone(KST).year
    if not table.first_day.year <= wanted <= table.last_day.year:
        raise NoData(f"special days are known for {table.first_day.year} to {table.last_day.year} only")
    return [
        SpecialWeekday(day=day, kind=entry.kind, name=entry.name, provisional=day >= table.provisional_from)
        for day, entry in sorted(table.special_days.items())
        if day.year == wanted and entry.kind is not DayKind.REGULAR
    ]


@calendar.tool(keywords=("금통위", "FOMC", "실적", "만기", "배당", "이벤트", "earnings", "event", "expiry"))
def market_events(
    first: First = None, last: Last = None, kind: EventKind | None = None, *, events: Events, context: ToolContext
) -> Sourced[list[Event]]:
    """Rate decisions, option expiries and the desk's own events (earnings, data); next 30 days if left out."""
    start, end = _span(first, last, _NEXT_EVENTS_DAYS, context)
    known = [event for event in events.all() if start <= event.day <= end]
    known += option_expiries(start, end)
    if kind is not None:
        known = [event for event in known if event.kind is kind]
    if context.as_of is not None:
        stands_at = context.now.astimezone(KST).date()
        known = [event for event in known if event.was_known(stands_at)]
    if not known:
        what = f"{kind.value} events" if kind else "events"
        raise NoData(f"no {what} are known from {start} to {end}; add your own to events.yaml in the home folder")
    known.sort(key=lambda event: (event.day, event.title))
    if len(known) > _MOST_EVENTS:
        raise BadArguments(f"{len(known)} events lie from {start} to {end}; ask for a shorter span or one kind")
    names = dict.fromkeys(event.source for event in known if event.source)
    return Sourced(known, tuple(SourceRef(name=name) for name in names))


def _span(first: date | None, last: date | None, days: int, context: ToolContext) -> tuple[date, date]:
    start = first or context.now.astimezone(KST).date()
    try:
        end = last or start + timedelta(days=days)
        if end < start:
            raise BadArguments(f"last {end} is before first {start}")
        if (end - start).days >= _LONGEST_SPAN_DAYS:
            raise BadArguments(f"{start} to {end} is longer than {_LONGEST_SPAN_DAYS} days")
    except OverflowError as error:
        raise BadArguments(f"there is no date {days} days after {start}") from error
    return start, end


def _row(session: Session) -> TradingSession:
    assert session.opens is not None
    assert session.closes is not None
    return TradingSession(
        day=session.day, opens=f"{session.opens:%H:%M}", closes=f"{session.closes:%H:%M}", note=session.reason
    )
