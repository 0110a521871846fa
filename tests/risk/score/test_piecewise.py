import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.risk.score.errors import ScoreReferenceError
from daybook.risk.score.piecewise import MonotoneTable, quantile_table

numbers = st.floats(-1e6, 1e6, allow_nan=False)


@st.composite
def tables(draw):
    x = sorted(draw(st.lists(numbers, min_size=2, max_size=12, unique=True)))
    y = sorted(draw(st.lists(st.floats(0, 1), min_size=len(x), max_size=len(x))))
    return MonotoneTable.of(x, y)


@given(tables(), st.floats(allow_nan=False), st.floats(allow_nan=False))
def test_table_when_the_argument_rises_then_the_value_never_falls_by_one_bit(table, one, other):
    low, high = sorted((one, other))
    assert table(low) <= table(high)


@given(tables())
def test_table_when_asked_at_its_points_and_beyond_then_it_gives_them(table):
    np.testing.assert_allclose(table(table.x), table.y, atol=1e-9)
    assert table(-np.inf) == table.y[0]
    assert table(np.inf) == table.y[-1]
    assert np.isnan(table(np.nan))


@pytest.mark.parametrize(
    ("x", "y"),
    [((0,), (0,)), ((0, 0), (0, 1)), ((1, 0), (0, 1)), ((0, 1), (1, 0)), ((0, np.nan), (0, 1)), ((0, 1, 2), (0, 1))],
)
def test_table_when_points_are_no_function_that_rises_then_it_refuses(x, y):
    with pytest.raises(ScoreReferenceError):
        MonotoneTable.of(x, y)


def test_quantile_table_when_the_sample_is_uniform_then_it_is_the_distribution():
    table = quantile_table(np.linspace(0, 10, 10_001), np.linspace(0, 1, 41))
    np.testing.assert_allclose(table([0, 2.5, 7.3, 10]), [0, 0.25, 0.73, 1], atol=1e-3)


def test_quantile_table_when_many_share_the_lowest_value_then_it_is_at_percentile_zero():
    sample = np.concatenate([np.zeros(300), np.linspace(0.01, 1, 700), [np.nan]])
    table = quantile_table(sample, np.linspace(0, 1, 41))
    assert table(0.0) == 0
    assert table(1.0) == 1


@pytest.mark.parametrize("sample", [[], [np.nan], [3.0, 3.0, 3.0]])
def test_quantile_table_when_there_is_nothing_to_rank_then_it_refuses(sample):
    with pytest.raises(ScoreReferenceError):
        quantile_table(np.array(sample), np.linspace(0, 1, 5))
