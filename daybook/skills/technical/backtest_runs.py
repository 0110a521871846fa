"""The runs behind the backtest tools: rules from parameters, the price table, the figures and what to beware of."""

from collections.abc import Mapping, Sequence
from typing import TypeAlias

import numpy as np

from daybook.analysis.price_frame import PriceFrame
from daybook.analysis.statistics import SESSIONS_A_YEAR
from daybook.backtest.errors import BacktestError
from daybook.backtest.performance import Performance, measure
from daybook.backtest.prices import PriceTable
from daybook.backtest.result import BacktestResult
from daybook.backtest.rules import Breakout, BuyAndHold, MomentumRotation, RsiReversion, SignalRule, SmaCross
from daybook.backtest.settings import BacktestSettings
from daybook.backtest.strategies import run_rule
from daybook.backtest.strategy_names import Strategy
from daybook.contracts.market import DailyBar
from daybook.contracts.tools import SourceRef
from daybook.skills.context import ToolContext
from daybook.skills.errors import BadArguments, NoData
from daybook.skills.result import Sourced
from daybook.skills.technical import history as stored
from daybook.skills.technical.backtest import BacktestFigures, BacktestReport, StrategyComparison, StrategyRow
from daybook.skills.technical.ports import PriceHistory

FEWEST_SESSIONS = 20
FEW_ROUND_TRIPS = 30
NOTICEABLE_VOLUME = 0.01
"""A share of a session's volume from which an order would move the price."""

METHOD = (
    "Signals of a close fill at the next open, so nothing uses later prices; whole shares, KRX ticks, no fills at a "
    "locked 30 % limit, tax by date, commission 0.014 %; Sharpe: mean / deviation of daily returns x sqrt(245), no "
    "risk-free rate; open positions at the last close"
)

_Rule: TypeAlias = SignalRule | MomentumRotation
_NAMES: Mapping[Strategy, Mapping[str, str]] = {
    Strategy.SMA_CROSS: {"fast": "fast", "slow": "slow"},
    Strategy.RSI_REVERSION: {"period": "period", "lower": "lower", "upper": "upper"},
    Strategy.BREAKOUT: {"slow": "entry", "fast": "exit"},
    Strategy.BUY_AND_HOLD: {},
    Strategy.MOMENTUM_ROTATION: {"period": "period", "top": "top"},
}
"""What a tool's parameter is called in its rule."""
_RULES: Mapping[Strategy, type[_Rule]] = {
    Strategy.SMA_CROSS: SmaCross,
    Strategy.RSI_REVERSION: RsiReversion,
    Strategy.BREAKOUT: Breakout,
    Strategy.BUY_AND_HOLD: BuyAndHold,
    Strategy.MOMENTUM_ROTATION: MomentumRotation,
}


def run_one(
    symbols: Sequence[str],
    strategy: Strategy,
    sessions: int,
    initial_cash_krw: int,
    parameters: Mapping[str, int],
    history: PriceHistory,
    context: ToolContext,
) -> Sourced[BacktestReport]:
    """Backtest one strategy and buy-and-hold; see the tool for errors."""
    rule = rule_of(strategy, parameters, len(symbols))
    bars, prices, first = _prices(symbols, sessions, rule.warm_up, history, context)
    settings = BacktestSettings(initial_cash_krw)
    result, held = _run(prices, rule, first, settings), _run(prices, BuyAndHold(), first, settings)
    found = measure(result)
    report = BacktestReport(
        rule=rule.describe(),
        symbols=list(symbols),
        first_day=found.first,
        last_day=found.last,
        sessions=found.sessions,
        initial_krw=initial_cash_krw,
        strategy=_figures(found),
        buy_and_hold=_figures(measure(held)),
        drawdown_from=found.drawdown.peak,
        drawdown_to=found.drawdown.trough,
        method=METHOD,
        warnings=_warnings(bars, found, sessions, result),
    )
    return Sourced(report, (_source(bars, prices),))


def run_all(
    symbols: Sequence[str], sessions: int, initial_cash_krw: int, history: PriceHistory, context: ToolContext
) -> Sourced[StrategyComparison]:
    """Backtest all strategies over the same sessions; see the tool for errors."""
    rules = {strategy: rule_of(strategy, {}, len(symbols)) for strategy in Strategy}
    warm_up = max(rule.warm_up for rule in rules.values())
    bars, prices, first = _prices(symbols, sessions, warm_up, history, context)
    settings = BacktestSettings(initial_cash_krw)
    results = {strategy: _run(prices, rule, first, settings) for strategy, rule in rules.items()}
    found = {strategy: measure(result) for strategy, result in results.items()}
    ranked = sorted(found, key=lambda strategy: -found[strategy].total_return)
    held = found[Strategy.BUY_AND_HOLD]
    report = StrategyComparison(
        symbols=list(symbols),
        first_day=held.first,
        last_day=held.last,
        sessions=held.sessions,
        initial_krw=initial_cash_krw,
        strategies=[
            StrategyRow(name=strategy, rule=rules[strategy].describe(), figures=_figures(found[strategy]))
            for strategy in ranked
        ],
        method=METHOD,
        warnings=[
            "the best of several strategies looks better than it will be",
            *_warnings(bars, held, sessions, results[Strategy.BUY_AND_HOLD], counts_trades=False),
        ],
    )
    return Sourced(report, (_source(bars, prices),))


def rule_of(strategy: Strategy, parameters: Mapping[str, int], symbols: int) -> _Rule:
    """Return a strategy's rule; raises ``BadArguments`` for parameters it does not have or cannot use."""
    names = _NAMES[strategy]
    foreign = sorted(set(parameters) - set(names))
    if foreign:
        takes = f"takes {', '.join(names)}" if names else "takes no parameters"
        raise BadArguments(f"{strategy.value} {takes}, not {', '.join(foreign)}")
    chosen = {names[name]: value for name, value in parameters.items()}
    if strategy is Strategy.MOMENTUM_ROTATION:
        chosen["top"] = min(chosen.get("top", max(symbols // 3, 1)), symbols)
    try:
        return _RULES[strategy](**chosen)
    except BacktestError as error:
        raise BadArguments(f"{strategy.value}: {error}") from error


def _prices(
    symbols: Sequence[str], sessions: int, warm_up: int, history: PriceHistory, context: ToolContext
) -> tuple[dict[str, Sequence[DailyBar]], PriceTable, int]:
    """Return bars, their table and the first row that counts, after the warm-up."""
    wanted = sessions + warm_up
    bars = {symbol: stored.bars(symbol, wanted, history, context) for symbol in stored.distinct(symbols)}
    prices = PriceTable.from_bars(bars)
    prices = prices.since(max(len(prices.days) - wanted, 0))
    first = max(len(prices.days) - sessions, warm_up)
    if len(prices.days) - first < FEWEST_SESSIONS:
        raise NoData(
            f"{', '.join(symbols)}: {warm_up + FEWEST_SESSIONS} sessions are needed ({warm_up} to warm up), "
            f"{len(prices.days)} exist (from {prices.days[0]})"
        )
    return bars, prices, first


def _run(prices: PriceTable, rule: _Rule, first: int, settings: BacktestSettings) -> BacktestResult:
    try:
        return run_rule(prices, rule, first, settings)
    except BacktestError as error:
        raise BadArguments(str(error)) from error


def _figures(found: Performance) -> BacktestFigures:
    return BacktestFigures(
        total_return=round(found.total_return, 4),
        annual_return=round(found.annual_return, 4) if found.sessions > SESSIONS_A_YEAR else None,
        max_drawdown=round(found.drawdown.depth, 4),
        sharpe=stored.rounded(found.sharpe, 2),
        final_krw=found.final_krw,
        orders=found.orders,
        round_trips=found.round_trips,
        win_ratio=stored.rounded(found.win_ratio, 3),
        commission_krw=found.commission_krw,
        tax_krw=found.tax_krw,
        annual_turnover=round(found.annual_turnover, 2),
        exposure=round(found.exposure, 3),
    )


def _warnings(
    bars: Mapping[str, Sequence[DailyBar]],
    found: Performance,
    sessions: int,
    result: BacktestResult,
    *,
    counts_trades: bool = True,
) -> list[str]:
    warnings = ["symbols chosen today are survivors; no dividends, no slippage; the past does not repeat"]
    if found.sessions < sessions:
        warnings.append(f"{sessions} sessions were asked for, {found.sessions} could be used")
    if found.sessions < SESSIONS_A_YEAR:
        warnings.append(f"short sample: {found.sessions} sessions")
    if not found.orders:
        warnings.append("no order was filled: no signal came, or the cash pays no share")
    elif counts_trades and found.round_trips < FEW_ROUND_TRIPS:
        warnings.append(f"only {found.round_trips} round trips: the win ratio says little")
    for symbol, rows in bars.items():
        frame = PriceFrame.of(symbol, [bar for bar in rows if bar.day >= found.first])
        leaps = frame.leaps()
        if leaps:
            warnings.append(f"{symbol} moved beyond the daily limit on {leaps[-1]}: a split or unadjusted prices")
        if len(frame) < 0.9 * found.sessions:
            warnings.append(f"{symbol} traded on {len(frame)} of {found.sessions} sessions")
    share = _largest_volume_share(result)
    if share > NOTICEABLE_VOLUME:
        warnings.append(f"an order was {share:.0%} of its session's volume and would have moved the price")
    return warnings


def _largest_volume_share(result: BacktestResult) -> float:
    orders = result.orders
    if not len(orders):
        return 0.0
    volume = result.prices.volume[orders.session, orders.symbol]
    return float((orders.shares / np.maximum(volume, 1)).max())


def _source(bars: Mapping[str, Sequence[DailyBar]], prices: PriceTable) -> SourceRef:
    return stored.source(list(bars), prices.days[0], prices.days[-1])
