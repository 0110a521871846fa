from datetime import timedelta

from daybook.report.market_times import MarketTimes
from tests.report.desk_day import market


def test_market_times_when_nothing_is_known_then_market_time_is_real_time() -> None:
    times = MarketTimes([])
    assert times.of(market("10:15")) == market("10:15")
    assert times.speed == 1


def test_market_times_when_real_and_market_agree_then_speed_is_one_and_times_are_equal() -> None:
    pairs = [(market(hhmm), market(hhmm)) for hhmm in ("09:05", "09:15", "15:15")]
    times = MarketTimes(pairs)
    assert times.speed == 1
    assert times.of(market("09:10")) == market("09:10")
    assert times.of(market("15:31")) == market("15:31")


def test_market_times_when_the_market_ran_faster_then_between_and_beyond_follow_the_clock() -> None:
    real = market("03:00")
    pairs = [(real + timedelta(seconds=n), market("09:05") + timedelta(minutes=12 * n)) for n in range(4)]
    times = MarketTimes(pairs)
    assert times.speed == 720
    assert times.of(real + timedelta(seconds=1.5)) == market("09:23")
    assert times.of(real - timedelta(seconds=0.25)) == market("09:02")
    assert times.of(real + timedelta(seconds=4)) == market("09:53")


def test_market_times_when_the_clock_was_set_anew_in_the_day_then_each_part_keeps_its_own() -> None:
    real = market("03:00")
    pairs = [
        (real, market("09:00")),
        (real + timedelta(seconds=10), market("10:00")),
        (real + timedelta(seconds=70), market("10:01")),
    ]
    times = MarketTimes(pairs)
    assert times.of(real + timedelta(seconds=5)) == market("09:30")
    assert times.of(real + timedelta(seconds=40)) == market("10:00") + timedelta(seconds=30)


def test_market_times_when_one_pair_is_known_then_it_anchors_real_speed() -> None:
    times = MarketTimes([(market("03:00"), market("09:00"))])
    assert times.of(market("03:02")) == market("09:02")
