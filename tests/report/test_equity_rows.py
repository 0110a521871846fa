import pytest

from daybook.report.equity_rows import equity_rows
from daybook.storage.equity import EquityPoint
from tests.report.desk_day import ACCOUNT, DAY, market


def _points(*levels: float | None) -> list[EquityPoint]:
    return [EquityPoint(ACCOUNT, DAY, market(f"1{n}:00"), 100, 50, level) for n, level in enumerate(levels)]


def test_index_when_its_change_is_known_then_levels_are_against_the_previous_close() -> None:
    rows = equity_rows(_points(404.0, None, 408.0), 0.02)
    assert [row.index_change_ratio for row in rows] == [pytest.approx(0.01), None, pytest.approx(0.02)]


def test_index_when_its_change_is_unknown_then_the_first_level_is_the_base() -> None:
    rows = equity_rows(_points(400.0, 404.0), None)
    assert [row.index_change_ratio for row in rows] == [0.0, pytest.approx(0.01)]


def test_index_when_no_level_was_recorded_then_nothing_is_known() -> None:
    assert [row.index_change_ratio for row in equity_rows(_points(None, None), 0.02)] == [None, None]
    assert equity_rows([], 0.02) == ()
