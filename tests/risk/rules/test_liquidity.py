from typing import Any

import pytest

from daybook.contracts.reasons import DenialCode
from tests.risk.facts import buy_codes, held_quote, quote, sell_codes

NO_MINIMUM = {"min_average_turnover_krw": 0}


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({"average_turnover_krw": 2_999_999_999}, {}),
        ({"average_turnover_krw": None}, {}),
        ({"average_turnover_krw": None}, NO_MINIMUM),
        ({"average_turnover_krw": 70_099_999}, NO_MINIMUM),
        ({"quote": quote(ask_krw=70_800, bid_krw=70_000)}, {}),
    ],
)
def test_buy_when_the_symbol_is_illiquid_then_exactly_liquidity(facts: dict[str, Any], limits: dict[str, Any]) -> None:
    assert buy_codes({}, facts, limits) == [DenialCode.LIQUIDITY]


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({"average_turnover_krw": 3_000_000_000}, {}),
        ({"average_turnover_krw": 70_100_000}, NO_MINIMUM),
        ({"quote": quote(ask_krw=70_350, bid_krw=69_650)}, {}),
        ({"quote": quote(ask_krw=None, bid_krw=60_000)}, {}),
    ],
)
def test_buy_when_the_symbol_is_just_liquid_then_nothing_denies(facts: dict[str, Any], limits: dict[str, Any]) -> None:
    assert buy_codes({}, facts, limits) == []


def test_sell_when_the_symbol_became_illiquid_then_it_passes() -> None:
    wide = held_quote(ask_krw=60_000, bid_krw=50_000)
    assert sell_codes({}, {"average_turnover_krw": None, "quote": wide}) == []
