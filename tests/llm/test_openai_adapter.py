import json

import pytest
from pydantic import JsonValue

from daybook.contracts.llm import ModelToolCall, Usage
from daybook.llm.catalogue_entry import Supports
from daybook.llm.errors import BadAnswer
from daybook.llm.openai_adapter import build_request, read_response, read_usage
from daybook.llm.port import CacheMarks, ProviderRequest, ToolSchema
from tests.llm.adapter_cases import CASES, NEWS, PRICE, Scored, called, result, user
from tests.llm.stand_ins import Reply, StandIn, ToolCall

CASE = next(case for case in CASES if case.name == "openai")
NEW = Supports(allowed_tools=True, cache_breakpoints=True)
OLD = Supports(allowed_tools=True)
LONG_SYSTEM = "너는 한국 주식 비서다. " * 120
STABLE = CacheMarks(key="all-tools", mark_tools=True, mark_system=True)


def test_request_when_built_then_these_are_its_bytes() -> None:
    request = ProviderRequest(
        model="gpt-6-luna",
        system="짧게 답해.",
        messages=(user("얼마?"),),
        tools=(PRICE, NEWS),
        allowed_tools=("get_price",),
        effort="none",
        cache=STABLE,
        max_output_tokens=200,
    )
    expected = (
        '{"model":"gpt-6-luna","input":[{"role":"developer","content":[{"type":"input_text","text":"짧게 답해.",'
        '"prompt_cache_breakpoint":{"mode":"explicit"}}]},{"role":"user","content":"얼마?"}],"max_output_tokens":200,'
        '"store":false,"prompt_cache_options":{"mode":"explicit"},"prompt_cache_key":"all-tools","tools":['
        '{"type":"function","name":"get_price","description":"Current price of a security.","parameters":{"properties":'
        '{"days":{"anyOf":[{"type":"integer"},{"type":"null"}],"default":null},"symbol":{"description":"KRX code",'
        '"type":"string"}},"required":["symbol"],"type":"object"},"strict":false},'
        '{"type":"function","name":"search_news","description":"Search news.","parameters":{"properties":'
        '{"word":{"type":"string"}},"type":"object"},"strict":false}],'
        '"tool_choice":{"type":"allowed_tools","mode":"auto","tools":[{"type":"function","name":"get_price"}]},'
        '"reasoning":{"effort":"none"}}'
    )
    assert json.dumps(build_request(request, NEW), ensure_ascii=False, separators=(",", ":")) == expected


def test_request_when_schemas_list_their_keys_in_another_order_then_the_tools_are_the_same_bytes() -> None:
    turned = ToolSchema(PRICE.name, PRICE.description, dict(reversed(PRICE.parameters.items())))
    one, other = (build_request(CASE.ask(tools=(tool,)), NEW)["tools"] for tool in (PRICE, turned))
    assert json.dumps(one) == json.dumps(other)


def test_request_when_the_question_or_the_mask_changes_then_the_prefix_does_not() -> None:
    first = build_request(
        CASE.ask("하나", system="s", tools=(PRICE, NEWS), allowed_tools=("get_price",), cache=STABLE), NEW
    )
    other = build_request(CASE.ask("둘", system="s", tools=(PRICE, NEWS), allowed_tools=(), cache=STABLE), NEW)
    assert first["tools"] == other["tools"]
    assert first["input"][0] == other["input"][0]
    assert other["tool_choice"] == "none"


def test_request_when_the_model_knows_no_breakpoints_then_none_is_sent() -> None:
    body = build_request(CASE.ask(system="s", cache=CacheMarks(key="k", mark_system=True, ttl="12h")), OLD)
    assert body["instructions"] == "s"
    assert "prompt_cache_options" not in body
    assert body["prompt_cache_key"] == "k"


def test_request_when_nothing_is_marked_then_the_cache_is_not_written() -> None:
    body = build_request(CASE.ask(system="s"), NEW)
    assert body["prompt_cache_options"] == {"mode": "explicit"}
    assert body["instructions"] == "s"
    assert "prompt_cache_options" not in build_request(CASE.ask(system="s"), OLD)


def test_request_when_fewer_tokens_are_asked_than_the_api_takes_then_its_minimum_is_sent() -> None:
    assert build_request(CASE.ask(max_output_tokens=1), NEW)["max_output_tokens"] == 16


def test_request_when_results_hold_korean_then_arguments_are_not_escaped() -> None:
    call = ModelToolCall(id="call_1", name="search_news", arguments={"word": "삼성전자"})
    body = build_request(CASE.ask(messages=(user("?"), called([call]), result(call, "결과"))), NEW)
    assert body["input"][1]["arguments"] == '{"word":"삼성전자"}'


def test_usage_when_it_has_cached_and_written_tokens_then_input_includes_them() -> None:
    raw = {
        "input_tokens": 2000,
        "input_tokens_details": {"cached_tokens": 1200, "cache_write_tokens": 300},
        "output_tokens": 90,
        "output_tokens_details": {"reasoning_tokens": 40},
    }
    usage = Usage(input_tokens=2000, cached_tokens=1200, cache_write_tokens=300, output_tokens=90, reasoning_tokens=40)
    assert read_usage(raw) == usage


def test_response_when_the_filter_stops_it_then_it_counts_as_refused() -> None:
    body: dict[str, JsonValue] = {
        "status": "incomplete",
        "incomplete_details": {"reason": "content_filter"},
        "output": [],
    }
    assert read_response(body).refused == "content_filter"


@pytest.mark.parametrize("ttl", ["", "12h"])
async def test_cache_when_tools_and_system_repeat_then_they_are_written_once_and_read_after(ttl: str) -> None:
    now = [0.0]
    marks = CacheMarks(key="k", mark_tools=True, mark_system=True, ttl=ttl)
    with StandIn.start("openai", script=lambda asked: asked.question, now=lambda: now[0]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        usages = []
        for text, wait_s in (("하나", 0.0), ("둘", 1000.0), ("셋", 2000.0)):
            now[0] += wait_s
            reply = await provider.complete(CASE.ask(text, system=LONG_SYSTEM, tools=(PRICE, NEWS), cache=marks))
            usages.append(reply.usage)
        other = await provider.complete(CASE.ask("넷", system=LONG_SYSTEM, tools=(NEWS, PRICE), cache=marks))
        await provider.close()
    first, second, third = usages
    assert first.cached_tokens == 0
    assert first.cache_write_tokens > 1024
    assert (second.cached_tokens, second.cache_write_tokens) == (first.cache_write_tokens, 0)
    assert (third.cached_tokens == 0) is (ttl == "")
    assert other.usage.cached_tokens == 0, "another order of the tools is another prefix"
    assert stand_in.usage_total.cached_tokens == sum(usage.cached_tokens for usage in usages)


async def test_cache_when_the_prefix_is_below_the_minimum_then_nothing_is_cached() -> None:
    with StandIn.start("openai", script=lambda asked: "네") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        for _ in range(3):
            reply = await provider.complete(CASE.ask(system="짧다", tools=(PRICE,), cache=STABLE))
            assert (reply.usage.cached_tokens, reply.usage.cache_write_tokens) == (0, 0)
        await provider.close()


async def test_cache_when_the_model_is_older_then_reads_come_in_steps_and_writes_are_free() -> None:
    with StandIn.start("openai", script=lambda asked: "네") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        replies = [
            await provider.complete(CASE.ask(text, model="gpt-4o", system=LONG_SYSTEM, cache=STABLE))
            for text in ("첫째 질문", "둘째 질문")
        ]
        await provider.close()
    assert replies[0].usage.cached_tokens == 0
    assert replies[1].usage.cached_tokens >= 1024
    assert replies[1].usage.cached_tokens % 128 == 0
    assert sum(reply.usage.cache_write_tokens for reply in replies) == 0


async def test_adapter_when_arguments_are_no_json_then_the_answer_is_bad() -> None:
    script = [Reply(tool_calls=(ToolCall("get_price", '{"symbol": "0059'),))]
    with StandIn.start("openai", script=script) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        with pytest.raises(BadAnswer, match="arguments of get_price") as raised:
            await provider.complete(CASE.ask(tools=(PRICE,)))
        await provider.close()
    assert raised.value.usage == stand_in.usage_total


async def test_adapter_when_the_model_thinks_then_thinking_is_in_the_output_tokens() -> None:
    with StandIn.start("openai", script=[Reply(json={"score": 1}, thinking_tokens=500)]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        reply = await provider.complete(CASE.ask(answer=Scored, effort="high"))
        await provider.close()
    assert reply.usage.reasoning_tokens == 500
    assert reply.usage.output_tokens > 500
    assert stand_in.requests[0]["reasoning"] == {"effort": "high"}
