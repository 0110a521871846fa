"""Anthropic through its official SDK: the Messages API, version 2026-10-21.

That version refuses sampling parameters, and the SDK sends the key as a bearer token. From 5.5 on models think by
default, refuse a forced tool and a last message of the assistant. Thinking blocks are left out when a conversation is
sent again: they are tied to the exact transcript, and a transcript of ours may be redacted or masked in between.
"""

from collections.abc import Mapping
from typing import Any

import anthropic
from pydantic import JsonValue, SecretStr

from daybook.contracts.llm import ChatMessage, Role, Usage
from daybook.llm.answer_schema import answer_schema
from daybook.llm.catalogue_entry import Supports
from daybook.llm.errors import BadAnswer, LlmError, ProviderDown, ProviderTimeout
from daybook.llm.failures import HttpFailure, from_http
from daybook.llm.port import ProviderReply, ProviderRequest
from daybook.llm.reading import Heard, canonical, count, decode_object, judge, objects, offered_tools, text_of, wire_id
from daybook.llm.retrying import RetryPolicy, with_retries

NAME = "anthropic"
NO_EFFORT = "none"
CHEAPEST_EFFORT = "low"
"""Sent along when thinking is off: effort also shortens the answer itself."""
TRUNCATED = frozenset({"max_tokens", "model_context_window_exceeded"})
NOT_IN_CATALOGUE = Supports()


def build_request(request: ProviderRequest, supports: Supports = NOT_IN_CATALOGUE) -> dict[str, Any]:
    """The arguments of ``messages.create``.

    Order of the cached prefix: tools, system, messages. There is no masking of tools: the allowed ones are sent. When
    none is allowed any more, all are sent with the choice ``none``: a conversation with tool calls must define tools.
    """
    mark: dict[str, Any] = {"type": "ephemeral"}
    if request.cache.ttl:
        mark["ttl"] = request.cache.ttl
    body: dict[str, Any] = {
        "model": request.model,
        "max_tokens": request.max_output_tokens,
        "messages": _messages(request.messages),
    }
    tools: list[dict[str, Any]] = [
        {"name": tool.name, "description": tool.description, "input_schema": canonical(tool.parameters)}
        for tool in offered_tools(request) or request.tools
    ]
    if tools:
        if request.cache.mark_tools:
            tools[-1]["cache_control"] = mark
        body["tools"] = tools
        if not offered_tools(request):
            body["tool_choice"] = {"type": "none"}
    if request.system:
        block: dict[str, Any] = {"type": "text", "text": request.system}
        if request.cache.mark_system:
            block["cache_control"] = mark
        body["system"] = [block]
    output: dict[str, Any] = {}
    if request.effort == NO_EFFORT:
        if supports.thinking_off:
            body["thinking"] = {"type": supports.thinking_off}
        output["effort"] = CHEAPEST_EFFORT
    elif request.effort:
        output["effort"] = request.effort
    if request.answer is not None:
        schema = anthropic.transform_schema(answer_schema(request.answer))
        output["format"] = {"type": "json_schema", "schema": canonical(schema)}
    if output:
        body["output_config"] = output
    return body


def _messages(messages: tuple[ChatMessage, ...]) -> list[dict[str, Any]]:
    """Turns of alternating roles; results of tools belong to the user's turn and stand first in it."""
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "assistant" if message.role is Role.ASSISTANT else "user"
        if not turns or turns[-1]["role"] != role:
            turns.append({"role": role, "content": []})
        turns[-1]["content"].extend(_blocks(message))
    return [turn for turn in turns if turn["content"]]


def _blocks(message: ChatMessage) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        return [{"type": "tool_result", "tool_use_id": wire_id(message.tool_call_id), "content": message.text}]
    blocks: list[dict[str, Any]] = [{"type": "text", "text": message.text}] if message.text.strip() else []
    blocks.extend(
        {"type": "tool_use", "id": wire_id(call.id), "name": call.name, "input": canonical(call.arguments)}
        for call in message.tool_calls
    )
    return blocks


def read_usage(usage: object) -> Usage:
    """``input_tokens`` of Anthropic excludes what was read from and written to the cache; ours includes both."""
    read = count(usage, "cache_read_input_tokens")
    written = count(usage, "cache_creation_input_tokens")
    return Usage(
        input_tokens=count(usage, "input_tokens") + read + written,
        cached_tokens=read,
        cache_write_tokens=written,
        output_tokens=count(usage, "output_tokens"),
        reasoning_tokens=count(usage, "output_tokens_details", "thinking_tokens"),
    )


def read_message(body: Mapping[str, JsonValue]) -> Heard:
    """A message in plain values."""
    blocks = objects(body.get("content"))
    stop_reason = text_of(body.get("stop_reason"))
    details = body.get("stop_details")
    category = text_of(details.get("category")) if isinstance(details, dict) else ""
    raw_usage = body.get("usage")
    return Heard(
        text="".join(text_of(block.get("text")) for block in blocks if block.get("type") == "text"),
        calls=tuple(
            (text_of(block.get("id")), text_of(block.get("name")), block.get("input"))
            for block in blocks
            if block.get("type") == "tool_use"
        ),
        usage=read_usage(raw_usage),
        raw_usage=raw_usage if isinstance(raw_usage, dict) else {},
        stop_reason=stop_reason,
        model=text_of(body.get("model")),
        truncated=stop_reason in TRUNCATED,
        refused=(category or "refusal") if stop_reason == "refusal" else "",
    )


class AnthropicProvider:
    """Models of Anthropic, or of any server that speaks its Messages API."""

    def __init__(
        self,
        api_key: SecretStr,
        *,
        base_url: str = "",
        supports: Mapping[str, Supports] | None = None,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._key = api_key
        self._supports = dict(supports or {})
        self._retry = retry or RetryPolicy()
        self._client = anthropic.AsyncAnthropic(
            api_key=api_key.get_secret_value(),
            base_url=base_url or None,
            max_retries=0,
        )

    @property
    def name(self) -> str:
        """As in the catalogue."""
        return NAME

    async def complete(self, request: ProviderRequest) -> ProviderReply:
        """See ``ModelProvider.complete``."""
        body = build_request(request, self._supports.get(request.model, NOT_IN_CATALOGUE))

        async def once(left_s: float) -> Heard:
            return await self._once(body, left_s)

        heard, attempts = await with_retries(once, timeout_s=request.timeout_s, policy=self._retry)
        return judge(request, heard, attempts=attempts)

    async def _once(self, body: dict[str, Any], left_s: float) -> Heard:
        try:
            raw = await self._client.messages.with_raw_response.create(**body, timeout=left_s)
        except anthropic.APITimeoutError:
            raise ProviderTimeout(f"{NAME}: no answer in time") from None
        except anthropic.APIStatusError as error:
            raise self._refused(error, text_of(body["model"])) from None
        except anthropic.APIConnectionError as error:
            raise ProviderDown(f"{NAME}: no connection ({type(error.__cause__).__name__})") from None
        except (anthropic.AnthropicError, ValueError) as error:
            raise BadAnswer(f"{NAME}: {type(error).__name__} while reading the answer") from None
        return read_message(decode_object(await raw.text(), NAME))

    def _refused(self, error: anthropic.APIStatusError, model: str) -> LlmError:
        body = error.body if isinstance(error.body, dict) else {}
        detail = body.get("error")
        detail = detail if isinstance(detail, dict) else {}
        failure = HttpFailure(
            provider=NAME,
            status=error.status_code,
            code=text_of(detail.get("type")),
            message=text_of(detail.get("message")),
            headers=error.response.headers,
        )
        return from_http(failure, model=model, secret=self._key.get_secret_value())

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()
