"""The rebalanced account against a slow walk with the exchange's own functions."""

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.backtest.costs import FlatFees, KrxFees
from daybook.backtest.errors import BacktestError
from daybook.backtest.rotation import run_target_weights
from daybook.backtest.settings import BacktestSettings
from daybook.contracts.base import Side
from daybook.contracts.market import Market
from tests.backtest.reference import _costs, _fills, _price
from tests.backtest.tables import random_table, table


def walk(prices, targets, chosen):
    """Return the equity after each session, one order after another."""
    symbols = range(len(prices.symbols))
    cash, held, last = chosen.initial_cash_krw, [0] * len(symbols), [0] * len(symbols)
    equity = []
    for row, day in enumerate(prices.days):
        if row - 1 in targets:
            weights = targets[row - 1].tolist()
            total = cash + sum(held[symbol] * last[symbol] for symbol in symbols)
            wanted = [int(weights[symbol] * total / last[symbol]) if last[symbol] else 0 for symbol in symbols]
            for symbol in symbols:
                opened = int(prices.open[row, symbol])
                if held[symbol] > wanted[symbol] and _fills(opened, last[symbol], Side.SELL, chosen):
                    amount = (held[symbol] - wanted[symbol]) * _price(opened, Side.SELL, chosen)
                    cash += amount - _costs(Side.SELL, amount, day, chosen, Market.KOSPI).total_krw
                    held[symbol] = wanted[symbol]
            for symbol in sorted(symbols, key=lambda symbol: -weights[symbol]):
                opened = int(prices.open[row, symbol])
                if held[symbol] < wanted[symbol] and _fills(opened, last[symbol], Side.BUY, chosen):
                    price = _price(opened, Side.BUY, chosen)
                    shares = min(wanted[symbol] - held[symbol], cash // price)
                    while (
                        shares
                        and shares * price + _costs(Side.BUY, shares * price, day, chosen, Market.KOSPI).total_krw
                        > cash
                    ):
                        shares -= 1
                    cash -= shares * price + _costs(Side.BUY, shares * price, day, chosen, Market.KOSPI).total_krw
                    held[symbol] += shares
        last = [int(prices.close[row, symbol]) or last[symbol] for symbol in symbols]
        equity.append(cash + sum(held[symbol] * last[symbol] for symbol in symbols))
    return equity


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6), cash=st.integers(10_000, 10**8), every=st.integers(1, 9))
def test_run_target_weights_when_compared_with_the_slow_walk_then_every_won_is_equal(seed, cash, every):
    prices = random_table(30, 4, seed)
    random = np.random.default_rng(seed)
    targets = {}
    for row in range(0, 30, every):
        weights = random.random(4) * (random.random(4) < 0.6)
        targets[row] = weights / max(weights.sum(), 1)
    chosen = BacktestSettings(cash, fees=KrxFees(Decimal("0.00014")))
    result = run_target_weights(prices, targets, chosen)
    assert result.equity_krw[:, 0].tolist() == walk(prices, targets, chosen)
    assert (result.cash_krw >= 0).all()
    assert (result.shares >= 0).all()


def test_run_target_weights_when_weights_swap_then_sales_pay_for_buys_at_the_next_open():
    prices = table([[100, 200], [100, 200], [110, 200], [110, 210]])
    chosen = BacktestSettings(1_000, fees=FlatFees(Decimal(0), Decimal(0)))
    result = run_target_weights(prices, {0: np.array([1.0, 0.0]), 1: np.array([0.0, 1.0])}, chosen)
    assert result.shares.tolist() == [[0, 0], [10, 0], [0, 5], [0, 5]]
    assert result.equity_krw[:, 0].tolist() == [1_000, 1_000, 1_100, 1_150]


@pytest.mark.parametrize("weights", [[0.7, 0.7], [-0.1, 0.5], [np.nan, 0.0]])
def test_run_target_weights_when_weights_cannot_be_then_the_error_names_the_row(weights):
    with pytest.raises(BacktestError, match="weights of row 1"):
        run_target_weights(table([[1, 1]] * 3), {1: np.array(weights)}, BacktestSettings())
