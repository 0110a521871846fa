import csv
import gzip
import time
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.market import SecurityKind
from daybook.krx.calendar import session_on
from daybook.krx.ticks import Rounding, is_on_tick, round_to_tick
from daybook.paper.paths import DayPath, build_path
from daybook.paper.prices import SessionBar
from daybook.paper.replay import ReplayPrices
from daybook.paper.trading_dates import milliseconds_of
from tests.paper.engine.market import FRIDAY, session_bar, shared_file

TIMES = session_on(FRIDAY).times()
STOCK = SecurityKind.STOCK


def path_of(bar: SessionBar, seed: int = 1) -> DayPath:
    return build_path(bar, session_on(bar.day).times(), kind=STOCK, seed=(seed, 2))


def check(path: DayPath, bar: SessionBar) -> None:
    assert path.price[0] == bar.open_krw
    assert path.price[-1] == bar.close_krw
    assert path.price.max() == path.high[-1] == bar.high_krw
    assert path.price.min() == path.low[-1] == bar.low_krw
    assert path.shares.sum() == path.volume[-1] == bar.volume_shares
    assert path.shares.min() >= 1
    assert path.turnover[-1] == bar.turnover_krw
    assert (np.diff(path.at_ms) > 0).all()
    assert (np.diff(path.turnover) >= 0).all()
    times = session_on(bar.day).times()
    assert path.at_ms[0] == milliseconds_of(times.opens)
    if path.closing_index is not None:
        assert path.at_ms[-1] == milliseconds_of(times.closes)
        assert (path.at_ms[:-1] < milliseconds_of(times.closing_auction_from)).all()


@st.composite
def bars(draw: st.DrawFn) -> SessionBar:
    base = round_to_tick(draw(st.integers(200, 900_000)), STOCK, Rounding.NEAREST)
    prices = [round_to_tick(base * (1 + draw(st.floats(-0.29, 0.29))), STOCK, Rounding.NEAREST) for _ in range(4)]
    low, first, second, high = sorted(prices)
    opened, close = (first, second) if draw(st.booleans()) else (second, first)
    volume = draw(st.integers(4, 5_000_000))
    return session_bar(base=base, open_krw=opened, high=high, low=low, close=close, volume=volume)


@settings(max_examples=80, deadline=None)
@given(bar=bars(), seed=st.integers(0, 2**31))
def test_path_when_built_in_any_session_then_it_hits_the_session_exactly_on_ticks(bar: SessionBar, seed: int) -> None:
    path = path_of(bar, seed)
    check(path, bar)
    assert all(is_on_tick(int(price)) for price in path.price)


@pytest.mark.parametrize("volume", [1, 2, 3])
def test_path_when_hardly_a_share_trades_then_it_still_adds_up(volume: int) -> None:
    close = 10_000 if volume == 1 else 10_100
    check_bar = session_bar(open_krw=10_000, high=close, low=10_000, close=close, volume=volume)
    check(path_of(check_bar), check_bar)


def test_path_when_built_twice_then_it_is_equal_and_days_differ() -> None:
    again = path_of(session_bar())
    assert (path_of(session_bar()).price == again.price).all()
    monday = path_of(session_bar(date(2026, 3, 23)))
    assert monday.price.tolist() != again.price.tolist()


def test_path_when_volume_is_counted_by_hour_then_it_is_u_shaped() -> None:
    path = path_of(session_bar(volume=5_000_000))
    hours = (path.at_ms - path.at_ms[0]) / 3_600_000
    per_hour = [float(path.shares[1:-1][(hours[1:-1] >= hour) & (hours[1:-1] < hour + 1)].sum()) for hour in range(6)]
    assert per_hour[0] > 1.3 * per_hour[3]
    assert per_hour[5] > per_hour[3]


def test_path_when_price_leaves_the_reference_then_trading_stops_for_an_auction() -> None:
    bar = session_bar(high=12_500, low=10_000, open_krw=10_000, close=12_400)
    path = path_of(bar)
    check(path, bar)
    assert path.interruptions
    for part in path.interruptions:
        assert 120_000 <= part.until_ms - part.from_ms <= 150_000
        assert not ((path.at_ms > part.from_ms) & (path.at_ms < part.until_ms)).any()
        assert path.at_ms[part.index] == part.until_ms
        assert path.is_auction(part.index)


def test_path_when_csat_day_shifts_the_session_then_trades_lie_within_it() -> None:
    bar = session_bar(date(2026, 11, 19))
    path = path_of(bar)
    check(path, bar)
    assert path.at_ms[0] == 10 * 3_600_000


def test_path_when_real_sessions_are_walked_then_each_is_hit_exactly() -> None:
    prices = ReplayPrices.read(shared_file("krx_daily_2026-03.csv.gz"))
    checked = 0
    for position, security in enumerate(prices.securities):
        if position % 5 == 0:
            bar = prices.bar(security.symbol, FRIDAY)
            if bar is not None:
                check(path_of(bar), bar)
                checked += 1
    assert checked > 400


def test_path_when_many_are_built_then_one_takes_well_under_a_few_milliseconds() -> None:
    started = time.process_time()
    for seed in range(50):
        path_of(session_bar(volume=30_000_000), seed)
    assert (time.process_time() - started) / 50 < 0.005


def test_real_file_when_read_then_untraded_rows_are_the_only_ones_left_out() -> None:
    path = shared_file("krx_daily_2026-03.csv.gz")
    prices = ReplayPrices.read(path)
    with gzip.open(path, "rt", encoding="utf-8-sig") as lines:
        for row in csv.DictReader(lines):
            bar = prices.bar(row["code"], date.fromisoformat(row["date"]))
            assert (bar is None) == (row["open"] == "0")
