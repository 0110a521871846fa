"""Anthropic: ``POST /v1/messages`` and ``POST /v1/messages/count_tokens``, API version 2026-10-21.

Fields: the types of the official SDK 2.12. Caching: only up to ``cache_control`` marks, at most four, in the order
tools, system, messages; a prefix below the model's minimum is not cached and nothing says so. ``input_tokens`` of the
usage excludes what was read from and written to the cache.
"""

import json
import uuid
from typing import Any

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.anthropic_request import CountRequest, MessagesRequest, TextBlock, ToolResult, ToolUse
from tests.llm.stand_ins.counter import digest, plain, tokens
from tests.llm.stand_ins.script import Asked, AskedMessage, Reply, ToolCall
from tests.llm.stand_ins.wire import Desk, HttpRequest, Outcome, WireError, objects_in, refusing

API_VERSION = "2026-10-21"
MINIMUM_CACHEABLE = {
    "claude-haiku-5-5": 512,
    "claude-sonnet-5-5": 512,
    "claude-opus-5-5": 512,
    "claude-haiku-4-5": 4096,
}
DEFAULT_MINIMUM = 1024
TTLS_S = {"5m": 300.0, "1h": 3600.0}
MARKS_ALLOWED = 4
WITHOUT_EFFORT = ("claude-haiku-4-5", "claude-sonnet-4-5")
THINKING_TYPES = {
    "claude-haiku-5-5": {"adaptive", "disabled"},
    "claude-sonnet-5-5": {"adaptive", "between_tools"},
    "claude-opus-5-5": {"adaptive"},
    "claude-sonnet-5": {"adaptive", "disabled"},
}
UNSUPPORTED_KEYWORDS = {"minimum", "maximum", "minLength", "maxLength", "pattern", "maxItems", "multipleOf"}


def bad(message: str) -> WireError:
    """The provider's 400."""
    return WireError(400, "invalid_request_error", message)


class AnthropicWire:
    """See the module."""

    def check(self, request: HttpRequest, desk: Desk) -> Asked | Outcome:
        """See ``Wire``."""
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        if given != desk.api_key:
            raise WireError(401, "authentication_error", f"invalid x-api-key {given}")
        if request.headers.get("anthropic-version") != API_VERSION:
            raise bad(f"anthropic-version: {request.headers.get('anthropic-version')} is not served here")
        counting = request.path == "/v1/messages/count_tokens"
        if request.method != "POST" or not (counting or request.path == "/v1/messages"):
            raise WireError(404, "not_found_error", "Not Found")
        if request.body.get("model") not in desk.serves:
            raise WireError(404, "not_found_error", f"model: {request.body.get('model')}")
        with refusing(400, "invalid_request_error"):
            kind = CountRequest if counting else MessagesRequest
            asked = kind.model_validate(request.body)
        self._consistent(asked, request.body)
        if counting:
            pieces, _ = _pieces(request.body)
            return Outcome({"input_tokens": sum(tokens(piece) for piece in pieces)}, {}, Usage())
        return _in_plain_words(asked, request.body)

    @staticmethod
    def _consistent(asked: CountRequest, body: dict[str, Any]) -> None:
        _turns(asked)
        _marks(body)
        for tool in asked.tools:
            if tool.input_schema.get("type") != "object":
                raise bad(f"tools: {tool.name}: input_schema.type must be 'object'")
        choice = asked.tool_choice
        if choice and choice.type in ("any", "tool") and "5-5" in asked.model:
            raise bad(f'tool_choice: "{choice.type}" is not supported for this model')
        if choice and not asked.tools:
            raise bad("tool_choice may only be specified while providing tools")
        effort = asked.output_config.effort if asked.output_config else None
        if effort and asked.model in WITHOUT_EFFORT:
            raise bad("output_config.effort is not supported for this model")
        if asked.thinking and asked.thinking.type not in THINKING_TYPES.get(asked.model, {"disabled", "enabled"}):
            raise bad(f'"thinking.type.{asked.thinking.type}" is not supported for this model.')
        if asked.thinking and asked.thinking.type == "between_tools" and effort in ("xhigh", "max"):
            raise bad("thinking.type.between_tools is not supported with this effort")
        form = asked.output_config.format if asked.output_config else None
        for part in objects_in(form.schema_) if form else ():
            if part.get("additionalProperties") is not False:
                raise bad("output_config.format.schema: For 'object' type, 'additionalProperties' must be false")
            for name, value in part.get("properties", {}).items():
                if UNSUPPORTED_KEYWORDS & set(value):
                    unsupported = min(UNSUPPORTED_KEYWORDS & set(value))
                    raise bad(f"output_config.format.schema: {name}: '{unsupported}' is not supported")

    def answer(self, asked: Asked, reply: Reply, desk: Desk) -> Outcome:
        """See ``Wire``."""
        text = reply.text if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
        content: list[dict[str, Any]] = []
        if reply.thinking_tokens:
            content.append({"type": "thinking", "thinking": "", "signature": uuid.uuid4().hex})
        if text and not reply.refusal:
            content.append({"type": "text", "text": text})
        written_tokens = tokens(text)
        for call in reply.tool_calls:
            arguments = {} if isinstance(call.arguments, str) else call.arguments
            written_tokens += tokens(call.name) + tokens(plain(arguments))
            content.append(
                {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": call.name, "input": arguments}
            )
        reason = "tool_use" if reply.tool_calls else "end_turn"
        reason = "max_tokens" if reply.truncated else "refusal" if reply.refusal else reason
        produced = written_tokens + reply.thinking_tokens
        total, read, written_5m, written_1h = self._cached(asked.body, desk)
        written = written_5m + written_1h
        raw_usage = {
            "input_tokens": total - read - written,
            "cache_creation_input_tokens": written,
            "cache_read_input_tokens": read,
            "cache_creation": {"ephemeral_5m_input_tokens": written_5m, "ephemeral_1h_input_tokens": written_1h},
            "output_tokens": produced,
            "output_tokens_details": {"thinking_tokens": reply.thinking_tokens},
            "service_tier": "standard",
        }
        body = {
            "id": f"msg_{uuid.uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": asked.model,
            "content": content,
            "stop_reason": reason,
            "stop_sequence": None,
            "stop_details": {"type": "refusal", "category": "general_harms"} if reply.refusal else None,
            "usage": raw_usage,
        }
        usage = Usage(
            input_tokens=total,
            cached_tokens=read,
            cache_write_tokens=written,
            output_tokens=produced,
            reasoning_tokens=reply.thinking_tokens,
        )
        return Outcome(body, raw_usage, usage)

    @staticmethod
    def _cached(body: dict[str, Any], desk: Desk) -> tuple[int, int, int, int]:
        """Input tokens; of them read; written for 5 minutes; written for an hour."""
        pieces, marks = _pieces(body)
        counts = [tokens(piece) for piece in pieces]
        minimum = desk.minimum_cacheable or MINIMUM_CACHEABLE.get(body["model"], DEFAULT_MINIMUM)
        prefixes = {end: sum(counts[:end]) for end in range(1, len(pieces) + 1)}
        keys = {end: (body["model"], digest(pieces[:end])) for end in prefixes}
        last_mark = max(marks, default=0)
        hits = [end for end in prefixes if end <= last_mark and prefixes[end] >= minimum and desk.remembers(keys[end])]
        read = reached = prefixes[max(hits)] if hits else 0
        written = {"5m": 0, "1h": 0}
        for end, ttl in sorted(marks.items()):
            if prefixes[end] >= minimum:
                written[ttl] += max(prefixes[end] - reached, 0)
                reached = max(reached, prefixes[end])
                desk.remember(keys[end], TTLS_S[ttl])
        return sum(counts), read, written["5m"], written["1h"]

    def error(self, error: WireError) -> dict[str, Any]:
        """See ``Wire``."""
        detail = {"type": error.code, "message": error.message}
        return {"type": "error", "error": detail, "request_id": f"req_{uuid.uuid4().hex}"}

    def status_error(self, status: int, code: str) -> WireError:
        """See ``Wire``."""
        codes = {429: "rate_limit_error", 529: "overloaded_error", 403: "permission_error", 404: "not_found_error"}
        return WireError(status, codes.get(status, "api_error" if status >= 500 else "invalid_request_error"), code)


def _turns(asked: CountRequest) -> None:
    """Every tool_use is answered in the next turn, first in it; the assistant does not have the last word."""
    if asked.messages[0].role != "user":
        raise bad("messages: first message must use the user role")
    if asked.messages[-1].role == "assistant":
        raise bad("messages: this model does not support assistant message prefill")
    open_calls: set[str] = set()
    any_tools = False
    for index, message in enumerate(asked.messages):
        blocks = message.content if isinstance(message.content, list) else []
        results = {block.tool_use_id for block in blocks if isinstance(block, ToolResult)}
        calls = {block.id for block in blocks if isinstance(block, ToolUse)}
        any_tools = any_tools or bool(calls)
        if open_calls - results:
            raise bad(
                f"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                f"{min(open_calls - results)}"
            )
        if results - open_calls:
            raise bad(
                f"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {min(results - open_calls)}"
            )
        if (calls and message.role == "user") or (results and message.role == "assistant"):
            raise bad(f"messages.{index}: block of the other role")
        kinds = [block.type for block in blocks]
        if "tool_result" in kinds[len(results) :]:
            raise bad(f"messages.{index}: `tool_result` blocks must come first")
        open_calls = calls
    if any_tools and not asked.tools:
        raise bad("Requests which include `tool_use` or `tool_result` blocks must define tools.")


def _marks(body: dict[str, Any]) -> None:
    _, marks = _pieces(body)
    if len(marks) > MARKS_ALLOWED:
        raise bad(f"A maximum of 4 blocks with cache_control may be provided. Found {len(marks)}.")
    ttls = [ttl for _, ttl in sorted(marks.items())]
    if "5m" in ttls and "1h" in ttls[ttls.index("5m") :]:
        raise bad("a ttl='1h' cache_control block must not come after a ttl='5m' cache_control block")


def _pieces(body: dict[str, Any]) -> tuple[list[str], dict[int, str]]:
    """The prefix in the provider's order, and the lifetime of the mark after each marked piece."""
    pieces: list[str] = []
    marks: dict[int, str] = {}

    def add(block: Any, where: str) -> None:
        mark = block.get("cache_control") if isinstance(block, dict) else None
        bare = (
            {key: value for key, value in block.items() if key != "cache_control"} if isinstance(block, dict) else block
        )
        pieces.append(f"{where} {plain(bare)}" if where else plain(bare))
        if mark:
            marks[len(pieces)] = mark.get("ttl", "5m")

    for tool in body.get("tools", []):
        add(tool, "")
    system = body.get("system") or []
    for block in [system] if isinstance(system, str) else system:
        add(block, "")
    for message in body["messages"]:
        content = message["content"]
        for block in [content] if isinstance(content, str) else content:
            add(block, message["role"])
    if body.get("cache_control") and pieces:
        marks[len(pieces)] = body["cache_control"].get("ttl", "5m")
    return pieces, marks


def _in_plain_words(asked: CountRequest, body: dict[str, Any]) -> Asked:
    names = tuple(tool.name for tool in asked.tools)
    system = asked.system if isinstance(asked.system, str) else "\n".join(block.text for block in asked.system or [])
    messages: list[AskedMessage] = []
    called: dict[str, str] = {}
    for message in asked.messages:
        blocks: list[Any] = (
            [TextBlock(type="text", text=message.content)] if isinstance(message.content, str) else message.content
        )
        for block in blocks:
            if isinstance(block, ToolUse):
                called[block.id] = block.name
                messages.append(AskedMessage("assistant", tool_calls=(ToolCall(block.name, block.input),)))
            elif isinstance(block, ToolResult):
                inner = block.content
                text = inner if isinstance(inner, str) else "".join(part.text for part in inner)
                messages.append(AskedMessage("tool", text, name=called[block.tool_use_id], call_id=block.tool_use_id))
            else:
                messages.append(AskedMessage(message.role, block.text))
    form = asked.output_config.format if asked.output_config else None
    return Asked(
        provider="anthropic",
        model=asked.model,
        system=system,
        messages=tuple(messages),
        tools=names,
        allowed=() if asked.tool_choice and asked.tool_choice.type == "none" else names,
        schema=form.schema_ if form else None,
        body=body,
    )
