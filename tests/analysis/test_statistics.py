"""Statistics against numpy's own and the definitions written out."""

import math
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.analysis import statistics
from daybook.analysis.errors import TooShort
from daybook.analysis.price_frame import PriceFrame, common_closes
from tests.analysis.frames import bar, random_bars, random_frame, weekdays

series = st.lists(st.floats(1, 1e6), min_size=4, max_size=60).map(np.array)


@given(series)
def test_annual_volatility_when_given_any_series_then_it_equals_the_definition(values):
    moves = [math.log(later / earlier) for earlier, later in pairwise(values)]
    mean = sum(moves) / len(moves)
    expected = math.sqrt(sum((move - mean) ** 2 for move in moves) / (len(moves) - 1) * 245)
    assert statistics.annual_volatility(values) == pytest.approx(expected, rel=1e-9, abs=1e-9)


@given(series)
def test_drawdown_when_given_any_series_then_it_equals_the_worst_pair(values):
    days = weekdays(len(values))
    worst = max(
        1 - values[later] / values[earlier] for earlier in range(len(values)) for later in range(earlier, len(values))
    )
    found = statistics.drawdown(days, values)
    assert found.depth == pytest.approx(worst)
    row = {day: place for place, day in enumerate(days)}
    peak, trough = values[row[found.peak]], values[row[found.trough]]
    assert found.depth == pytest.approx(1 - trough / peak)
    assert 0 <= found.now <= found.depth + 1e-12
    if found.recovered is not None:
        assert values[row[found.recovered]] >= peak
        assert all(value < peak for value in values[row[found.trough] : row[found.recovered]])


@settings(max_examples=30)
@given(st.integers(0, 1000))
def test_correlation_when_given_random_series_then_it_equals_numpys(seed):
    values = np.column_stack([random_frame(60, seed + offset).close for offset in range(3)])
    expected = np.corrcoef(np.diff(np.log(values), axis=0), rowvar=False)
    np.testing.assert_allclose(statistics.correlation(values), expected, atol=1e-12)


def test_correlation_when_a_series_does_not_move_then_its_cells_are_nan_and_nothing_warns():
    values = np.column_stack((random_frame(20).close, np.full(20, 5_000.0)))
    found = statistics.correlation(values)
    assert np.isnan(found[0, 1])
    assert np.isnan(found[1, 1])
    assert found[0, 0] == pytest.approx(1)


def test_annual_return_when_a_year_doubles_then_it_is_100_percent():
    values = np.array([100.0, *[150.0] * 244, 200.0])
    assert statistics.annual_return(values) == pytest.approx(1.0)
    assert statistics.total_return(values) == pytest.approx(1.0)


def test_sharpe_ratio_when_known_by_hand_then_it_is_that_and_none_without_any_move():
    values = np.array([100.0, 110.0, 104.5])
    returns = [0.10, -0.05]
    expected = np.mean(returns) / np.std(returns, ddof=1) * math.sqrt(245)
    assert statistics.sharpe_ratio(values) == pytest.approx(expected)
    assert statistics.sharpe_ratio(np.full(10, 7.0)) is None


def test_statistics_when_there_are_too_few_values_then_they_say_so():
    with pytest.raises(TooShort, match="volatility needs 3 sessions, 2 exist"):
        statistics.annual_volatility(np.array([1.0, 2.0]))


def test_common_closes_when_one_symbol_was_halted_then_that_day_is_left_out():
    days = weekdays(4)
    first = PriceFrame.of("005930", [bar("005930", day, 100 + place) for place, day in enumerate(days)])
    halted = [bar("000660", day, 200 + place, volume=0 if place == 2 else 5) for place, day in enumerate(days)]
    found, closes = common_closes([first, PriceFrame.of("000660", halted)])
    assert found == (days[0], days[1], days[3])
    assert closes.tolist() == [[100, 200], [101, 201], [103, 203]]


def test_leaps_when_a_close_moves_beyond_the_limit_then_the_day_is_named():
    days = weekdays(4)
    frame = PriceFrame.of(
        "005930", [bar("005930", day, close) for day, close in zip(days, (100, 130, 13, 14), strict=True)]
    )
    assert frame.leaps() == (days[2],)


def test_price_frame_when_bars_come_in_any_order_then_they_are_sorted():
    bars = random_bars("005930", 10, 1)
    assert PriceFrame.of("005930", bars[::-1]).days == PriceFrame.of("005930", bars).days
