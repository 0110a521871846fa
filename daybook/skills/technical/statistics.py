"""Statistics of daily prices: returns, volatility, correlation, drawdown, factor exposure."""

from datetime import date
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from daybook.analysis.factor_names import Factor
from daybook.contracts.base import Message, Symbol
from daybook.contracts.layers import Layer
from daybook.contracts.tools import SourceRef
from daybook.skills.context import ToolContext
from daybook.skills.errors import BadArguments, NoData
from daybook.skills.result import Sourced
from daybook.skills.skill import Skill
from daybook.skills.technical import history as stored
from daybook.skills.technical.ports import DeskUniverse, PriceHistory

if TYPE_CHECKING:
    from daybook.analysis.price_frame import PriceFrame

RECENT_SESSIONS = 20
LATEST_RETURNS = 5

Symbols = Annotated[list[Symbol], Field(min_length=1, max_length=10)]

statistics = Skill(
    "technical.statistics",
    "Returns, volatility, correlation, drawdown and factor exposure of symbols",
    layer=Layer.PIPELINE,
    keywords=("통계", "statistics"),
)


class SymbolReturns(Message):
    """Returns as shares of one; ``latest`` are the last daily ones, newest first; leaps exceed the daily limit."""

    symbol: str
    first_day: date
    last_day: date
    close_krw: int
    total: float
    annual: float | None = Field(description="from a year of sessions on")
    best_day: float
    worst_day: float
    up_days: float
    latest: list[float]
    leaps: list[date]


class SymbolVolatility(Message):
    """Volatility a year at 245 sessions, of daily log returns; over all sessions and over the latest 20."""

    symbol: str
    last_day: date
    sessions: int
    annual: float
    annual_recent: float
    daily: float
    leaps: list[date]


class CorrelationReport(Message):
    """Correlations of daily log returns between common days; null where a price never moved."""

    symbols: list[str]
    matrix: list[list[float | None]]
    first_day: date
    last_day: date
    common_sessions: int
    left_out: dict[str, int]
    """Sessions of a symbol on which another did not trade."""


class DrawdownReport(Message):
    """The deepest fall of closes from a high, as a share of one."""

    symbol: str
    last_day: date
    sessions: int
    depth: float
    peak_day: date
    trough_day: date
    recovered_day: date | None
    now_below_high: float
    leaps: list[date]


class FactorExposure(Message):
    """A coefficient with its Newey-West standard error; alpha is a daily return."""

    name: str
    estimate: float
    standard_error: float | None
    t_value: float | None
    p_value: float | None


class FactorReport(Message):
    """A regression of a symbol's daily returns on factors."""

    symbol: str
    first_day: date
    last_day: date
    observations: int
    r_squared: float | None
    method: str
    market: str
    coefficients: list[FactorExposure]


@statistics.tool(keywords=("수익률", "수익", "올랐", "내렸", "return", "performance"))
def returns(
    symbols: Symbols,
    sessions: Annotated[int, Field(ge=1, le=2450)] = 20,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[list[SymbolReturns]]:
    """Total, best, worst and latest daily returns of symbols over a number of sessions.

    Raises ``NoData`` when a symbol has fewer sessions.
    """
    from daybook.analysis.statistics import SESSIONS_A_YEAR, annual_return, simple_returns, total_return

    frames = [stored.full_frame(symbol, sessions + 1, history, context) for symbol in stored.distinct(symbols)]
    rows = []
    for frame in frames:
        daily = simple_returns(frame.close)
        rows.append(
            SymbolReturns(
                symbol=frame.symbol,
                first_day=frame.days[0],
                last_day=frame.days[-1],
                close_krw=stored.whole(float(frame.close[-1])),
                total=round(total_return(frame.close), 4),
                annual=round(annual_return(frame.close), 4) if sessions >= SESSIONS_A_YEAR else None,
                best_day=round(float(daily.max()), 4),
                worst_day=round(float(daily.min()), 4),
                up_days=round(float((daily > 0).mean()), 3),
                latest=[round(value, 4) for value in reversed(daily[-LATEST_RETURNS:].tolist())],
                leaps=list(frame.leaps()),
            )
        )
    return Sourced(rows, (_source(frames),))


@statistics.tool(keywords=("변동성", "위험", "표준편차", "volatility", "risk"))
def volatility(
    symbols: Symbols,
    sessions: Annotated[int, Field(ge=20, le=2450)] = 60,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[list[SymbolVolatility]]:
    """Annualised volatility of symbols over a number of sessions, and over the latest 20.

    Raises ``NoData`` when a symbol has fewer sessions.
    """
    from daybook.analysis.statistics import SESSIONS_A_YEAR, annual_volatility

    frames = [stored.full_frame(symbol, sessions + 1, history, context) for symbol in stored.distinct(symbols)]
    rows = []
    for frame in frames:
        annual = annual_volatility(frame.close)
        rows.append(
            SymbolVolatility(
                symbol=frame.symbol,
                last_day=frame.days[-1],
                sessions=sessions,
                annual=round(annual, 4),
                annual_recent=round(annual_volatility(frame.close[-RECENT_SESSIONS - 1 :]), 4),
                daily=round(annual / SESSIONS_A_YEAR**0.5, 5),
                leaps=list(frame.leaps()),
            )
        )
    return Sourced(rows, (_source(frames),))


@statistics.tool(keywords=("상관관계", "상관", "correlation"))
def correlation(
    symbols: Annotated[list[Symbol], Field(min_length=2, max_length=10)],
    sessions: Annotated[int, Field(ge=20, le=2450)] = 120,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[CorrelationReport]:
    """Correlation matrix of symbols' daily returns over the days all of them traded.

    Raises ``NoData`` when a symbol has fewer sessions or too few days are common.
    """
    from daybook.analysis.price_frame import common_closes
    from daybook.analysis.statistics import correlation as correlate

    frames = [stored.full_frame(symbol, sessions + 1, history, context) for symbol in stored.distinct(symbols)]
    days, closes = common_closes(frames)
    if len(days) < 20:
        raise NoData(f"{', '.join(symbols)}: 20 common sessions are needed, {len(days)} exist")
    report = CorrelationReport(
        symbols=list(symbols),
        matrix=[[stored.rounded(value, 3) for value in row] for row in correlate(closes).tolist()],
        first_day=days[0],
        last_day=days[-1],
        common_sessions=len(days),
        left_out={frame.symbol: len(frame) - len(days) for frame in frames if len(frame) > len(days)},
    )
    return Sourced(report, (_source(frames),))


@statistics.tool(keywords=("낙폭", "고점 대비", "MDD", "drawdown"))
def drawdown(
    symbol: Symbol,
    sessions: Annotated[int, Field(ge=2, le=2450)] = 245,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[DrawdownReport]:
    """Deepest fall of a symbol from its high over a number of sessions, and how far it is below now.

    Raises ``NoData`` when the symbol has fewer sessions.
    """
    from daybook.analysis.statistics import drawdown as deepest

    frame = stored.full_frame(symbol, sessions, history, context)
    found = deepest(frame.days, frame.close)
    report = DrawdownReport(
        symbol=symbol,
        last_day=frame.days[-1],
        sessions=len(frame),
        depth=round(found.depth, 4),
        peak_day=found.peak,
        trough_day=found.trough,
        recovered_day=found.recovered,
        now_below_high=round(found.now, 4),
        leaps=list(frame.leaps()),
    )
    return Sourced(report, (_source([frame]),))


@statistics.tool(timeout_s=60, keywords=("베타", "팩터", "회귀", "알파", "beta", "factor", "regression"))
def factor_regression(
    symbol: Symbol,
    factors: Annotated[tuple[Factor, ...], Field(min_length=1, max_length=3)] = (Factor.MARKET,),
    sessions: Annotated[int, Field(ge=40, le=1225)] = 245,
    market_symbol: Annotated[Symbol | None, Field(description="index ETF as the market")] = None,
    *,
    history: PriceHistory,
    universe: DeskUniverse,
    context: ToolContext,
) -> Sourced[FactorReport]:
    """Beta and factor exposure of a symbol: OLS of daily returns with Newey-West errors.

    The market is the equal-weighted return of the desk's universe without the symbol, unless ``market_symbol`` is
    given. Raises ``NoData`` when the symbol or the universe has too little history.
    """
    from daybook.skills.technical.factor_report import run_regression

    if market_symbol == symbol:
        raise BadArguments("market_symbol must be another symbol")
    if market_symbol is not None and Factor.MARKET not in factors:
        raise BadArguments("market_symbol needs the factor market")
    return run_regression(symbol, list(dict.fromkeys(factors)), sessions, market_symbol, history, universe, context)


def _source(frames: list["PriceFrame"]) -> SourceRef:
    first, last = min(frame.days[0] for frame in frames), max(frame.days[-1] for frame in frames)
    return stored.source([frame.symbol for frame in frames], first, last)
