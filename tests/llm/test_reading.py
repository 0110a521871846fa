import json

import pytest
from pydantic import JsonValue

from daybook.contracts.llm import ChatMessage, Role, Usage
from daybook.llm.errors import BadAnswer
from daybook.llm.port import ProviderRequest
from daybook.llm.reading import Heard, canonical, compact_json, count, decode_object, judge, wire_id
from tests.llm.adapter_cases import NEWS, PRICE, Scored

ASKED = ProviderRequest(model="m", messages=(ChatMessage(role=Role.USER, text="?"),), tools=(PRICE, NEWS))
COST = Usage(input_tokens=10, output_tokens=5)


def heard(arguments: JsonValue, text: str = "") -> Heard:
    return Heard(text=text, calls=(("1", "get_price", arguments),), usage=COST)


def test_judge_when_arguments_are_text_or_an_object_then_both_are_read() -> None:
    forms: tuple[JsonValue, ...] = ('{"symbol": "005930"}', {"symbol": "005930"})
    for arguments in forms:
        reply = judge(ASKED, heard(arguments), attempts=1)
        assert reply.tool_calls[0].arguments == {"symbol": "005930"}
    assert judge(ASKED, heard(""), attempts=1).tool_calls[0].arguments == {}


@pytest.mark.parametrize("arguments", ['{"symbol": ', "[1]", '"text"', [1], 3, None])
def test_judge_when_arguments_are_no_object_then_bad_with_its_cost(arguments: JsonValue) -> None:
    with pytest.raises(BadAnswer, match="get_price") as raised:
        judge(ASKED, heard(arguments), attempts=2)
    assert (raised.value.usage, raised.value.attempts) == (COST, 2)


def test_judge_when_an_answer_misses_its_schema_then_the_value_is_not_in_the_error() -> None:
    request = ProviderRequest(model="m", messages=ASKED.messages, answer=Scored)
    with pytest.raises(BadAnswer, match="no Scored: score") as raised:
        judge(request, Heard(text='{"score": "secret words"}', calls=(), usage=COST), attempts=1)
    assert "secret" not in str(raised.value)


def test_judge_when_a_tool_is_called_in_place_of_a_structured_answer_then_the_call_counts() -> None:
    request = ProviderRequest(model="m", messages=ASKED.messages, tools=(PRICE,), answer=Scored)
    reply = judge(request, heard({"symbol": "1"}, text="잠시만요"), attempts=1)
    assert reply.parsed is None
    assert reply.tool_calls


def test_canonical_when_keys_come_in_another_order_then_the_bytes_are_the_same() -> None:
    first: JsonValue = {"b": [{"y": 1, "x": "한글"}], "a": None}
    second: JsonValue = {"a": None, "b": [{"x": "한글", "y": 1}]}
    assert json.dumps(canonical(first)) == json.dumps(canonical(second))
    assert compact_json(first) == compact_json(second) == '{"a":null,"b":[{"x":"한글","y":1}]}'


def test_wire_id_when_another_provider_made_it_odd_then_it_is_replaced_the_same_way_each_time() -> None:
    assert wire_id("toolu_01AB-x") == "toolu_01AB-x"
    odd = "a~b" + "=" * 100
    assert wire_id(odd) == wire_id(odd) != wire_id(odd + "=")
    assert len(wire_id(odd)) <= 64


def test_count_when_a_provider_leaves_out_or_spoils_a_number_then_it_is_zero() -> None:
    assert count({"a": {"b": 7}}, "a", "b") == 7
    spoiled: tuple[object, ...] = (None, {}, {"a": None}, {"a": {"b": "7"}}, {"a": {"b": -1}}, {"a": {"b": True}}, [])
    for raw in spoiled:
        assert count(raw, "a", "b") == 0


@pytest.mark.parametrize("text", ["", "{", "[]", '"x"', "null"])
def test_decode_object_when_the_body_is_no_object_then_bad(text: str) -> None:
    with pytest.raises(BadAnswer):
        decode_object(text, "openai")
