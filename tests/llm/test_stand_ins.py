"""The stand-ins refuse what the providers refuse; driven with the SDKs or plain HTTP, not with our adapters."""

from typing import Any

import anthropic
import httpx
import ollama
import openai
import pytest

from tests.llm.stand_ins import Reply, StandIn, ToolCall

TOOL = {"type": "function", "name": "t", "parameters": {"type": "object"}, "strict": False}
CLAUDE_TOOL = {"name": "t", "input_schema": {"type": "object"}}
CALL = {"type": "function_call", "call_id": "c", "name": "t", "arguments": "{}"}
USE = {"role": "assistant", "content": [{"type": "tool_use", "id": "c", "name": "t", "input": {}}]}
RESULT = {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "c", "content": "1"}]}
ASK = {"role": "user", "content": "?"}
MODEL_CALL = {"role": "model", "parts": [{"functionCall": {"name": "t", "args": {}}}]}
RESPONSE = {"role": "user", "parts": [{"functionResponse": {"name": "t", "response": {"result": 1}}}]}
QUESTION = {"role": "user", "parts": [{"text": "?"}]}
MARK = {"type": "ephemeral"}


def post(stand_in: StandIn, path: str, body: dict[str, Any]) -> httpx.Response:
    headers = {
        "authorization": f"Bearer {stand_in.api_key}",
        "anthropic-version": "2026-10-21",
        "x-goog-api-key": stand_in.api_key,
    }
    return httpx.post(stand_in.base_url + path, json=body, headers=headers, trust_env=False)


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("cache_control", {"input": [{"role": "user", "content": "?", "cache_control": MARK}]}),
        ("tools", {"tools": [{"cache_ref": "abc"}]}),
        ("parameters", {"tools": [{"type": "function", "name": "t", "strict": None}]}),
        ("messages", {"messages": [ASK]}),
        ("No tool call found", {"input": [{"type": "function_call_output", "call_id": "c", "output": "1"}]}),
        ("No tool output found", {"input": [ASK, CALL]}),
        (
            "not found in 'tools'",
            {"tool_choice": {"type": "allowed_tools", "mode": "auto", "tools": [{"type": "function", "name": "x"}]}},
        ),
        ("does not support 'none'", {"model": "gpt-6.1-sol", "reasoning": {"effort": "none"}}),
        ("max_output_tokens", {"max_output_tokens": 5}),
        ("prompt_cache_options", {"model": "gpt-4o", "prompt_cache_options": {"mode": "explicit"}}),
        (
            "additionalProperties",
            {"text": {"format": {"type": "json_schema", "name": "a", "strict": True, "schema": {"type": "object"}}}},
        ),
    ],
)
def test_openai_stand_in_when_a_request_is_malformed_then_refused(why: str, changes: dict[str, Any]) -> None:
    with StandIn.start("openai") as stand_in:
        answer = post(stand_in, "/responses", {"model": "gpt-6-luna", "input": "?", "tools": [TOOL], **changes})
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]
    assert stand_in.usages == []


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("temperature", {"temperature": 1.0}),
        ("tools.0", {"tools": [TOOL]}),
        ("input_schema", {"tools": [{"name": "t"}]}),
        ("tool_result", {"messages": [ASK, USE, ASK]}),
        ("unexpected `tool_use_id`", {"messages": [RESULT]}),
        ("prefill", {"messages": [ASK, {"role": "assistant", "content": "네"}]}),
        ("must define tools", {"messages": [ASK, USE, RESULT], "tools": []}),
        ("any", {"tool_choice": {"type": "any"}}),
        ("maximum of 4", {"system": [{"type": "text", "text": str(n), "cache_control": MARK} for n in range(5)]}),
        (
            "must not come after",
            {
                "tools": [{**CLAUDE_TOOL, "cache_control": MARK}],
                "system": [{"type": "text", "text": "s", "cache_control": {**MARK, "ttl": "1h"}}],
            },
        ),
        ("thinking.type.between_tools", {"thinking": {"type": "between_tools"}}),
        (
            "'maximum' is not supported",
            {
                "output_config": {
                    "format": {
                        "type": "json_schema",
                        "schema": {
                            "type": "object",
                            "properties": {"a": {"type": "integer", "maximum": 3}},
                            "additionalProperties": False,
                        },
                    }
                }
            },
        ),
    ],
)
def test_anthropic_stand_in_when_a_request_is_malformed_then_refused(why: str, changes: dict[str, Any]) -> None:
    body = {"model": "claude-haiku-5-5", "max_tokens": 100, "messages": [ASK], "tools": [CLAUDE_TOOL], **changes}
    with StandIn.start("anthropic") as stand_in:
        answer = post(stand_in, "/v1/messages", body)
    assert answer.status_code == 400
    assert why in answer.json()["error"]["message"]
    assert stand_in.usages == []


@pytest.mark.parametrize(
    ("why", "changes"),
    [
        ("messages", {"messages": [ASK]}),
        ("contents.0.role", {"contents": [{"role": "assistant", "parts": [{"text": "?"}]}]}),
        ("missing a thought_signature", {"contents": [QUESTION, MODEL_CALL, RESPONSE]}),
        ("must equal the number", {"contents": [QUESTION, RESPONSE]}),
        ("starts and ends with a user", {"contents": [QUESTION, MODEL_CALL]}),
        (
            "only when mode is ANY or VALIDATED",
            {"toolConfig": {"functionCallingConfig": {"mode": "AUTO", "allowedFunctionNames": ["t"]}}},
        ),
        ("response_mime_type", {"generationConfig": {"responseJsonSchema": {"type": "object"}}}),
        ("MINIMAL", {"generationConfig": {"thinkingConfig": {"thinkingLevel": "MINIMAL"}}}),
    ],
)
def test_gemini_stand_in_when_a_request_is_malformed_then_refused(why: str, changes: dict[str, Any]) -> None:
    with StandIn.start("gemini") as stand_in:
        body = {"contents": [QUESTION], **changes}
        answer = post(stand_in, "/v1beta/models/gemini-3.8-flash:generateContent", body)
    assert answer.status_code == 400
    assert answer.json()["error"]["status"] == "INVALID_ARGUMENT"
    assert why in answer.json()["error"]["message"]


def test_stand_in_when_the_script_fails_or_calls_an_unknown_tool_then_the_test_can_see_it() -> None:
    def broken(_asked: object) -> Reply:
        raise KeyError("no such case")

    with StandIn.start("openai", script=broken) as stand_in:
        assert post(stand_in, "/responses", {"model": "gpt-6-luna", "input": "?"}).status_code == 500
        assert "no such case" in stand_in.problems[0]
    with StandIn.start("openai", script=[Reply(tool_calls=(ToolCall("nothing"),))]) as stand_in:
        post(stand_in, "/responses", {"model": "gpt-6-luna", "input": "?"})
        assert "nothing" in stand_in.problems[0]


async def test_decisions_when_asked_through_the_sdk_then_probabilities_come_back() -> None:
    def decide(text: str, question: dict[str, Any]) -> dict[str, float]:
        assert [choice["value"] for choice in question["choices"]] == ["trade", "other"]
        return {"trade": 0.9, "other": 0.1} if "사줘" in text else {"trade": 0.2, "other": 0.8}

    with StandIn.start("openai", decide=decide) as stand_in:
        async with openai.AsyncOpenAI(base_url=stand_in.base_url, api_key=stand_in.api_key) as client:
            choices: Any = [{"value": "trade"}, {"value": "other"}]
            asked: Any = [{"type": "choice", "name": "intent", "instructions": "Which?", "choices": choices}]
            decision = await client.decisions.create(model="gpt-6-luna", input="10주 사줘", questions=asked)
            answer: Any = decision.answers[0]
            assert (answer.choice, answer.confidence) == ("trade", 0.9)
            assert decision.usage.input_tokens == stand_in.usage_total.input_tokens > 0
            with pytest.raises(openai.BadRequestError):
                await client.decisions.create(model="gpt-6-sol", input="?", questions=asked)


async def test_system_one_when_asked_through_the_package_then_probabilities_come_back() -> None:
    with StandIn.start("ollama", decide=lambda text, question: {"a": 0.3, "b": 0.7}) as stand_in:
        client: Any = ollama.AsyncClient(host=stand_in.base_url, timeout=5)
        question = {"type": "choice", "instructions": "Which?", "criteria": {"a": None, "b": "the other"}}
        response = await client.systemone(model="julia-1", state="질문", questions={"intent": question})
        answer: Any = response.answers["intent"]
        assert answer.choice == "b"
        assert answer.probabilities == {"a": 0.3, "b": 0.7}
        listed = await client.list()
        assert "julia-1" in [model.model for model in listed.models]
        with pytest.raises(ollama.ResponseError, match="does not support systemone"):
            await client.systemone(model="tiny-ko:1b", state="질문", questions={"intent": question})
        await client.close()


async def test_count_tokens_when_asked_through_the_sdk_then_it_is_what_the_message_is_billed() -> None:
    with StandIn.start("anthropic") as stand_in:
        async with anthropic.AsyncAnthropic(base_url=stand_in.base_url, api_key=stand_in.api_key) as client:
            ask: Any = {"model": "claude-haiku-5-5", "messages": [ASK], "tools": [CLAUDE_TOOL]}
            counted = await client.messages.count_tokens(**ask)
            answered = await client.messages.create(**ask, max_tokens=100)
    assert counted.input_tokens == answered.usage.input_tokens


def test_stand_in_when_stopped_then_its_port_is_free_and_nothing_runs() -> None:
    stand_in = StandIn.start("openai")
    stand_in.stop()
    stand_in.stop()
    with pytest.raises(httpx.ConnectError):
        post(stand_in, "/responses", {})
