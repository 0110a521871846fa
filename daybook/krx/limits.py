"""Daily price limits (가격제한폭) of the Korea Exchange."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from daybook.contracts.base import Won
from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import Rounding, round_to_tick, tick_size

IPO_LOWER_RATIO = Fraction(60, 100)
IPO_UPPER_RATIO = Fraction(400, 100)


@dataclass(frozen=True, slots=True)
class PriceLimits:
    """The lowest and the highest price, in won and both included, at which a day's orders may be priced."""

    lower_krw: Won
    upper_krw: Won

    def contains(self, price_krw: Won) -> bool:
        """Return whether a price is within the limits."""
        return self.lower_krw <= price_krw <= self.upper_krw


def daily_limits(
    base_price_krw: Won,
    kind: SecurityKind = SecurityKind.STOCK,
    ratio: float | Decimal | Fraction = 0.30,
) -> PriceLimits:
    """Return the limits of a day from its base price (previous close, or the adjusted base price).

    width = floor(base x ratio), down to the tick of the base price; lower = base - width; upper = base + width,
    down to the tick of that price. The arithmetic is exact: a float ratio counts as the decimal it prints as.
    Should a base price lie between two ticks, the lower limit goes up to the grid. ``ratio`` is 0.60 for
    leveraged ETFs. The rule does not hold on a listing day (see :func:`ipo_day_limits`), in liquidation trading
    and for ELWs, which have no limit. Raises ``ValueError`` unless 0 < ratio < 1 and the base price is positive.
    """
    exact_ratio = Fraction(str(ratio))
    if not 0 < exact_ratio < 1:
        raise ValueError(f"a limit ratio must be between 0 and 1, not {ratio}")
    tick = tick_size(base_price_krw, kind)
    width = math.floor(base_price_krw * exact_ratio) // tick * tick
    return PriceLimits(
        lower_krw=round_to_tick(base_price_krw - width, kind, Rounding.UP),
        upper_krw=round_to_tick(base_price_krw + width, kind, Rounding.DOWN),
    )


def ipo_day_limits(offer_price_krw: Won) -> PriceLimits:
    """Return the limits of a stock's first day: 60 % to 400 % of the offer price, moved inwards to the grid."""
    if offer_price_krw <= 0:
        raise ValueError(f"a price must be positive, not {offer_price_krw}")
    lower = math.ceil(offer_price_krw * IPO_LOWER_RATIO)
    upper = math.floor(offer_price_krw * IPO_UPPER_RATIO)
    return PriceLimits(
        lower_krw=round_to_tick(lower, SecurityKind.STOCK, Rounding.UP),
        upper_krw=round_to_tick(upper, SecurityKind.STOCK, Rounding.DOWN),
    )
