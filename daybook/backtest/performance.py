"""How a backtest did: return, risk, costs, round trips."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from daybook.analysis.statistics import (
    SESSIONS_A_YEAR,
    Drawdown,
    annual_return,
    annual_volatility,
    drawdown,
    sharpe_ratio,
    total_return,
)
from daybook.backtest.result import BacktestResult
from daybook.contracts.base import Won


@dataclass(frozen=True, slots=True)
class Performance:
    """Figures of all accounts together; ratios are shares of one.

    Attributes:
        first: the first session.
        last: the last one.
        sessions: how many.
        initial_krw: cash at the start.
        final_krw: equity at the end, open positions at their last close.
        total_return: final over initial, less one.
        annual_return: the yearly growth that leads there, at 245 sessions a year.
        annual_volatility: of daily log returns.
        sharpe: mean daily return over its deviation, a year, no risk-free rate; None when equity never moved.
        drawdown: the deepest fall of the equity.
        orders: filled orders.
        round_trips: sales that closed or reduced a position.
        win_ratio: round trips that earned more than they cost; None without any.
        commission_krw: commissions paid.
        tax_krw: taxes paid.
        annual_turnover: value traded a year over the mean equity.
        exposure: mean share of the equity held in symbols.
    """

    first: date
    last: date
    sessions: int
    initial_krw: Won
    final_krw: Won
    total_return: float
    annual_return: float
    annual_volatility: float
    sharpe: float | None
    drawdown: Drawdown
    orders: int
    round_trips: int
    win_ratio: float | None
    commission_krw: Won
    tax_krw: Won
    annual_turnover: float
    exposure: float


def measure(result: BacktestResult) -> Performance:
    """Return the figures of a backtest; raises ``TooShort`` below three sessions."""
    days = result.prices.days
    equity = result.total_equity_krw.astype(np.float64)
    cash = result.cash_krw.sum(axis=1)
    orders = result.orders
    profits = round_trip_profits(result)
    return Performance(
        first=days[0],
        last=days[-1],
        sessions=len(days),
        initial_krw=int(result.initial_cash_krw.sum()),
        final_krw=int(equity[-1]),
        total_return=total_return(equity),
        annual_return=annual_return(equity),
        annual_volatility=annual_volatility(equity),
        sharpe=sharpe_ratio(equity),
        drawdown=drawdown(days, equity),
        orders=len(orders),
        round_trips=len(profits),
        win_ratio=sum(profit > 0 for profit in profits) / len(profits) if profits else None,
        commission_krw=int(orders.commission_krw.sum()),
        tax_krw=int(orders.tax_krw.sum()),
        annual_turnover=float(orders.amount_krw.sum() / equity.mean() * SESSIONS_A_YEAR / len(days)),
        exposure=float((1 - cash / equity).mean()),
    )


def round_trip_profits(result: BacktestResult) -> list[float]:
    """Return the profit in won of each sale, all costs of both sides taken off, against the average cost held."""
    orders = result.orders
    columns = (orders.symbol, orders.is_buy, orders.shares, orders.cash_change_krw)
    profits = []
    of_symbol, held, cost = -1, 0, 0.0
    for symbol, is_buy, shares, change in zip(*(column.tolist() for column in columns), strict=True):
        if symbol != of_symbol:
            of_symbol, held, cost = symbol, 0, 0.0
        if is_buy:
            held, cost = held + shares, cost - change
        else:
            given = cost * shares / held
            profits.append(change - given)
            held, cost = held - shares, cost - given
    return profits
