import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import Rounding, is_on_tick, round_to_tick, tick_size, ticks_away

STOCK, ETF, ETN, ELW = SecurityKind.STOCK, SecurityKind.ETF, SecurityKind.ETN, SecurityKind.ELW
kinds = st.sampled_from(SecurityKind)
directions = st.sampled_from(Rounding)
prices = st.integers(1, 3_000_000)
fractional_prices = st.one_of(prices, st.floats(0.01, 3_000_000, allow_nan=False))
LOWEST = {STOCK: 1, ETF: 1, ETN: 1, ELW: 5}


@pytest.mark.parametrize(
    ("price_krw", "tick"),
    [
        (1, 1),
        (1_999, 1),
        (2_000, 5),
        (4_995, 5),
        (5_000, 10),
        (19_990, 10),
        (20_000, 50),
        (49_950, 50),
        (50_000, 100),
        (199_900, 100),
        (200_000, 500),
        (499_500, 500),
        (500_000, 1_000),
        (1_200_000, 1_000),
    ],
)
def test_tick_size_when_price_is_at_a_band_edge_then_the_2023_table_holds(price_krw: int, tick: int) -> None:
    assert tick_size(price_krw) == tick


@pytest.mark.parametrize(
    ("kind", "price_krw", "tick"),
    [(ETF, 1_999, 1), (ETF, 2_000, 5), (ETF, 150_000, 5), (ETN, 1_999, 1), (ETN, 9_000, 5), (ELW, 5, 5), (ELW, 90, 5)],
)
def test_tick_size_when_security_is_no_stock_then_its_own_table_holds(
    kind: SecurityKind, price_krw: int, tick: int
) -> None:
    assert tick_size(price_krw, kind) == tick


@pytest.mark.parametrize("price_krw", [0, -5])
def test_tick_functions_when_price_is_not_positive_then_refused(price_krw: int) -> None:
    for call in (
        lambda: tick_size(price_krw),
        lambda: round_to_tick(price_krw, STOCK, Rounding.DOWN),
        lambda: ticks_away(price_krw, 1),
    ):
        with pytest.raises(ValueError, match="positive"):
            call()
    assert not is_on_tick(price_krw)


@pytest.mark.parametrize("price", [float("nan"), float("inf")])
def test_round_to_tick_when_price_is_not_finite_then_refused(price: float) -> None:
    with pytest.raises(ValueError, match="finite"):
        round_to_tick(price, STOCK, Rounding.NEAREST)


@pytest.mark.parametrize(
    ("price", "direction", "expected"),
    [
        (70_549, Rounding.DOWN, 70_500),
        (70_501, Rounding.UP, 70_600),
        (70_549, Rounding.NEAREST, 70_500),
        (70_550, Rounding.NEAREST, 70_600),
        (49_960, Rounding.UP, 50_000),
        (199_999, Rounding.UP, 200_000),
        (199_950.5, Rounding.NEAREST, 200_000),
        (1_999.5, Rounding.UP, 2_000),
        (1_999.4, Rounding.NEAREST, 1_999),
        (0.4, Rounding.DOWN, 1),
    ],
)
def test_round_to_tick_when_price_is_between_ticks_then_the_direction_decides(
    price: float, direction: Rounding, expected: int
) -> None:
    assert round_to_tick(price, STOCK, direction) == expected


@pytest.mark.parametrize(
    ("price_krw", "count", "expected"),
    [
        (49_950, 1, 50_000),
        (49_950, 2, 50_100),
        (50_000, -1, 49_950),
        (500_000, -1, 499_500),
        (500_000, 1, 501_000),
        (1_998, 4, 2_010),
        (70_550, 1, 70_600),
        (70_550, -1, 70_500),
        (70_550, 0, 70_550),
        (3, -10, 1),
    ],
)
def test_ticks_away_when_the_way_crosses_bands_then_each_bands_tick_counts(
    price_krw: int, count: int, expected: int
) -> None:
    assert ticks_away(price_krw, count) == expected


@given(fractional_prices, kinds, directions)
def test_round_to_tick_when_repeated_then_nothing_changes(
    price: float, kind: SecurityKind, direction: Rounding
) -> None:
    once = round_to_tick(price, kind, direction)
    assert is_on_tick(once, kind)
    assert round_to_tick(once, kind, direction) == once


@given(fractional_prices, fractional_prices, kinds, directions)
def test_round_to_tick_when_price_is_higher_then_result_is_not_lower(
    one: float, two: float, kind: SecurityKind, direction: Rounding
) -> None:
    low, high = sorted((one, two))
    assert round_to_tick(low, kind, direction) <= round_to_tick(high, kind, direction)


@given(fractional_prices, kinds)
def test_round_to_tick_when_rounded_both_ways_then_price_lies_within_one_tick(price: float, kind: SecurityKind) -> None:
    down, up, nearest = (round_to_tick(price, kind, direction) for direction in Rounding)
    assert nearest in (down, up)
    assert price <= up
    assert down <= max(price, LOWEST[kind])
    assert up - down in (0, tick_size(down, kind))


@given(prices, st.integers(-500, 500), kinds)
def test_ticks_away_when_going_there_and_back_then_the_start_is_reached(
    price_krw: int, count: int, kind: SecurityKind
) -> None:
    start = round_to_tick(price_krw, kind, Rounding.UP)
    there = ticks_away(start, count, kind)
    assert is_on_tick(there, kind)
    if there > LOWEST[kind]:
        assert ticks_away(there, -count, kind) == start


@given(prices, st.integers(1, 40), kinds)
def test_ticks_away_when_counted_one_by_one_then_the_sum_is_the_same(
    price_krw: int, count: int, kind: SecurityKind
) -> None:
    for sign in (1, -1):
        stepped = price_krw
        for _ in range(count):
            stepped = ticks_away(stepped, sign, kind)
        assert stepped == ticks_away(price_krw, sign * count, kind)
