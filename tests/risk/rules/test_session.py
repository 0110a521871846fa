from datetime import date, timedelta
from typing import Any

import pytest

from daybook.contracts.reasons import DenialCode
from daybook.contracts.session import DayKind, Session
from tests.risk.facts import DAY, NOW, at, buy_codes, sell_codes, session

LATE_VALIDITY = {"valid_until": at("18:00:00")}
LATE_OPEN = session(kind=DayKind.LATE_OPEN, opens=at("10:00:00"))
SHIFTED = session(
    kind=DayKind.SHIFTED, opens=at("10:00:00"), closing_auction_from=at("16:20:00"), closes=at("16:30:00")
)


def market_time(clock: str) -> dict[str, Any]:
    return {"market_now": at(clock)}


@pytest.mark.parametrize(
    ("ticket", "facts", "code"),
    [
        ({"valid_until": NOW}, {}, DenialCode.TICKET_EXPIRED),
        ({"valid_until": NOW - timedelta(seconds=1)}, {}, DenialCode.TICKET_EXPIRED),
        ({}, {"session": Session(day=DAY, kind=DayKind.DISAGREED)}, DenialCode.CALENDAR_DISAGREE),
        ({}, {"session": session(kind=DayKind.DISAGREED)}, DenialCode.CALENDAR_DISAGREE),
        ({}, {"session": Session(day=DAY, kind=DayKind.CLOSED)}, DenialCode.SESSION_CLOSED),
        ({}, {"session": session(day=date(2026, 3, 5))}, DenialCode.SESSION_CLOSED),
        (LATE_VALIDITY, market_time("09:04:59"), DenialCode.SESSION_CLOSED),
        (LATE_VALIDITY, market_time("15:15:00"), DenialCode.SESSION_CLOSED),
        (LATE_VALIDITY, {"session": LATE_OPEN, **market_time("10:04:59")}, DenialCode.SESSION_CLOSED),
        (LATE_VALIDITY, {"session": SHIFTED, **market_time("16:15:00")}, DenialCode.SESSION_CLOSED),
    ],
)
def test_buy_when_the_time_is_wrong_then_exactly_that_code(
    ticket: dict[str, Any], facts: dict[str, Any], code: DenialCode
) -> None:
    assert buy_codes(ticket, facts) == [code]


@pytest.mark.parametrize(
    ("ticket", "facts"),
    [
        ({"valid_until": NOW + timedelta(microseconds=1)}, {}),
        (LATE_VALIDITY, market_time("09:05:00")),
        (LATE_VALIDITY, market_time("15:14:59")),
        (LATE_VALIDITY, {"session": LATE_OPEN, **market_time("10:05:00")}),
        (LATE_VALIDITY, {"session": SHIFTED, **market_time("16:14:59")}),
    ],
)
def test_buy_when_the_time_is_just_right_then_nothing_denies(ticket: dict[str, Any], facts: dict[str, Any]) -> None:
    assert buy_codes(ticket, facts) == []


@pytest.mark.parametrize(
    ("clock", "codes"),
    [
        ("08:59:59", [DenialCode.SESSION_CLOSED]),
        ("09:00:00", []),
        ("15:18:59", []),
        ("15:19:00", [DenialCode.SESSION_CLOSED]),
    ],
)
def test_sell_when_near_the_ends_of_its_hours_then_the_start_belongs_to_them(clock: str, codes: list[str]) -> None:
    assert sell_codes(LATE_VALIDITY, market_time(clock)) == codes


def test_ticket_when_of_another_day_then_expired() -> None:
    assert DenialCode.TICKET_EXPIRED in buy_codes({"day": date(2026, 3, 5)}, {})


def test_hours_when_limits_reach_into_the_auction_then_they_end_where_it_starts() -> None:
    no_margin = {"exits_before_close_min": 0}
    assert sell_codes(LATE_VALIDITY, market_time("15:19:59"), no_margin) == []
    assert sell_codes(LATE_VALIDITY, market_time("15:20:00"), no_margin) == [DenialCode.SESSION_CLOSED]
