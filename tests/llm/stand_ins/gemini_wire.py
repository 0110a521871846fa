"""Gemini: ``POST /v1/models/X:generateContent`` (and v1beta).

Fields: what google-genai 3.4 sends. Caching is implicit: the longest known prefix over the minimum, for three minutes.
Calls of tools are signed, and a conversation whose first call of a turn has no known signature is refused.
"""

import base64
import json
import re
import uuid
from typing import Any, Literal

from pydantic import Field

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.counter import digest, plain, tokens
from tests.llm.stand_ins.script import Asked, AskedMessage, Reply, ToolCall
from tests.llm.stand_ins.wire import Desk, HttpRequest, Outcome, StrictCamel, WireError, refusing

MINIMUM_CACHEABLE = {"gemini-3.5-flash-lite": 2048}
DEFAULT_MINIMUM = 4096
TTL_S = 180.0
UNSIGNED = base64.b64encode(b"skip_thought_signature_validator").decode()
URL_SAFE = str.maketrans("-_", "+/")
"""Protobuf servers take both alphabets of base64."""
PATH = re.compile(r"/v1(?:beta)?/models/([^/:]+):generateContent")
LEVELS = {"gemini-3.5-flash-lite": {"MINIMAL", "LOW", "MEDIUM", "HIGH"}}


class FunctionCall(StrictCamel):
    name: str
    args: dict[str, Any] = {}
    id: str | None = None


class FunctionResponse(StrictCamel):
    name: str = Field(min_length=1)
    response: dict[str, Any]
    id: str | None = None


class Part(StrictCamel):
    text: str | None = None
    thought: bool | None = None
    thought_signature: str | None = None
    function_call: FunctionCall | None = None
    function_response: FunctionResponse | None = None


class Content(StrictCamel):
    role: Literal["user", "model"]
    parts: list[Part] = Field(min_length=1)


class SystemContent(StrictCamel):
    role: str | None = None
    parts: list[Part] = Field(min_length=1)


class Declaration(StrictCamel):
    name: str = Field(pattern=r"^[a-zA-Z_][a-zA-Z0-9_.:-]{0,63}$")
    description: str = Field(min_length=1)
    parameters_json_schema: dict[str, Any] | None = None
    parameters: dict[str, Any] | None = None


class Tool(StrictCamel):
    function_declarations: list[Declaration] = Field(min_length=1)


class Calling(StrictCamel):
    mode: Literal["AUTO", "ANY", "NONE", "VALIDATED"] = "AUTO"
    allowed_function_names: list[str] | None = None


class ToolConfig(StrictCamel):
    function_calling_config: Calling


class Thinking(StrictCamel):
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH"] | None = None
    thinking_budget: int | None = None
    include_thoughts: bool | None = None


class Generation(StrictCamel):
    max_output_tokens: int | None = Field(default=None, ge=1)
    response_mime_type: str | None = None
    response_json_schema: dict[str, Any] | None = None
    response_schema: dict[str, Any] | None = None
    thinking_config: Thinking | None = None
    temperature: float | None = None


class GenerateRequest(StrictCamel):
    contents: list[Content] = Field(min_length=1)
    system_instruction: SystemContent | None = None
    tools: list[Tool] = []
    tool_config: ToolConfig | None = None
    generation_config: Generation | None = None


def bad(message: str) -> WireError:
    """The provider's 400."""
    return WireError(400, "INVALID_ARGUMENT", message)


class GeminiWire:
    """See the module."""

    def check(self, request: HttpRequest, desk: Desk) -> Asked | Outcome:
        """See ``Wire``."""
        if request.headers.get("x-goog-api-key") != desk.api_key:
            raise bad("API key not valid. Please pass a valid API key.")
        path = PATH.fullmatch(request.path)
        if request.method != "POST" or path is None:
            raise WireError(404, "NOT_FOUND", "Not Found")
        model = path.group(1)
        if model not in desk.serves:
            raise WireError(404, "NOT_FOUND", f"models/{model} is not found for API version v1")
        with refusing(400, "INVALID_ARGUMENT"):
            asked = GenerateRequest.model_validate(request.body)
        self._consistent(asked, model, desk)
        return _in_plain_words(asked, model, request.body)

    @staticmethod
    def _consistent(asked: GenerateRequest, model: str, desk: Desk) -> None:
        if asked.contents[0].role != "user" or asked.contents[-1].role != "user":
            raise bad("Please ensure that a conversation starts and ends with a user turn.")
        calls = 0
        for index, content in enumerate(asked.contents):
            responses = [part for part in content.parts if part.function_response]
            if len(responses) != calls:
                raise bad("the number of function response parts must equal the number of function call parts")
            called = [part for part in content.parts if part.function_call]
            calls = len(called)
            signature = (called[0].thought_signature or "").translate(URL_SAFE) if called else UNSIGNED
            if signature not in desk.signatures | {UNSIGNED}:
                why = "missing a thought_signature" if not called[0].thought_signature else "with an invalid signature"
                raise bad(f"Function call is {why} in functionCall parts. contents.{index}")
        if calls:
            raise bad("a function call turn must be followed by a function response turn")
        names = [item.name for tool in asked.tools for item in tool.function_declarations]
        calling = asked.tool_config.function_calling_config if asked.tool_config else Calling()
        allowed = calling.allowed_function_names
        if allowed is not None and calling.mode not in ("ANY", "VALIDATED"):
            raise bad("allowed_function_names should be set only when mode is ANY or VALIDATED")
        if set(allowed or ()) - set(names):
            raise bad("allowed_function_names contains a function that is not declared")
        generation = asked.generation_config or Generation()
        has_schema = generation.response_json_schema is not None or generation.response_schema is not None
        if has_schema and generation.response_mime_type != "application/json":
            raise bad("response_mime_type must be application/json when a schema is set")
        level = generation.thinking_config.thinking_level if generation.thinking_config else None
        if level and level not in LEVELS.get(model, {"LOW", "MEDIUM", "HIGH"}):
            raise bad(f"Thinking level {level} is not supported for this model.")

    def answer(self, asked: Asked, reply: Reply, desk: Desk) -> Outcome:
        """See ``Wire``."""
        text = reply.text if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
        parts: list[dict[str, Any]] = [{"text": text}] if text and not reply.refusal else []
        produced = tokens(text)
        for index, call in enumerate(reply.tool_calls):
            arguments = {} if isinstance(call.arguments, str) else call.arguments
            produced += tokens(call.name) + tokens(plain(arguments))
            part: dict[str, Any] = {"functionCall": {"id": uuid.uuid4().hex[:8], "name": call.name, "args": arguments}}
            if index == 0:
                signature = base64.b64encode(uuid.uuid4().bytes * 12).decode()
                desk.signatures.add(signature)
                part["thoughtSignature"] = signature
            parts.append(part)
        pieces = _pieces(asked.body)
        total, cached = self._cached(pieces, asked.model, desk)
        raw_usage: dict[str, Any] = {
            "promptTokenCount": total,
            "candidatesTokenCount": produced,
            "totalTokenCount": total + produced + reply.thinking_tokens,
        }
        if cached:
            raw_usage["cachedContentTokenCount"] = cached
        if reply.thinking_tokens:
            raw_usage["thoughtsTokenCount"] = reply.thinking_tokens
        reason = "MAX_TOKENS" if reply.truncated else "SAFETY" if reply.refusal else "STOP"
        candidate: dict[str, Any] = {"index": 0, "finishReason": reason}
        if parts:
            candidate["content"] = {"role": "model", "parts": parts}
        body = {
            "candidates": [candidate],
            "usageMetadata": raw_usage,
            "modelVersion": asked.model,
            "responseId": uuid.uuid4().hex,
        }
        usage = Usage(
            input_tokens=total,
            cached_tokens=cached,
            output_tokens=produced + reply.thinking_tokens,
            reasoning_tokens=reply.thinking_tokens,
        )
        return Outcome(body, raw_usage, usage)

    @staticmethod
    def _cached(pieces: list[str], model: str, desk: Desk) -> tuple[int, int]:
        counts = [tokens(piece) for piece in pieces]
        minimum = desk.minimum_cacheable or MINIMUM_CACHEABLE.get(model, DEFAULT_MINIMUM)
        cached = 0
        for end in range(1, len(pieces) + 1):
            length = sum(counts[:end])
            key = (model, digest(pieces[:end]))
            if length >= minimum and desk.remembers(key):
                cached = length
            if length >= minimum:
                desk.remember(key, TTL_S)
        return sum(counts), cached

    def error(self, error: WireError) -> dict[str, Any]:
        """See ``Wire``."""
        detail: dict[str, Any] = {"code": error.status, "message": error.message, "status": error.code}
        if "API key" in error.message:
            reason = {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}
            detail["details"] = [reason]
        return {"error": detail}

    def status_error(self, status: int, code: str) -> WireError:
        """See ``Wire``."""
        codes = {429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 500: "INTERNAL", 403: "PERMISSION_DENIED"}
        return WireError(status, codes.get(status, "INVALID_ARGUMENT"), code or f"status {status}")


def _pieces(body: dict[str, Any]) -> list[str]:
    pieces = [plain(tool) for tool in body.get("tools", [])]
    if body.get("systemInstruction"):
        pieces.extend(part.get("text", "") for part in body["systemInstruction"]["parts"])
    for content in body["contents"]:
        for part in content["parts"]:
            bare = {key: value for key, value in part.items() if key != "thoughtSignature"}
            pieces.append(f"{content['role']} {part['text'] if 'text' in part else plain(bare)}")
    return pieces


def _in_plain_words(asked: GenerateRequest, model: str, body: dict[str, Any]) -> Asked:
    names = tuple(item.name for tool in asked.tools for item in tool.function_declarations)
    calling = asked.tool_config.function_calling_config if asked.tool_config else Calling()
    allowed = names if calling.allowed_function_names is None else tuple(calling.allowed_function_names)
    messages: list[AskedMessage] = []
    for content in asked.contents:
        for part in content.parts:
            if part.function_call:
                call = ToolCall(part.function_call.name, part.function_call.args)
                messages.append(AskedMessage("assistant", tool_calls=(call,)))
            elif part.function_response:
                result = part.function_response.response.get("result", part.function_response.response)
                answered = part.function_response
                messages.append(AskedMessage("tool", plain(result), name=answered.name, call_id=answered.id or ""))
            else:
                messages.append(AskedMessage("user" if content.role == "user" else "assistant", part.text or ""))
    generation = asked.generation_config or Generation()
    system = asked.system_instruction.parts if asked.system_instruction else []
    return Asked(
        provider="gemini",
        model=model,
        system="\n".join(part.text or "" for part in system),
        messages=tuple(messages),
        tools=names,
        allowed=() if calling.mode == "NONE" else allowed,
        schema=generation.response_json_schema or generation.response_schema,
        body=body,
    )
