"""Rules on cash: what the broker lets the desk spend, and what the desk keeps. All for buys."""

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext
from daybook.risk.arithmetic import buy_cost_krw, part_of, won
from daybook.risk.rules.rule import Finding, Rule


def find_cash_below_floor(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find settled (D+2) cash that would fall below its share of equity once every open buy is filled."""
    open_krw = sum(order.notional_krw for order in context.open_orders if order.side is Side.BUY)
    left_krw = (
        context.account.settled_cash_krw - open_krw - context.reserved_krw - buy_cost_krw(ticket, context.quote, limits)
    )
    floor_krw = part_of(context.equity_krw, limits.min_cash_ratio)
    if left_krw >= floor_krw:
        return None
    return Finding(f"{won(left_krw)} would be left, {won(floor_krw)} are kept", floor_krw, left_krw)


def find_too_little_cash(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find an order that costs more than the broker lets the account spend without a margin loan.

    The broker's number already leaves out what open orders need; ``reserved_krw`` is what it cannot know.
    """
    orderable_krw = context.account.orderable_cash_krw
    if context.orderable_cash_krw is not None:
        orderable_krw = context.orderable_cash_krw
    available_krw = orderable_krw - context.reserved_krw
    cost_krw = buy_cost_krw(ticket, context.quote, limits)
    if cost_krw <= available_krw:
        return None
    return Finding(f"the order costs {won(cost_krw)}, {won(available_krw)} can be spent", available_krw, cost_krw)


FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.CASH_FLOOR, "settled cash would fall below `min_cash_ratio`", find_cash_below_floor, Side.BUY),
    Rule(DenialCode.CASH, "cost above the broker's orderable cash", find_too_little_cash, Side.BUY),
)
