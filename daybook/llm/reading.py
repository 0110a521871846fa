"""The last step of every adapter: from what a provider said to a reply, or to the error that explains why not."""

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, JsonValue, ValidationError

from daybook.contracts.llm import ModelToolCall, Usage
from daybook.llm.errors import AnswerRefused, BadAnswer
from daybook.llm.port import ProviderReply, ProviderRequest, ToolSchema

_PLAIN_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}")


@dataclass(frozen=True)
class Heard:
    """A provider's answer in plain values, before it is judged.

    Attributes:
        calls: id, name and arguments as the provider gave them (text of JSON, or already an object).
        truncated: it ended because of a length limit.
        refused: the provider's word for why it declined; empty: it did not.
        broken: the provider's word for an answer it could not finish; empty: it could.
    """

    text: str
    calls: tuple[tuple[str, str, JsonValue], ...]
    usage: Usage
    raw_usage: dict[str, JsonValue] = field(default_factory=dict)
    stop_reason: str = ""
    model: str = ""
    truncated: bool = False
    refused: str = ""
    broken: str = ""


def judge(request: ProviderRequest, heard: Heard, *, attempts: int) -> ProviderReply:
    """The reply, once it is known to be usable.

    Raises:
        AnswerRefused: the model declined.
        BadAnswer: cut short where it must not be, empty, a tool that was not offered, arguments that are no JSON
            object, or not of the asked schema. Both carry the usage: they were billed.
    """

    def bad(why: str) -> BadAnswer:
        return BadAnswer(why, usage=heard.usage, raw_usage=heard.raw_usage, attempts=attempts)

    if heard.refused:
        raise AnswerRefused(
            f"the model declined: {heard.refused}",
            usage=heard.usage,
            raw_usage=heard.raw_usage,
            attempts=attempts,
        )
    if heard.broken:
        raise bad(f"the answer is broken: {heard.broken}")
    if heard.truncated and (heard.calls or request.answer is not None):
        raise bad(f"the answer was cut short ({heard.stop_reason}) after {heard.usage.output_tokens} tokens")
    if not heard.calls and not heard.text.strip():
        raise bad(f"the answer is empty ({heard.stop_reason or 'no reason given'})")
    offered = {tool.name for tool in offered_tools(request)}
    calls = []
    for call_id, name, arguments in heard.calls:
        if name not in offered:
            raise bad(f"the model called {name[:60]!r}, which was not offered")
        calls.append(ModelToolCall(id=call_id, name=name, arguments=_object(arguments, name, bad)))
    parsed = None if calls or request.answer is None else _answer(request.answer, heard.text, bad)
    return ProviderReply(
        text=heard.text,
        tool_calls=tuple(calls),
        parsed=parsed,
        usage=heard.usage,
        raw_usage=heard.raw_usage,
        stop_reason=heard.stop_reason,
        model=heard.model or request.model,
        attempts=attempts,
    )


def offered_tools(request: ProviderRequest) -> tuple[ToolSchema, ...]:
    """The tools that may be called now, in their order."""
    if request.allowed_tools is None:
        return request.tools
    return tuple(tool for tool in request.tools if tool.name in request.allowed_tools)


def canonical(value: JsonValue) -> JsonValue:
    """The same JSON with sorted keys: the same tools are the same bytes, in every process."""
    if isinstance(value, dict):
        return {key: canonical(value[key]) for key in sorted(value)}
    if isinstance(value, list):
        return [canonical(item) for item in value]
    return value


def wire_id(call_id: str) -> str:
    """A call's id that every provider takes: itself, or a digest when another provider made it too long or odd."""
    if _PLAIN_ID.fullmatch(call_id):
        return call_id
    return f"call_{hashlib.sha256(call_id.encode()).hexdigest()[:24]}"


def compact_json(value: JsonValue) -> str:
    """JSON text inside a string field: sorted, without spaces, Korean as it is (escapes double its tokens)."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def count(raw: object, *path: str) -> int:
    """A token count somewhere in a provider's usage; 0 when it is missing or no count."""
    for key in path:
        raw = raw.get(key) if isinstance(raw, dict) else None
    return raw if isinstance(raw, int) and not isinstance(raw, bool) and raw > 0 else 0


def decode_object(text: str, provider: str) -> dict[str, JsonValue]:
    """The JSON object of a response body.

    Raises:
        BadAnswer: not JSON, or no object.
    """
    try:
        body = json.loads(text)
    except ValueError:
        raise BadAnswer(f"{provider} answered with broken JSON") from None
    if not isinstance(body, dict):
        raise BadAnswer(f"{provider} answered with JSON that is no object")
    return body


def objects(value: object) -> Sequence[dict[str, JsonValue]]:
    """The objects in a list of a response; what is neither list nor object is left out."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def text_of(value: object) -> str:
    """A text field of a response; empty when it is missing or no text."""
    return value if isinstance(value, str) else ""


def _object(arguments: JsonValue, name: str, bad: Callable[[str], BadAnswer]) -> dict[str, JsonValue]:
    if isinstance(arguments, str):
        try:
            arguments = json.loads(arguments or "{}")
        except ValueError:
            raise bad(f"the arguments of {name} are not JSON") from None
    if not isinstance(arguments, dict):
        raise bad(f"the arguments of {name} are no object")
    return arguments


def _answer(model: type[BaseModel], text: str, bad: Callable[[str], BadAnswer]) -> BaseModel:
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole answer"
        raise bad(f"the answer is no {model.__name__}: {where}: {first['msg']}") from None
