import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.filings.pace import Pace


class Timeline:
    def __init__(self) -> None:
        self.now = 0.0

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@given(calls=st.integers(1, 12), gaps=st.lists(st.floats(0, 0.7), min_size=1, max_size=60))
def test_wait_when_calls_come_at_any_time_then_no_window_holds_more_than_the_limit(
    calls: int, gaps: list[float]
) -> None:
    timeline = Timeline()
    pace = Pace(calls, clock=timeline.clock, sleep=timeline.sleep)
    started = []

    async def run() -> None:
        for gap in gaps:
            timeline.now += gap
            await pace.wait()
            started.append(timeline.now)

    asyncio.run(run())
    for index, moment in enumerate(started[calls:]):
        assert moment - started[index] >= 1.0 - 1e-9


@pytest.mark.parametrize("calls_per_s", [0, -1])
def test_pace_when_it_would_let_nothing_through_then_it_is_refused(calls_per_s: float) -> None:
    with pytest.raises(ValueError):
        Pace(calls_per_s)
