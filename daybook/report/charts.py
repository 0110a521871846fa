"""All charts of a day's report, as PNG files by name."""

from daybook.report.candle_chart import draw_candles
from daybook.report.chart_plan import EQUITY_CHART, candle_chart, charted_symbols, has_equity_chart
from daybook.report.equity_chart import draw_equity
from daybook.report.index_names import index_name
from daybook.report.model import DayReport


def draw_charts(report: DayReport) -> dict[str, bytes]:
    """Return file name to PNG (1200 x 700) of every chart the report's text links to, in that order."""
    charts = {}
    if has_equity_chart(report):
        charts[EQUITY_CHART] = draw_equity(report, index_name(report.index_code))
    for row in charted_symbols(report):
        charts[candle_chart(row.symbol)] = draw_candles(report, row)
    return charts
