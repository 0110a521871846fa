"""Local models through the ollama package.

The server cuts a prompt that is longer than its context without a word, so the context is always asked for. Tool calls
have no ids of their own; ours are numbered within the reply.
"""

from collections.abc import Mapping
from typing import Any

import httpx
import ollama
from pydantic import JsonValue

from daybook.contracts.llm import ChatMessage, Role, Usage
from daybook.llm.answer_schema import answer_schema
from daybook.llm.errors import BadAnswer, ProviderDown, ProviderTimeout
from daybook.llm.failures import HttpFailure, from_http
from daybook.llm.port import ProviderReply, ProviderRequest
from daybook.llm.reading import Heard, canonical, count, judge, offered_tools
from daybook.llm.retrying import RetryPolicy, with_retries

NAME = "ollama"
DEFAULT_CONTEXT_TOKENS = 8192
KEEP_ALIVE = "10m"
"""How long the server keeps the model, and with it the cached prefix, in memory."""
ODD_BODY = (ValueError, TypeError, AttributeError, KeyError)
"""What the package raises for a body that is no JSON, or JSON of another shape."""
_EFFORT_TO_THINK: dict[str, bool | str] = {"none": False}


def build_request(request: ProviderRequest, *, context_tokens: int = DEFAULT_CONTEXT_TOKENS) -> dict[str, Any]:
    """The arguments of ``chat``. There is no masking of tools: the allowed ones are sent."""
    system = [{"role": "system", "content": request.system}] if request.system else []
    body: dict[str, Any] = {
        "model": request.model,
        "messages": system + [_message(message) for message in request.messages],
        "options": {"num_ctx": context_tokens, "num_predict": request.max_output_tokens},
        "keep_alive": KEEP_ALIVE,
        "stream": False,
    }
    tools = offered_tools(request)
    if tools:
        body["tools"] = [
            {
                "type": "function",
                "function": {
                    "name": tool.name,
                    "description": tool.description,
                    "parameters": _plain(tool.parameters),
                },
            }
            for tool in tools
        ]
    if request.answer is not None:
        body["format"] = canonical(answer_schema(request.answer))
    if request.effort:
        body["think"] = _EFFORT_TO_THINK.get(request.effort, request.effort)
    return body


def _message(message: ChatMessage) -> dict[str, Any]:
    plain: dict[str, Any] = {"role": message.role.value, "content": message.text}
    if message.role is Role.TOOL:
        plain["tool_name"] = message.name
    if message.tool_calls:
        plain["tool_calls"] = [
            {"function": {"name": call.name, "arguments": canonical(call.arguments)}} for call in message.tool_calls
        ]
    return plain


def _plain(parameters: Mapping[str, JsonValue]) -> JsonValue:
    """The schema in the few words the package keeps of a property: type, items, description, enum.

    It drops ``anyOf`` without a word, which would leave an optional property without a type.
    """
    properties = parameters.get("properties")
    if not isinstance(properties, dict):
        return canonical(dict(parameters))
    return canonical({**parameters, "properties": {name: _one_type(value) for name, value in properties.items()}})


def _one_type(schema: JsonValue) -> JsonValue:
    variants = schema.get("anyOf") if isinstance(schema, dict) else None
    if not isinstance(schema, dict) or not isinstance(variants, list):
        return schema
    real = [variant for variant in variants if isinstance(variant, dict) and variant.get("type") != "null"]
    rest = {key: value for key, value in schema.items() if key != "anyOf"}
    return {**real[0], **rest} if len(real) == 1 else rest


def read_response(response: ollama.ChatResponse) -> Heard:
    """A response in plain values. The usage has no word about cached tokens."""
    raw_usage: dict[str, JsonValue] = {
        key: value for key in ("prompt_eval_count", "eval_count") if isinstance(value := getattr(response, key), int)
    }
    calls = response.message.tool_calls or []
    return Heard(
        text=response.message.content or "",
        calls=tuple(
            (f"call_{index}", call.function.name, dict(call.function.arguments)) for index, call in enumerate(calls)
        ),
        usage=Usage(
            input_tokens=count(raw_usage, "prompt_eval_count"),
            output_tokens=count(raw_usage, "eval_count"),
        ),
        raw_usage=raw_usage,
        stop_reason=response.done_reason or "",
        model=response.model or "",
        truncated=response.done_reason == "length",
    )


class OllamaProvider:
    """Models of an Ollama server."""

    def __init__(
        self,
        host: str,
        *,
        context_tokens: int = DEFAULT_CONTEXT_TOKENS,
        retry: RetryPolicy | None = None,
    ) -> None:
        self._context_tokens = context_tokens
        self._retry = retry or RetryPolicy()
        self._client = ollama.AsyncClient(host=host, timeout=None)  # the deadline is kept by with_retries

    @property
    def name(self) -> str:
        """As in the catalogue."""
        return NAME

    async def complete(self, request: ProviderRequest) -> ProviderReply:
        """See ``ModelProvider.complete``."""
        body = build_request(request, context_tokens=self._context_tokens)

        async def once(_left_s: float) -> Heard:
            return await self._once(body)

        heard, attempts = await with_retries(once, timeout_s=request.timeout_s, policy=self._retry)
        return judge(request, heard, attempts=attempts)

    async def _once(self, body: dict[str, Any]) -> Heard:
        try:
            response = await self._client.chat(**body)
        except ollama.ResponseError as error:
            failure = HttpFailure(NAME, error.status_code, "", str(error.error), {})
            raise from_http(failure, model=str(body["model"]), secret="") from None
        except httpx.TimeoutException:
            raise ProviderTimeout(f"{NAME}: no answer in time") from None
        except (ConnectionError, httpx.TransportError) as error:
            raise ProviderDown(f"{NAME}: no connection ({type(error).__name__})") from None
        except ODD_BODY as error:
            raise BadAnswer(f"{NAME}: {type(error).__name__} while reading the answer") from None
        return read_response(response)

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()  # type: ignore[no-untyped-call]
