from datetime import date

import pytest

from daybook.contracts.base import Mode
from daybook.storage import AuditLog, DayStore, RecordConflict, RecordNotFound
from tests.storage.facts import AT, DAY, HYNIX, SAMSUNG, later


@pytest.fixture
def days(database) -> DayStore:
    return DayStore(database)


def test_day_when_it_runs_then_phase_summary_and_report_are_kept(days):
    assert days.begin(DAY, "main", Mode.PAPER, "regular", AT)
    days.set_phase(DAY, "main", "trading", later(1))
    days.set_universe(DAY, "main", [SAMSUNG, HYNIX], later(1))
    known = days.get(DAY, "main")
    assert (known.phase, known.phase_at, known.finished_at, known.summary_value) == ("trading", later(1), None, None)
    days.finish(DAY, "main", {"fills": 3}, "", later(2))
    days.set_report(DAY, "main", "reports/2026-03-04.html")
    known = days.get(DAY, "main")
    assert (known.mode, known.session_kind, known.phase) == (Mode.PAPER, "regular", "finished")
    assert (known.began_at, known.finished_at) == (AT, later(2))
    assert (known.summary_value, known.report_path) == ({"fills": 3}, "reports/2026-03-04.html")
    assert known.universe_symbols == (SAMSUNG, HYNIX)


def test_day_when_begun_again_then_a_running_one_goes_on_and_a_finished_one_reopens(days):
    days.begin(DAY, "main", Mode.PAPER, "regular", AT)
    days.set_phase(DAY, "main", "trading", later(1))
    assert not days.begin(DAY, "main", Mode.PAPER, "regular", later(2))
    assert days.get(DAY, "main").phase == "trading"
    days.finish(DAY, "main", "{}", "", later(3))
    assert days.begin(DAY, "main", Mode.PAPER, "late_open", later(4))
    known = days.get(DAY, "main")
    assert (known.finished_at, known.session_kind, known.began_at) == (None, "late_open", AT)


def test_day_when_begun_in_another_mode_then_it_is_a_conflict(days):
    days.begin(DAY, "main", Mode.PAPER, "regular", AT)
    with pytest.raises(RecordConflict, match="paper"):
        days.begin(DAY, "main", Mode.LIVE, "regular", AT)


def test_day_when_not_begun_then_everything_says_so(days):
    for call in (
        lambda: days.get(DAY, "main"),
        lambda: days.set_phase(DAY, "main", "x", AT),
        lambda: days.set_universe(DAY, "main", [], AT),
        lambda: days.set_report(DAY, "main", "x"),
        lambda: days.finish(DAY, "main", "{}", "", AT),
    ):
        with pytest.raises(RecordNotFound):
            call()


def test_days_when_listed_then_newest_first(days):
    for number in (2, 4, 3):
        days.begin(date(2026, 3, number), "main", Mode.PAPER, "regular", AT)
    days.begin(DAY, "second", Mode.MOCK, "regular", AT)
    assert [(known.day.day, known.account) for known in days.recent(3)] == [(4, "main"), (4, "second"), (3, "main")]
    assert [known.day.day for known in days.recent(9, account="main")] == [4, 3, 2]


def test_day_when_it_changes_then_every_step_is_audited(days, database):
    days.begin(DAY, "main", Mode.PAPER, "regular", AT)
    days.set_phase(DAY, "main", "trading", AT)
    days.set_phase(DAY, "main", "trading", AT)
    days.finish(DAY, "main", "{}", "", AT)
    assert [row.action for row in AuditLog(database).rows()] == ["day.begun", "day.phase", "day.finished"]
