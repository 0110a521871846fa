from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.session import SessionPhase
from daybook.krx.vi import (
    MarketBreaker,
    VolatilityClass,
    dynamic_vi_ratio,
    dynamic_vi_triggered,
    market_breaker,
    static_vi_triggered,
)

prices = st.integers(1, 3_000_000)


@pytest.mark.parametrize(
    ("reference_krw", "price_krw", "triggered"),
    [
        (70_000, 77_000, True),
        (70_000, 76_900, False),
        (70_000, 63_000, True),
        (70_000, 63_100, False),
        (70_000, 70_000, False),
    ],
)
def test_static_vi_when_price_moves_then_ten_percent_triggers(
    reference_krw: int, price_krw: int, triggered: bool
) -> None:
    assert static_vi_triggered(reference_krw, price_krw) is triggered


@pytest.mark.parametrize(
    ("price_krw", "ratio", "triggered"),
    [
        (103_000, 0.03, True),
        (102_900, 0.03, False),
        (97_000, Decimal("0.03"), True),
        (97_100, Fraction(3, 100), False),
        (106_000, 0.06, True),
        (94_100, 0.06, False),
    ],
)
def test_dynamic_vi_when_price_jumps_then_the_ratio_triggers_exactly(
    price_krw: int, ratio: float | Decimal | Fraction, triggered: bool
) -> None:
    assert dynamic_vi_triggered(100_000, price_krw, ratio) is triggered


@pytest.mark.parametrize(
    ("volatility_class", "phase", "ratio"),
    [
        (VolatilityClass.LARGE_CAP, SessionPhase.CONTINUOUS, Fraction(3, 100)),
        (VolatilityClass.LARGE_CAP, SessionPhase.CLOSING_AUCTION, Fraction(2, 100)),
        (VolatilityClass.OTHER, SessionPhase.CONTINUOUS, Fraction(6, 100)),
        (VolatilityClass.OTHER, SessionPhase.CLOSING_AUCTION, Fraction(4, 100)),
        (VolatilityClass.OTHER, SessionPhase.OPENING_AUCTION, None),
        (VolatilityClass.LARGE_CAP, SessionPhase.AFTER, None),
    ],
)
def test_dynamic_vi_ratio_when_class_and_phase_are_given_then_the_known_ratio(
    volatility_class: VolatilityClass, phase: SessionPhase, ratio: Fraction | None
) -> None:
    assert dynamic_vi_ratio(volatility_class, phase) == ratio


@pytest.mark.parametrize(
    ("level", "breaker"),
    [
        (2_600.0, None),
        (2_392.01, None),
        (2_392.0, MarketBreaker.LEVEL_1),
        (2_210.0, MarketBreaker.LEVEL_2),
        (2_080.01, MarketBreaker.LEVEL_2),
        (2_080.0, MarketBreaker.LEVEL_3),
        (3_500.0, None),
    ],
)
def test_market_breaker_when_index_falls_then_the_highest_level_reached(
    level: float, breaker: MarketBreaker | None
) -> None:
    assert market_breaker(2_600.0, level) is breaker


def test_vi_when_inputs_are_impossible_then_refused() -> None:
    for call in (
        lambda: static_vi_triggered(0, 100),
        lambda: dynamic_vi_triggered(-1, 100, 0.03),
        lambda: dynamic_vi_triggered(100, 100, 0),
        lambda: market_breaker(0.0, 100.0),
    ):
        with pytest.raises(ValueError, match="positive"):
            call()


@given(prices, prices, prices)
def test_static_vi_when_price_is_further_away_then_it_stays_triggered(reference: int, one: int, two: int) -> None:
    near, far = sorted((one, two), key=lambda price: abs(price - reference))
    if static_vi_triggered(reference, near):
        assert static_vi_triggered(reference, far)
