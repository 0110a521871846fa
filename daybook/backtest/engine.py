"""The backtest of entry and exit signals: each symbol trades its own account.

Instead of walking through all sessions, the engine jumps from fill to fill. It first finds, for every cell of
sessions x symbols, the next cell where a buy and where a sale would fill; then all accounts move on together, a buy
and a sale at a time, so that the work grows with the orders of the busiest account and not with the sessions.
"""

from dataclasses import dataclass

import numpy as np

from daybook.backtest.arrays import Flags, Ints, Numbers
from daybook.backtest.errors import BacktestError
from daybook.backtest.fills import Opens
from daybook.backtest.money import Money, money_of
from daybook.backtest.orders import Batch, Orders, collect
from daybook.backtest.prices import PriceTable
from daybook.backtest.result import BacktestResult
from daybook.backtest.settings import BacktestSettings, UnfilledExit
from daybook.contracts.base import Side


def run_backtest(prices: PriceTable, entries: Flags, exits: Flags, settings: BacktestSettings) -> BacktestResult:
    """Run signals of sessions x symbols and return orders, cash, positions and equity of each symbol's account.

    A signal of row t is known after the close of t and fills at the open of t + 1. An entry counts while nothing is
    held, an exit while something is; a cell with both counts as neither. An entry that does not fill (not traded,
    locked at the upper limit, too little cash for one share) lapses. A position held at the end stays in the
    equity at its last close and is not sold. Raises ``BacktestError`` for arrays of another shape, rates that
    cannot be counted exactly, or amounts beyond what can be.
    """
    shape = prices.open.shape
    for name, signals in (("entries", entries), ("exits", exits)):
        if signals.shape != shape or signals.dtype != np.bool_:
            raise BacktestError(f"{name} must be bool of {shape}, not {signals.dtype} of {signals.shape}")
    money = money_of(settings)
    marks = prices.marks()
    opens = Opens.of(prices, marks, settings)
    buys = _next_opens(entries & ~exits)
    buys = buys[opens.fills(buys, Side.BUY)]
    tried, sales = _exit_fills(_next_opens(exits & ~entries), opens, shape[1], settings.unfilled_exit)
    market = _Market(
        next_buy=_next_fill(buys, buys, shape),
        next_sale=_next_fill(tried, sales, shape),
        buy_prices=opens.prices(buys, Side.BUY),
        sale_prices=opens.prices(sales, Side.SELL),
        tax_steps=settings.fees.sell_tax_steps(prices.days, prices.symbols).ravel(),
    )
    orders = _trade(market, shape, settings.initial_cash_krw, money)
    initial = np.full(shape[1], settings.initial_cash_krw, dtype=money.dtype)
    return BacktestResult.of_accounts(prices, marks, orders, initial)


def _next_opens(signals: Flags) -> Ints:
    """Return the cells of the opens after signals; those of the last session have none."""
    cells: Ints = np.flatnonzero(signals[:-1]) + signals.shape[1]
    return cells


def _exit_fills(cells: Ints, opens: Opens, symbols: int, unfilled: UnfilledExit) -> tuple[Ints, Ints]:
    """Return the first opens at which exits try, and the opens at which they fill; those that never do are left out."""
    fills = opens.fills(cells, Side.SELL)
    tried, filled = [cells[fills]], [cells[fills]]
    waiting = later = cells[~fills]
    while unfilled is UnfilledExit.KEEP and len(waiting):
        later = later + symbols
        inside = later < len(opens.open)
        waiting, later = waiting[inside], later[inside]
        fills = opens.fills(later, Side.SELL)
        tried.append(waiting[fills])
        filled.append(later[fills])
        waiting, later = waiting[~fills], later[~fills]
    return np.concatenate(tried), np.concatenate(filled)


def _next_fill(tried: Ints, filled: Ints, shape: tuple[int, int]) -> Ints:
    """Return for every cell, and a row more, where the next order tried there or later fills; else one past all."""
    sessions, symbols = shape
    fill = np.full((sessions + 1, symbols), sessions * symbols, dtype=np.int64)
    fill.ravel()[tried] = filled
    following: Ints = np.minimum.accumulate(fill[::-1], axis=0)[::-1].ravel()
    return following


@dataclass(frozen=True, slots=True)
class _Market:
    """What accounts meet, by cell."""

    next_buy: Ints
    next_sale: Ints
    buy_prices: Ints
    sale_prices: Ints
    tax_steps: Ints


def _trade(market: _Market, shape: tuple[int, int], initial_cash_krw: int, money: Money) -> Orders:
    """Move all accounts from fill to fill; ``at`` holds cells, which name their account, so their order is free."""
    sessions, symbols = shape
    none = sessions * symbols
    batches: list[Batch] = []
    at: Ints = market.next_buy[:symbols]
    cash: Numbers = np.full(symbols, initial_cash_krw, dtype=money.dtype)
    while True:
        at, cash = _only(at < none, at, cash)
        if not len(at):
            return collect(batches, sessions, symbols, money.dtype)
        _countable(int(cash.max()), money.largest_cash_krw)
        price = market.buy_prices[at]
        shares = money.shares_to_buy(cash, price)
        pays = shares > 0
        poor_at, poor_cash = (at[:0], cash[:0]) if pays.all() else (at[~pays], cash[~pays])
        at, cash, price, shares = _only(pays, at, cash, price, shares)
        amount = shares * price
        commission = money.commission(amount)
        batches.append(Batch(at, True, shares, price, commission, np.zeros_like(commission)))
        cash = cash - amount - commission

        at = market.next_sale[at + symbols]
        at, cash, shares = _only(at < none, at, cash, shares)
        price = market.sale_prices[at]
        if len(at):
            _countable(int(shares.max()) * int(price.max()), money.largest_amount_krw)
        amount = shares * price
        commission, tax = money.commission(amount), money.tax(amount, market.tax_steps[at])
        batches.append(Batch(at, False, shares, price, commission, tax))
        cash = cash + amount - commission - tax
        if len(poor_at):
            at, cash = np.concatenate((at, poor_at)), np.concatenate((cash, poor_cash))
        at = market.next_buy[at + symbols]


def _countable(amount_krw: int, largest_krw: int) -> None:
    if amount_krw > largest_krw:
        raise BacktestError(f"an account grew beyond {largest_krw:,} won, more than can be counted exactly")


def _only(chosen: Flags, *arrays: Numbers) -> tuple[Numbers, ...]:
    """Return the chosen places of arrays; the arrays themselves when that is all."""
    return arrays if chosen.all() else tuple(array[chosen] for array in arrays)
