"""Support and resistance on series whose turning points are known."""

import numpy as np
import pytest

from daybook.analysis.errors import TooShort
from daybook.analysis.levels import LevelKind, levels, nearest, swing_places
from daybook.analysis.price_frame import PriceFrame
from tests.analysis.frames import bar, random_frame, weekdays


def zigzag(low, high, turns, steps=8, last=None):
    """Build a frame that runs between two prices."""
    path = []
    for turn in range(turns):
        begin, end = (low, high) if turn % 2 == 0 else (high, low)
        path += np.linspace(begin, end, steps, endpoint=False).astype(int).tolist()
    path.append(last or (low + high) // 2)
    days = weekdays(len(path))
    bars = [bar("005930", day, close, high=close + 10, low=close - 10) for day, close in zip(days, path, strict=True)]
    return PriceFrame.of("005930", bars)


def test_levels_when_prices_run_between_two_walls_then_the_walls_are_the_strongest_levels():
    found = levels(zigzag(50_000, 60_000, 10, last=55_000))
    assert [(level.kind, round(level.price_krw, -2)) for level in nearest(found, 1)] == [
        (LevelKind.RESISTANCE, 60_000),
        (LevelKind.SUPPORT, 50_000),
    ]
    assert all(level.touches >= 4 for level in nearest(found, 1))
    assert found[0].strength == 1.0


def test_levels_when_touches_are_older_then_they_weigh_less():
    old = zigzag(50_000, 60_000, 6)
    frame = PriceFrame.of(
        "005930",
        [
            bar("005930", day, int(close), high=int(close) + 10, low=int(close) - 10)
            for day, close in zip(
                weekdays(len(old) + 120),
                [*old.close, *zigzag(70_000, 80_000, 15).close[:120]],
                strict=True,
            )
        ],
    )
    strength = {round(level.price_krw, -3): level.strength for level in levels(frame)}
    assert strength[80_000] > 2 * strength[60_000]


@pytest.mark.parametrize("seed", range(5))
def test_levels_when_prices_are_random_then_kinds_strengths_and_touches_are_consistent(seed):
    frame = random_frame(200, seed)
    found = levels(frame)
    swings = len(swing_places(frame.high)) + len(swing_places(-frame.low))
    assert sum(level.touches for level in found) == swings
    assert [level.strength for level in found] == sorted((level.strength for level in found), reverse=True)
    for level in found:
        assert 0 < level.strength <= 1
        assert (level.price_krw <= frame.close[-1]) == (level.kind is LevelKind.SUPPORT)
        assert frame.low.min() <= level.price_krw <= frame.high.max()


def test_swing_places_when_the_high_is_in_the_last_sessions_then_it_is_not_yet_known():
    assert swing_places(np.array([1, 2, 3, 9, 3, 2, 1, 2, 8.0])) == [3]


def test_swing_places_when_highs_are_equal_then_the_first_counts():
    assert swing_places(np.array([1, 2, 3, 9, 9, 3, 2, 1, 0.0])) == [3]


def test_levels_when_there_are_too_few_sessions_then_it_says_how_many_exist():
    with pytest.raises(TooShort, match="needs 30 sessions, 12 exist"):
        levels(random_frame(12))
