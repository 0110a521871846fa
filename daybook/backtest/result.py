"""What a backtest leaves behind."""

from dataclasses import dataclass

import numpy as np

from daybook.backtest.arrays import Ints, Numbers
from daybook.backtest.orders import Orders
from daybook.backtest.prices import PriceTable


@dataclass(frozen=True, slots=True)
class BacktestResult:
    """Orders and the daily state of all accounts.

    Attributes:
        prices: the table the backtest ran on.
        orders: filled orders by symbol and session.
        initial_cash_krw: each account's cash at the start.
        cash_krw: cash at each session's end, sessions x accounts; one account a symbol, or one for all.
        shares: positions at each session's end, sessions x symbols.
        equity_krw: cash plus positions at their last close, sessions x accounts.
    """

    prices: PriceTable
    orders: Orders
    initial_cash_krw: Numbers
    cash_krw: Numbers
    shares: Ints
    equity_krw: Numbers

    @classmethod
    def of_accounts(
        cls, prices: PriceTable, marks: Ints, orders: Orders, initial_cash_krw: Numbers
    ) -> "BacktestResult":
        """Put the daily state together from orders; with a single account all symbols trade from it."""
        sessions, symbols = prices.open.shape
        cells = orders.session * symbols + orders.symbol
        moved = np.zeros(sessions * symbols, dtype=np.int64)
        moved[cells] = orders.share_change
        shares = np.cumsum(moved.reshape(sessions, symbols), axis=0)
        paid = np.zeros(sessions * symbols, dtype=initial_cash_krw.dtype)
        paid[cells] = orders.cash_change_krw
        flows = paid.reshape(sessions, symbols)
        values = shares * marks
        if len(initial_cash_krw) == 1:
            flows, values = flows.sum(axis=1, keepdims=True), values.sum(axis=1, keepdims=True)
        cash = np.cumsum(flows, axis=0) + initial_cash_krw
        return cls(prices, orders, initial_cash_krw, cash, shares, cash + values)

    @property
    def total_equity_krw(self) -> Numbers:
        """The equity of all accounts together, by session."""
        total: Numbers = self.equity_krw.sum(axis=1)
        return total

    @property
    def final_value_krw(self) -> Numbers:
        """Each account's equity after the last session."""
        last: Numbers = self.equity_krw[-1]
        return last
