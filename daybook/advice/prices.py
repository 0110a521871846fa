"""Limit prices that are likely to trade at once, on the grid, within the collar and the day's limits."""

from daybook.contracts.base import Won
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import Quote
from daybook.krx.ticks import Rounding, round_to_tick, ticks_away


def buy_limit_krw(quote: Quote, settings: StrategySettings, limits: RiskLimits) -> Won | None:
    """Return a few ticks above the best ask (or the last price), cut at the collar; None without a usable price."""
    if quote.price_krw <= 0 or quote.upper_limit_krw <= 0:
        return None
    start_krw = quote.ask_krw or quote.price_krw
    wanted_krw = ticks_away(start_krw, settings.entry_offset_ticks, quote.kind)
    collar_krw = quote.price_krw * (1 + limits.price_collar_buy_above)
    price_krw = round_to_tick(min(wanted_krw, collar_krw, quote.upper_limit_krw), quote.kind, Rounding.DOWN)
    return price_krw if price_krw >= max(quote.lower_limit_krw, _floor(quote, limits.price_collar_buy_below)) else None


def sell_limit_krw(quote: Quote, settings: StrategySettings, limits: RiskLimits) -> Won | None:
    """Return a few ticks below the best bid (or the last price), cut at the collar; None without a usable price."""
    if quote.price_krw <= 0 or quote.lower_limit_krw <= 0:
        return None
    start_krw = quote.bid_krw or quote.price_krw
    wanted_krw = ticks_away(start_krw, -settings.exit_offset_ticks, quote.kind)
    lowest_krw = max(wanted_krw, _floor(quote, limits.price_collar_sell_below), quote.lower_limit_krw)
    price_krw = round_to_tick(lowest_krw, quote.kind, Rounding.UP)
    highest_krw = min(quote.upper_limit_krw, quote.price_krw * (1 + limits.price_collar_sell_above))
    return price_krw if price_krw <= highest_krw else None


def _floor(quote: Quote, below: float) -> float:
    return quote.price_krw * (1 - below)
