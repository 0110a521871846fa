"""Exact arithmetic of limits: a float ratio counts as the decimal it prints as, so a boundary is where it says."""

from fractions import Fraction

from daybook.contracts.base import Side, Won
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderKind, OrderTicket


def exact(ratio: float) -> Fraction:
    """Return a ratio as the fraction its shortest decimal form names: 0.1 is one tenth."""
    return Fraction(str(ratio))


def part_of(amount_krw: Won, ratio: float) -> Fraction:
    """Return ``ratio`` of an amount, in won, without rounding."""
    return amount_krw * exact(ratio)


def order_value_krw(ticket: OrderTicket, quote: Quote | None) -> Won:
    """Return what an order can cost or fetch at most, in won.

    A limit order is worth its limit price. A market buy is worth the day's upper limit, at which KIS sizes it;
    other market orders are worth the last price. Without a quote the decision's own price has to do.
    """
    if ticket.kind is OrderKind.LIMIT or quote is None:
        return ticket.notional_krw
    price_krw = quote.upper_limit_krw if ticket.side is Side.BUY else quote.price_krw
    return ticket.shares * max(price_krw, ticket.reference_price_krw)


def buy_cost_krw(ticket: OrderTicket, quote: Quote | None, limits: RiskLimits) -> Fraction:
    """Return a buy's value plus the commission set aside for it, in won."""
    return order_value_krw(ticket, quote) * (1 + exact(limits.commission_reserve_ratio))


def percent(ratio: float | Fraction) -> str:
    """Return a ratio as text, e.g. ``2.35 %``."""
    return f"{float(ratio) * 100:.2f} %"


def won(amount_krw: Won | Fraction) -> str:
    """Return an amount as text, e.g. ``1,000,000 won``; fractions of a won are cut off."""
    return f"{int(amount_krw):,} won"
