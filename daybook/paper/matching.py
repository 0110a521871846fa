"""Matching of user orders: against the visible book when they come in, against the tape while they rest.

Everything here is arithmetic over :class:`RestingOrder`; the caller books the fills. The tape does not feel user
orders: they take shares from the synthetic book, or part of what was printed, and leave high, low and volume alone.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from daybook.contracts.base import Side, Won
from daybook.paper.model import Level, Order

PRINT_SHARE_PERCENT = 30
"""The most of a public trade's shares that user orders of one side get between them, in percent."""

MARKET_AT_CLOSE = "02"
"""ORD_DVSN of the conditional limit order (조건부지정가): a market order in the closing auction."""


@dataclass(slots=True)
class RestingOrder:
    """An accepted order and what matching knows of it.

    ``limit_krw`` None trades at any price. ``reserve_krw`` is the cash a share of a buy is held for. Trades up to
    ``seen_ms`` of its day have been matched with it already.
    """

    order: Order
    sequence: int
    limit_krw: Won | None
    reserve_krw: Won
    seen_ms: int

    def accepts(self, price_krw: Won) -> bool:
        """Whether the order may trade at a price."""
        if self.limit_krw is None:
            return True
        return price_krw <= self.limit_krw if self.order.side is Side.BUY else price_krw >= self.limit_krw


@dataclass(frozen=True, slots=True)
class Fill:
    """Shares one order trades at one price."""

    resting: RestingOrder
    shares: int
    price_krw: Won


@dataclass(frozen=True, slots=True)
class Take:
    """Shares an incoming order takes at one price: from the synthetic book, or from another user's order."""

    price_krw: Won
    shares: int
    counterparty: RestingOrder | None


def sweep(incoming: RestingOrder, shares: int, levels: Sequence[Level], opposite: Iterable[RestingOrder]) -> list[Take]:
    """Return what an incoming order takes, best price first and in order of arrival at each price.

    ``levels`` is the synthetic opposite side as far as it is still there. A user's order stands behind the shares
    that were displayed before it (its queue) and before the rest.
    """
    is_buy = incoming.order.side is Side.BUY
    synthetic = {level.price_krw: level.shares for level in levels}
    users = sorted((other for other in opposite if other.limit_krw is not None), key=lambda other: other.sequence)
    prices = sorted({*synthetic, *(other.limit_krw for other in users if other.limit_krw)}, reverse=not is_buy)
    takes: list[Take] = []
    for price in prices:
        if not shares or not incoming.accepts(price):
            break
        displayed, passed = synthetic.get(price, 0), 0
        for other in (other for other in users if other.limit_krw == price):
            ahead = min(max(other.order.queue_ahead_shares - passed, 0), displayed, shares)
            if ahead:
                takes.append(Take(price, ahead, None))
                displayed, passed, shares = displayed - ahead, passed + ahead, shares - ahead
            matched = min(other.order.remaining_shares, shares)
            if matched:
                takes.append(Take(price, matched, other))
                shares -= matched
        rest = min(displayed, shares)
        if rest:
            takes.append(Take(price, rest, None))
            shares -= rest
    return takes


def match_print(orders: Iterable[RestingOrder], price_krw: Won, shares: int) -> list[Fill]:
    """Return the fills of resting orders by one public trade in continuous trading; moves their queues on.

    Market orders trade at the printed price. A limit order the trade goes through trades at its own price, because
    it stood in the way; one at its price trades when the shares before it are gone.
    """
    fills: list[Fill] = []
    waiting = list(orders)
    for side in (Side.BUY, Side.SELL):
        left = max(1, shares * PRINT_SHARE_PERCENT // 100)
        for resting in _by_priority(waiting, side):
            if not resting.accepts(price_krw):
                continue
            order = resting.order
            if resting.limit_krw == price_krw:
                passing = max(shares - order.queue_ahead_shares, 0)
                order.queue_ahead_shares = max(order.queue_ahead_shares - shares, 0)
                matched = min(order.remaining_shares, left, passing)
            else:
                order.queue_ahead_shares = 0
                matched = min(order.remaining_shares, left)
            if matched:
                fills.append(Fill(resting, matched, price_krw if resting.limit_krw is None else resting.limit_krw))
                left -= matched
    return fills


def match_auction(orders: Iterable[RestingOrder], price_krw: Won, shares: int, *, is_closing: bool) -> list[Fill]:
    """Return the fills of a call auction's single price.

    Market orders and better prices come first and may take up to everything that was traded; orders at the price
    itself share what :data:`PRINT_SHARE_PERCENT` leaves. Conditional limit orders are market orders at the close.
    """
    fills: list[Fill] = []
    waiting = list(orders)
    for side in (Side.BUY, Side.SELL):
        left, left_at_price = shares, max(1, shares * PRINT_SHARE_PERCENT // 100)
        for resting in _by_priority(waiting, side, is_market=_market_at_close if is_closing else None):
            at_market = resting.limit_krw is None or (is_closing and _market_at_close(resting))
            if not at_market and not resting.accepts(price_krw):
                continue
            at_price = not at_market and resting.limit_krw == price_krw
            matched = min(resting.order.remaining_shares, left, left_at_price if at_price else left)
            if matched:
                fills.append(Fill(resting, matched, price_krw))
                left -= matched
                left_at_price -= matched if at_price else 0
    return fills


def _market_at_close(resting: RestingOrder) -> bool:
    return resting.order.order_type == MARKET_AT_CLOSE


def _by_priority(
    orders: Iterable[RestingOrder], side: Side, is_market: Callable[[RestingOrder], bool] | None = None
) -> list[RestingOrder]:
    """Return one side's orders by price-time priority, market orders first."""
    sign = -1 if side is Side.BUY else 1

    def priority(resting: RestingOrder) -> tuple[bool, int, int]:
        if resting.limit_krw is None or (is_market is not None and is_market(resting)):
            return (False, 0, resting.sequence)
        return (True, sign * resting.limit_krw, resting.sequence)

    return sorted((one for one in orders if one.order.side is side and one.order.remaining_shares), key=priority)
