import csv
import gzip
import os
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.base import KST
from daybook.contracts.session import DayKind, Session
from daybook.krx.calendar import (
    CalendarRangeError,
    is_trading_day,
    next_trading_day,
    previous_trading_day,
    session_on,
    settlement_day,
    trading_days,
)
from daybook.krx.holiday_table import HolidayTable

from .facts import WEEKDAY_CLOSURES

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)
days = st.dates(FIRST, LAST)
inner_days = st.dates(date(2025, 1, 13), date(2027, 12, 15))


def clock(session: Session) -> list[str]:
    times = session.times()
    moments = (
        times.order_entry_from,
        times.opening_auction_from,
        times.opens,
        times.closing_auction_from,
        times.closes,
    )
    assert all(moment.utcoffset() == timedelta(hours=9) for moment in moments)
    assert all(moment.astimezone(KST).date() == session.day for moment in moments)
    return [f"{moment:%H:%M}" for moment in moments]


def test_session_on_when_every_weekday_is_asked_then_exactly_the_known_closures_are_closed() -> None:
    weekdays = [
        FIRST + timedelta(days=offset)
        for offset in range((LAST - FIRST).days + 1)
        if (FIRST + timedelta(days=offset)).weekday() < 5
    ]
    sessions = [session_on(day) for day in weekdays]
    assert {session.day for session in sessions if not session.is_open} == WEEKDAY_CLOSURES
    assert all(session.kind is DayKind.CLOSED for session in sessions if not session.is_open)


@pytest.mark.parametrize(("year", "count"), [(2025, 242), (2026, 244), (2027, 245)])
def test_trading_days_when_a_year_is_counted_then_the_known_number(year: int, count: int) -> None:
    assert len(trading_days(date(year, 1, 1), date(year, 12, 31))) == count


def test_session_on_when_day_is_ordinary_then_regular_times() -> None:
    session = session_on(date(2026, 3, 20))
    assert session.kind is DayKind.REGULAR
    assert session.reason == ""
    assert clock(session) == ["08:20", "08:30", "09:00", "15:20", "15:30"]


@pytest.mark.parametrize("day", [date(2025, 1, 2), date(2026, 1, 2), date(2027, 1, 4)])
def test_session_on_when_first_trading_day_of_the_year_then_opens_late_and_closes_as_always(day: date) -> None:
    session = session_on(day)
    assert session.kind is DayKind.LATE_OPEN
    assert "First trading day" in session.reason
    assert clock(session) == ["09:20", "09:30", "10:00", "15:20", "15:30"]
    assert trading_days(date(day.year, 1, 1), day) == [day]


@pytest.mark.parametrize("day", [date(2025, 11, 13), date(2026, 11, 19), date(2027, 11, 18)])
def test_session_on_when_csat_day_then_all_times_an_hour_later(day: date) -> None:
    session = session_on(day)
    assert session.kind is DayKind.SHIFTED
    assert "CSAT" in session.reason
    assert clock(session) == ["09:20", "09:30", "10:00", "16:20", "16:30"]


@pytest.mark.parametrize(
    ("day", "reason"),
    [
        (date(2026, 3, 21), "Saturday"),
        (date(2026, 3, 22), "Sunday"),
        (date(2026, 6, 3), "Local elections"),
        (date(2026, 7, 17), "Constitution Day"),
        (date(2025, 12, 31), "Year-end closure"),
    ],
)
def test_session_on_when_closed_then_the_reason_names_the_day(day: date, reason: str) -> None:
    session = session_on(day)
    assert session.kind is DayKind.CLOSED
    assert session.reason == reason
    with pytest.raises(ValueError, match=reason):
        session.times()


@pytest.mark.parametrize("day", [date(2027, 1, 5), date(2027, 2, 8)])
def test_session_on_when_year_is_not_confirmed_then_the_reason_says_provisional(day: date) -> None:
    assert "provisional" in session_on(day).reason


@pytest.mark.parametrize("day", [date(2024, 12, 30), date(2028, 1, 3), date(2028, 1, 1)])
def test_session_on_when_date_is_beyond_the_table_then_disagreed_with_advice(day: date) -> None:
    session = session_on(day)
    assert session.kind is DayKind.DISAGREED
    assert not session.is_open
    assert "extend" in session.reason
    with pytest.raises(CalendarRangeError, match="extend"):
        is_trading_day(day)


@pytest.mark.parametrize(
    ("day", "previous", "following"),
    [
        (date(2026, 2, 16), date(2026, 2, 13), date(2026, 2, 19)),
        (date(2026, 6, 3), date(2026, 6, 2), date(2026, 6, 4)),
        (date(2025, 12, 30), date(2025, 12, 29), date(2026, 1, 2)),
        (date(2025, 10, 3), date(2025, 10, 2), date(2025, 10, 10)),
    ],
)
def test_neighbouring_trading_days_when_closures_lie_between_then_they_are_passed_over(
    day: date, previous: date, following: date
) -> None:
    assert previous_trading_day(day) == previous
    assert next_trading_day(day) == following


@pytest.mark.parametrize(
    ("day", "settles"),
    [
        (date(2026, 3, 20), date(2026, 3, 24)),
        (date(2026, 2, 13), date(2026, 2, 20)),
        (date(2025, 12, 30), date(2026, 1, 5)),
        (date(2026, 6, 2), date(2026, 6, 5)),
    ],
)
def test_settlement_day_when_closures_lie_between_then_only_business_days_count(day: date, settles: date) -> None:
    assert settlement_day(day) == settles
    assert settlement_day(day, 0) == day


def test_settlement_day_when_count_is_negative_then_refused() -> None:
    with pytest.raises(ValueError, match="negative"):
        settlement_day(date(2026, 3, 20), -1)


def test_trading_day_functions_when_the_table_ends_first_then_an_error_says_so() -> None:
    for call in (
        lambda: previous_trading_day(date(2025, 1, 2)),
        lambda: next_trading_day(date(2027, 12, 30)),
        lambda: settlement_day(date(2027, 12, 29)),
        lambda: trading_days(date(2027, 12, 30), date(2028, 1, 3)),
    ):
        with pytest.raises(CalendarRangeError, match="extend"):
            call()


def test_trading_days_when_first_is_after_last_then_empty() -> None:
    assert trading_days(date(2026, 3, 20), date(2026, 3, 19)) == []


def test_session_on_when_an_operator_brings_a_table_then_it_decides() -> None:
    table = HolidayTable.parse(
        "first_day: 2026-01-01\nlast_day: 2026-12-31\nprovisional_from: 2027-01-01\n"
        "days:\n  - {day: 2026-12-02, kind: closed, name: Day of mourning}\n"
        "  - {day: 2026-12-31, kind: regular, name: Confirmed by notice}\n"
    )
    assert session_on(date(2026, 12, 2), table).reason == "Day of mourning"
    assert session_on(date(2026, 12, 31), table).kind is DayKind.REGULAR
    assert session_on(date(2026, 12, 31), table).reason == "Confirmed by notice"
    assert next_trading_day(date(2026, 12, 1), table) == date(2026, 12, 3)


@given(days)
def test_session_on_when_open_then_its_times_are_in_order(day: date) -> None:
    session = session_on(day)
    if session.is_open:
        order = clock(session)
        assert order == sorted(set(order))
    else:
        assert session.reason


@given(inner_days)
def test_neighbouring_trading_days_when_going_there_and_back_then_the_start_is_reached(day: date) -> None:
    following = next_trading_day(day)
    previous = previous_trading_day(day)
    assert previous < day < following
    between = trading_days(previous, following)
    assert between == ([previous, day, following] if is_trading_day(day) else [previous, following])


@given(inner_days, st.integers(0, 5))
def test_settlement_day_when_counted_then_as_many_trading_days_lie_in_it(day: date, business_days: int) -> None:
    settles = settlement_day(day, business_days)
    assert len(trading_days(day + timedelta(days=1), settles)) == business_days


def test_trading_days_when_held_against_real_sessions_then_equal() -> None:
    root = Path(__file__).resolve().parents[2]
    path = root / os.environ.get("DAYBOOK_SHARED_DATA", "../shared/data") / "kospi_daily.csv.gz"
    if not path.exists():
        pytest.skip("the shared market data is not present on this machine")
    with gzip.open(path, "rt", encoding="utf-8") as file:
        real = [date.fromisoformat(row["Date"][:10]) for row in csv.DictReader(file)]
    real = [day for day in real if day >= FIRST]
    assert trading_days(FIRST, real[-1]) == real
