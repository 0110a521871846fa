"""A rule run over a table of prices, with its warm-up kept apart from the sessions that count."""

from dataclasses import replace

from daybook.backtest.engine import run_backtest
from daybook.backtest.errors import BacktestError
from daybook.backtest.prices import PriceTable
from daybook.backtest.result import BacktestResult
from daybook.backtest.rotation import run_target_weights
from daybook.backtest.rules import MomentumRotation, SignalRule
from daybook.backtest.settings import BacktestSettings


def run_rule(
    prices: PriceTable, rule: SignalRule | MomentumRotation, first: int, settings: BacktestSettings
) -> BacktestResult:
    """Run a rule from row ``first`` on; the rows before only warm it up.

    A signal rule splits the cash evenly, a whole number of won for each symbol; a rotation trades one account.
    Raises ``BacktestError`` when too few rows are left or the cash is less than a won a symbol.
    """
    if len(prices.days) - first < 3:
        raise BacktestError(f"a backtest needs 3 sessions after the warm-up, {len(prices.days) - first} are left")
    counted = prices.since(first)
    if isinstance(rule, MomentumRotation):
        targets = rule.targets(prices, first)
        return run_target_weights(counted, {row - first: weights for row, weights in targets.items()}, settings)
    entries, exits = rule.signals(prices)
    each = settings.initial_cash_krw // len(prices.symbols)
    if not each:
        raise BacktestError(f"{settings.initial_cash_krw} won cannot be split over {len(prices.symbols)} symbols")
    return run_backtest(counted, entries[first:], exits[first:], replace(settings, initial_cash_krw=each))
