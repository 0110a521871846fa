from datetime import date, time
from pathlib import Path

import pytest

from daybook.krx.calendar import is_trading_day
from daybook.skills.errors import SourceUnavailable
from daybook.skills.market_data.event_book import EventBook, EventKind, EventStatus, packaged_events

OWN = """
- {day: 2026-10-29, kind: earnings, title: Samsung Q3 results, symbol: "005930", status: confirmed, time_kst: 16:00}
- {day: 2026-10-13, kind: economic_data, title: Exports, source: customs office}
"""


def book(tmp_path: Path, **files: str) -> EventBook:
    for name, text in files.items():
        (tmp_path / name.replace("_", ".")).write_text(text, encoding="utf-8")
    return EventBook(tmp_path)


def test_packaged_when_read_then_each_year_has_eight_decisions_of_each_bank_known_before_they_happen() -> None:
    found = packaged_events()
    for title, years in {
        "FOMC rate decision": (2025, 2026, 2027),
        "Bank of Korea base rate decision": (2025, 2026),
    }.items():
        for year in years:
            assert len([event for event in found if event.title == title and event.day.year == year]) == 8, (
                title,
                year,
            )
    assert all(event.known_since is not None and event.known_since < event.day and event.source for event in found)
    assert len({event.key for event in found}) == len(found)


def test_packaged_when_the_fed_decides_then_korea_reads_it_in_the_night_after_by_its_clock() -> None:
    times = {event.day: event.time_kst for event in packaged_events() if event.title.startswith("FOMC")}
    assert times[date(2026, 1, 29)] == time(4)
    assert times[date(2026, 3, 19)] == time(3)
    assert times[date(2026, 10, 29)] == time(3)
    assert times[date(2026, 12, 10)] == time(4)


def test_packaged_when_the_bank_of_korea_decides_then_the_exchange_trades() -> None:
    days = [event.day for event in packaged_events() if event.title.startswith("Bank")]
    assert all(is_trading_day(day) for day in days)


def test_book_when_the_home_has_no_file_then_only_the_packaged_events_are_there(tmp_path: Path) -> None:
    assert len(EventBook(tmp_path / "nowhere").all()) == len(packaged_events())


def test_book_when_the_home_has_a_file_then_its_events_are_merged_in_order(tmp_path: Path) -> None:
    found = book(tmp_path, events_yaml=OWN).all()
    assert len(found) == len(packaged_events()) + 2
    assert [event.day for event in found] == sorted(event.day for event in found)
    samsung = next(event for event in found if event.symbol == "005930")
    assert (samsung.kind, samsung.status, samsung.time_kst) == (EventKind.EARNINGS, EventStatus.CONFIRMED, time(16))


def test_book_when_an_entry_repeats_a_packaged_one_then_it_wins(tmp_path: Path) -> None:
    moved = '- {day: 2026-12-10, kind: monetary_policy, title: "fomc rate decision", status: confirmed, source: me}'
    found = [event for event in book(tmp_path, events_yaml=moved).all() if event.day == date(2026, 12, 10)]
    assert [(event.status, event.source) for event in found] == [(EventStatus.CONFIRMED, "me")]


def test_book_when_an_entry_is_cancelled_then_it_is_gone(tmp_path: Path) -> None:
    gone = "events:\n  - {day: 2026-12-10, kind: monetary_policy, title: FOMC rate decision, status: cancelled}"
    assert len(book(tmp_path, events_yaml=gone).all()) == len(packaged_events()) - 1


def test_book_when_the_file_is_a_table_then_empty_cells_are_left_out(tmp_path: Path) -> None:
    table = "\ufeffday,kind,title,symbol,time_kst\n2026-10-29,earnings,SK hynix results,000660,\n"
    added = next(event for event in book(tmp_path, events_csv=table).all() if event.title.startswith("SK"))
    assert (added.symbol, added.time_kst) == ("000660", None)


def test_book_when_the_file_is_empty_then_it_adds_nothing(tmp_path: Path) -> None:
    assert len(book(tmp_path, events_yaml="", events_csv="").all()) == len(packaged_events())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- {day: soon, title: x}", "entry 1: day: "),
        ("- {day: 2026-10-29}", "entry 1: title: Field required"),
        ("- {day: 2026-10-29, title: x}\n- {day: 2026-10-29, title: y, kind: party}", "entry 2: kind: "),
        ("- {day: 2026-10-29, title: x, colour: red}", "entry 1: colour: Extra inputs"),
        ("- {day: 2026-10-29, title: x, symbol: 000660}", 'put it into quotes, as in "005930"'),
        ("- {day: 2026-13-01, title: x}", "month must be in 1..12"),
        ("[" * 5_000, "cannot be (nested too deeply)"),
        ("- [1, 2", "is not YAML (line "),
        ("just words", "must hold a list of events"),
        ("- 1", "entry 1: entry: "),
        ("# " + "x" * 1_000_001, "is larger than 1,000,000 bytes"),
        ("- {day: 2026-10-29, title: x}\n" * 5_001, "has more than 5,000 entries"),
    ],
)
def test_book_when_an_entry_cannot_be_used_then_one_line_names_it(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(SourceUnavailable) as caught:
        book(tmp_path, events_yaml=text).all()
    assert said in str(caught.value)
    assert str(tmp_path / "events.yaml") in str(caught.value)
    assert "\n" not in str(caught.value)


def test_book_when_the_file_is_no_text_then_one_line_says_so(tmp_path: Path) -> None:
    (tmp_path / "events.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SourceUnavailable, match="save it as UTF-8 text"):
        EventBook(tmp_path).all()
