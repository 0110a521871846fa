from typing import Any

import pytest

from daybook.contracts.base import Mode, TradingState
from daybook.contracts.reasons import DenialCode
from tests.risk.facts import account, approval, before, buy, buy_codes, sell_codes

LIVE_TICKET = {"mode": Mode.LIVE}
LIVE_FACTS = {"mode": Mode.LIVE, "approval": approval(buy(mode=Mode.LIVE))}


@pytest.mark.parametrize(
    ("ticket", "facts", "code"),
    [
        ({"mode": Mode.MOCK}, {}, DenialCode.MODE_MISMATCH),
        ({}, {"mode": Mode.MOCK}, DenialCode.MODE_MISMATCH),
        (LIVE_TICKET, LIVE_FACTS, DenialCode.MODE_NOT_ARMED),
        ({}, {"trading_state": TradingState.HALTED}, DenialCode.TRADING_HALTED),
        ({}, {"trading_state": TradingState.REDUCING}, DenialCode.TRADING_REDUCING),
        ({}, {"index_change_ratio": -0.03}, DenialCode.TRADING_REDUCING),
        ({}, {"reconciled": False}, DenialCode.NOT_RECONCILED),
        ({}, {"account": account(observed_at=before(60.1))}, DenialCode.NOT_RECONCILED),
        ({}, {"account": account(observed_at=before(-1.1))}, DenialCode.NOT_RECONCILED),
    ],
)
def test_buy_when_the_desk_may_not_then_exactly_that_code(
    ticket: dict[str, Any], facts: dict[str, Any], code: DenialCode
) -> None:
    assert buy_codes(ticket, facts) == [code]


@pytest.mark.parametrize(
    ("ticket", "facts"),
    [
        ({}, {}),
        ({"mode": Mode.MOCK}, {"mode": Mode.MOCK}),
        (LIVE_TICKET, {**LIVE_FACTS, "armed": True}),
        ({}, {"index_change_ratio": -0.0299}),
        ({}, {"account": account(observed_at=before(60))}),
        ({}, {"account": account(observed_at=before(-1))}),
    ],
)
def test_buy_when_the_desk_just_may_then_nothing_denies(ticket: dict[str, Any], facts: dict[str, Any]) -> None:
    assert buy_codes(ticket, facts) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"trading_state": TradingState.REDUCING},
        {"index_change_ratio": -0.2},
        {"account": account(observed_at=before(600))},
    ],
)
def test_sell_when_only_entries_are_barred_then_it_passes(facts: dict[str, Any]) -> None:
    assert sell_codes({}, facts) == []


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"trading_state": TradingState.HALTED}, DenialCode.TRADING_HALTED),
        ({"reconciled": False}, DenialCode.NOT_RECONCILED),
        ({"mode": Mode.MOCK}, DenialCode.MODE_MISMATCH),
    ],
)
def test_sell_when_nothing_may_be_sent_then_it_is_denied(facts: dict[str, Any], code: DenialCode) -> None:
    assert sell_codes({}, facts) == [code]


def test_buy_when_labelled_an_exit_then_entry_rules_still_hold() -> None:
    assert buy_codes({"purpose": "exit"}, {"trading_state": TradingState.REDUCING}) == [DenialCode.TRADING_REDUCING]


def test_armed_record_when_not_live_then_it_is_not_needed() -> None:
    assert buy_codes({}, {"armed": False}) == []
