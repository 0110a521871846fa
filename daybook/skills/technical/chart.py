"""Technical analysis of daily prices: indicators, support and resistance, a chart."""

import hashlib
from datetime import date
from typing import Annotated

from pydantic import Field

from daybook.analysis.indicator_names import Indicator
from daybook.contracts.base import Message, Symbol
from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.errors import BadArguments, NoData, SourceUnavailable
from daybook.skills.result import Sourced
from daybook.skills.skill import Skill
from daybook.skills.technical import history as stored
from daybook.skills.technical.ports import ChartFolder, PriceHistory

MEMORY_SESSIONS = 260
"""Sessions read before the shown ones: smoothed indicators then no longer depend on where the history starts."""
LEVELS_A_SIDE = 3

chart = Skill(
    "technical.chart",
    "Indicators, support and resistance, and charts of daily prices",
    layer=Layer.PIPELINE,
    keywords=("차트", "기술적", "지표", "이동평균", "chart", "technical", "indicator"),
)


class IndicatorValues(Message):
    """An indicator's lines, latest session first; null within the warm-up."""

    name: Indicator
    formula: str
    warm_up_sessions: int
    lines: dict[str, list[float | None]]


class IndicatorReport(Message):
    """Indicators of a symbol; ``too_short`` names those that need more sessions, and how many."""

    symbol: str
    days: list[date]
    close_krw: list[int]
    sessions_used: int
    indicators: list[IndicatorValues]
    too_short: dict[str, int]


class PriceLevel(Message):
    """A support or resistance; ``distance`` is its price over the last close, less one; strength is 0 to 1."""

    kind: str
    price_krw: int
    distance: float
    touches: int
    strength: float
    last_touch: date


class LevelReport(Message):
    """Support and resistance of a symbol, from high to low."""

    symbol: str
    day: date
    close_krw: int
    sessions: int
    method: str
    levels: list[PriceLevel]


class ChartFile(Message):
    """A drawn chart; ``path`` is relative to the desk's home."""

    symbol: str
    path: str
    first_day: date
    last_day: date
    sessions: int
    close_krw: int
    change: float
    indicators: list[str]


@chart.tool(keywords=("RSI", "MACD", "볼린저", "스토캐스틱", "ATR", "OBV", "ADX", "과매수", "과매도"))
def indicators(
    symbol: Symbol,
    names: Annotated[tuple[Indicator, ...], Field(max_length=9, description="all if empty")] = (),
    sessions: Annotated[int, Field(ge=1, le=20, description="how many latest values")] = 3,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[IndicatorReport]:
    """Latest technical indicator values of a symbol from daily prices, newest first.

    Raises ``NoData`` when no indicator has enough sessions.
    """
    from daybook.analysis.indicators import INDICATORS, compute

    frame = stored.frame(symbol, MEMORY_SESSIONS + sessions, history, context)
    found, too_short = [], {}
    for name in dict.fromkeys(names or list(Indicator)):
        rule = INDICATORS[name]
        if len(frame) < rule.needs:
            too_short[name.value] = rule.needs
            continue
        lines = {line: _newest(values[-sessions:].tolist()) for line, values in compute(name, frame).items()}
        found.append(IndicatorValues(name=name, formula=rule.formula, warm_up_sessions=rule.needs - 1, lines=lines))
    if not found:
        needs = ", ".join(f"{name} needs {count}" for name, count in too_short.items())
        raise NoData(f"{symbol}: {len(frame)} sessions exist (from {frame.days[0]}); {needs}")
    report = IndicatorReport(
        symbol=symbol,
        days=list(reversed(frame.days[-sessions:])),
        close_krw=[stored.whole(value) for value in reversed(frame.close[-sessions:])],
        sessions_used=len(frame),
        indicators=found,
        too_short=too_short,
    )
    return Sourced(report, (stored.source([symbol], frame.days[0], frame.days[-1]),))


@chart.tool(keywords=("지지선", "저항선", "support", "resistance"))
def support_resistance(
    symbol: Symbol,
    sessions: Annotated[int, Field(ge=30, le=500)] = 120,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[LevelReport]:
    """Support and resistance levels of a symbol from clustered swing highs and lows.

    Raises ``NoData`` when fewer sessions are stored than asked for.
    """
    from daybook.analysis.levels import levels, nearest

    frame = stored.full_frame(symbol, sessions, history, context)
    close = float(frame.close[-1])
    rows = [
        PriceLevel(
            kind=level.kind.value,
            price_krw=stored.whole(level.price_krw),
            distance=round(level.price_krw / close - 1, 4),
            touches=level.touches,
            strength=round(level.strength, 2),
            last_touch=level.last_touch,
        )
        for level in nearest(levels(frame), LEVELS_A_SIDE)
    ]
    report = LevelReport(
        symbol=symbol,
        day=frame.days[-1],
        close_krw=stored.whole(close),
        sessions=len(frame),
        method="swings of 3 sessions a side within half an ATR; strength halves every 60 sessions of age",
        levels=rows,
    )
    return Sourced(report, (stored.source([symbol], frame.days[0], frame.days[-1]),))


@chart.tool(timeout_s=60, keywords=("그려", "그림", "캔들", "draw", "plot", "candle"))
def price_chart(
    symbol: Symbol,
    sessions: Annotated[int, Field(ge=20, le=500)] = 120,
    indicators: Annotated[tuple[Indicator, ...], Field(max_length=4)] = (Indicator.SMA,),
    *,
    history: PriceHistory,
    charts: ChartFolder,
    context: ToolContext,
) -> Sourced[ChartFile]:
    """Draw a PNG candle chart of daily prices with volume, indicators and levels; returns its path.

    At most two of rsi, macd, stochastic, atr, obv and adx fit one chart. Raises ``BadArguments`` for more,
    ``NoData`` when fewer sessions are stored than asked for and ``SourceUnavailable`` when it cannot be written.
    """
    from daybook.analysis.indicators import compute
    from daybook.analysis.levels import FEWEST_SESSIONS, levels, nearest
    from daybook.report.price_chart import MOST_PANELS, PriceChart, draw_prices
    from daybook.report.price_panels import PANELS

    wanted = sorted(set(indicators))
    if sum(name in PANELS for name in wanted) > MOST_PANELS:
        raise BadArguments(f"a chart has room for {MOST_PANELS} of {', '.join(PANELS)}")
    frame = stored.frame(symbol, MEMORY_SESSIONS + sessions, history, context)
    if len(frame) < sessions:
        raise NoData(f"{symbol}: {sessions} sessions are needed, {len(frame)} exist (from {frame.days[0]})")
    shown = frame.last(sessions)
    found = nearest(levels(shown), LEVELS_A_SIDE) if len(shown) >= FEWEST_SESSIONS else []
    with stored.short_history(symbol):
        lines = {name: compute(name, frame) for name in wanted}
    png = draw_prices(PriceChart(frame, sessions, lines, found))
    digest = hashlib.sha256(png).hexdigest()[:8]
    try:
        path = charts.save(f"{symbol}_{shown.days[-1]:%Y%m%d}_{sessions}_{digest}.png", png)
    except OSError as error:
        raise SourceUnavailable(f"the chart cannot be written: {error.strerror or error}") from error
    file = ChartFile(
        symbol=symbol,
        path=path,
        first_day=shown.days[0],
        last_day=shown.days[-1],
        sessions=len(shown),
        close_krw=stored.whole(float(shown.close[-1])),
        change=round(float(shown.close[-1] / shown.close[0] - 1), 4),
        indicators=[name.value for name in wanted],
    )
    return Sourced(file, (stored.source([symbol], shown.days[0], shown.days[-1]),))


def _newest(values: list[float]) -> list[float | None]:
    """Return values newest first, with two decimals below a thousand and none above."""
    return [stored.rounded(value, 0 if abs(value) >= 1_000 else 2) for value in reversed(values)]
