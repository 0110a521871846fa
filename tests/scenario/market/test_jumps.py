import numpy as np
import pytest

from daybook.scenario.market.jumps import CONTINUOUS_SHARE, jump_days, split_moves

PLANTED = (210, 555, 1_203, 1_800)


def _returns(sizes: tuple[float, ...] = (-0.09, -0.07, 0.06, -0.11), days: int = 2_000) -> np.ndarray:
    returns = np.random.default_rng(8).normal(0.0003, 0.01, days)
    returns[list(PLANTED[: len(sizes)])] = sizes
    return returns


def test_jumps_when_planted_then_they_are_found_and_little_else() -> None:
    found = jump_days(_returns())
    assert set(PLANTED) <= set(found)
    assert len(found) <= len(PLANTED) + 1


def test_jumps_when_volatility_rises_slowly_then_rough_weeks_are_no_jumps() -> None:
    random = np.random.default_rng(9)
    sd = 0.008 * np.exp(0.9 * np.sin(np.arange(2_000) / 120))
    assert len(jump_days(random.normal(0, 1, 2_000) * sd)) <= 3


@pytest.mark.parametrize("total_sd", [0.008, 0.0125, 0.03])
def test_moves_when_split_then_jumps_and_ordinary_days_have_the_variance_asked_for(total_sd: float) -> None:
    moves = split_moves(_returns(), total_sd**2)
    second = moves.mean**2 + moves.sd**2
    assert moves.continuous_sd**2 + moves.rate * second == pytest.approx(total_sd**2)
    assert moves.continuous_sd**2 >= CONTINUOUS_SHARE * total_sd**2 * (1 - 1e-9)


def test_moves_when_history_is_long_then_rate_and_sizes_are_the_historys() -> None:
    moves = split_moves(_returns(), 0.0125**2)
    assert moves.rate * 250 == pytest.approx(4 / 8, abs=0.25)
    assert -0.08 < moves.mean < -0.02
    assert 0.03 < moves.sd < 0.09


def test_moves_when_history_is_short_and_calm_then_jumps_are_still_possible() -> None:
    moves = split_moves(np.random.default_rng(2).normal(0, 0.01, 80), 0.01**2)
    assert moves.days == ()
    assert moves.rate > 0
    assert moves.mean < 0


def test_moves_when_nothing_ever_moves_then_there_are_none() -> None:
    moves = split_moves(np.zeros(100), 0.0)
    assert moves.rate == 0
    assert moves.continuous_sd == 0
