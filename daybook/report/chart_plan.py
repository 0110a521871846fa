"""Which charts a day's report has: decided from its facts alone, so that text and files agree."""

from daybook.report.model import DayReport, SymbolBars

EQUITY_CHART = "equity.png"
MOST_CANDLE_CHARTS = 12


def has_equity_chart(report: DayReport) -> bool:
    """Whether there is any equity to draw."""
    return bool(report.equity)


def charted_symbols(report: DayReport) -> tuple[SymbolBars, ...]:
    """Return the symbols that get a candle chart: the most traded first, those without bars left out."""
    return tuple(row for row in report.bars if row.bars)[:MOST_CANDLE_CHARTS]


def uncharted_symbols(report: DayReport) -> tuple[str, ...]:
    """Return traded symbols that have bars but no chart, because there are too many."""
    return tuple(row.symbol for row in report.bars if row.bars)[MOST_CANDLE_CHARTS:]


def candle_chart(symbol: str) -> str:
    """Return the file name of a symbol's candle chart."""
    return f"candles-{symbol}.png"
