from datetime import timedelta

import pytest

from daybook.contracts.base import Side
from daybook.report.candles import candle_start, candles, fill_marks
from daybook.report.model import FillRow
from tests.report.desk_day import DAY, SAMSUNG, market, walk


def _fill(hhmm: str, side: Side, shares: int, amount_krw: int) -> FillRow:
    return FillRow(
        at=market(hhmm),
        symbol=SAMSUNG,
        side=side,
        shares=shares,
        amount_krw=amount_krw,
        costs_krw=0,
        realised_pnl_krw=0,
        broker_number="1",
    )


def test_candles_when_minutes_are_put_together_then_edges_extremes_and_volume_are_kept() -> None:
    bars = walk(SAMSUNG, DAY, 70_000)
    rows = candles(list(reversed(bars)))
    assert len(rows) == 77
    first = bars[:5]
    assert rows[0].starts_at == market("09:00")
    assert (rows[0].open_krw, rows[0].close_krw) == (first[0].open_krw, first[-1].close_krw)
    assert rows[0].high_krw == max(bar.high_krw for bar in first)
    assert rows[0].low_krw == min(bar.low_krw for bar in first)
    assert sum(row.volume_shares for row in rows) == sum(bar.volume_shares for bar in bars)
    assert rows[-1].starts_at == market("15:30")


def test_candles_when_there_are_no_bars_then_there_are_none() -> None:
    assert candles([]) == []


def test_candle_start_when_a_moment_is_in_another_offset_then_it_is_cut_in_korean_time() -> None:
    moment = (market("09:07") + timedelta(seconds=59)).astimezone(tz=None)
    assert candle_start(moment) == market("09:05")


def test_fill_marks_when_fills_share_a_candle_and_side_then_they_are_one_mark_at_the_average() -> None:
    fills = [
        _fill("09:16", Side.BUY, 9, 900),
        _fill("09:19", Side.BUY, 1, 110),
        _fill("09:19", Side.SELL, 2, 230),
        _fill("09:20", Side.BUY, 3, 330),
        _fill("09:21", Side.BUY, 0, 7),
    ]
    marks = fill_marks(fills)
    assert [(mark.at, mark.side, mark.shares) for mark in marks] == [
        (market("09:15"), Side.BUY, 10),
        (market("09:15"), Side.SELL, 2),
        (market("09:20"), Side.BUY, 3),
    ]
    assert marks[0].price_krw == pytest.approx(101)
