"""Opening the books in the middle of a day on which somebody has traded already."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import Side, Won
from daybook.contracts.orders import BrokerOrder


@dataclass
class _Lot:
    shares: int
    cost_krw: float


def before_fills(
    account: AccountSnapshot, orders: Iterable[BrokerOrder], costs_krw: Callable[[BrokerOrder], Won]
) -> AccountSnapshot:
    """Return the account as it was before the executions of ``orders``.

    Books opened with it agree with ``account`` once those executions are booked. Shares that the orders do not explain
    are never made negative, so a list that does not fit the account shows as a difference.
    """
    lots = {
        holding.symbol: _Lot(holding.shares, holding.average_price_krw * holding.shares)
        for holding in account.holdings
        if holding.shares
    }
    prices_krw = {holding.symbol: holding.price_krw for holding in account.holdings}
    cash_krw = account.settled_cash_krw
    for order in orders:
        if not order.filled_shares:
            continue
        lot = lots.setdefault(order.symbol, _Lot(0, 0.0))
        cash_krw += costs_krw(order)
        if order.side is Side.BUY:
            lot.shares -= order.filled_shares
            lot.cost_krw -= order.filled_amount_krw
            cash_krw += order.filled_amount_krw
        else:
            held_at = account.holding(order.symbol)
            each_krw = held_at.average_price_krw if held_at and held_at.shares else 0.0
            lot.cost_krw += each_krw * order.filled_shares if each_krw else order.filled_amount_krw
            lot.shares += order.filled_shares
            cash_krw -= order.filled_amount_krw
    holdings = tuple(
        Holding(
            symbol=symbol,
            shares=lot.shares,
            sellable_shares=lot.shares,
            average_price_krw=max(0.0, lot.cost_krw / lot.shares),
            price_krw=prices_krw.get(symbol, 0),
        )
        for symbol, lot in sorted(lots.items())
        if lot.shares > 0
    )
    return account.model_copy(update={"holdings": holdings, "settled_cash_krw": cash_krw})
