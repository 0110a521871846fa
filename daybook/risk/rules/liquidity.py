"""Rules on liquidity; all for buys, since what is held must stay sellable."""

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext
from daybook.risk.arithmetic import exact, order_value_krw, part_of, percent, won
from daybook.risk.rules.rule import Finding, Rule


def find_thin_turnover(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol whose average daily turnover is low or unknown."""
    average_krw = context.average_turnover_krw
    if average_krw is None:
        return Finding(f"the average turnover of {ticket.symbol} is not known", limits.min_average_turnover_krw)
    if average_krw >= limits.min_average_turnover_krw:
        return None
    return Finding(f"the average turnover is {won(average_krw)}", limits.min_average_turnover_krw, average_krw)


def find_large_share_of_turnover(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find an order that is large against an average day."""
    if context.average_turnover_krw is None:
        return None
    value_krw = order_value_krw(ticket, context.quote)
    limit_krw = part_of(context.average_turnover_krw, limits.max_order_turnover_ratio)
    if value_krw <= limit_krw:
        return None
    return Finding(f"{won(value_krw)} is above {won(limit_krw)} of an average day's turnover", limit_krw, value_krw)


def find_wide_spread(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a spread that is wide against the middle; a quote without both sides is not judged."""
    quote = context.quote
    if quote is None or not quote.ask_krw or not quote.bid_krw:
        return None
    spread = exact(2 * (quote.ask_krw - quote.bid_krw)) / (quote.ask_krw + quote.bid_krw)
    if spread <= exact(limits.max_spread_ratio):
        return None
    return Finding(f"the spread is {percent(spread)}", limits.max_spread_ratio, float(spread))


FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.LIQUIDITY, "average turnover below the minimum, or unknown", find_thin_turnover, Side.BUY),
    Rule(DenialCode.LIQUIDITY, "order large against average turnover", find_large_share_of_turnover, Side.BUY),
    Rule(DenialCode.LIQUIDITY, "spread wider than `max_spread_ratio`", find_wide_spread, Side.BUY),
)
