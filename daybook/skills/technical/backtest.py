"""Backtests of named strategies on stored prices, filled as the exchange would have."""

from datetime import date
from typing import Annotated

from pydantic import Field

from daybook.backtest.strategy_names import Strategy
from daybook.contracts.base import Message, Symbol
from daybook.contracts.layers import Layer
from daybook.skills.context import ToolContext
from daybook.skills.result import Sourced
from daybook.skills.skill import Skill
from daybook.skills.technical.ports import PriceHistory

Symbols = Annotated[list[Symbol], Field(min_length=1, max_length=20)]
Sessions = Annotated[int, Field(ge=20, le=2450, description="245 a year")]
Cash = Annotated[int, Field(ge=100_000, le=1_000_000_000_000)]

backtest = Skill(
    "technical.backtest",
    "Backtests of trading rules with KRX ticks, limits, taxes and fees",
    layer=Layer.PIPELINE,
    keywords=("백테스트", "전략", "매매 규칙", "backtest", "strategy"),
)


class BacktestFigures(Message):
    """How a strategy did; ratios are shares of one, costs in won."""

    total_return: float
    annual_return: float | None = Field(description="from a year of sessions on")
    max_drawdown: float
    sharpe: float | None
    final_krw: int
    orders: int
    round_trips: int
    win_ratio: float | None
    commission_krw: int
    tax_krw: int
    annual_turnover: float
    exposure: float


class BacktestReport(Message):
    """A strategy against buying and holding the same symbols with the same cash and costs."""

    rule: str
    symbols: list[str]
    first_day: date
    last_day: date
    sessions: int
    initial_krw: int
    strategy: BacktestFigures
    buy_and_hold: BacktestFigures
    drawdown_from: date
    drawdown_to: date
    method: str
    warnings: list[str]


class StrategyRow(Message):
    """One strategy of a comparison."""

    name: Strategy
    rule: str
    figures: BacktestFigures


class StrategyComparison(Message):
    """All strategies with their usual parameters over the same sessions, highest total return first."""

    symbols: list[str]
    first_day: date
    last_day: date
    sessions: int
    initial_krw: int
    strategies: list[StrategyRow]
    method: str
    warnings: list[str]


@backtest.tool(
    timeout_s=120, keywords=("이동평균 교차", "골든크로스", "돌파", "모멘텀", "golden cross", "breakout", "momentum")
)
def backtest_strategy(
    symbols: Symbols,
    strategy: Strategy,
    sessions: Sessions = 490,
    initial_cash_krw: Cash = 10_000_000,
    fast: Annotated[int | None, Field(ge=1, le=120, description="sma_cross; breakout: exit window")] = None,
    slow: Annotated[int | None, Field(ge=2, le=250, description="sma_cross; breakout: entry window")] = None,
    period: Annotated[int | None, Field(ge=2, le=250, description="RSI or momentum sessions")] = None,
    lower: Annotated[int | None, Field(ge=1, le=98, description="RSI to buy below")] = None,
    upper: Annotated[int | None, Field(ge=2, le=99, description="RSI to sell above")] = None,
    top: Annotated[int | None, Field(ge=1, le=20, description="symbols momentum_rotation holds")] = None,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[BacktestReport]:
    """Backtest a named strategy on daily prices with exact KRX fills and costs, against buy-and-hold.

    Raises ``BadArguments`` for parameters the strategy does not have or cannot use, and ``NoData`` when too few
    sessions are stored.
    """
    from daybook.skills.technical.backtest_runs import run_one

    parameters = {"fast": fast, "slow": slow, "period": period, "lower": lower, "upper": upper, "top": top}
    given = {name: value for name, value in parameters.items() if value is not None}
    return run_one(symbols, strategy, sessions, initial_cash_krw, given, history, context)


@backtest.tool(timeout_s=300, keywords=("전략 비교", "어떤 전략", "compare strategies"))
def compare_strategies(
    symbols: Symbols,
    sessions: Sessions = 490,
    initial_cash_krw: Cash = 10_000_000,
    *,
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[StrategyComparison]:
    """Backtest all named strategies with their usual parameters over the same sessions and compare them.

    Raises ``NoData`` when too few sessions are stored.
    """
    from daybook.skills.technical.backtest_runs import run_all

    return run_all(symbols, sessions, initial_cash_krw, history, context)
