import pytest

from daybook.analysis.indicators import Indicator, compute
from daybook.analysis.levels import levels, nearest
from daybook.report.price_chart import PriceChart, draw_prices
from tests.analysis.frames import random_frame


def chart_of(frame, shown, *indicators):
    lines = {name: compute(name, frame) for name in indicators}
    return PriceChart(frame, shown, lines, nearest(levels(frame), 3))


def test_draw_prices_when_drawn_twice_then_the_bytes_are_the_same():
    chart = chart_of(random_frame(200), 60, Indicator.SMA, Indicator.RSI)
    assert draw_prices(chart) == draw_prices(chart)


@pytest.mark.parametrize("shown", [2, 10, 500])
def test_draw_prices_when_few_or_many_sessions_are_shown_then_it_draws(shown):
    assert draw_prices(chart_of(random_frame(600), shown, Indicator.SMA)).startswith(b"\x89PNG")


def test_draw_prices_when_there_is_one_session_or_a_panel_too_many_then_it_refuses():
    frame = random_frame(200)
    with pytest.raises(ValueError, match="too few sessions"):
        draw_prices(chart_of(frame, 1))
    with pytest.raises(ValueError, match="room for 2"):
        draw_prices(chart_of(frame, 60, Indicator.RSI, Indicator.MACD, Indicator.ADX))
