from datetime import date

import pytest

from daybook.report.performance import growth, index_days, max_drawdown, mean_difference

DAYS = [date(2026, 3, 11), date(2026, 3, 12), date(2026, 3, 13)]


def test_growth_when_days_follow_each_other_then_they_compound_from_one() -> None:
    assert growth([0.10, -0.10]) == pytest.approx([1.0, 1.1, 0.99])
    assert growth([]) == [1.0]


def test_max_drawdown_when_values_fall_from_a_high_then_the_deepest_fall_counts() -> None:
    assert max_drawdown([1.0, 1.2, 0.9, 1.1, 1.0]) == pytest.approx(0.25)
    assert max_drawdown([1.0, 1.1, 1.2]) == 0
    assert max_drawdown([]) == 0


def test_index_when_an_earlier_close_is_known_then_the_first_day_counts() -> None:
    index = index_days(DAYS, [(date(2026, 3, 10), 100.0), *zip(DAYS, (110.0, 99.0, 99.0), strict=True)])
    assert index is not None
    assert index.ratios == pytest.approx((0.10, -0.10, 0.0))
    assert not index.starts_at_first_close
    assert index.missing == ()


def test_index_when_closes_are_missing_then_they_count_as_unchanged_and_are_named() -> None:
    index = index_days(DAYS, [(DAYS[0], 100.0), (DAYS[2], 105.0)])
    assert index is not None
    assert index.ratios == pytest.approx((0.0, 0.0, 0.05))
    assert index.starts_at_first_close
    assert index.missing == (DAYS[1],)


def test_index_when_no_day_has_a_close_then_there_is_none() -> None:
    assert index_days(DAYS, [(date(2026, 1, 2), 100.0)]) is None


def test_mean_difference_when_days_are_few_then_it_says_nothing() -> None:
    assert mean_difference([0.01] * 4, [0.0] * 4) is None


def test_mean_difference_when_it_is_within_two_errors_then_chance_explains_it() -> None:
    noisy = mean_difference([0.01, -0.01, 0.012, -0.009, 0.002], [0.0] * 5)
    assert noisy is not None
    assert noisy.tells_nothing
    steady = mean_difference([0.0101, 0.0099, 0.0102, 0.0098, 0.01], [0.0] * 5)
    assert steady is not None
    assert steady.mean == pytest.approx(0.01)
    assert not steady.tells_nothing
