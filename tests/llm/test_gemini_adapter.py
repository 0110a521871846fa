import pytest

from daybook.contracts.llm import ModelToolCall, Usage
from daybook.llm.errors import RequestRefused
from daybook.llm.gemini_adapter import UNSIGNED, build_request, pack_id, read_usage, unpack_id
from tests.llm.adapter_cases import CASES, NEWS, PRICE, Scored, called, result, user
from tests.llm.stand_ins import Reply, StandIn, ToolCall

CASE = next(case for case in CASES if case.name == "gemini")
LONG_SYSTEM = "너는 한국 주식 비서다. " * 480


def test_request_when_built_then_these_are_its_values() -> None:
    request = CASE.ask(
        "얼마?", system="짧게", tools=(NEWS, PRICE), allowed_tools=("search_news",), effort="low", max_output_tokens=99
    )
    body = build_request(request)
    assert body["contents"] == [{"role": "user", "parts": [{"text": "얼마?"}]}]
    config = body["config"]
    assert config["system_instruction"] == "짧게"
    assert config["tool_config"] == {
        "function_calling_config": {"mode": "VALIDATED", "allowed_function_names": ["search_news"]}
    }
    assert [tool["name"] for tool in config["tools"][0]["function_declarations"]] == ["search_news", "get_price"]
    assert config["thinking_config"] == {"thinking_level": "LOW"}
    assert config["max_output_tokens"] == 99


def test_request_when_an_answer_is_asked_then_its_schema_keeps_its_bounds() -> None:
    config = build_request(CASE.ask(answer=Scored))["config"]
    assert config["response_mime_type"] == "application/json"
    assert config["response_json_schema"]["properties"]["score"]["maximum"] == 1


def test_id_when_it_carries_a_signature_then_both_come_back() -> None:
    for signature in (b"\x00\xff" * 40, b"~gemini~"):
        assert unpack_id(pack_id("call_1", signature)) == ("call_1", signature)
    assert unpack_id(pack_id("call_1", None)) == ("call_1", None)
    assert unpack_id("toolu_01") == ("toolu_01", None)
    assert unpack_id("a~gemini~***=") == ("a", None)


def test_request_when_calls_have_no_signature_then_only_the_first_is_marked_as_another_models() -> None:
    calls = [ModelToolCall(id="a", name="get_price"), ModelToolCall(id="b", name="search_news")]
    contents = build_request(CASE.ask(messages=(user("?"), called(calls), *(result(c, "1") for c in calls))))[
        "contents"
    ]
    assert [part.get("thought_signature") for part in contents[1]["parts"]] == [UNSIGNED, None]
    assert len(contents[2]["parts"]) == 2


def test_usage_when_the_model_thinks_then_thoughts_are_output() -> None:
    raw = {
        "prompt_token_count": 5000,
        "cached_content_token_count": 4100,
        "candidates_token_count": 20,
        "thoughts_token_count": 30,
    }
    assert read_usage(raw) == Usage(input_tokens=5000, cached_tokens=4100, output_tokens=50, reasoning_tokens=30)


async def test_cache_when_the_prefix_repeats_then_it_is_read_and_below_the_minimum_it_is_not() -> None:
    now = [0.0]
    with StandIn.start("gemini", script=lambda asked: asked.question, now=lambda: now[0]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)

        async def cached(text: str, system: str) -> int:
            reply = await provider.complete(CASE.ask(text, system=system, tools=(PRICE, NEWS)))
            return reply.usage.cached_tokens

        assert await cached("하나", LONG_SYSTEM) == 0
        assert await cached("둘", LONG_SYSTEM) > 4096
        now[0] += 200
        assert await cached("셋", LONG_SYSTEM) == 0
        assert [await cached("넷", "짧다"), await cached("다섯", "짧다")] == [0, 0]
        await provider.close()


async def test_adapter_when_a_signature_is_lost_on_the_way_then_the_stand_in_would_notice() -> None:
    with StandIn.start("gemini", script=[Reply(tool_calls=(ToolCall("get_price", {}),)), "네"]) as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        call = (await provider.complete(CASE.ask(tools=(PRICE,)))).tool_calls[0]
        assert "~gemini~" in call.id
        bent = call.model_copy(update={"id": pack_id("x", b"another signature")})
        with pytest.raises(RequestRefused, match="signature"):
            await provider.complete(CASE.ask(messages=(user("?"), called([bent]), result(bent, "1")), tools=(PRICE,)))
        whole = await provider.complete(
            CASE.ask(messages=(user("?"), called([call]), result(call, "1")), tools=(PRICE,))
        )
        await provider.close()
    assert whole.text == "네"


async def test_adapter_when_it_speaks_then_the_key_is_in_a_header_and_not_in_the_address() -> None:
    with StandIn.start("gemini") as stand_in:
        provider = CASE.provider(stand_in.base_url, stand_in.api_key)
        await provider.complete(CASE.ask())
        await provider.close()
    assert stand_in.headers[0]["x-goog-api-key"] == stand_in.api_key
