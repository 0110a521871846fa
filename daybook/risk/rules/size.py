"""Rules on the size of one order. A malformed quantity, or zero, never means "all"."""

from fractions import Fraction

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.risk.arithmetic import order_value_krw, part_of, won
from daybook.risk.rules.rule import Finding, Rule


def find_bad_quantity(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a quantity that is not a whole number from 1 to the limit."""
    if type(ticket.shares) is int and 1 <= ticket.shares <= limits.max_order_shares:
        return None
    return Finding(f"{ticket.shares!r} is not a number of shares", limits.max_order_shares, str(ticket.shares))


def find_large_notional(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a buy above the won limit or the share of equity, or one whose value is not known.

    A sell has no such limit: it is bounded by the shares held, and must be able to close a position at once.
    """
    quote = context.quote if isinstance(context, CheckContext) else None
    value_krw = order_value_krw(ticket, quote)
    if value_krw <= 0:
        return Finding("the order has no value", value=value_krw)
    limit_krw = min(part_of(context.equity_krw, limits.max_order_equity_ratio), Fraction(limits.max_order_notional_krw))
    if value_krw <= limit_krw:
        return None
    return Finding(f"{won(value_krw)} is above {won(limit_krw)} for one order", limit_krw, value_krw)


def find_oversell(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a sell of more shares than the broker says can be sold."""
    holding = context.account.holding(ticket.symbol)
    sellable = min(holding.shares, holding.sellable_shares) if holding else 0
    if ticket.shares <= sellable:
        return None
    return Finding(f"{ticket.shares} shares, {sellable} can be sold", sellable, ticket.shares)


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.ORDER_QTY, "not a whole number from 1 to `max_order_shares`", find_bad_quantity),
    Rule(DenialCode.ORDER_NOTIONAL, "above the won limit or the share of equity", find_large_notional, Side.BUY),
)
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.SELL_QTY, "more shares than can be sold", find_oversell, Side.SELL),
)
