"""Gemini through google-genai, its official SDK.

Gemini 3 and later sign their tool calls and refuse a conversation whose calls come back unsigned. The signature has no
place in our messages, so it travels inside the call's id, which is opaque to everyone else (``pack_id``).
"""

import base64
import binascii
from collections.abc import Mapping
from typing import Any

import httpx
from google import genai
from google.genai import errors, types
from pydantic import JsonValue, SecretStr

from daybook.contracts.llm import ChatMessage, Role, Usage
from daybook.llm.answer_schema import answer_schema
from daybook.llm.errors import BadAnswer, LlmError, ProviderDown, ProviderTimeout
from daybook.llm.failures import HttpFailure, from_http
from daybook.llm.port import ProviderReply, ProviderRequest
from daybook.llm.reading import Heard, canonical, count, judge, text_of
from daybook.llm.retrying import RetryPolicy, with_retries

NAME = "gemini"
UNSIGNED = b"skip_thought_signature_validator"
"""What Google documents for calls that another model made, so that they pass the check."""
_SEPARATOR = "~gemini~"
ODD_BODY = (ValueError, TypeError, AttributeError, KeyError)
"""What the SDK raises for a body that is no JSON, or JSON of another shape."""
TRUNCATED = frozenset({"MAX_TOKENS"})
REFUSED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR"})
BROKEN = frozenset({"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS", "MALFORMED_RESPONSE"})


def pack_id(call_id: str, signature: bytes | None) -> str:
    """An id that carries the signature of a call."""
    if not signature:
        return call_id
    return f"{call_id}{_SEPARATOR}{base64.urlsafe_b64encode(signature).decode('ascii')}"


def unpack_id(packed: str) -> tuple[str, bytes | None]:
    """Id and signature; None for a call without one, e.g. another model's."""
    call_id, separator, signature = packed.partition(_SEPARATOR)
    if not separator:
        return call_id, None
    try:
        return call_id, base64.b64decode(signature, altchars=b"-_", validate=True) or None
    except binascii.Error:
        return call_id, None


def build_request(request: ProviderRequest) -> dict[str, Any]:
    """The arguments of ``models.generate_content``: model, contents and config as plain values.

    The cache is implicit: tools and system stand before the contents, and masking leaves them as they are.
    """
    config: dict[str, Any] = {
        "max_output_tokens": request.max_output_tokens,
        "automatic_function_calling": {"disable": True},
    }
    if request.system:
        config["system_instruction"] = request.system
    if request.tools:
        declarations = [
            {
                "name": tool.name,
                "description": tool.description,
                "parameters_json_schema": canonical(tool.parameters),
            }
            for tool in request.tools
        ]
        config["tools"] = [{"function_declarations": declarations}]
    if request.tools and request.allowed_tools is not None:
        names = [tool.name for tool in request.tools if tool.name in request.allowed_tools]
        calling = {"mode": "VALIDATED", "allowed_function_names": names} if names else {"mode": "NONE"}
        config["tool_config"] = {"function_calling_config": calling}
    if request.answer is not None:
        config["response_mime_type"] = "application/json"
        config["response_json_schema"] = canonical(answer_schema(request.answer))
    if request.effort:
        config["thinking_config"] = {"thinking_level": request.effort.upper()}
    return {"model": request.model, "contents": _contents(request.messages), "config": config}


def _contents(messages: tuple[ChatMessage, ...]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for message in messages:
        role = "model" if message.role is Role.ASSISTANT else "user"
        if not turns or turns[-1]["role"] != role:
            turns.append({"role": role, "parts": []})
        turns[-1]["parts"].extend(_parts(message))
    return [turn for turn in turns if turn["parts"]]


def _parts(message: ChatMessage) -> list[dict[str, Any]]:
    if message.role is Role.TOOL:
        call_id, _ = unpack_id(message.tool_call_id)
        response = {"id": call_id, "name": message.name, "response": {"result": message.text}}
        return [{"function_response": response}]
    parts: list[dict[str, Any]] = [{"text": message.text}] if message.text else []
    for index, call in enumerate(message.tool_calls):
        call_id, signature = unpack_id(call.id)
        part: dict[str, Any] = {"function_call": {"id": call_id, "name": call.name, "args": canonical(call.arguments)}}
        if signature is not None:
            part["thought_signature"] = signature
        elif index == 0:
            part["thought_signature"] = UNSIGNED
        parts.append(part)
    return parts


def read_usage(usage: object) -> Usage:
    """``prompt_token_count`` includes cached tokens; thoughts are not in ``candidates_token_count``."""
    thoughts = count(usage, "thoughts_token_count")
    return Usage(
        input_tokens=count(usage, "prompt_token_count") + count(usage, "tool_use_prompt_token_count"),
        cached_tokens=count(usage, "cached_content_token_count"),
        output_tokens=count(usage, "candidates_token_count") + thoughts,
        reasoning_tokens=thoughts,
    )


def read_response(response: types.GenerateContentResponse) -> Heard:
    """A response in plain values."""
    raw_usage: dict[str, JsonValue] = (
        response.usage_metadata.model_dump(mode="json", exclude_none=True) if response.usage_metadata else {}
    )
    candidate = response.candidates[0] if response.candidates else None
    reason = candidate.finish_reason.value if candidate and candidate.finish_reason else ""
    blocked = response.prompt_feedback.block_reason if response.prompt_feedback else None
    texts, calls = [], []
    for index, part in enumerate((candidate.content.parts or []) if candidate and candidate.content else []):
        if part.text and not part.thought:
            texts.append(part.text)
        if part.function_call:
            call_id = part.function_call.id or f"call_{index}"
            name = part.function_call.name or ""
            calls.append((pack_id(call_id, part.thought_signature), name, part.function_call.args or {}))
    return Heard(
        text="".join(texts),
        calls=tuple(calls),
        usage=read_usage(raw_usage),
        raw_usage=raw_usage,
        stop_reason=reason or (blocked.value if blocked else ""),
        model=text_of(response.model_version),
        truncated=reason in TRUNCATED,
        refused=blocked.value if blocked else (reason if reason in REFUSED else ""),
        broken=reason if reason in BROKEN else "",
    )


class GeminiProvider:
    """Models of Google, or of any server that speaks the Gemini API."""

    def __init__(self, api_key: SecretStr, *, base_url: str = "", retry: RetryPolicy | None = None) -> None:
        self._key = api_key
        self._retry = retry or RetryPolicy()
        # Our own HTTP client, because the SDK's other transport retries unseen after 1 to 10 s; and the SDK's client is
        # kept, because it closes its connections when it is collected.
        self._http = httpx.AsyncClient()
        self._client = genai.Client(
            api_key=api_key.get_secret_value(),
            http_options=types.HttpOptions(base_url=base_url or None, httpx_async_client=self._http),
        )

    @property
    def name(self) -> str:
        """As in the catalogue."""
        return NAME

    async def complete(self, request: ProviderRequest) -> ProviderReply:
        """See ``ModelProvider.complete``."""
        body = build_request(request)

        async def once(left_s: float) -> Heard:
            return await self._once(body, left_s)

        heard, attempts = await with_retries(once, timeout_s=request.timeout_s, policy=self._retry)
        return judge(request, heard, attempts=attempts)

    async def _once(self, body: Mapping[str, Any], left_s: float) -> Heard:
        milliseconds = max(int(left_s * 1000), 1)
        config = types.GenerateContentConfig(
            **body["config"],
            http_options=types.HttpOptions(timeout=milliseconds),
        )
        try:
            response = await self._client.aio.models.generate_content(
                model=body["model"],
                contents=body["contents"],
                config=config,
            )
        except errors.APIError as error:
            raise self._refused(error, body["model"]) from None
        except httpx.TimeoutException:
            raise ProviderTimeout(f"{NAME}: no answer in time") from None
        except httpx.TransportError as error:
            raise ProviderDown(f"{NAME}: no connection ({type(error).__name__})") from None
        except ODD_BODY as error:
            raise BadAnswer(f"{NAME}: {type(error).__name__} while reading the answer") from None
        return read_response(response)

    def _refused(self, error: errors.APIError, model: str) -> LlmError:
        failure = HttpFailure(
            provider=NAME,
            status=error.code,
            code=error.status or "",
            message=error.message or "",
            headers=getattr(error.response, "headers", {}),
        )
        return from_http(failure, model=model, secret=self._key.get_secret_value())

    async def close(self) -> None:
        """Give back connections."""
        await self._client.aio.aclose()
        await self._http.aclose()
        self._client.close()
