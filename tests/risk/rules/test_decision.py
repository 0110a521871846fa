from typing import Any

import pytest

from daybook.contracts.reasons import DenialCode
from tests.risk.facts import before, buy_codes, quote, sell_codes


@pytest.mark.parametrize(
    ("ticket", "facts", "code"),
    [
        ({"decided_at": before(1_800.1)}, {}, DenialCode.DECISION_STALE),
        ({"decided_at": before(-1.1)}, {}, DenialCode.DECISION_STALE),
        ({"decided_at": None}, {}, DenialCode.UNGROUNDED),
        ({"decision_id": ""}, {}, DenialCode.UNGROUNDED),
        ({"reference_price_krw": 0}, {}, DenialCode.UNGROUNDED),
        ({"reference_price_krw": 70_701}, {}, DenialCode.UNGROUNDED),
        ({"reference_price_krw": 69_299}, {}, DenialCode.UNGROUNDED),
    ],
)
def test_buy_when_its_decision_is_unsound_then_exactly_that_code(
    ticket: dict[str, Any], facts: dict[str, Any], code: DenialCode
) -> None:
    assert buy_codes(ticket, facts) == [code]


@pytest.mark.parametrize(
    "ticket",
    [
        {"decided_at": before(1_800)},
        {"decided_at": before(-1)},
        {"reference_price_krw": 70_700},
        {"reference_price_krw": 69_300},
    ],
)
def test_buy_when_its_decision_is_just_sound_then_nothing_denies(ticket: dict[str, Any]) -> None:
    assert buy_codes(ticket, {}) == []


def test_decision_when_the_quote_is_missing_then_only_the_quote_is_blamed() -> None:
    assert buy_codes({}, {"quote": None}) == [DenialCode.STALE_PRICE]
    assert buy_codes({}, {"quote": quote(price_krw=0)}) == [DenialCode.STALE_PRICE]


def test_sell_when_a_person_made_it_without_a_decision_then_it_passes() -> None:
    assert sell_codes({"decision_id": "", "decided_at": None, "reference_price_krw": 0}, {}) == []
