"""Which bars are final at a moment."""

from datetime import date, datetime

import pytest

from daybook.contracts.base import KST
from daybook.skills.technical.history import last_final_day


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2026, 3, 20, 15, 29, 59, tzinfo=KST), date(2026, 3, 19)),
        (datetime(2026, 3, 20, 15, 30, tzinfo=KST), date(2026, 3, 20)),
        (datetime(2026, 3, 20, 8, 0, tzinfo=KST), date(2026, 3, 19)),
        (datetime(2026, 3, 21, 3, 0, tzinfo=KST), date(2026, 3, 20)),
        (datetime(2025, 11, 13, 16, 0, tzinfo=KST), date(2025, 11, 12)),
        (datetime(2025, 11, 13, 16, 30, tzinfo=KST), date(2025, 11, 13)),
        (datetime.fromisoformat("2026-03-20T06:30:00+00:00"), date(2026, 3, 20)),
    ],
    ids=["in_session", "at_the_close", "morning", "night", "exam_day_in_session", "exam_day_closed", "utc"],
)
def test_last_final_day_when_asked_at_a_moment_then_a_running_session_is_not_final(now, last):
    assert last_final_day(now) == last
