import subprocess
import sys
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from daybook.contracts.session import DayKind, SessionTimes
from daybook.krx.calendar import session_on
from daybook.krx.cross_check import NoSecondOpinion, check_day, library_times
from daybook.krx.holiday_table import HolidayTable
from daybook.krx.sessions import session_times

from .facts import WEEKDAY_CLOSURES

ORDINARY = date(2026, 3, 20)
ELECTION = date(2026, 6, 3)
CHUSEOK = date(2026, 9, 24)
LIBRARY_ERRORS = {date(2026, 6, 3), date(2026, 7, 17), date(2027, 5, 3), date(2027, 7, 19)}
CSAT_DAYS = {date(2025, 11, 13), date(2026, 11, 19), date(2027, 11, 18)}


def says_open(day: date) -> SessionTimes | None:
    return session_times(day)


def says_closed(day: date) -> SessionTimes | None:
    return None


def says_nothing(day: date) -> SessionTimes | None:
    raise NoSecondOpinion("the calendar ends before this day")


def test_check_day_when_every_day_is_held_against_the_library_then_all_are_decided_as_the_table_says() -> None:
    for offset in range((date(2027, 12, 31) - date(2025, 1, 1)).days + 1):
        day = date(2025, 1, 1) + timedelta(days=offset)
        session = check_day(day)
        expected_open = day.weekday() < 5 and day not in WEEKDAY_CLOSURES
        assert session.kind is not DayKind.DISAGREED, session.reason
        assert session.is_open == expected_open
        assert session.model_copy(update={"reason": ""}) == session_on(day).model_copy(update={"reason": ""})
        assert ("overridden" in session.reason) == (day in LIBRARY_ERRORS | CSAT_DAYS), session.reason


def test_library_times_when_its_known_errors_are_asked_then_overrides_are_still_needed() -> None:
    assert all(library_times(day) is not None for day in LIBRARY_ERRORS)
    assert all(library_times(day) == session_times(day) for day in CSAT_DAYS)


def test_library_times_when_first_day_of_the_year_then_its_late_open_is_seen() -> None:
    assert library_times(date(2026, 1, 2)) == session_on(date(2026, 1, 2)).times()
    assert library_times(date(2026, 1, 1)) is None


def test_library_times_when_year_is_beyond_the_library_then_no_second_opinion() -> None:
    with pytest.raises(NoSecondOpinion, match="2060"):
        library_times(date(2060, 1, 5))


def test_library_times_when_library_is_not_installed_then_no_second_opinion(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "exchange_calendars", None)
    with pytest.raises(NoSecondOpinion, match="not installed"):
        library_times(date(2059, 1, 6))


@pytest.mark.parametrize(
    ("day", "other"),
    [
        (ORDINARY, says_open),
        (CHUSEOK, says_closed),
        (date(2026, 3, 21), says_closed),
        (date(2026, 3, 21), says_nothing),
    ],
)
def test_check_day_when_sources_agree_then_the_tables_session(
    day: date, other: Callable[[date], SessionTimes | None]
) -> None:
    assert check_day(day, other) == session_on(day)


@pytest.mark.parametrize(
    ("day", "other", "table_word", "other_word"),
    [
        (ORDINARY, says_closed, "09:00-15:30", "says closed"),
        (CHUSEOK, says_open, "Chuseok", "says 09:00-15:30"),
        (date(2026, 1, 2), says_open, "10:00-15:30", "says 09:00-15:30"),
        (ORDINARY, says_nothing, "09:00-15:30", "no second opinion"),
        (CHUSEOK, says_nothing, "Chuseok", "no second opinion"),
        (date(2026, 3, 21), says_open, "Saturday", "says 09:00-15:30"),
    ],
)
def test_check_day_when_sources_differ_without_override_then_disagreed_naming_both(
    day: date, other: Callable[[date], SessionTimes | None], table_word: str, other_word: str
) -> None:
    session = check_day(day, other)
    assert session.kind is DayKind.DISAGREED
    assert not session.is_open
    assert table_word in session.reason
    assert other_word in session.reason
    assert "overrides" in session.reason


@pytest.mark.parametrize(
    ("day", "other", "kind"),
    [
        (ELECTION, says_open, DayKind.CLOSED),
        (date(2027, 12, 31), says_nothing, DayKind.CLOSED),
        (date(2026, 11, 19), says_open, DayKind.SHIFTED),
        (date(2026, 11, 19), says_nothing, DayKind.SHIFTED),
    ],
)
def test_check_day_when_an_override_exists_then_it_wins_and_is_explained(
    day: date, other: Callable[[date], SessionTimes | None], kind: DayKind
) -> None:
    session = check_day(day, other)
    assert session.kind is kind
    assert "overridden: " in session.reason


def test_check_day_when_an_override_confirms_a_session_then_the_library_cannot_close_it() -> None:
    table = HolidayTable.parse(
        "first_day: 2026-01-01\nlast_day: 2026-12-31\nprovisional_from: 2027-01-01\n"
        "days:\n  - {day: 2026-03-20, kind: regular, name: Confirmed, overrides: the exchange's notice}\n"
    )
    session = check_day(ORDINARY, says_closed, table=table)
    assert session.kind is DayKind.REGULAR
    assert session.is_open


@pytest.mark.parametrize(
    ("day", "broker_says_open"),
    [(ORDINARY, False), (ELECTION, True), (CHUSEOK, True), (date(2026, 3, 21), True), (date(2026, 11, 19), False)],
)
def test_check_day_when_the_broker_contradicts_then_always_disagreed(day: date, broker_says_open: bool) -> None:
    session = check_day(day, says_open if broker_says_open else says_closed, broker_says_open=broker_says_open)
    assert session.kind is DayKind.DISAGREED
    assert "broker says" in session.reason


@pytest.mark.parametrize(("day", "broker_says_open"), [(ORDINARY, True), (CHUSEOK, False), (ELECTION, False)])
def test_check_day_when_the_broker_confirms_then_the_table_and_library_decide(
    day: date, broker_says_open: bool
) -> None:
    assert check_day(day, broker_says_open=broker_says_open).is_open == broker_says_open


def test_check_day_when_broker_confirms_but_library_differs_then_still_disagreed() -> None:
    assert check_day(ORDINARY, says_closed, broker_says_open=True).kind is DayKind.DISAGREED


@pytest.mark.parametrize("broker_says_open", [None, True, False])
def test_check_day_when_date_is_beyond_the_table_then_disagreed_whatever_others_say(
    broker_says_open: bool | None,
) -> None:
    session = check_day(date(2028, 1, 4), says_open, broker_says_open=broker_says_open)
    assert session.kind is DayKind.DISAGREED
    assert "extend" in session.reason


def test_import_when_the_rules_are_imported_then_no_heavy_library_comes_along() -> None:
    code = (
        "import sys, daybook.krx.cross_check, daybook.krx.limits, daybook.krx.fees, daybook.krx.vi\n"
        "print(sorted({'pandas', 'numpy', 'exchange_calendars'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"
