from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from daybook.contracts.base import KST
from daybook.contracts.clock import MarketClock

TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
SPEEDS = st.floats(0.1, 2_000, allow_nan=False)
SPANS = st.timedeltas(timedelta(0), timedelta(days=2))
CLOCKS = st.builds(MarketClock, real_anchor=TIMES, market_anchor=TIMES, speed=SPEEDS)
EXACT = timedelta(microseconds=2)


def close(one: datetime, other: datetime, speed: float = 1.0) -> bool:
    """A real microsecond is ``speed`` market microseconds."""
    return abs(one - other) <= EXACT * max(1.0, speed)


@given(TIMES)
def test_clock_when_it_is_real_then_market_time_is_real_time_in_kst(moment: datetime) -> None:
    market = MarketClock.real_time().market_time(moment)
    assert (market, market.utcoffset()) == (moment, timedelta(hours=9))


@given(CLOCKS)
def test_clock_when_at_its_anchor_then_market_time_is_the_market_anchor(clock: MarketClock) -> None:
    assert clock.market_time(clock.real_anchor) == clock.market_anchor


@given(CLOCKS, SPANS, SPANS)
def test_clock_when_real_time_passes_then_market_time_never_goes_back(
    clock: MarketClock, first: timedelta, second: timedelta
) -> None:
    early, late = sorted((first, second))
    assert clock.market_time(clock.real_anchor + early) <= clock.market_time(clock.real_anchor + late)


@given(CLOCKS, SPANS, st.timedeltas(timedelta(0), timedelta(hours=12)))
def test_clock_when_one_waits_as_told_then_the_market_time_is_the_target(
    clock: MarketClock, since: timedelta, ahead: timedelta
) -> None:
    now = clock.real_anchor + since
    target = clock.market_time(now) + ahead
    assert close(clock.market_time(now + clock.real_delay(now, target)), target, clock.speed)


@given(CLOCKS, SPANS, SPANS)
def test_clock_when_the_target_has_passed_then_there_is_no_wait(
    clock: MarketClock, since: timedelta, ago: timedelta
) -> None:
    now = clock.real_anchor + since
    assert clock.real_delay(now, clock.market_time(now) - ago) == timedelta(0)


@given(CLOCKS, SPANS)
def test_clock_when_a_duration_is_converted_then_that_much_market_time_passes(
    clock: MarketClock, duration: timedelta
) -> None:
    start = clock.real_anchor
    passed = clock.market_time(start + clock.real_duration(duration)) - clock.market_time(start)
    assert abs(passed - duration) <= EXACT * max(1.0, clock.speed)


@given(CLOCKS)
def test_clock_when_sent_as_json_then_it_is_the_same(clock: MarketClock) -> None:
    assert MarketClock.model_validate_json(clock.model_dump_json()) == clock


@pytest.mark.parametrize("speed", [0, -1, 100_001, float("nan"), float("inf")])
def test_clock_when_the_speed_is_impossible_then_it_is_refused(speed: float) -> None:
    anchor = datetime(2026, 3, 6, tzinfo=KST)
    with pytest.raises(ValidationError):
        MarketClock(real_anchor=anchor, market_anchor=anchor, speed=speed)


def test_clock_when_an_anchor_has_no_offset_then_it_is_refused() -> None:
    aware = datetime(2026, 3, 6, tzinfo=KST)
    with pytest.raises(ValidationError, match="without an offset"):
        MarketClock(real_anchor=aware.replace(tzinfo=None), market_anchor=aware)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_market_date_when_just_before_and_at_midnight_in_korea_then_it_changes_there(day: date) -> None:
    midnight = datetime(day.year, day.month, day.day, tzinfo=KST)
    clock = MarketClock.real_time()
    assert clock.market_time(midnight.astimezone(UTC)).date() == day
    assert clock.market_time(midnight.astimezone(UTC) - timedelta(microseconds=1)).date() == day - timedelta(days=1)
