"""OpenAI through its official SDK: the Responses API, which alone takes tools together with reasoning."""

from collections.abc import Mapping
from typing import Any

import openai
from openai.lib._pydantic import to_strict_json_schema
from pydantic import JsonValue, SecretStr

from daybook.contracts.llm import ChatMessage, Role, Usage
from daybook.llm.answer_schema import trimmed
from daybook.llm.catalogue_entry import Supports
from daybook.llm.errors import BadAnswer, LlmError, ProviderDown, ProviderTimeout, RateLimited
from daybook.llm.failures import HttpFailure, from_http
from daybook.llm.port import CacheMarks, ProviderReply, ProviderRequest
from daybook.llm.reading import Heard, canonical, compact_json, count, decode_object, judge, objects, text_of, wire_id
from daybook.llm.retrying import RetryPolicy, with_retries

NAME = "openai"
FEWEST_OUTPUT_TOKENS = 16
"""The API refuses less."""
NOT_IN_CATALOGUE = Supports(allowed_tools=True)


def build_request(request: ProviderRequest, supports: Supports = NOT_IN_CATALOGUE) -> dict[str, Any]:
    """The arguments of ``responses.create``.

    Order of the cached prefix: tools, system, messages. Where the model knows breakpoints and the system text is
    marked as stable, exactly tools + system are written to the cache, and nothing of the question. A request without
    any marks switches the cache off there: it would be written up to the last message, at 1.25 times the price.
    """
    body: dict[str, Any] = {
        "model": request.model,
        "input": [item for message in request.messages for item in _items(message)],
        "max_output_tokens": max(request.max_output_tokens, FEWEST_OUTPUT_TOKENS),
        "store": False,
    }
    if request.system and request.cache.mark_system and supports.cache_breakpoints:
        marked = {"type": "input_text", "text": request.system, "prompt_cache_breakpoint": {"mode": "explicit"}}
        body["input"].insert(0, {"role": "developer", "content": [marked]})
        body["prompt_cache_options"] = {"mode": "explicit"}
    elif request.system:
        body["instructions"] = request.system
    if supports.cache_breakpoints and request.cache == CacheMarks():
        body["prompt_cache_options"] = {"mode": "explicit"}
    if request.cache.key:
        body["prompt_cache_key"] = request.cache.key
    if request.cache.ttl and supports.cache_breakpoints:
        body["prompt_cache_options"] = {**body.get("prompt_cache_options", {}), "ttl": request.cache.ttl}
    if request.tools:
        body["tools"] = [
            {
                "type": "function",
                "name": tool.name,
                "description": tool.description,
                "parameters": canonical(tool.parameters),
                "strict": False,
            }
            for tool in request.tools
        ]
    if request.tools and request.allowed_tools is not None:
        names = [tool.name for tool in request.tools if tool.name in request.allowed_tools]
        allowed = [{"type": "function", "name": name} for name in names]
        body["tool_choice"] = {"type": "allowed_tools", "mode": "auto", "tools": allowed} if allowed else "none"
    if request.answer is not None:
        schema = canonical(trimmed(to_strict_json_schema(request.answer)))
        form = {"type": "json_schema", "name": request.answer.__name__, "strict": True, "schema": schema}
        body["text"] = {"format": form}
    if request.effort:
        body["reasoning"] = {"effort": request.effort}
    return body


def _items(message: ChatMessage) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        return [{"type": "function_call_output", "call_id": wire_id(message.tool_call_id), "output": message.text}]
    items: list[dict[str, Any]] = [{"role": message.role.value, "content": message.text}] if message.text else []
    items.extend(
        {
            "type": "function_call",
            "call_id": wire_id(call.id),
            "name": call.name,
            "arguments": compact_json(call.arguments),
        }
        for call in message.tool_calls
    )
    return items


def read_usage(usage: object) -> Usage:
    """``input_tokens`` of the Responses API already includes cached and written ones."""
    return Usage(
        input_tokens=count(usage, "input_tokens"),
        cached_tokens=count(usage, "input_tokens_details", "cached_tokens"),
        cache_write_tokens=count(usage, "input_tokens_details", "cache_write_tokens"),
        output_tokens=count(usage, "output_tokens"),
        reasoning_tokens=count(usage, "output_tokens_details", "reasoning_tokens"),
    )


def read_response(body: Mapping[str, JsonValue]) -> Heard:
    """A response object in plain values.

    Raises:
        RateLimited, ProviderDown: the response says it failed.
    """
    raw_usage = body.get("usage")
    usage = read_usage(raw_usage)
    error = body.get("error")
    if body.get("status") == "failed" and isinstance(error, dict):
        code = text_of(error.get("code"))
        kind = RateLimited if code == "rate_limit_exceeded" else ProviderDown
        raise kind(f"{NAME}: the response failed ({code or 'no code'})", usage=usage)
    texts, refusals, calls = [], [], []
    for item in objects(body.get("output")):
        if item.get("type") == "function_call":
            calls.append((text_of(item.get("call_id")), text_of(item.get("name")), item.get("arguments")))
        for part in objects(item.get("content")) if item.get("type") == "message" else []:
            texts.append(text_of(part.get("text")) if part.get("type") == "output_text" else "")
            refusals.append("refusal" if part.get("type") == "refusal" else "")
    details = body.get("incomplete_details")
    why_incomplete = text_of(details.get("reason")) if isinstance(details, dict) else ""
    return Heard(
        text="".join(texts),
        calls=tuple(calls),
        usage=usage,
        raw_usage=raw_usage if isinstance(raw_usage, dict) else {},
        stop_reason=why_incomplete or text_of(body.get("status")),
        model=text_of(body.get("model")),
        truncated=why_incomplete == "max_output_tokens",
        refused="content_filter" if why_incomplete == "content_filter" else "".join(refusals[:1]),
    )


class OpenAiProvider:
    """Models of OpenAI, or of any server that speaks its Responses API."""

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
        self._client = openai.AsyncOpenAI(
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
            raw = await self._client.responses.with_raw_response.create(**body, timeout=left_s)
        except openai.APITimeoutError:
            raise ProviderTimeout(f"{NAME}: no answer in time") from None
        except openai.APIStatusError as error:
            raise self._refused(error, text_of(body["model"])) from None
        except openai.APIConnectionError as error:
            raise ProviderDown(f"{NAME}: no connection ({type(error.__cause__).__name__})") from None
        except (openai.OpenAIError, ValueError) as error:
            raise BadAnswer(f"{NAME}: {type(error).__name__} while reading the answer") from None
        return read_response(decode_object(raw.text, NAME))

    def _refused(self, error: openai.APIStatusError, model: str) -> LlmError:
        detail = error.body if isinstance(error.body, dict) else {}
        failure = HttpFailure(
            provider=NAME,
            status=error.status_code,
            code=text_of(detail.get("code")) or text_of(detail.get("type")),
            message=text_of(detail.get("message")),
            headers=error.response.headers,
        )
        return from_http(failure, model=model, secret=self._key.get_secret_value())

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()
