from typing import Any

import pytest

from daybook.contracts.market import SecurityKind
from daybook.contracts.reasons import DenialCode
from tests.risk.facts import BOUGHT, HELD, buy_codes, held_quote, quote, sell_codes

NOT_ALLOWED = DenialCode.SYMBOL_NOT_ALLOWED


@pytest.mark.parametrize(
    "facts",
    [
        {"allowed_symbols": ()},
        {"allowed_symbols": (HELD,)},
        {"quote": quote(is_halted=True)},
        {"quote": quote(is_administrative=True)},
        {"quote": quote(is_in_liquidation=True)},
        {"quote": quote(warning_level=2)},
        {"quote": quote(kind=SecurityKind.ETN)},
        {"quote": quote(kind=SecurityKind.ELW)},
        {"is_leveraged": True},
        {"sessions_listed": 19},
        {"sessions_listed": None},
    ],
)
def test_buy_when_the_symbol_is_barred_then_exactly_not_allowed(facts: dict[str, Any]) -> None:
    assert buy_codes({}, facts) == [NOT_ALLOWED]


@pytest.mark.parametrize(
    ("facts", "limits"),
    [
        ({"quote": quote(warning_level=1)}, {}),
        ({"quote": quote(kind=SecurityKind.ETF)}, {}),
        ({"is_leveraged": True}, {"deny_leveraged": False}),
        ({"sessions_listed": 20}, {}),
        ({"sessions_listed": None}, {"min_sessions_listed": 0}),
        ({"quote": quote(kind=SecurityKind.ETN)}, {"denied_kinds": ()}),
        ({"locked_symbols": (HELD,)}, {}),
    ],
)
def test_buy_when_the_symbol_just_may_be_bought_then_nothing_denies(
    facts: dict[str, Any], limits: dict[str, Any]
) -> None:
    assert buy_codes({}, facts, limits) == []


def test_order_when_its_symbol_is_locked_then_denied_on_both_sides() -> None:
    locked = {"locked_symbols": (BOUGHT, HELD)}
    assert buy_codes({}, locked) == [DenialCode.SYMBOL_LOCKED]
    assert sell_codes({}, locked) == [DenialCode.SYMBOL_LOCKED]


def test_sell_when_the_exchange_halted_the_symbol_then_denied() -> None:
    assert sell_codes({}, {"quote": held_quote(is_halted=True)}) == [NOT_ALLOWED]


@pytest.mark.parametrize(
    "facts",
    [
        {"allowed_symbols": ()},
        {"quote": held_quote(is_administrative=True)},
        {"quote": held_quote(is_in_liquidation=True)},
        {"quote": held_quote(warning_level=3)},
        {"quote": held_quote(kind=SecurityKind.ETN)},
        {"is_leveraged": True},
        {"sessions_listed": 3},
    ],
)
def test_sell_when_the_symbol_may_no_longer_be_bought_then_it_passes(facts: dict[str, Any]) -> None:
    assert sell_codes({}, facts) == []
