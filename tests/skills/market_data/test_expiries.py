from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.krx.calendar import is_trading_day
from daybook.skills.market_data.expiries import option_expiries


def days(first: date, last: date) -> list[date]:
    return [event.day for event in option_expiries(first, last)]


def test_expiries_when_of_a_year_then_they_are_the_second_thursdays() -> None:
    assert days(date(2026, 1, 1), date(2026, 12, 31)) == [
        date(2026, 1, 8),
        date(2026, 2, 12),
        date(2026, 3, 12),
        date(2026, 4, 9),
        date(2026, 5, 14),
        date(2026, 6, 11),
        date(2026, 7, 9),
        date(2026, 8, 13),
        date(2026, 9, 10),
        date(2026, 10, 8),
        date(2026, 11, 12),
        date(2026, 12, 10),
    ]


@pytest.mark.parametrize("month", [3, 6, 9, 12])
def test_expiries_when_in_the_last_month_of_a_quarter_then_futures_expire_too(month: int) -> None:
    (event,) = option_expiries(date(2026, month, 1), date(2026, month, 28))
    assert event.title == "KOSPI200 futures and options expire"


def test_expiries_when_the_second_thursday_is_a_holiday_then_it_is_the_trading_day_before() -> None:
    assert days(date(2025, 10, 1), date(2025, 10, 31)) == [date(2025, 10, 2)]
    assert days(date(2027, 5, 1), date(2027, 5, 31)) == [date(2027, 5, 12)]


def test_expiries_when_beyond_the_calendar_then_there_are_none() -> None:
    assert days(date(2040, 1, 1), date(2040, 12, 31)) == []


@given(st.dates(date(2025, 2, 1), date(2027, 11, 30)), st.integers(0, 400))
def test_expiries_when_of_any_span_then_they_trade_and_lie_within(first: date, length: int) -> None:
    last = date.fromordinal(min(first.toordinal() + length, date(2027, 12, 31).toordinal()))
    found = days(first, last)
    assert all(first <= day <= last and is_trading_day(day) for day in found)
    assert len({(day.year, day.month) for day in found}) == len(found)
