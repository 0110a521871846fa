from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from daybook.contracts.base import KST
from daybook.contracts.tools import ToolReply, ToolStatus
from daybook.skills.market_data.calendar import calendar
from daybook.skills.market_data.event_book import EventBook, Events
from daybook.skills.running import run_tool
from tests.skills.sample import NOW, request


@pytest.fixture
def events(tmp_path: Path) -> EventBook:
    return EventBook(tmp_path)


async def ask(tool: str, providers: dict[type, object] | None = None, **arguments: Any) -> ToolReply:
    return await run_tool(calendar.spec(tool), request(tool, **arguments), providers or {}, clock=lambda: NOW)


def rows(reply: ToolReply) -> list[dict[str, Any]]:
    assert reply.status is ToolStatus.OK, reply.message
    assert isinstance(reply.value, list)
    return [row for row in reply.value if isinstance(row, dict)]


async def test_sessions_when_nothing_is_named_then_they_begin_today_in_korea_for_two_weeks() -> None:
    found = rows(await ask("trading_sessions"))
    assert (found[0]["day"], found[-1]["day"], len(found)) == ("2026-03-06", "2026-03-19", 10)
    assert (found[0]["opens"], found[0]["closes"]) == ("09:00", "15:30")


async def test_sessions_when_a_day_is_shifted_then_its_hours_and_reason_are_told() -> None:
    (day,) = rows(await ask("trading_sessions", first="2026-11-19", last="2026-11-19"))
    assert (day["opens"], day["closes"]) == ("10:00", "16:30")
    assert "CSAT" in day["note"]


async def test_sessions_when_at_a_point_in_time_then_today_is_that_day() -> None:
    found = rows(await ask("trading_sessions", as_of=datetime(2025, 12, 30, 23, 0, tzinfo=KST)))
    assert [day["day"] for day in found][:3] == ["2025-12-30", "2026-01-02", "2026-01-05"]


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        ({"first": "2026-09-24", "last": "2026-09-27"}, ToolStatus.NO_DATA, "does not trade"),
        ({"first": "2031-01-02", "last": "2031-01-05"}, ToolStatus.NO_DATA, "outside the table"),
        ({"first": "2026-03-06", "last": "2026-03-05"}, ToolStatus.BAD_ARGUMENTS, "is before"),
        ({"first": "2026-01-01", "last": "2027-01-02"}, ToolStatus.BAD_ARGUMENTS, "longer than 366 days"),
        ({"first": "9999-12-31"}, ToolStatus.BAD_ARGUMENTS, "there is no date"),
        ({"first": "tomorrow"}, ToolStatus.BAD_ARGUMENTS, "first: "),
    ],
)
async def test_sessions_when_they_cannot_be_told_then_one_line_says_why(
    arguments: dict[str, str], status: ToolStatus, said: str
) -> None:
    reply = await ask("trading_sessions", **arguments)
    assert (reply.status, said in reply.message) == (status, True), reply.message


async def test_sessions_when_of_the_longest_span_then_the_reply_fits() -> None:
    assert len(rows(await ask("trading_sessions", first="2026-01-01", last="2027-01-01"))) > 240


async def test_holidays_when_no_year_is_named_then_it_is_this_one() -> None:
    found = rows(await ask("holidays"))
    assert {row["day"][:4] for row in found} == {"2026"}
    assert {"closed", "late_open", "shifted"} == {row["kind"] for row in found}
    assert not any(row["provisional"] for row in found)


async def test_holidays_when_the_year_awaits_the_notice_then_they_are_provisional() -> None:
    assert all(row["provisional"] for row in rows(await ask("holidays", year=2027)))


async def test_holidays_when_the_year_is_not_known_then_the_known_ones_are_named() -> None:
    reply = await ask("holidays", year=2040)
    assert (reply.status, "2025 to 2027" in reply.message) == (ToolStatus.NO_DATA, True)


async def test_events_when_of_a_month_then_decisions_and_expiries_come_in_order_with_sources(events: EventBook) -> None:
    reply = await ask("market_events", {Events: events}, first="2026-10-01", last="2026-10-31")
    assert [(row["day"], row["title"]) for row in rows(reply)] == [
        ("2026-10-08", "KOSPI200 options expire"),
        ("2026-10-22", "Bank of Korea base rate decision"),
        ("2026-10-29", "FOMC rate decision"),
    ]
    assert len(reply.sources) == 3
    assert not reply.is_untrusted


async def test_events_when_a_kind_is_named_then_only_it_comes(events: EventBook, tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_text("- {day: 2026-10-30, kind: earnings, title: results}")
    reply = await ask("market_events", {Events: events}, first="2026-10-01", last="2026-10-31", kind="earnings")
    assert [row["title"] for row in rows(reply)] == ["results"]


async def test_events_when_at_a_point_in_time_then_what_was_not_announced_is_not_told(
    events: EventBook, tmp_path: Path
) -> None:
    (tmp_path / "events.yaml").write_text("- {day: 2025-12-20, kind: earnings, title: added later}")
    asked = {"first": "2025-12-01", "last": "2026-03-31", "kind": None}
    then = datetime(2025, 12, 1, 9, 0, tzinfo=KST)
    titles = {row["title"] for row in rows(await ask("market_events", {Events: events}, as_of=then, **asked))}
    assert "FOMC rate decision" in titles
    assert titles.isdisjoint({"added later", "Bank of Korea base rate decision"})
    today = {row["title"] for row in rows(await ask("market_events", {Events: events}, **asked))}
    assert {"added later", "Bank of Korea base rate decision"} <= today


async def test_events_when_there_are_none_then_it_says_how_to_add_some(events: EventBook) -> None:
    reply = await ask("market_events", {Events: events}, first="2026-10-01", last="2026-10-02", kind="dividend")
    assert (reply.status, "events.yaml" in reply.message) == (ToolStatus.NO_DATA, True)


async def test_events_when_the_user_s_file_is_broken_then_one_line_says_where(
    events: EventBook, tmp_path: Path
) -> None:
    (tmp_path / "events.yaml").write_text("- {day: someday, title: x}")
    reply = await ask("market_events", {Events: events})
    assert (reply.status, "entry 1: day: " in reply.message) == (ToolStatus.UNAVAILABLE, True)


async def test_events_when_there_are_too_many_then_a_shorter_span_is_asked_for(
    events: EventBook, tmp_path: Path
) -> None:
    lines = "".join(f"- {{day: 2026-10-30, kind: other, title: event {number}}}\n" for number in range(201))
    (tmp_path / "events.yaml").write_text(lines)
    reply = await ask("market_events", {Events: events}, first="2026-10-01", last="2026-10-31")
    assert (reply.status, "shorter span" in reply.message) == (ToolStatus.BAD_ARGUMENTS, True)
