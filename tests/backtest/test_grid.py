"""Vectorised ticks and limits against the exchange's own functions."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from daybook.backtest import grid
from daybook.backtest.fills import _locked
from daybook.contracts.base import Side
from daybook.contracts.market import SecurityKind
from daybook.krx.limits import daily_limits
from daybook.krx.ticks import Rounding, round_to_tick

STOCK = SecurityKind.STOCK
prices = st.one_of(st.integers(1, 3_000), st.integers(1, 2_000_000))


@given(st.lists(prices, min_size=1, max_size=30))
def test_grid_when_given_any_prices_then_it_equals_the_exchanges_rules(rows):
    array = np.array(rows, dtype=np.int64)
    assert grid.down_to_tick(array).tolist() == [round_to_tick(row, STOCK, Rounding.DOWN) for row in rows]
    assert grid.up_to_tick(array).tolist() == [round_to_tick(row, STOCK, Rounding.UP) for row in rows]
    lower, upper = grid.limits(array)
    limits = [daily_limits(row) for row in rows]
    assert lower.tolist() == [row.lower_krw for row in limits]
    assert upper.tolist() == [row.upper_krw for row in limits]


def test_locked_when_the_open_is_at_the_limit_of_any_base_then_no_place_is_missed():
    bases = np.concatenate((np.arange(1, 70_000), np.arange(70_000, 2_000_000, 997)))
    lower, upper = grid.limits(bases)
    assert len(_locked(upper, bases, Side.BUY)) == len(bases)
    assert len(_locked(lower, bases, Side.SELL)) == len(bases)
    inside = bases[upper - lower > 2]
    assert len(_locked(grid.limits(inside)[1] - 1, inside, Side.BUY)) == 0
    assert len(_locked(grid.limits(inside)[0] + 1, inside, Side.SELL)) == 0
