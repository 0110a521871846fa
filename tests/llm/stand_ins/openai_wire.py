"""OpenAI: ``POST /v1/responses`` and ``POST /v1/decisions``.

Fields: the request and response types of the official SDK 3.54. Caching: models from 5.6 on match and write at
breakpoints (one implicit at the end, explicit ones on content blocks; writes are counted); older ones match in steps of
128 tokens and write for free. The minimum is 1,024 tokens, the key is part of the cache.
"""

import json
import uuid
from typing import Any

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.counter import digest, plain, token_ends, tokens
from tests.llm.stand_ins.openai_request import (
    AllowedTools,
    DecisionsRequest,
    FunctionCall,
    FunctionOutput,
    InputMessage,
    ResponsesRequest,
    SchemaFormat,
)
from tests.llm.stand_ins.script import Asked, AskedMessage, Reply, ToolCall
from tests.llm.stand_ins.wire import Desk, HttpRequest, Outcome, WireError, objects_in, refusing

MINIMUM_CACHEABLE = 1024
STEP = 128
OLD_TTL_S = 300.0
TTLS_S = {"30m": 1800.0, "12h": 43200.0}
OLD = ("gpt-4", "gpt-5.1", "gpt-5.4", "gpt-5.5")
WITHOUT_REASONING = ("gpt-4",)
REFUSE_NONE = ("gpt-6.1-sol", "gpt-6-astra")


def bad(message: str, code: str = "invalid_request_error") -> WireError:
    """The provider's 400."""
    return WireError(400, code, message)


class OpenAiWire:
    """See the module."""

    def check(self, request: HttpRequest, desk: Desk) -> Asked | Outcome:
        """See ``Wire``."""
        if request.headers.get("authorization") != f"Bearer {desk.api_key}":
            given = request.headers.get("authorization", "").removeprefix("Bearer ")
            raise WireError(401, "invalid_api_key", f"Incorrect API key provided: {given}.")
        if request.path == "/v1/decisions":
            return self._decisions(request.body, desk)
        if request.path != "/v1/responses" or request.method != "POST":
            raise WireError(404, "not_found", f"Invalid URL ({request.method} {request.path})")
        model = request.body.get("model")
        if model not in desk.serves:
            raise WireError(404, "model_not_found", f"The model `{model}` does not exist or you do not have access.")
        with refusing(400, "invalid_request_error"):
            asked = ResponsesRequest.model_validate(request.body)
        self._consistent(asked)
        return _in_plain_words(asked, request.body)

    @staticmethod
    def _consistent(asked: ResponsesRequest) -> None:
        called: set[str] = set()
        answered: set[str] = set()
        for item in asked.input if isinstance(asked.input, list) else []:
            if isinstance(item, FunctionCall):
                called.add(item.call_id)
                with_json(item.arguments)
            if isinstance(item, FunctionOutput):
                if item.call_id not in called:
                    raise bad(f"No tool call found for function call output with call_id {item.call_id}.")
                answered.add(item.call_id)
        if called - answered:
            raise bad(f"No tool output found for function call {min(called - answered)}.")
        names = [tool.name for tool in asked.tools]
        if len(set(names)) != len(names):
            raise bad("Tool names must be unique.")
        for tool in asked.tools:
            if tool.parameters.get("type") != "object":
                raise bad(f"Invalid schema for function '{tool.name}': schema must be of type 'object'.")
        if isinstance(asked.tool_choice, AllowedTools):
            missing = {tool.name for tool in asked.tool_choice.tools} - set(names)
            if missing:
                raise bad(f"Tool choice {min(missing)} not found in 'tools' parameter.")
        effort = asked.reasoning.effort if asked.reasoning else None
        if effort and asked.model.startswith(WITHOUT_REASONING):
            raise bad("Unsupported parameter: 'reasoning.effort' is not supported with this model.")
        if effort == "none" and asked.model in REFUSE_NONE:
            raise bad("Unsupported value: 'reasoning.effort' does not support 'none' with this model.")
        if asked.prompt_cache_options and asked.model.startswith(OLD):
            raise bad("Unsupported parameter: 'prompt_cache_options' is not supported with this model.")
        form = asked.text.format if asked.text else None
        if isinstance(form, SchemaFormat) and form.strict:
            _strict_schema(form.schema_)

    def _decisions(self, body: dict[str, Any], desk: Desk) -> Outcome:
        with refusing(400, "invalid_request_error"):
            asked = DecisionsRequest.model_validate(body)
        if desk.decide is None:
            raise WireError(500, "script", "the stand-in was started without decide")
        text = asked.input if isinstance(asked.input, str) else plain(body["input"])
        answers = []
        for question, raw in zip(asked.questions, body["questions"], strict=True):
            chances = desk.decide(text, raw)
            best = max(chances, key=lambda value: chances[value])
            answers.append(
                {
                    "type": "choice",
                    "name": question.name,
                    "choice": best,
                    "confidence": chances[best],
                    "probabilities": [{"value": value, "probability": chance} for value, chance in chances.items()],
                }
            )
        count = tokens(text) + tokens(plain(body["questions"]))
        raw_usage = _usage(count, 0, 0, 0, 0)
        decision = {"answers": answers, "model": asked.model, "usage": raw_usage}
        return Outcome(decision, raw_usage, Usage(input_tokens=count))

    def answer(self, asked: Asked, reply: Reply, desk: Desk) -> Outcome:
        """See ``Wire``."""
        body = asked.body
        text = reply.text if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
        output: list[dict[str, Any]] = []
        if reply.thinking_tokens:
            output.append({"type": "reasoning", "id": f"rs_{uuid.uuid4().hex}", "summary": []})
        written_tokens = tokens(text)
        for call in reply.tool_calls:
            arguments = call.arguments if isinstance(call.arguments, str) else json.dumps(call.arguments)
            written_tokens += tokens(call.name) + tokens(arguments)
            identity = {"id": f"fc_{uuid.uuid4().hex}", "call_id": f"call_{uuid.uuid4().hex[:24]}"}
            output.append(
                {"type": "function_call", **identity, "name": call.name, "arguments": arguments, "status": "completed"}
            )
        if reply.refusal:
            part: dict[str, Any] = {"type": "refusal", "refusal": "I can't help with that."}
        else:
            part = {"type": "output_text", "text": text, "annotations": []}
        if text or reply.refusal:
            status = "incomplete" if reply.truncated else "completed"
            message = {"type": "message", "id": f"msg_{uuid.uuid4().hex}", "role": "assistant"}
            output.append({**message, "status": status, "content": [part]})
        total, cached, saved = self._cached(body, desk)
        produced = written_tokens + reply.thinking_tokens
        raw_usage = _usage(total, cached, saved, produced, reply.thinking_tokens)
        answer = {
            "id": f"resp_{uuid.uuid4().hex}",
            "object": "response",
            "created_at": 1_795_000_000,
            "status": "incomplete" if reply.truncated else "completed",
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if reply.truncated else None,
            "model": asked.model,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": body.get("tool_choice", "auto"),
            "tools": body.get("tools", []),
            "usage": raw_usage,
        }
        usage = Usage(
            input_tokens=total,
            cached_tokens=cached,
            cache_write_tokens=saved,
            output_tokens=produced,
            reasoning_tokens=reply.thinking_tokens,
        )
        return Outcome(answer, raw_usage, usage)

    @staticmethod
    def _cached(body: dict[str, Any], desk: Desk) -> tuple[int, int, int]:
        """Input tokens, of them read from the cache, of them written to it."""
        pieces, marked = _pieces(body)
        counts = [tokens(piece) for piece in pieces]
        total = sum(counts)
        minimum = desk.minimum_cacheable or MINIMUM_CACHEABLE
        group = (body["model"], body.get("prompt_cache_key"))
        if body["model"].startswith(OLD):
            return total, _in_steps(pieces, counts, minimum, group, desk), 0
        options = body.get("prompt_cache_options") or {}
        ttl_s = TTLS_S[options.get("ttl", "30m")]
        ends = set(marked) | ({len(pieces)} if options.get("mode") != "explicit" else set())
        prefixes = {end: sum(counts[:end]) for end in range(1, len(pieces) + 1)}
        keys = {end: (group, digest(pieces[:end])) for end in prefixes}
        hits = [end for end in prefixes if prefixes[end] >= minimum and desk.remembers(keys[end])]
        cached = prefixes[max(hits)] if hits else 0
        saved = cached
        for end in sorted(ends):
            if prefixes[end] >= minimum:
                saved = max(saved, prefixes[end])
                desk.remember(keys[end], ttl_s)
        for end in hits:
            desk.remember(keys[end], ttl_s)
        return total, cached, saved - cached

    def error(self, error: WireError) -> dict[str, Any]:
        """See ``Wire``."""
        kind = "server_error" if error.status >= 500 else "invalid_request_error"
        return {"error": {"message": error.message, "type": kind, "param": None, "code": error.code}}

    def status_error(self, status: int, code: str) -> WireError:
        """See ``Wire``."""
        if status == 429 and code == "quota":
            return WireError(429, "insufficient_quota", "You exceeded your current quota.")
        if status == 429:
            return WireError(429, "rate_limit_exceeded", "Rate limit reached for requests.")
        return WireError(status, "server_error" if status >= 500 else "invalid_request_error", f"status {status}")


def with_json(arguments: str) -> None:
    """Arguments of an earlier call must be JSON."""
    try:
        json.loads(arguments)
    except ValueError:
        raise bad("function_call.arguments must be valid JSON.") from None


def _strict_schema(schema: dict[str, Any]) -> None:
    for part in objects_in(schema):
        if part.get("additionalProperties") is not False:
            raise bad("Invalid schema for response_format: 'additionalProperties' is required to be false.")
        if set(part.get("required", [])) != set(part.get("properties", {})):
            raise bad("Invalid schema for response_format: 'required' must include every key in properties.")
        for name, value in part.get("properties", {}).items():
            if "default" in value:
                raise bad(f"Invalid schema for response_format: in '{name}', 'default' is not permitted.")


def _pieces(body: dict[str, Any]) -> tuple[list[str], list[int]]:
    """The prefix in the provider's order, and after which pieces breakpoints stand."""
    pieces = [plain(body["tools"])] if body.get("tools") else []
    if body.get("instructions"):
        pieces.append(body["instructions"])
    if body.get("text"):
        pieces.append(plain(body["text"]))
    marked = []
    items = [{"role": "user", "content": body["input"]}] if isinstance(body["input"], str) else body["input"]
    for item in items:
        content = item.get("content")
        if isinstance(content, list):
            for part in content:
                pieces.append(f"{item['role']} {part['text']}")
                if part.get("prompt_cache_breakpoint"):
                    marked.append(len(pieces))
        elif content is not None:
            pieces.append(f"{item['role']} {content}")
        else:
            pieces.append(plain([item.get(key) for key in ("call_id", "name", "arguments", "output")]))
    return pieces, marked


def _in_steps(pieces: list[str], counts: list[int], minimum: int, group: object, desk: Desk) -> int:
    """Tokens read from the cache by the older rule: the longest known multiple of 128 tokens."""
    text = " ".join(pieces)
    ends = token_ends(text)
    keys = {step: (group, digest([text[: ends[step - 1]]])) for step in range(minimum, sum(counts) + 1, STEP)}
    cached = max((step for step, key in keys.items() if desk.remembers(key)), default=0)
    for key in keys.values():
        desk.remember(key, OLD_TTL_S)
    return cached


def _usage(total: int, cached: int, written: int, produced: int, thought: int) -> dict[str, Any]:
    return {
        "input_tokens": total,
        "input_tokens_details": {"cached_tokens": cached, "cache_write_tokens": written},
        "output_tokens": produced,
        "output_tokens_details": {"reasoning_tokens": thought},
        "total_tokens": total + produced,
    }


def _in_plain_words(asked: ResponsesRequest, body: dict[str, Any]) -> Asked:
    names = tuple(tool.name for tool in asked.tools)
    choice = asked.tool_choice
    allowed = tuple(tool.name for tool in choice.tools) if isinstance(choice, AllowedTools) else names
    system = [asked.instructions] if asked.instructions else []
    messages: list[AskedMessage] = []
    called: dict[str, str] = {}
    items = [InputMessage(role="user", content=asked.input)] if isinstance(asked.input, str) else asked.input
    for item in items:
        if isinstance(item, FunctionCall):
            called[item.call_id] = item.name
            messages.append(AskedMessage("assistant", tool_calls=(ToolCall(item.name, json.loads(item.arguments)),)))
        elif isinstance(item, FunctionOutput):
            messages.append(AskedMessage("tool", item.output, name=called[item.call_id], call_id=item.call_id))
        else:
            content = item.content
            text = content if isinstance(content, str) else "".join(part.text for part in content)
            if item.role in ("system", "developer"):
                system.append(text)
            else:
                messages.append(AskedMessage(item.role, text))
    form = asked.text.format if asked.text else None
    return Asked(
        provider="openai",
        model=asked.model,
        system="\n".join(system),
        messages=tuple(messages),
        tools=names,
        allowed=() if choice == "none" else allowed,
        schema=form.schema_ if isinstance(form, SchemaFormat) else None,
        body=body,
    )
