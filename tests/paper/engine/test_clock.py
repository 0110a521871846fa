from datetime import datetime, timedelta

import pytest

from daybook.paper.clock import ExchangeClock
from tests.paper.engine.market import Hands, at


def test_clock_when_real_time_passes_then_market_time_runs_at_its_speed() -> None:
    hands = Hands()
    clock = ExchangeClock(at("09:00"), 360.0, hands.now)
    hands.real_s += 10
    assert clock.now() == at("10:00")


def test_clock_when_real_time_is_set_back_then_market_time_stands_still() -> None:
    hands = Hands()
    clock = ExchangeClock(at("09:00"), 1.0, hands.now)
    hands.real_s += 10
    reached = clock.now()
    hands.real_s -= 5
    assert clock.now() == reached


def test_clock_when_restored_then_time_between_processes_has_passed() -> None:
    hands = Hands()
    anchor = ExchangeClock(at("09:00"), 2.0, hands.now).anchor
    hands.real_s += 60
    later = ExchangeClock(at("12:00"), 1.0, hands.now)
    later.restore(anchor)
    assert later.now() == at("09:00") + timedelta(seconds=120)


@pytest.mark.parametrize(("moment", "speed"), [(datetime(2026, 3, 20, 9), 1.0), (at("09:00"), 0.0), (at("09:00"), 2e5)])  # noqa: DTZ001
def test_clock_when_anchor_makes_no_sense_then_it_is_refused(moment: datetime, speed: float) -> None:
    with pytest.raises(ValueError):
        ExchangeClock(moment, speed, Hands().now)
