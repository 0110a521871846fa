"""Ollama: ``POST /api/chat``, ``GET /api/tags``, ``POST /v1/systemone``.

Fields: what the ollama package 0.6 sends. The real server ignores fields it does not know; this one refuses them, so
that a mistake is seen. There is no key, and no word about caching in the usage.
"""

import json
from typing import Any, Literal

from pydantic import Field

from daybook.contracts.llm import Usage
from tests.llm.stand_ins.counter import plain, tokens
from tests.llm.stand_ins.script import Asked, AskedMessage, Reply, ToolCall
from tests.llm.stand_ins.wire import Desk, HttpRequest, Outcome, Strict, WireError, refusing

SYSTEM_ONE_MODELS = ("julia-1",)
CREATED = "2026-11-21T00:00:00Z"


class Function(Strict):
    name: str
    arguments: dict[str, Any] = {}


class Call(Strict):
    function: Function


class Message(Strict):
    role: Literal["system", "user", "assistant", "tool"]
    content: str = ""
    tool_calls: list[Call] = []
    tool_name: str | None = None
    thinking: str | None = None


class Declaration(Strict):
    name: str = Field(min_length=1)
    description: str = ""
    parameters: dict[str, Any]


class Tool(Strict):
    type: Literal["function"]
    function: Declaration


class Options(Strict):
    num_ctx: int = Field(ge=1)
    num_predict: int
    temperature: float | None = None
    seed: int | None = None


class ChatRequest(Strict):
    model: str
    messages: list[Message] = Field(min_length=1)
    options: Options
    stream: Literal[False]
    keep_alive: str | float | None = None
    format: dict[str, Any] | Literal["json"] | None = None
    think: bool | str | None = None
    tools: list[Tool] = []


class ChoiceQuestion(Strict):
    type: Literal["choice"]
    instructions: str | dict[str, Any] | list[Any]
    criteria: dict[str, str | None] = Field(min_length=2)


class SystemOneRequest(Strict):
    model: str
    state: str | dict[str, Any] | list[Any]
    questions: dict[str, ChoiceQuestion] = Field(min_length=1)
    keep_alive: str | float | None = None


class OllamaWire:
    """See the module."""

    def check(self, request: HttpRequest, desk: Desk) -> Asked | Outcome:
        """See ``Wire``."""
        if request.path == "/api/tags" and request.method == "GET":
            models = [{"name": name, "model": name, "modified_at": CREATED, "size": 1} for name in sorted(desk.serves)]
            return Outcome({"models": models}, {}, Usage())
        if request.path not in ("/api/chat", "/v1/systemone") or request.method != "POST":
            raise WireError(404, "", "404 page not found")
        model = request.body.get("model")
        if model not in desk.serves:
            raise WireError(404, "", f"model '{model}' not found")
        if request.path == "/v1/systemone":
            return self._system_one(request.body, desk)
        with refusing(400, ""):
            asked = ChatRequest.model_validate(request.body)
        if asked.think:
            raise WireError(400, "", f'"{model}" does not support thinking')
        for tool in asked.tools:
            if tool.function.parameters.get("type") != "object":
                raise WireError(400, "", f"{tool.function.name}: parameters must be of type object")
            for name, value in tool.function.parameters.get("properties", {}).items():
                if not value.get("type") and not value.get("enum"):
                    raise WireError(400, "", f"{tool.function.name}.{name} has no type")
        if asked.messages[-1].role == "assistant":
            raise WireError(400, "", "the assistant has the last word")
        return _in_plain_words(asked, request.body)

    @staticmethod
    def _system_one(body: dict[str, Any], desk: Desk) -> Outcome:
        if body["model"] not in SYSTEM_ONE_MODELS:
            raise WireError(400, "", f'"{body["model"]}" does not support systemone')
        with refusing(400, ""):
            asked = SystemOneRequest.model_validate(body)
        if desk.decide is None:
            raise WireError(500, "", "the stand-in was started without decide")
        answers = {}
        for name, question in body["questions"].items():
            chances = desk.decide(plain(asked.state), question)
            best = max(chances, key=lambda value: chances[value])
            answers[name] = {"type": "choice", "choice": best, "probabilities": chances, "confidence": chances[best]}
        count = tokens(plain(body["state"])) + tokens(plain(body["questions"]))
        raw_usage = {"input_tokens": count, "output_tokens": 0}
        return Outcome(
            {"model": asked.model, "answers": answers, "usage": raw_usage}, raw_usage, Usage(input_tokens=count)
        )

    def answer(self, asked: Asked, reply: Reply, desk: Desk) -> Outcome:
        """See ``Wire``."""
        text = reply.text if reply.json is None else json.dumps(reply.json, ensure_ascii=False)
        text = "그 요청에는 답할 수 없습니다." if reply.refusal else text
        message: dict[str, Any] = {"role": "assistant", "content": text}
        produced = tokens(text)
        if reply.tool_calls:
            message["tool_calls"] = [
                {"function": {"name": call.name, "arguments": call.arguments}} for call in reply.tool_calls
            ]
            produced += tokens(plain(message["tool_calls"]))
        body = asked.body
        sent = [plain(tool) for tool in body.get("tools", [])] + [plain(message) for message in body["messages"]]
        total = min(sum(tokens(piece) for piece in sent), body["options"]["num_ctx"])
        raw_usage = {"prompt_eval_count": total, "eval_count": produced}
        answer = {
            "model": asked.model,
            "created_at": CREATED,
            "message": message,
            "done": True,
            "done_reason": "length" if reply.truncated else "stop",
            "total_duration": 1_000_000,
            "load_duration": 1,
            "prompt_eval_duration": 1,
            "eval_duration": 1,
            **raw_usage,
        }
        return Outcome(answer, raw_usage, Usage(input_tokens=total, output_tokens=produced))

    def error(self, error: WireError) -> dict[str, Any]:
        """See ``Wire``."""
        return {"error": error.message}

    def status_error(self, status: int, code: str) -> WireError:
        """See ``Wire``."""
        return WireError(status, code, f"status {status}")


def _in_plain_words(asked: ChatRequest, body: dict[str, Any]) -> Asked:
    names = tuple(tool.function.name for tool in asked.tools)
    messages = tuple(
        AskedMessage(
            message.role,
            message.content,
            tool_calls=tuple(ToolCall(call.function.name, call.function.arguments) for call in message.tool_calls),
            name=message.tool_name or "",
        )
        for message in asked.messages
        if message.role != "system"
    )
    return Asked(
        provider="ollama",
        model=asked.model,
        system="\n".join(message.content for message in asked.messages if message.role == "system"),
        messages=messages,
        tools=names,
        allowed=names,
        schema=asked.format if isinstance(asked.format, dict) else None,
        body=body,
    )
