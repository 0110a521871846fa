"""Rules on repetition: counters of the day, orders that are open, the pace of submissions, re-entry."""

from datetime import timedelta

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.risk.arithmetic import order_value_krw, part_of, won
from daybook.risk.rules.rule import Finding, Rule


def find_daily_turnover(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find buys of the day, with this one, above their share of equity."""
    quote = context.quote if isinstance(context, CheckContext) else None
    value_krw = context.counters.buys_krw + order_value_krw(ticket, quote)
    limit_krw = part_of(context.equity_krw, limits.max_daily_turnover_ratio)
    if value_krw <= limit_krw:
        return None
    return Finding(f"today's buys would be {won(value_krw)}, {won(limit_krw)} are allowed", limit_krw, value_krw)


def find_many_orders(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a day with enough orders; sells have a reserve of their own."""
    limit = limits.max_daily_orders + (limits.exit_order_reserve if ticket.side is Side.SELL else 0)
    count = context.counters.orders + 1
    return None if count <= limit else Finding(f"this would be order {count} of the day", limit, count)


def find_many_symbol_orders(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol with enough orders today; sells have a reserve of their own."""
    limit = limits.max_symbol_orders + (limits.symbol_exit_order_reserve if ticket.side is Side.SELL else 0)
    count = context.counters.symbol_orders + 1
    if count <= limit:
        return None
    return Finding(f"this would be order {count} of the day in {ticket.symbol}", limit, count)


def find_duplicate(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find an open order of the same symbol and side, or of the same intent."""
    for order in context.open_orders:
        same_order = order.symbol == ticket.symbol and order.side is ticket.side
        if same_order or order.intent_id == ticket.intent_id:
            other = order.intent_id or "made by hand"
            return Finding(f"a {order.side.value} order in {order.symbol} is open ({other})", value=other)
    return None


def find_self_cross(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find an open order on the other side of the same symbol: the desk could trade with itself."""
    for order in context.open_orders:
        if order.symbol == ticket.symbol and order.side is not ticket.side:
            other = order.intent_id or "made by hand"
            return Finding(f"an own {order.side.value} order in {order.symbol} is open ({other})", value=other)
    return None


def find_high_rate(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find more submissions in the window than the throttle can have let through: the throttle is broken."""
    since = context.real_now - timedelta(seconds=limits.submit_window_s)
    count = sum(1 for submitted_at in context.recent_submits_at if submitted_at > since) + 1
    limit = int(limits.submit_burst + limits.submit_rate_per_s * limits.submit_window_s)
    if count <= limit:
        return None
    return Finding(f"this would be submission {count} in {limits.submit_window_s:g} s", limit, count)


def find_early_reentry(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol that was sold at a loss a short while ago."""
    if context.last_loss_exit_at is None:
        return None
    since = context.market_now - context.last_loss_exit_at
    if since >= timedelta(hours=limits.reentry_cooldown_h):
        return None
    hours = since.total_seconds() / 3600
    return Finding(f"{ticket.symbol} was sold at a loss {hours:.1f} h ago", limits.reentry_cooldown_h, hours)


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.DAILY_TURNOVER, "the day's buys above their share of equity", find_daily_turnover, Side.BUY),
    Rule(DenialCode.DAILY_ORDERS, "enough orders today (sells have a reserve)", find_many_orders),
    Rule(DenialCode.SYMBOL_ORDERS, "enough orders today in the symbol (sells have a reserve)", find_many_symbol_orders),
    Rule(DenialCode.DUPLICATE_ORDER, "same symbol and side open or unknown, or same intent", find_duplicate),
    Rule(DenialCode.SELF_CROSS, "an own opposite order is open", find_self_cross),
    Rule(DenialCode.RATE, "more submissions than the throttle lets through", find_high_rate),
)
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.REENTRY_COOLDOWN, "sold at a loss within `reentry_cooldown_h`", find_early_reentry, Side.BUY),
)
