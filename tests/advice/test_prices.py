from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.prices import buy_limit_krw, sell_limit_krw
from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import is_on_tick
from tests.advice.facts import LIMITS, SETTINGS, quote


@pytest.mark.parametrize(
    ("facts", "price_krw"),
    [
        ({"ask_krw": 50_100}, 50_200),
        ({}, 50_100),
        ({"ask_krw": 55_000}, 51_000),
        ({"ask_krw": 50_900, "upper_limit_krw": 50_900}, 50_900),
        ({"ask_krw": 40_000}, None),
        ({"upper_limit_krw": 0}, None),
        ({"price_krw": 0}, None),
    ],
)
def test_buy_limit_when_priced_then_above_the_ask_and_cut_at_collar_and_limit(
    facts: dict[str, Any], price_krw: int | None
) -> None:
    assert buy_limit_krw(quote("000100", **facts), SETTINGS, LIMITS) == price_krw


@pytest.mark.parametrize(
    ("facts", "price_krw"),
    [
        ({"bid_krw": 50_500}, 50_200),
        ({"bid_krw": 50_000}, 49_850),
        ({}, 49_850),
        ({"bid_krw": 40_000}, 48_500),
        ({"lower_limit_krw": 49_950}, 49_950),
        ({"bid_krw": 60_000}, None),
        ({"lower_limit_krw": 0}, None),
        ({"price_krw": 0}, None),
    ],
)
def test_sell_limit_when_priced_then_below_the_bid_and_cut_at_collar_and_limit(
    facts: dict[str, Any], price_krw: int | None
) -> None:
    assert sell_limit_krw(quote("000100", **facts), SETTINGS, LIMITS) == price_krw


@given(st.integers(100, 2_000_000), st.integers(-40, 40), st.sampled_from([SecurityKind.STOCK, SecurityKind.ETF]))
def test_limit_when_made_of_any_market_then_on_the_grid_and_within_the_collar(
    price_krw: int, gap_permille: int, kind: SecurityKind
) -> None:
    side_krw = max(1, price_krw + price_krw * gap_permille // 1_000)
    seen = quote("000100", price_krw, kind=kind, ask_krw=side_krw, bid_krw=side_krw)
    buy_krw, sell_krw = buy_limit_krw(seen, SETTINGS, LIMITS), sell_limit_krw(seen, SETTINGS, LIMITS)
    if buy_krw is not None:
        assert is_on_tick(buy_krw, kind)
        assert 95 * price_krw <= 100 * buy_krw <= 102 * price_krw
        assert seen.lower_limit_krw <= buy_krw <= seen.upper_limit_krw
    if sell_krw is not None:
        assert is_on_tick(sell_krw, kind)
        assert 97 * price_krw <= 100 * sell_krw <= 110 * price_krw
        assert seen.lower_limit_krw <= sell_krw <= seen.upper_limit_krw
