from typing import Any

import pytest

from daybook.contracts.base import Side
from daybook.contracts.reasons import DenialCode
from tests.risk.facts import account, buy_codes, open_order, sell_codes

AT_70_000 = {"limit_price_krw": 70_000}
COST_KRW = 700_350
"""Ten shares at 70,000 won and 0.05 % set aside for commission."""


def cash(**changes: int) -> dict[str, Any]:
    return {"account": account(**changes)}


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (cash(orderable_cash_krw=COST_KRW), []),
        (cash(orderable_cash_krw=COST_KRW - 1), [DenialCode.CASH]),
        ({"orderable_cash_krw": COST_KRW}, []),
        ({"orderable_cash_krw": COST_KRW - 1}, [DenialCode.CASH]),
        ({"orderable_cash_krw": 0}, [DenialCode.CASH]),
        ({**cash(orderable_cash_krw=0), "orderable_cash_krw": COST_KRW}, []),
        ({"orderable_cash_krw": COST_KRW + 5, "reserved_krw": 5}, []),
        ({"orderable_cash_krw": COST_KRW + 5, "reserved_krw": 6}, [DenialCode.CASH]),
        (cash(settled_cash_krw=1_000_000 + COST_KRW), []),
        (cash(settled_cash_krw=1_000_000 + COST_KRW - 1), [DenialCode.CASH_FLOOR]),
        ({**cash(settled_cash_krw=1_000_000 + COST_KRW + 5), "reserved_krw": 5}, []),
        ({**cash(settled_cash_krw=1_000_000 + COST_KRW + 5), "reserved_krw": 6}, [DenialCode.CASH_FLOOR]),
    ],
)
def test_buy_when_cash_just_covers_it_then_it_passes_and_a_won_less_denies(
    facts: dict[str, Any], codes: list[str]
) -> None:
    assert buy_codes(AT_70_000, facts) == codes


def test_cash_floor_when_buys_are_open_then_they_count_as_spent() -> None:
    settled = cash(settled_cash_krw=1_000_000 + COST_KRW + 50_000)
    one = open_order("000660", shares=1, limit_price_krw=50_000)
    sell = open_order("000270", Side.SELL, shares=1_000)
    assert buy_codes(AT_70_000, {**settled, "open_orders": (one, sell)}) == []
    two = open_order("000660", shares=2, limit_price_krw=50_000)
    assert buy_codes(AT_70_000, {**settled, "open_orders": (two, sell)}) == [DenialCode.CASH_FLOOR]


def test_sell_when_there_is_no_cash_then_it_passes() -> None:
    assert sell_codes({}, cash(settled_cash_krw=-1, orderable_cash_krw=0)) == []
