from typing import Any

import pytest

from daybook.contracts.base import Side
from daybook.contracts.reasons import DenialCode
from tests.risk.facts import BOUGHT, account, buy_codes, holding, open_order, sell_codes

AT_70_000 = {"limit_price_krw": 70_000}
NAMES = tuple(holding(symbol=f"00010{number}", shares=1, price_krw=1_000) for number in range(8))


@pytest.mark.parametrize(
    ("facts", "limits", "codes"),
    [
        ({}, {"max_position_ratio": 0.07}, []),
        ({}, {"max_position_ratio": 0.0699}, [DenialCode.POSITION_PCT]),
        ({"account": account(holdings=(holding(BOUGHT, 10, 70_000),))}, {"max_position_ratio": 0.14}, []),
        (
            {"account": account(holdings=(holding(BOUGHT, 10, 70_000),))},
            {"max_position_ratio": 0.1399},
            [DenialCode.POSITION_PCT],
        ),
        (
            {"account": account(holdings=(holding(BOUGHT, 10, 80_000),))},
            {"max_position_ratio": 0.1499},
            [DenialCode.POSITION_PCT],
        ),
        (
            {"account": account(holdings=(holding(BOUGHT, 10, 60_000),))},
            {"max_position_ratio": 0.1399},
            [DenialCode.POSITION_PCT],
        ),
    ],
)
def test_buy_when_the_position_nears_its_share_then_the_limit_passes(
    facts: dict[str, Any], limits: dict[str, Any], codes: list[str]
) -> None:
    assert buy_codes(AT_70_000, facts, limits) == codes


def test_position_when_a_buy_is_open_in_the_symbol_then_it_counts() -> None:
    facts = {"open_orders": (open_order(shares=10), open_order("000660", shares=90), open_order(side=Side.SELL))}
    both = [DenialCode.DUPLICATE_ORDER, DenialCode.SELF_CROSS]
    assert buy_codes(AT_70_000, facts, {"max_position_ratio": 0.14, "min_cash_ratio": 0}) == both
    assert DenialCode.POSITION_PCT in buy_codes(AT_70_000, facts, {"max_position_ratio": 0.1399})


@pytest.mark.parametrize(("exposure_krw", "codes"), [(2_800_000, []), (2_800_001, [DenialCode.SECTOR_PCT])])
def test_buy_when_the_sector_nears_its_share_then_the_limit_passes(exposure_krw: int, codes: list[str]) -> None:
    assert buy_codes(AT_70_000, {"sector_exposure_krw": exposure_krw}) == codes


def test_names_when_enough_are_held_then_a_new_one_is_denied_and_a_held_one_not() -> None:
    assert buy_codes({}, {"account": account(holdings=NAMES[:7])}) == []
    assert buy_codes({}, {"account": account(holdings=NAMES)}) == [DenialCode.MAX_NAMES]
    with_bought = (*NAMES[:7], holding(BOUGHT, 1, 70_000))
    assert buy_codes({}, {"account": account(holdings=with_bought)}) == []


def test_names_when_being_bought_then_they_count_and_sold_out_ones_do_not() -> None:
    sold_out = (*NAMES[:7], holding("000999", 0, 1_000))
    assert buy_codes({}, {"account": account(holdings=sold_out)}) == []
    buying = {"account": account(holdings=NAMES[:7]), "open_orders": (open_order("000660"),)}
    assert buy_codes({}, buying) == [DenialCode.MAX_NAMES]
    selling = {"account": account(holdings=NAMES[:7]), "open_orders": (open_order("000660", Side.SELL),)}
    assert buy_codes({}, selling) == []


def test_sell_when_the_portfolio_is_beyond_every_share_then_it_passes() -> None:
    nothing_allowed = {"max_position_ratio": 0, "max_sector_ratio": 0, "max_names": 0}
    assert sell_codes({}, {"sector_exposure_krw": 9_000_000}, nothing_allowed) == []
