"""Rules on what the portfolio would become: one symbol, one sector, the number of names. All for buys."""

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext
from daybook.risk.arithmetic import order_value_krw, part_of, won
from daybook.risk.rules.rule import Finding, Rule


def find_large_position(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a position, with its open buys and this order, above its share of equity."""
    holding = context.account.holding(ticket.symbol)
    held_krw = 0
    if holding is not None:
        price_krw = context.quote.price_krw if context.quote is not None else 0
        held_krw = holding.shares * max(price_krw, holding.price_krw)
    open_krw = sum(
        order.notional_krw for order in context.open_orders if order.symbol == ticket.symbol and order.side is Side.BUY
    )
    value_krw = held_krw + open_krw + order_value_krw(ticket, context.quote)
    limit_krw = part_of(context.equity_krw, limits.max_position_ratio)
    if value_krw <= limit_krw:
        return None
    return Finding(f"the position would be {won(value_krw)}, {won(limit_krw)} are allowed", limit_krw, value_krw)


def find_large_sector(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a sector, with this order, above its share of equity. Symbols without a sector count as one sector."""
    value_krw = context.sector_exposure_krw + order_value_krw(ticket, context.quote)
    limit_krw = part_of(context.equity_krw, limits.max_sector_ratio)
    if value_krw <= limit_krw:
        return None
    sector = (context.quote.sector if context.quote is not None else "") or "without a name"
    return Finding(f"sector {sector} would be {won(value_krw)}, {won(limit_krw)} are allowed", limit_krw, value_krw)


def find_too_many_names(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a new symbol when enough are held or being bought."""
    names = {holding.symbol for holding in context.account.holdings if holding.shares > 0}
    names |= {order.symbol for order in context.open_orders if order.side is Side.BUY}
    names.add(ticket.symbol)
    if len(names) <= limits.max_names:
        return None
    return Finding(f"{len(names)} symbols would be held", limits.max_names, len(names))


FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.POSITION_PCT, "one symbol above its share of equity", find_large_position, Side.BUY),
    Rule(DenialCode.SECTOR_PCT, "one sector above its share of equity", find_large_sector, Side.BUY),
    Rule(DenialCode.MAX_NAMES, "more symbols than `max_names`", find_too_many_names, Side.BUY),
)
