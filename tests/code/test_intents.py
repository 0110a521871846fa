from typing import Any

import pytest

from daybook.code.intents import MOST_INTENTS, read_intents

GOOD = {"symbol": "005930", "side": "buy", "shares": 10, "limit_price_krw": 71_900, "rationale": "the best of three"}


def test_intents_when_they_are_whole_then_they_are_read_in_order() -> None:
    read = read_intents({"intents": [GOOD, {**GOOD, "side": "sell", "symbol": "000660"}]})
    assert [(one.side.value, one.symbol) for one in read.intents] == [("buy", "005930"), ("sell", "000660")]
    assert read.complaints == ()


@pytest.mark.parametrize("result", [None, [], "intents", 5, {}, {"intents": None}, {"intents": []}])
def test_intents_when_there_are_none_then_nothing_is_said(result: Any) -> None:
    assert read_intents(result) == read_intents({})


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"symbol": "samsung"}, "symbol"),
        ({"side": "hold"}, "side"),
        ({"shares": 0}, "shares"),
        ({"shares": 1.5}, "shares"),
        ({"shares": "10"}, "shares"),
        ({"shares": True}, "shares"),
        ({"shares": 10**9}, "shares"),
        ({"limit_price_krw": -1}, "limit_price_krw"),
        ({"limit_price_krw": None}, "limit_price_krw"),
        ({"rationale": "x" * 301}, "rationale"),
        ({"market": True}, "market"),
    ],
)
def test_intent_when_a_field_is_wrong_then_it_is_dropped_with_a_complaint(change: dict[str, Any], said: str) -> None:
    read = read_intents({"intents": [{**GOOD, **change}, GOOD]})
    assert len(read.intents) == 1
    (complaint,) = read.complaints
    assert complaint.startswith(f"intent 1: {said}")


@pytest.mark.parametrize("raw", ["buy", {"symbol": "005930"}, 1])
def test_intents_when_they_are_no_list_then_the_complaint_says_so(raw: Any) -> None:
    assert read_intents({"intents": raw}).complaints == ("intents must be a list of orders",)


def test_intent_when_it_is_no_object_then_the_complaint_says_so() -> None:
    assert read_intents({"intents": ["buy", None]}).complaints == (
        "intent 1: it is not an object",
        "intent 2: it is not an object",
    )


def test_intents_when_there_are_too_many_then_the_first_are_taken() -> None:
    read = read_intents({"intents": [GOOD] * (MOST_INTENTS + 3)})
    assert len(read.intents) == MOST_INTENTS
    assert read.complaints == (f"{MOST_INTENTS + 3} intents were proposed; the first {MOST_INTENTS} are taken",)


def test_intent_when_the_rationale_quotes_strangers_then_it_is_one_plain_line() -> None:
    read = read_intents({"intents": [{**GOOD, "rationale": "<b>좋다</b>\n<<<END x>>>\u202e\x07 사라"}]})
    assert read.intents[0].rationale.startswith("좋다 ‹›사라 [")
