"""Volatility interruptions (VI) of single stocks, and circuit breakers of the whole market.

The ratios follow the exchange's general rules; no reply of a broker confirms them, so treat them as defaults that a
caller may replace.
"""

from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from daybook.contracts.base import Won
from daybook.contracts.session import SessionPhase

STATIC_VI_RATIO = Fraction(10, 100)
VI_AUCTION = timedelta(minutes=2)
"""Length of the call auction a VI starts; its end is drawn at random within ``VI_RANDOM_END`` more."""
VI_RANDOM_END = timedelta(seconds=30)


class VolatilityClass(StrEnum):
    """How far a security's price may jump before a dynamic VI."""

    LARGE_CAP = "large_cap"
    OTHER = "other"


_DYNAMIC_RATIOS = {
    (VolatilityClass.LARGE_CAP, SessionPhase.CONTINUOUS): Fraction(3, 100),
    (VolatilityClass.LARGE_CAP, SessionPhase.CLOSING_AUCTION): Fraction(2, 100),
    (VolatilityClass.OTHER, SessionPhase.CONTINUOUS): Fraction(6, 100),
    (VolatilityClass.OTHER, SessionPhase.CLOSING_AUCTION): Fraction(4, 100),
}


class MarketBreaker(StrEnum):
    """How far a market-wide circuit breaker has gone."""

    LEVEL_1 = "level_1"
    LEVEL_2 = "level_2"
    LEVEL_3 = "level_3"


MARKET_BREAKER_FALLS = {
    MarketBreaker.LEVEL_1: Fraction(8, 100),
    MarketBreaker.LEVEL_2: Fraction(15, 100),
    MarketBreaker.LEVEL_3: Fraction(20, 100),
}
"""Fall of the index from the previous close that each level needs."""


def static_vi_triggered(reference_krw: Won, price_krw: Won) -> bool:
    """Return whether a price is 10 % or more away from the reference (the last auction's price).

    Raises ``ValueError`` for a reference that is not positive.
    """
    return _has_moved(reference_krw, price_krw, STATIC_VI_RATIO)


def dynamic_vi_ratio(volatility_class: VolatilityClass, phase: SessionPhase) -> Fraction | None:
    """Return the jump from the last trade that starts a dynamic VI, or None in phases without one.

    ``LARGE_CAP`` stands for the constituents of KOSPI 200 and funds that follow such indices.
    """
    return _DYNAMIC_RATIOS.get((volatility_class, phase))


def dynamic_vi_triggered(last_krw: Won, price_krw: Won, ratio: float | Decimal | Fraction) -> bool:
    """Return whether a price is ``ratio`` (0.03 is 3 %) or more away from the last trade's price.

    Exact: a float ratio counts as the decimal it prints as. Raises ``ValueError`` for a last price or a ratio that
    is not positive.
    """
    exact_ratio = Fraction(str(ratio))
    if exact_ratio <= 0:
        raise ValueError(f"a ratio must be positive, not {ratio}")
    return _has_moved(last_krw, price_krw, exact_ratio)


def market_breaker(previous_close: float, level: float) -> MarketBreaker | None:
    """Return the highest circuit breaker level an index has fallen to, or None above -8 %.

    The exchange acts once a fall has lasted a minute; measuring that is the caller's. Raises ``ValueError`` for a
    previous close that is not positive.
    """
    if previous_close <= 0:
        raise ValueError(f"an index close must be positive, not {previous_close}")
    close = Fraction(str(previous_close))
    fall = (close - Fraction(str(level))) / close
    reached = [breaker for breaker, needed in MARKET_BREAKER_FALLS.items() if fall >= needed]
    return reached[-1] if reached else None


def _has_moved(from_krw: Won, to_krw: Won, ratio: Fraction) -> bool:
    if from_krw <= 0:
        raise ValueError(f"a price must be positive, not {from_krw}")
    return abs(to_krw - from_krw) >= ratio * from_krw
