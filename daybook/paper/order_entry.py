"""Order entry: which orders the exchange accepts, and what an accepted order's limit and cash reserve are."""

from dataclasses import dataclass
from enum import StrEnum

from daybook.contracts.base import Side, Won
from daybook.contracts.session import SessionPhase
from daybook.krx.ticks import is_on_tick
from daybook.paper.book import Depth
from daybook.paper.model import Refusal, RefusalKind
from daybook.paper.tape import SymbolDay

LARGEST_ORDER_SHARES = 100_000_000


class Pricing(StrEnum):
    """Where an order's limit comes from."""

    GIVEN = "given"
    MARKET = "market"
    BEST_OPPOSITE = "best_opposite"
    BEST_SAME = "best_same"


class Lifetime(StrEnum):
    """What happens to the part that does not trade at once."""

    DAY = "day"
    IMMEDIATE_OR_CANCEL = "ioc"
    FILL_OR_KILL = "fok"


@dataclass(frozen=True, slots=True)
class OrderType:
    """One ORD_DVSN of the regular session."""

    pricing: Pricing
    lifetime: Lifetime = Lifetime.DAY
    is_market_at_close: bool = False

    @property
    def needs_continuous_trading(self) -> bool:
        """Whether call auctions refuse it."""
        return self.lifetime is not Lifetime.DAY or self.pricing in (Pricing.BEST_OPPOSITE, Pricing.BEST_SAME)


ORDER_TYPES = {
    "00": OrderType(Pricing.GIVEN),
    "01": OrderType(Pricing.MARKET),
    "02": OrderType(Pricing.GIVEN, is_market_at_close=True),
    "03": OrderType(Pricing.BEST_OPPOSITE),
    "04": OrderType(Pricing.BEST_SAME),
    "11": OrderType(Pricing.GIVEN, Lifetime.IMMEDIATE_OR_CANCEL),
    "12": OrderType(Pricing.GIVEN, Lifetime.FILL_OR_KILL),
    "13": OrderType(Pricing.MARKET, Lifetime.IMMEDIATE_OR_CANCEL),
    "14": OrderType(Pricing.MARKET, Lifetime.FILL_OR_KILL),
    "15": OrderType(Pricing.BEST_OPPOSITE, Lifetime.IMMEDIATE_OR_CANCEL),
    "16": OrderType(Pricing.BEST_OPPOSITE, Lifetime.FILL_OR_KILL),
}
"""ORD_DVSN of KRX's regular session. Closing-price trading (05, 06) and the after-market are not offered."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What matching and the cash reserve need of an accepted order; ``limit_krw`` None trades at any price."""

    order_type: OrderType
    price_krw: Won
    limit_krw: Won | None
    reserve_krw: Won


def check_session(is_trading_day: bool, phase: SessionPhase) -> None:
    """Raise ``Refusal`` unless orders are taken now."""
    if not is_trading_day:
        raise Refusal(RefusalKind.NOT_A_BUSINESS_DAY)
    if phase is SessionPhase.BEFORE:
        raise Refusal(RefusalKind.BEFORE_OPEN)
    if phase is SessionPhase.AFTER:
        raise Refusal(RefusalKind.AFTER_CLOSE)


def check_shares(shares: int) -> None:
    """Raise ``Refusal`` for a quantity no order can have."""
    if not 0 < shares <= LARGEST_ORDER_SHARES:
        raise Refusal(RefusalKind.BAD_QUANTITY, f"{shares} shares")


def terms_of(
    order_type: str, side: Side, price_krw: Won, known: SymbolDay, *, is_continuous: bool, depth: Depth
) -> Terms:
    """Return the terms of an order, or raise ``Refusal``.

    ``is_continuous`` is False in call auctions, volatility interruptions included. Orders without a price reserve
    cash at the upper limit, as KIS does; so do conditional limit orders, which may trade at the close at any price.
    """
    if known.path is None:
        raise Refusal(RefusalKind.UNTRADABLE, f"{known.security.symbol} is halted")
    kind_of_order = ORDER_TYPES.get(order_type)
    if kind_of_order is None:
        raise Refusal(RefusalKind.ORDER_TYPE, f"order type {order_type!r} is not offered")
    if kind_of_order.needs_continuous_trading and not is_continuous:
        raise Refusal(RefusalKind.ORDER_TYPE, f"order type {order_type} is not taken in a call auction")
    upper = known.limits.upper_krw
    if kind_of_order.pricing is Pricing.MARKET:
        return Terms(kind_of_order, 0, None, upper)
    if kind_of_order.pricing is Pricing.GIVEN:
        _check_price(price_krw, known)
        reserve = upper if kind_of_order.is_market_at_close else price_krw
        return Terms(kind_of_order, price_krw, price_krw, reserve)
    is_opposite = kind_of_order.pricing is Pricing.BEST_OPPOSITE
    levels = depth.asks if (side is Side.BUY) == is_opposite else depth.bids
    if not levels:
        raise Refusal(RefusalKind.ORDER_TYPE, "there is no best price to take")
    return Terms(kind_of_order, 0, levels[0].price_krw, upper)


def _check_price(price_krw: Won, known: SymbolDay) -> None:
    if not is_on_tick(price_krw, known.security.kind):
        raise Refusal(RefusalKind.OFF_TICK, f"{price_krw} is between two ticks")
    if not known.limits.contains(price_krw):
        raise Refusal(
            RefusalKind.OUTSIDE_LIMITS,
            f"{price_krw} is outside {known.limits.lower_krw} to {known.limits.upper_krw}",
        )
