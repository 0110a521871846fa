"""Factor returns against groups formed by hand, and their independence of the future."""

import numpy as np
import pytest

from daybook.analysis.factors import FORMATION_SESSIONS, HOLDING_SESSIONS, Factor, factor_returns
from daybook.analysis.price_frame import common_closes
from tests.analysis.frames import random_frame


def universe(count=9, sessions=140):
    return [random_frame(sessions, seed, symbol=f"{seed:06d}") for seed in range(count)]


def test_market_when_built_then_it_is_the_mean_return_of_all():
    frames = universe(3, 30)
    days, values = factor_returns(Factor.MARKET, frames)
    closes = np.column_stack([frame.close for frame in frames])
    np.testing.assert_allclose(values, (closes[1:] / closes[:-1] - 1).mean(axis=1))
    assert days == frames[0].days[1:]


@pytest.mark.parametrize("factor", [Factor.MOMENTUM, Factor.LIQUIDITY])
def test_thirds_when_built_then_each_day_equals_groups_chosen_from_the_sessions_before(factor):
    frames = universe()
    days, closes = common_closes(frames)
    found_days, values = factor_returns(factor, frames)
    assert len(found_days) == len(values)
    for day, value in zip(found_days, values, strict=True):
        row = days.index(day)
        formed = row - 1 - (row - 1 - FORMATION_SESSIONS) % HOLDING_SESSIONS
        past = slice(formed - FORMATION_SESSIONS + 1, formed + 1)
        if factor is Factor.MOMENTUM:
            score = [frame.close[formed] / frame.close[formed - FORMATION_SESSIONS] for frame in frames]
        else:
            score = [-frame.turnover[past].mean() for frame in frames]
        order = np.argsort(score)
        moves = closes[row] / closes[row - 1] - 1
        assert value == pytest.approx(moves[order[-3:]].mean() - moves[order[:3]].mean())


def test_factor_returns_when_the_universe_is_too_small_then_it_says_how_many_it_needs():
    with pytest.raises(ValueError, match="momentum factor needs 9 symbols with history, 4 have it"):
        factor_returns(Factor.MOMENTUM, universe(4))
    with pytest.raises(ValueError, match="needs 62 common sessions, 40 exist"):
        factor_returns(Factor.LIQUIDITY, universe(9, 40))
