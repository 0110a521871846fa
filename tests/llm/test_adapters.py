"""All four adapters, through the real SDKs, against servers that speak the providers' protocols."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from daybook.contracts.llm import FallbackReason, ModelToolCall, Usage
from daybook.llm.errors import (
    AnswerRefused,
    BadAnswer,
    LlmError,
    ProviderDown,
    ProviderTimeout,
    QuotaSpent,
    RateLimited,
    RequestRefused,
    UnknownModel,
    WrongKey,
)
from daybook.llm.port import ModelProvider
from tests.llm.adapter_cases import CASES, NEWS, PRICE, Case, Scored, called, result, user
from tests.llm.stand_ins import Asked, Fault, Reply, StandIn, ToolCall

KOREAN = '삼성전자(005930) "실적" — 영업이익 20% 증가, 한자 漢字, 이모지 📈\n둘째 줄'
pytestmark = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


@asynccontextmanager
async def talking(case: Case, **arguments: Any) -> AsyncIterator[tuple[StandIn, ModelProvider]]:
    with StandIn.start(case.name, **arguments) as stand_in:
        provider = case.provider(stand_in.base_url, stand_in.api_key)
        try:
            yield stand_in, provider
        finally:
            await provider.close()


async def failing(case: Case, kind: type[LlmError], *faults: Fault, **ask: Any) -> tuple[Any, StandIn]:
    async with talking(case, faults=faults, script=lambda asked: "네") as (stand_in, provider):
        with pytest.raises(kind) as raised:
            await provider.complete(case.ask(**ask))
        return raised.value, stand_in


async def test_adapter_when_korean_text_goes_and_comes_then_it_is_intact(case: Case) -> None:
    async with talking(case, script=lambda asked: asked.system + "|" + asked.question) as (stand_in, provider):
        reply = await provider.complete(case.ask(KOREAN, system="너는 증권 비서다."))
    assert reply.text == "너는 증권 비서다.|" + KOREAN
    assert reply.model == case.model
    assert reply.attempts == 1
    assert reply.usage == stand_in.usage_total
    assert reply.usage.input_tokens > 0
    assert reply.usage.output_tokens > 0


async def test_adapter_when_a_tool_is_called_then_its_result_leads_to_the_answer(case: Case) -> None:
    def script(asked: Asked) -> Reply:
        if not asked.results:
            calls = (ToolCall("get_price", {"symbol": "005930"}), ToolCall("search_news", {"word": "반도체"}))
            return Reply(tool_calls=calls, thinking_tokens=7)
        return Reply(text=" / ".join(f"{found.name}={found.text}" for found in asked.results))

    async with talking(case, script=script) as (stand_in, provider):
        question = user("삼성전자 얼마고 뉴스는?")
        first = await provider.complete(case.ask(messages=(question,), tools=(PRICE, NEWS)))
        assert [(call.name, call.arguments) for call in first.tool_calls] == [
            ("get_price", {"symbol": "005930"}),
            ("search_news", {"word": "반도체"}),
        ]
        assert len({call.id for call in first.tool_calls}) == 2
        results = (result(first.tool_calls[0], '{"가격": 71000}'), result(first.tool_calls[1], "기사 없음"))
        second = await provider.complete(
            case.ask(messages=(question, called(first.tool_calls), *results), tools=(PRICE, NEWS))
        )
        assert second.text == 'get_price={"가격": 71000} / search_news=기사 없음'
        assert stand_in.problems == []
        both = [first.usage, second.usage]
        for name in Usage.model_fields:
            assert sum(getattr(usage, name) for usage in both) == getattr(stand_in.usage_total, name)


async def test_adapter_when_tools_are_masked_then_only_the_allowed_ones_may_be_called(case: Case) -> None:
    async with talking(case, script=lambda asked: ",".join(asked.allowed) or "none") as (_, provider):
        some = await provider.complete(case.ask(tools=(PRICE, NEWS), allowed_tools=("search_news",)))
        none = await provider.complete(case.ask(tools=(PRICE, NEWS), allowed_tools=()))
        every = await provider.complete(case.ask(tools=(PRICE, NEWS)))
    assert (some.text, none.text, every.text) == ("search_news", "none", "get_price,search_news")


async def test_adapter_when_a_masked_tool_is_called_all_the_same_then_the_answer_is_bad(case: Case) -> None:
    script = [Reply(tool_calls=(ToolCall("get_price", {"symbol": "005930"}),))]
    async with talking(case, script=script) as (_, provider):
        with pytest.raises(BadAnswer, match="not offered") as raised:
            await provider.complete(case.ask(tools=(PRICE, NEWS), allowed_tools=("search_news",)))
    assert raised.value.usage.input_tokens > 0


async def test_adapter_when_no_tool_is_left_after_calls_then_the_conversation_goes_on(case: Case) -> None:
    script = [Reply(tool_calls=(ToolCall("get_price", {"symbol": "005930"}),)), "끝"]
    async with talking(case, script=script) as (_, provider):
        first = await provider.complete(case.ask(tools=(PRICE,)))
        call = first.tool_calls[0]
        messages = (user("얼마?"), called([call], "찾아볼게요"), result(call, "71000"))
        last = await provider.complete(case.ask(messages=messages, tools=(PRICE,), allowed_tools=()))
    assert last.text == "끝"


async def test_adapter_when_another_providers_calls_are_in_the_conversation_then_they_pass(case: Case) -> None:
    odd_id = "other~" + "QUJD" * 60
    foreign = called(
        ModelToolCall(id=call_id, name="get_price", arguments={"symbol": "1"}) for call_id in (odd_id, "b")
    )
    results = (result(call, "71000") for call in foreign.tool_calls)
    async with talking(case, script=["네"]) as (_, provider):
        reply = await provider.complete(case.ask(messages=(user("얼마?"), foreign, *results), tools=(PRICE,)))
    assert reply.text == "네"


async def test_adapter_when_an_answer_has_a_schema_then_it_comes_validated(case: Case) -> None:
    answer = {"score": 0.5, "reason": "호재", "tags": ["반도체"], "symbol": None}
    async with talking(case, script=[Reply(json=answer)]) as (stand_in, provider):
        reply = await provider.complete(case.ask(answer=Scored))
    assert reply.parsed == Scored(score=0.5, reason="호재", tags=["반도체"])
    assert stand_in.asked[0].schema is not None
    assert set(stand_in.asked[0].schema["properties"]) == {"score", "reason", "tags", "symbol"}


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (Fault.wrong_schema(), "no Scored"),
        (Fault.broken_answer(), "no Scored"),
        (Fault.truncated(), "cut short"),
        (Fault.empty(), "empty"),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
async def test_adapter_when_a_structured_answer_is_bad_then_it_says_so_and_what_it_cost(
    case: Case, fault: Fault, why: str
) -> None:
    script = [Reply(json={"score": 0.5, "reason": "호재입니다"})]
    async with talking(case, faults=[fault], script=script) as (stand_in, provider):
        with pytest.raises(BadAnswer, match=why) as raised:
            await provider.complete(case.ask(answer=Scored))
    assert raised.value.reason is FallbackReason.SCHEMA_FAILURES
    assert raised.value.usage == stand_in.usage_total
    assert raised.value.usage.input_tokens > 0
    assert len(stand_in.requests) == 1


async def test_adapter_when_free_text_is_cut_short_then_it_is_given_with_the_reason(case: Case) -> None:
    async with talking(case, script=[Reply(text="여기까지", truncated=True)]) as (_, provider):
        reply = await provider.complete(case.ask())
    assert reply.text == "여기까지"
    assert reply.stop_reason in {"max_output_tokens", "max_tokens", "MAX_TOKENS", "length"}


async def test_adapter_when_the_body_is_broken_json_then_the_answer_is_bad_and_not_asked_again(case: Case) -> None:
    error, stand_in = await failing(case, BadAnswer, Fault.broken_json())
    assert error.attempts == 1
    assert len(stand_in.requests) == 1
    assert stand_in.usage_total == Usage()


@pytest.mark.parametrize("body", ["[]", '"text"', "null", "{}", '{"output": 1, "content": 2, "candidates": 3}'])
async def test_adapter_when_the_body_is_another_json_then_the_answer_is_bad(case: Case, body: str) -> None:
    await failing(case, BadAnswer, Fault.odd_body(body))


async def test_adapter_when_rate_limited_then_it_waits_as_told_and_recovers(case: Case) -> None:
    script = ["네"]
    async with talking(case, faults=[Fault.rate_limit(0.05), Fault.rate_limit()], script=script) as (
        stand_in,
        provider,
    ):
        reply = await provider.complete(case.ask())
    assert reply.attempts == 3
    assert len(stand_in.requests) == 3
    assert stand_in.usage_total == reply.usage


async def test_adapter_when_rate_limited_for_good_then_it_gives_up_after_two_retries(case: Case) -> None:
    error, stand_in = await failing(case, RateLimited, *[Fault.rate_limit(0.01)] * 9)
    assert error.reason is FallbackReason.RATE_LIMITED
    assert (error.attempts, len(stand_in.requests)) == (3, 3)


async def test_adapter_when_told_to_wait_too_long_then_it_gives_up_at_once(case: Case) -> None:
    if case.name == "ollama":
        pytest.skip("its SDK keeps the headers to itself")
    error, stand_in = await failing(case, RateLimited, Fault.rate_limit(3600))
    assert len(stand_in.requests) == 1
    assert error.retry_after_s == 3600


async def test_adapter_when_the_server_fails_once_then_it_recovers(case: Case) -> None:
    async with talking(case, faults=[Fault.server_error(503)], script=["네"]) as (stand_in, provider):
        reply = await provider.complete(case.ask())
    assert (reply.text, reply.attempts, len(stand_in.requests)) == ("네", 2, 2)


@pytest.mark.parametrize("fault", [Fault.server_error(500), Fault.server_error(529), Fault.reset()])
async def test_adapter_when_the_server_stays_down_then_it_gives_up_after_two_retries(case: Case, fault: Fault) -> None:
    error, stand_in = await failing(case, ProviderDown, *[fault] * 9)
    assert error.reason is FallbackReason.PROVIDER_DOWN
    assert (error.attempts, len(stand_in.requests)) == (3, 3)


async def test_adapter_when_nobody_listens_then_the_provider_is_down(case: Case) -> None:
    with StandIn.start(case.name) as stand_in:
        base_url, api_key = stand_in.base_url, stand_in.api_key
    provider = case.provider(base_url, api_key)
    with pytest.raises(ProviderDown):
        await provider.complete(case.ask())
    await provider.close()


async def test_adapter_when_the_server_hangs_then_the_deadline_ends_it(case: Case) -> None:
    began = asyncio.get_running_loop().time()
    error, stand_in = await failing(case, ProviderTimeout, Fault.hang(), timeout_s=0.3)
    assert error.reason is FallbackReason.TIMEOUT
    assert len(stand_in.requests) == 1
    assert asyncio.get_running_loop().time() - began < 3


async def test_adapter_when_the_request_is_refused_then_it_is_not_asked_again(case: Case) -> None:
    error, stand_in = await failing(case, RequestRefused, *[Fault.client_error(400)] * 9)
    assert error.reason is FallbackReason.BAD_REQUEST
    assert (error.attempts, len(stand_in.requests)) == (1, 1)


async def test_adapter_when_the_model_is_unknown_then_it_says_which(case: Case) -> None:
    error, stand_in = await failing(case, UnknownModel, model="gpt-99-nova")
    assert "gpt-99-nova" in error.message
    assert len(stand_in.requests) == 1


async def test_adapter_when_the_model_declines_then_the_answer_counts_as_refused(case: Case) -> None:
    if case.name == "ollama":
        pytest.skip("a local model has no way to say that it declines other than in its text")
    error, stand_in = await failing(case, AnswerRefused, Fault.refusal())
    assert error.reason is FallbackReason.REFUSED
    assert error.usage == stand_in.usage_total


async def test_adapter_when_the_key_is_wrong_then_it_says_so_without_the_key(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    if case.name == "ollama":
        pytest.skip("no key")
    secret = "sk-wrong-0123456789abcdef"
    caplog.set_level(logging.DEBUG)
    with StandIn.start(case.name) as stand_in:
        provider = case.provider(stand_in.base_url, secret)
        with pytest.raises(WrongKey) as raised:
            await provider.complete(case.ask())
        await provider.close()
    error = raised.value
    assert error.reason is FallbackReason.NO_KEY
    assert error.__cause__ is None
    for text in (str(error), repr(error), error.message, repr(provider), repr(vars(provider)), caplog.text):
        assert secret not in text
    assert len(stand_in.requests) == 1


async def test_adapter_when_debug_logging_is_on_then_the_key_is_in_no_log(
    case: Case, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    async with talking(case, faults=[Fault.server_error()], script=["네"]) as (stand_in, provider):
        await provider.complete(case.ask())
        assert stand_in.api_key not in caplog.text


async def test_adapter_when_the_account_has_no_credit_then_it_does_not_wait(case: Case) -> None:
    if case.name != "openai":
        pytest.skip("only OpenAI says so with 429")
    error, stand_in = await failing(case, QuotaSpent, Fault.rate_limit(0.01, quota=True))
    assert error.reason is FallbackReason.RATE_LIMITED
    assert len(stand_in.requests) == 1


async def test_adapter_when_many_ask_at_once_then_each_gets_its_own_answer(case: Case) -> None:
    async with talking(case, script=lambda asked: asked.question) as (stand_in, provider):
        texts = [f"질문 {number}" for number in range(8)]
        replies = await asyncio.gather(*(provider.complete(case.ask(text)) for text in texts))
    assert [reply.text for reply in replies] == texts
    assert len(stand_in.usages) == 8
