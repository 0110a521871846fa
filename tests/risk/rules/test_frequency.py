from datetime import timedelta
from typing import Any

import pytest

from daybook.contracts.base import Side
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import DayCounters
from tests.risk.facts import BOUGHT, HELD, NOW, before, buy, buy_codes, open_order, sell_codes


def counted(**counts: int) -> dict[str, Any]:
    return {"counters": DayCounters(**counts)}


def submits(count: int, age_s: float) -> dict[str, Any]:
    return {"recent_submits_at": (before(age_s),) * count}


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (counted(orders=19), []),
        (counted(orders=20), [DenialCode.DAILY_ORDERS]),
        (counted(symbol_orders=3), []),
        (counted(symbol_orders=4), [DenialCode.SYMBOL_ORDERS]),
        (counted(buys_krw=2_299_000), []),
        (counted(buys_krw=2_299_001), [DenialCode.DAILY_TURNOVER]),
        (submits(11, 1), []),
        (submits(12, 1), [DenialCode.RATE]),
        (submits(50, 10), []),
        (submits(50, 9.9), [DenialCode.RATE]),
        ({"last_loss_exit_at": NOW - timedelta(hours=24)}, []),
        ({"last_loss_exit_at": NOW - timedelta(hours=24, seconds=-1)}, [DenialCode.REENTRY_COOLDOWN]),
        ({"last_loss_exit_at": NOW}, [DenialCode.REENTRY_COOLDOWN]),
    ],
)
def test_buy_when_a_count_nears_its_limit_then_the_limit_passes(facts: dict[str, Any], codes: list[str]) -> None:
    assert buy_codes({}, facts) == codes


@pytest.mark.parametrize(
    ("facts", "codes"),
    [
        (counted(orders=39), []),
        (counted(orders=40), [DenialCode.DAILY_ORDERS]),
        (counted(symbol_orders=7), []),
        (counted(symbol_orders=8), [DenialCode.SYMBOL_ORDERS]),
        (counted(buys_krw=9_000_000), []),
        (submits(12, 1), [DenialCode.RATE]),
        ({"last_loss_exit_at": NOW}, []),
    ],
)
def test_sell_when_a_count_nears_its_limit_then_it_has_its_own_reserve(facts: dict[str, Any], codes: list[str]) -> None:
    assert sell_codes({}, facts) == codes


@pytest.mark.parametrize(
    ("order", "codes"),
    [
        (open_order(BOUGHT, Side.BUY), [DenialCode.DUPLICATE_ORDER]),
        (open_order(BOUGHT, Side.BUY, shares=0), [DenialCode.DUPLICATE_ORDER]),
        (open_order(BOUGHT, Side.BUY, intent_id=""), [DenialCode.DUPLICATE_ORDER]),
        (open_order("000660", Side.SELL, intent_id=buy().intent_id), [DenialCode.DUPLICATE_ORDER]),
        (open_order(BOUGHT, Side.SELL), [DenialCode.SELF_CROSS]),
        (open_order("000660", Side.BUY), []),
        (open_order(HELD, Side.SELL), []),
    ],
)
def test_buy_when_another_order_is_open_then_one_in_flight_for_symbol_and_side(order: Any, codes: list[str]) -> None:
    assert buy_codes({}, {"open_orders": (order,)}) == codes


@pytest.mark.parametrize(
    ("side", "codes"),
    [(Side.SELL, [DenialCode.DUPLICATE_ORDER]), (Side.BUY, [DenialCode.SELF_CROSS])],
)
def test_sell_when_another_order_is_open_then_denied(side: Side, codes: list[str]) -> None:
    assert sell_codes({}, {"open_orders": (open_order(HELD, side),)}) == codes
