from typing import Any

import pytest

from daybook.contracts.orders import OrderKind
from daybook.contracts.reasons import DenialCode
from tests.risk.facts import HELD, NOW, before, buy_codes, held_quote, quote, sell_codes

MARKET = {"kind": OrderKind.MARKET, "limit_price_krw": 0}


@pytest.mark.parametrize(
    ("ticket", "facts", "code"),
    [
        (MARKET, {}, DenialCode.MARKET_ORDER),
        ({"limit_price_krw": 0}, {}, DenialCode.TICK_INVALID),
        ({"limit_price_krw": 70_050}, {}, DenialCode.TICK_INVALID),
        ({"limit_price_krw": 71_500}, {}, DenialCode.PRICE_COLLAR),
        ({"limit_price_krw": 66_400}, {}, DenialCode.PRICE_COLLAR),
        ({}, {"quote": quote(upper_limit_krw=70_000)}, DenialCode.PRICE_LIMIT),
        ({}, {"quote": quote(lower_limit_krw=70_200)}, DenialCode.PRICE_LIMIT),
        ({}, {"quote": quote(upper_limit_krw=0, lower_limit_krw=0)}, DenialCode.PRICE_LIMIT),
        ({}, {"quote": None}, DenialCode.STALE_PRICE),
        ({}, {"quote": quote(symbol=HELD)}, DenialCode.STALE_PRICE),
        ({}, {"quote": quote(price_krw=0)}, DenialCode.STALE_PRICE),
        ({}, {"quote": quote(observed_at=before(5.1))}, DenialCode.STALE_PRICE),
        ({}, {"quote": quote(observed_at=before(-1.1))}, DenialCode.STALE_PRICE),
        ({}, {"last_trade_at": before(301)}, DenialCode.STALE_PRICE),
        ({}, {"quote": quote(vi_active=True)}, DenialCode.VI_ACTIVE),
        ({}, {"vi_released_at": before(119)}, DenialCode.VI_ACTIVE),
    ],
)
def test_buy_when_its_price_is_wrong_then_exactly_that_code(
    ticket: dict[str, Any], facts: dict[str, Any], code: DenialCode
) -> None:
    assert buy_codes(ticket, facts) == [code]


@pytest.mark.parametrize(
    ("ticket", "facts"),
    [
        ({"limit_price_krw": 71_400}, {}),
        ({"limit_price_krw": 66_500}, {}),
        ({}, {"quote": quote(upper_limit_krw=70_100)}),
        ({}, {"quote": quote(lower_limit_krw=70_100)}),
        ({}, {"quote": quote(observed_at=before(5))}),
        ({}, {"quote": quote(observed_at=before(-1))}),
        ({}, {"last_trade_at": before(300)}),
        ({}, {"vi_released_at": before(120)}),
    ],
)
def test_buy_when_its_price_is_just_right_then_nothing_denies(ticket: dict[str, Any], facts: dict[str, Any]) -> None:
    assert buy_codes(ticket, facts) == []


@pytest.mark.parametrize(
    ("price_krw", "codes"),
    [
        (48_500, []),
        (48_450, [DenialCode.PRICE_COLLAR]),
        (55_000, []),
        (55_100, [DenialCode.PRICE_COLLAR]),
    ],
)
def test_sell_when_its_price_nears_the_collar_then_the_edge_passes(price_krw: int, codes: list[str]) -> None:
    assert sell_codes({"limit_price_krw": price_krw}, {}) == codes


def test_market_sell_when_allowed_then_it_passes_and_else_not() -> None:
    assert sell_codes(MARKET, {}) == []
    assert sell_codes(MARKET, {}, {"allow_market_sells": False}) == [DenialCode.MARKET_ORDER]


def test_market_buy_when_allowed_then_it_is_valued_at_the_upper_limit() -> None:
    allowed = {"allow_market_buys": True}
    assert buy_codes(MARKET, {}, allowed) == []
    twelve_shares = {**MARKET, "shares": 12}
    assert buy_codes(twelve_shares, {}, allowed) == [DenialCode.ORDER_NOTIONAL]


def test_market_order_when_it_carries_a_price_then_malformed() -> None:
    assert sell_codes({**MARKET, "limit_price_krw": 50_000}, {}) == [DenialCode.TICK_INVALID]


@pytest.mark.parametrize(
    "facts",
    [
        {"last_trade_at": before(4_000)},
        {"quote": held_quote(vi_active=True)},
        {"vi_released_at": NOW},
    ],
)
def test_sell_when_only_entries_are_barred_then_it_passes(facts: dict[str, Any]) -> None:
    assert sell_codes({}, facts) == []


def test_sell_when_its_quote_is_stale_then_denied() -> None:
    assert sell_codes({}, {"quote": held_quote(observed_at=before(6))}) == [DenialCode.STALE_PRICE]
