"""The backtest of target weights: one account holds several symbols and rebalances on given sessions."""

from collections.abc import Mapping

import numpy as np

from daybook.backtest.arrays import Floats, Ints
from daybook.backtest.errors import BacktestError
from daybook.backtest.fills import Opens
from daybook.backtest.money import money_of
from daybook.backtest.orders import Batch, collect
from daybook.backtest.prices import PriceTable
from daybook.backtest.result import BacktestResult
from daybook.backtest.settings import BacktestSettings
from daybook.contracts.base import Side


def run_target_weights(prices: PriceTable, targets: Mapping[int, Floats], settings: BacktestSettings) -> BacktestResult:
    """Rebalance one account towards weights decided after the close of given rows; fills are at the next open.

    A target is floor(weight x equity / close) shares of each symbol, at the closes of the decision; weights are 0 or
    more and sum to 1 or less. Sales fill first, then buys from the largest weight down, each as far as the cash pays
    it. An order that does not fill (not traded, locked at a limit) lapses until the next rebalancing; the settings'
    sizing and unfilled exits do not apply. Raises ``BacktestError`` for weights or rows that cannot be.
    """
    sessions, symbols = prices.open.shape
    for row, weights in targets.items():
        if not 0 <= row < sessions or weights.shape != (symbols,):
            raise BacktestError(f"targets of row {row} must be {symbols} weights within {sessions} sessions")
        if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.sum() <= 1 + 1e-9):
            raise BacktestError(f"weights of row {row} must be 0 or more and sum to 1 or less")
    money = money_of(settings)
    marks = prices.marks()
    opens = Opens.of(prices, marks, settings)
    tax_steps = settings.fees.sell_tax_steps(prices.days, prices.symbols).ravel()
    every_cell = np.arange(sessions * symbols)
    fill_prices = {side: opens.prices(every_cell[opens.open > 0], side) for side in Side}
    batches: list[Batch] = []
    cash = np.full(1, settings.initial_cash_krw, dtype=money.dtype)
    held = np.zeros(symbols, dtype=np.int64)
    for row in sorted(targets):
        if row + 1 == sessions:
            break
        cells = every_cell[(row + 1) * symbols : (row + 2) * symbols]
        wanted = _wanted(targets[row], float(cash[0] + (held * marks[row]).sum()), marks[row])
        fills = {side: opens.fills(cells, side) for side in Side}
        sold = np.flatnonzero((held > wanted) & fills[Side.SELL])
        price = fill_prices[Side.SELL][cells[sold]]
        shares = (held - wanted)[sold]
        amount = shares * price
        if amount.sum() > money.largest_amount_krw:
            raise BacktestError(f"the account grew beyond {money.largest_amount_krw:,} won")
        commission, tax = money.commission(amount), money.tax(amount, tax_steps[cells[sold]])
        batches.append(Batch(cells[sold], False, shares, price, commission, tax))
        cash = cash + (amount - commission - tax).sum()
        held[sold] -= shares
        bought = np.flatnonzero((held < wanted) & fills[Side.BUY])
        for symbol in bought[np.argsort(-targets[row][bought], kind="stable")]:
            place = cells[symbol : symbol + 1]
            price = fill_prices[Side.BUY][place]
            shares = np.minimum(wanted[symbol] - held[symbol], money.affordable(cash, price))
            if shares[0] <= 0:
                continue
            commission = money.commission(shares * price)
            batches.append(Batch(place, True, shares, price, commission, np.zeros_like(commission)))
            cash = cash - shares * price - commission
            held[symbol] += shares[0]
    orders = collect(batches, sessions, symbols, money.dtype)
    initial = np.full(1, settings.initial_cash_krw, dtype=money.dtype)
    return BacktestResult.of_accounts(prices, marks, orders, initial)


def _wanted(weights: Floats, equity_krw: float, closes: Ints) -> Ints:
    """Return the target shares; a symbol without a price yet has none."""
    known = np.maximum(closes, 1)
    return np.where(closes > 0, np.floor(weights * equity_krw / known), 0).astype(np.int64)
