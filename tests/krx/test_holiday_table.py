import pytest

from daybook.contracts.session import DayKind
from daybook.krx.holiday_table import HolidayTable, HolidayTableError, packaged_table

HEAD = "first_day: 2026-01-01\nlast_day: 2026-12-31\nprovisional_from: 2027-01-01\ndays:\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("days: [", "cannot be read"),
        ("", "cannot be read"),
        (HEAD + "  - {day: 2026-06-03, kind: closed}", "name"),
        (HEAD + "  - {day: 2026-06-03, kind: half_day, name: x}", "kind"),
        (HEAD + "  - {day: 2026-06-03, kind: disagreed, name: x}", "cannot be 'disagreed'"),
        (HEAD + "  - {day: 2026-06-06, kind: closed, name: x}", "weekend"),
        (HEAD + "  - {day: 2026-06-03, kind: closed, name: x, colour: red}", "colour"),
        (HEAD + "  - {day: June 3rd, kind: closed, name: x}", "day"),
        (HEAD + "  - {day: 2027-06-03, kind: closed, name: x}", "outside"),
        (HEAD + "  - {day: 2026-06-03, kind: closed, name: x}\n" * 2, "listed twice"),
        ("first_day: 2026-02-01\nlast_day: 2026-01-01\nprovisional_from: 2026-01-01\ndays: []", "before it begins"),
    ],
)
def test_parse_when_text_cannot_be_used_then_the_error_names_the_fault(text: str, complaint: str) -> None:
    with pytest.raises(HolidayTableError, match=complaint):
        HolidayTable.parse(text)


def test_parse_when_an_entry_confirms_a_session_then_it_is_kept() -> None:
    table = HolidayTable.parse(HEAD + "  - {day: 2026-06-03, kind: regular, name: x, overrides: notice}")
    (entry,) = table.special_days.values()
    assert entry.kind is DayKind.REGULAR
    assert table.override_for(entry.day) == entry


def test_packaged_table_when_asked_twice_then_read_once() -> None:
    assert packaged_table() is packaged_table()


def test_packaged_table_when_a_closure_is_in_dispute_then_the_override_says_why() -> None:
    overridden = [str(day) for day, entry in packaged_table().special_days.items() if entry.overrides]
    assert overridden == [
        "2025-11-13",
        "2026-06-03",
        "2026-07-17",
        "2026-11-19",
        "2027-05-03",
        "2027-07-19",
        "2027-11-18",
        "2027-12-31",
    ]
