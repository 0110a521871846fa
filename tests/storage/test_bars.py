from datetime import date, datetime, timedelta

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar, MinuteBar
from daybook.storage import BarStore
from tests.storage.facts import HYNIX, SAMSUNG

MIDNIGHT = datetime(2026, 3, 4, tzinfo=KST)


@pytest.fixture
def bars(database) -> BarStore:
    return BarStore(database)


def daily(day: date, close_krw: int = 70_000, symbol: str = SAMSUNG) -> DailyBar:
    return DailyBar(
        symbol=symbol,
        day=day,
        open_krw=close_krw,
        high_krw=close_krw,
        low_krw=close_krw,
        close_krw=close_krw,
        volume_shares=12_345_678,
        turnover_krw=3_000_000_000_000,
    )


def minute(starts_at: datetime, close_krw: int = 70_000, symbol: str = SAMSUNG) -> MinuteBar:
    return MinuteBar(
        symbol=symbol,
        starts_at=starts_at,
        open_krw=close_krw,
        high_krw=close_krw,
        low_krw=close_krw,
        close_krw=close_krw,
        volume_shares=100,
    )


def test_daily_bars_when_saved_then_a_range_comes_back_oldest_first(bars):
    days = [date(2026, 3, number) for number in (5, 3, 4, 2)]
    assert bars.save_daily([daily(day) for day in days] + [daily(days[0], symbol=HYNIX)]) == 5
    assert bars.daily(SAMSUNG, date(2026, 3, 3), date(2026, 3, 4)) == [daily(days[1]), daily(days[2])]
    assert bars.daily("000000", date(2026, 1, 1), date(2026, 12, 31)) == []


def test_daily_bars_when_saved_again_then_the_last_word_counts(bars):
    day = date(2026, 3, 4)
    bars.save_daily([daily(day)])
    assert bars.save_daily([daily(day, 1), daily(day, 71_000)]) == 1
    assert bars.daily(SAMSUNG, day, day) == [daily(day, 71_000)]
    assert bars.save_daily([]) == bars.save_minutes([]) == 0


def test_daily_bars_when_there_are_thousands_then_all_are_kept(bars):
    series = [daily(date(2010, 1, 1) + timedelta(days=number), number + 1) for number in range(2_500)]
    assert bars.save_daily(series) == 2_500
    assert bars.daily(SAMSUNG, date(2010, 1, 1), date(2026, 1, 1)) == series


def test_minute_bars_when_saved_then_a_korean_day_comes_back_in_kst(bars):
    starts = [MIDNIGHT + timedelta(hours=hours) for hours in (9, 8, 0, 23.99, -0.01, 24)]
    bars.save_minutes([minute(start) for start in starts])
    bars.save_minutes([minute(starts[0], 71_000)])
    found = bars.minutes(SAMSUNG, date(2026, 3, 4))
    assert [bar.starts_at for bar in found] == sorted(starts[:4])
    assert found[2] == minute(starts[0], 71_000)
    assert {bar.starts_at.utcoffset() for bar in found} == {timedelta(hours=9)}
