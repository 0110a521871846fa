import json

import pytest

from daybook.contracts.llm import ChatMessage, ModelToolCall, Role, Usage
from daybook.llm.anthropic_adapter import build_request, read_usage
from daybook.llm.catalogue import Catalogue
from daybook.llm.port import CacheMarks, ProviderRequest
from tests.llm.adapter_cases import CASES, NEWS, PRICE, Scored, called, result, user
from tests.llm.stand_ins import StandIn

CASE = next(case for case in CASES if case.name == "anthropic")
HAIKU, SONNET, OPUS, OLD = (
    Catalogue.shipped().model(name).supports
    for name in ("claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5")
)
LONG_SYSTEM = "너는 한국 주식 비서다. " * 80
STABLE = CacheMarks(mark_tools=True, mark_system=True)


def test_request_when_built_then_these_are_its_bytes() -> None:
    request = ProviderRequest(
        model="claude-haiku-5-5",
        system="짧게 답해.",
        messages=(user("얼마?"),),
        tools=(NEWS,),
        effort="none",
        cache=CacheMarks(key="unused", mark_tools=True, mark_system=True, ttl="1h"),
        max_output_tokens=200,
    )
    expected = (
        '{"model":"claude-haiku-5-5","max_tokens":200,"messages":[{"role":"user","content":[{"type":"text",'
        '"text":"얼마?"}]}],"tools":[{"name":"search_news","description":"Search news.","input_schema":{"properties":'
        '{"word":{"type":"string"}},"type":"object"},"cache_control":{"type":"ephemeral","ttl":"1h"}}],'
        '"system":[{"type":"text","text":"짧게 답해.","cache_control":{"type":"ephemeral","ttl":"1h"}}],'
        '"thinking":{"type":"disabled"},"output_config":{"effort":"low"}}'
    )
    assert json.dumps(build_request(request, HAIKU), ensure_ascii=False, separators=(",", ":")) == expected


def test_request_when_no_thinking_is_wanted_then_each_model_is_told_in_its_own_way() -> None:
    assert build_request(CASE.ask(effort="none"), SONNET)["thinking"] == {"type": "between_tools"}
    assert "thinking" not in build_request(CASE.ask(effort="none"), OPUS)
    assert "output_config" not in build_request(CASE.ask(effort=""), OLD)


def test_request_when_results_and_questions_follow_each_other_then_they_are_one_turn_with_results_first() -> None:
    calls = [ModelToolCall(id=f"c{number}", name="search_news") for number in (1, 2)]
    messages = (
        user("뉴스?"),
        called(calls, "찾을게요"),
        result(calls[0], "하나"),
        result(calls[1], "둘"),
        user("그리고?"),
    )
    turns = build_request(CASE.ask(messages=messages), HAIKU)["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user"]
    assert [block["type"] for block in turns[2]["content"]] == ["tool_result", "tool_result", "text"]


def test_request_when_the_assistant_said_nothing_then_no_empty_block_is_sent() -> None:
    messages = (user("a"), ChatMessage(role=Role.ASSISTANT, text=" "), user("b"))
    turns = build_request(CASE.ask(messages=messages), HAIKU)["messages"]
    assert all(turn["content"] for turn in turns)
    assert json.dumps(turns).count('"text": " "') == 0


def test_request_when_an_answer_has_bounds_then_they_are_told_in_words() -> None:
    schema = build_request(CASE.ask(answer=Scored), HAIKU)["output_config"]["format"]["schema"]
    assert schema["additionalProperties"] is False
    assert "maximum" not in schema["properties"]["score"]
    assert "maximum: 1" in schema["properties"]["score"]["description"]


def test_usage_when_the_provider_leaves_cached_tokens_out_then_ours_puts_them_in() -> None:
    raw = {
        "input_tokens": 50,
        "cache_read_input_tokens": 900,
        "cache_creation_input_tokens": 100,
        "output_tokens": 30,
        "output_tokens_details": {"thinking_tokens": 12},
    }
    assert read_usage(raw) == Usage(
        input_tokens=1050, cached_tokens=900, cache_write_tokens=100, output_tokens=30, reasoning_tokens=12
    )
    assert read_usage({"input_tokens": 5, "cache_read_input_tokens": None}) == Usage(input_tokens=5)


@pytest.mark.parametrize("ttl", ["", "1h"])
async def test_cache_when_marked_then_written_once_read_after_and_gone_after_its_lifetime(ttl: str) -> None:
    now = [0.0]
    marks = CacheMarks(mark_tools=True, mark_system=True, ttl=ttl)
    with StandIn.start("anthropic", script=lambda asked: asked.question, now=lambda: now[0]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        usages = []
        for text, wait_s in (("하나", 0.0), ("둘", 200.0), ("셋", 200.0), ("넷", 400.0)):
            now[0] += wait_s
            reply = await provider.complete(CASE.ask(text, system=LONG_SYSTEM, tools=(PRICE, NEWS), cache=marks))
            usages.append(reply.usage)
        await provider.close()
    first, second, third, fourth = usages
    assert first.cache_write_tokens > 512
    assert (second.cached_tokens, second.cache_write_tokens) == (first.cache_write_tokens, 0)
    assert third.cached_tokens == first.cache_write_tokens, "a read keeps the prefix alive"
    assert (fourth.cached_tokens == 0) is (ttl == "")
    assert stand_in.usage_total.input_tokens == sum(usage.input_tokens for usage in usages)
    written = stand_in.raw_usages[0]["cache_creation"]
    assert written["ephemeral_1h_input_tokens" if ttl else "ephemeral_5m_input_tokens"] == first.cache_write_tokens


async def test_cache_when_nothing_is_marked_or_the_prefix_is_short_then_nothing_is_cached() -> None:
    with StandIn.start("anthropic", script=lambda asked: "네") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        for request in [CASE.ask(system=LONG_SYSTEM, tools=(PRICE,)), CASE.ask(system="짧다", cache=STABLE)] * 2:
            usage = (await provider.complete(request)).usage
            assert (usage.cached_tokens, usage.cache_write_tokens) == (0, 0)
        await provider.close()


async def test_cache_when_the_allowed_tools_change_then_the_prefix_is_another_one() -> None:
    with StandIn.start("anthropic", script=lambda asked: "네") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        asks = [
            CASE.ask(system=LONG_SYSTEM, tools=(PRICE, NEWS), cache=STABLE, allowed_tools=allowed)
            for allowed in (None, ("get_price",))
        ]
        usages = [(await provider.complete(ask)).usage for ask in asks]
        await provider.close()
    assert usages[1].cached_tokens == 0


async def test_adapter_when_it_speaks_then_the_key_is_a_bearer_token_of_the_new_version() -> None:
    with StandIn.start("anthropic") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        await provider.complete(CASE.ask())
        await provider.close()
    assert stand_in.headers[0]["anthropic-version"] == "2026-10-21"
    assert stand_in.headers[0]["authorization"] == f"Bearer {stand_in.api_key}"


@pytest.mark.parametrize("model", ["claude-haiku-5-5", "claude-sonnet-5-5", "claude-opus-5-5", "claude-haiku-4-5"])
async def test_adapter_when_each_models_cheapest_effort_is_sent_then_the_provider_takes_it(model: str) -> None:
    entry = Catalogue.shipped().model(model)
    with StandIn.start("anthropic", script=lambda asked: "네") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        for wanted in ("none", "low", "high", ""):
            await provider.complete(CASE.ask(model=model, effort=entry.effort(wanted)))
        await provider.close()
    assert len(stand_in.usages) == 4
