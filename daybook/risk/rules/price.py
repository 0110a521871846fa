"""Rules on the price: its form, its grid, its distance from the market, and the quote it is judged by."""

from datetime import timedelta

from daybook.contracts.base import Side
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import OrderKind, OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckContext, PostContext
from daybook.krx.ticks import is_on_tick
from daybook.risk.arithmetic import exact, percent
from daybook.risk.rules.rule import Finding, Rule


def find_market_order(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a market order on a side that may not send them."""
    if ticket.kind is not OrderKind.MARKET:
        return None
    allowed = limits.allow_market_buys if ticket.side is Side.BUY else limits.allow_market_sells
    return None if allowed else Finding(f"market {ticket.side.value} orders are off")


def find_misplaced_price(ticket: OrderTicket, context: PostContext, limits: RiskLimits) -> Finding | None:
    """Find a limit order without a price or a market order with one."""
    if (ticket.kind is OrderKind.LIMIT) == (ticket.limit_price_krw > 0):
        return None
    return Finding(
        f"a {ticket.kind.value} order has limit price {ticket.limit_price_krw}", value=ticket.limit_price_krw
    )


def find_off_tick(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a limit price between two ticks of the security's grid."""
    price_krw = _limit_price_krw(ticket)
    if price_krw is None or context.quote is None or is_on_tick(price_krw, context.quote.kind):
        return None
    return Finding(f"{price_krw:,} won is not on the price grid", value=price_krw)


def find_outside_daily_limits(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a limit price outside the day's limits, or limits that are not known."""
    price_krw, quote = _limit_price_krw(ticket), context.quote
    if price_krw is None or quote is None:
        return None
    if 0 < quote.lower_limit_krw <= price_krw <= quote.upper_limit_krw:
        return None
    allowed = f"{quote.lower_limit_krw}-{quote.upper_limit_krw}"
    return Finding(f"{price_krw:,} won is outside the day's limits {allowed}", allowed, price_krw)


def find_outside_collar(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a limit price too far from the last price, on either side of it."""
    price_krw, quote = _limit_price_krw(ticket), context.quote
    if price_krw is None or quote is None or quote.price_krw <= 0:
        return None
    if ticket.side is Side.BUY:
        below, above = limits.price_collar_buy_below, limits.price_collar_buy_above
    else:
        below, above = limits.price_collar_sell_below, limits.price_collar_sell_above
    lowest = quote.price_krw * (1 - exact(below))
    highest = quote.price_krw * (1 + exact(above))
    if lowest <= price_krw <= highest:
        return None
    gap = exact(price_krw / quote.price_krw - 1)
    return Finding(
        f"{price_krw:,} won is {percent(gap)} from the last price {quote.price_krw:,}",
        lowest if price_krw < lowest else highest,
        price_krw,
    )


def find_stale_quote(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a quote that is missing, of another symbol, without a price, too old, or from the future."""
    quote = context.quote
    if quote is None or quote.symbol != ticket.symbol:
        return Finding(f"there is no quote of {ticket.symbol}")
    if quote.price_krw <= 0:
        return Finding(f"the quote of {ticket.symbol} has no price", value=quote.price_krw)
    age_s = (context.real_now - quote.observed_at).total_seconds()
    if -limits.clock_skew_max_s <= age_s <= limits.quote_max_age_s:
        return None
    return Finding(f"the quote is {age_s:.1f} s old", limits.quote_max_age_s, age_s)


def find_old_trade(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a symbol that has not traded for a while, where the source tells."""
    if context.last_trade_at is None:
        return None
    age_s = (context.real_now - context.last_trade_at).total_seconds()
    if age_s <= limits.last_trade_max_age_s:
        return None
    return Finding(f"the last trade was {age_s:.0f} s ago", limits.last_trade_max_age_s, age_s)


def find_volatility_interruption(ticket: OrderTicket, context: CheckContext, limits: RiskLimits) -> Finding | None:
    """Find a volatility interruption that is on, or was released a moment ago."""
    if context.quote is not None and context.quote.vi_active:
        return Finding(f"{ticket.symbol} is in a volatility interruption")
    if context.vi_released_at is None:
        return None
    since = context.market_now - context.vi_released_at
    if since >= timedelta(minutes=limits.vi_release_wait_min):
        return None
    return Finding(
        f"a volatility interruption ended {since.total_seconds():.0f} s ago",
        limits.vi_release_wait_min * 60,
        since.total_seconds(),
    )


def _limit_price_krw(ticket: OrderTicket) -> int | None:
    """Return the price of a limit order that has one; a limit order without one is found by its own rule."""
    if ticket.kind is not OrderKind.LIMIT or ticket.limit_price_krw <= 0:
        return None
    return ticket.limit_price_krw


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(DenialCode.MARKET_ORDER, "a market order on a side that may not send them", find_market_order),
    Rule(DenialCode.TICK_INVALID, "a limit order without a price, or a market order with one", find_misplaced_price),
)
FULL_RULES: tuple[Rule[CheckContext], ...] = (
    Rule(DenialCode.TICK_INVALID, "the limit price is between two ticks", find_off_tick),
    Rule(DenialCode.PRICE_LIMIT, "the limit price is outside the day's limits", find_outside_daily_limits),
    Rule(DenialCode.PRICE_COLLAR, "the limit price is too far from the last price", find_outside_collar),
    Rule(DenialCode.STALE_PRICE, "no quote, no price, or older than `quote_max_age_s`", find_stale_quote),
    Rule(DenialCode.STALE_PRICE, "no trade for `last_trade_max_age_s`", find_old_trade, Side.BUY),
    Rule(DenialCode.VI_ACTIVE, "volatility interruption, or just released", find_volatility_interruption, Side.BUY),
)
