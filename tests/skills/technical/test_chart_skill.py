"""The chart skill through the tool runner, on stored bars."""

from datetime import datetime, time

import numpy as np
import pytest
from PIL import Image

from daybook.analysis.indicators import Indicator, compute
from daybook.analysis.price_frame import PriceFrame
from daybook.contracts.base import KST
from daybook.contracts.tools import ToolStatus
from daybook.skills.schema import canonical_json
from daybook.skills.technical.chart import chart
from tests.skills.technical.desk import AFTER, UNIVERSE, real_bars

SYMBOL = UNIVERSE[0]


def stored_frame(desk, symbol=SYMBOL):
    bars = desk.bars.daily(symbol, datetime(2000, 1, 1, tzinfo=KST).date(), AFTER.date())
    return PriceFrame.of(symbol, bars)


async def test_indicators_when_all_are_asked_for_then_the_latest_values_come_newest_first_and_small(desk):
    reply = await desk.ask(chart, "indicators", symbol=SYMBOL, sessions=2)
    assert reply.status is ToolStatus.OK
    frame = stored_frame(desk)
    assert reply.value["days"] == [day.isoformat() for day in (frame.days[-1], frame.days[-2])]
    assert [row["name"] for row in reply.value["indicators"]] == [name.value for name in Indicator]
    rsi = next(row for row in reply.value["indicators"] if row["name"] == "rsi")
    expected = compute(Indicator.RSI, frame)["rsi"]
    assert rsi["lines"]["rsi"] == pytest.approx([expected[-1], expected[-2]], abs=0.01)
    assert rsi["warm_up_sessions"] == 14
    assert len(canonical_json(reply.value)) < 2_600
    assert reply.sources[0].name == "daily_bars"


async def test_indicators_when_the_point_in_time_is_in_a_session_then_its_bar_is_not_used(desk):
    day = stored_frame(desk).days[500]
    running, closed = (datetime.combine(day, time(hour, 35), KST) for hour in (14, 15))
    before, after = [
        (await desk.ask(chart, "indicators", as_of, symbol=SYMBOL, names=["sma"])).value for as_of in (running, closed)
    ]
    assert before["days"][0] == stored_frame(desk).days[499].isoformat()
    assert after["days"][0] == day.isoformat()
    assert after["indicators"][0]["lines"]["sma5"][0] == round(np.mean(stored_frame(desk).close[496:501]))


async def test_indicators_when_history_is_short_then_those_that_fit_come_and_the_others_are_named(desk):
    desk.bars.save_daily([bar.model_copy(update={"symbol": "200010"}) for bar in first_bars(desk, 16)])
    reply = await desk.ask(chart, "indicators", symbol="200010")
    assert reply.value["too_short"] == {"macd": 34, "bollinger": 20, "stochastic": 18, "adx": 28}
    sma = next(row for row in reply.value["indicators"] if row["name"] == "sma")
    assert sma["lines"]["sma60"] == [None, None, None]
    only = await desk.ask(chart, "indicators", symbol="200010", names=["macd", "adx"])
    assert only.status is ToolStatus.NO_DATA
    assert "16 sessions exist" in only.message
    assert "macd needs 34" in only.message


def first_bars(desk, count):
    return desk.bars.daily(SYMBOL, datetime(2000, 1, 1, tzinfo=KST).date(), AFTER.date())[:count]


async def test_tools_when_a_symbol_has_no_bars_then_they_say_so(desk):
    for tool in ("indicators", "support_resistance", "price_chart"):
        reply = await desk.ask(chart, tool, symbol="999990")
        assert reply.status is ToolStatus.NO_DATA
        assert "no daily prices of 999990 up to 2026-11-30 are stored" in reply.message


async def test_support_resistance_when_asked_then_levels_surround_the_close(desk):
    reply = await desk.ask(chart, "support_resistance", symbol=SYMBOL, sessions=250)
    assert reply.status is ToolStatus.OK
    close, levels = reply.value["close_krw"], reply.value["levels"]
    assert 2 <= len(levels) <= 6
    assert [row["price_krw"] for row in levels] == sorted((row["price_krw"] for row in levels), reverse=True)
    for row in levels:
        assert (row["kind"] == "support") == (row["price_krw"] <= close)
        assert row["distance"] == pytest.approx(row["price_krw"] / close - 1, abs=1e-4)


async def test_support_resistance_when_fewer_sessions_exist_then_it_says_how_many(desk):
    desk.bars.save_daily([bar.model_copy(update={"symbol": "200020"}) for bar in first_bars(desk, 40)])
    reply = await desk.ask(chart, "support_resistance", symbol="200020", sessions=60)
    assert reply.status is ToolStatus.NO_DATA
    assert "60 sessions are needed, 40 exist" in reply.message


@pytest.mark.parametrize(
    "indicators",
    [[], ["sma", "bollinger", "rsi", "macd"], ["ema", "stochastic", "adx"], ["atr", "obv"]],
    ids=lambda names: "_".join(names) or "none",
)
async def test_price_chart_when_drawn_then_a_png_of_the_common_size_lies_under_the_home(desk, indicators):
    reply = await desk.ask(chart, "price_chart", symbol=SYMBOL, sessions=120, indicators=indicators)
    assert reply.status is ToolStatus.OK, reply.message
    path = desk.home / reply.value["path"]
    assert path.parent == desk.home / "charts"
    with Image.open(path) as image:
        assert (image.format, image.size) == ("PNG", (1200, 700))
        assert len(image.convert("RGB").getcolors(300)) > 20
    assert path.stat().st_size < 120_000


async def test_price_chart_when_drawn_twice_then_it_is_one_file(desk):
    first, second = [await desk.ask(chart, "price_chart", symbol=SYMBOL, sessions=60) for _ in range(2)]
    assert first.value == second.value


async def test_price_chart_when_too_many_panels_are_asked_for_then_the_arguments_are_bad(desk):
    reply = await desk.ask(chart, "price_chart", symbol=SYMBOL, indicators=["rsi", "macd", "adx"])
    assert reply.status is ToolStatus.BAD_ARGUMENTS
    assert "room for 2" in reply.message


async def test_price_chart_when_the_folder_cannot_be_written_then_the_source_is_unavailable(desk, tmp_path):
    from daybook.contracts.tools import ToolRequest
    from daybook.report.chart_folder import HomeCharts
    from daybook.skills.running import run_tool
    from daybook.skills.technical.ports import ChartFolder

    (tmp_path / "charts").write_text("a file where the folder should be")
    providers = {**desk.providers, ChartFolder: HomeCharts(tmp_path)}
    request = ToolRequest(tool="price_chart", arguments={"symbol": SYMBOL}, run_id="test", as_of=AFTER)
    reply = await run_tool(chart.spec("price_chart"), request, providers)
    assert reply.status is ToolStatus.UNAVAILABLE
    assert "cannot be written" in reply.message


async def test_indicators_when_eleven_real_sessions_are_stored_then_only_the_short_ones_have_values(desk):
    desk.bars.save_daily([bar for bar in real_bars() if bar.symbol == "005930"])
    reply = await desk.ask(chart, "indicators", symbol="005930", sessions=1)
    assert reply.status is ToolStatus.OK
    assert reply.value["sessions_used"] == 11
    assert {row["name"] for row in reply.value["indicators"]} == {"sma", "obv"}
    assert reply.value["days"] == ["2026-03-20"]
