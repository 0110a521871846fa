"""The port every provider is behind: one request, one reply, tokens counted the same way."""

from dataclasses import dataclass, field
from typing import Protocol

from pydantic import BaseModel, JsonValue

from daybook.contracts.llm import ChatMessage, ModelToolCall, Usage


@dataclass(frozen=True)
class ToolSchema:
    """A tool as a model sees it. ``parameters`` is a JSON schema of type object."""

    name: str
    description: str
    parameters: dict[str, JsonValue]


@dataclass(frozen=True)
class CacheMarks:
    """Where the stable prefix of a request ends, in words every provider's cache understands or ignores.

    Attributes:
        key: steady name of the prefix (OpenAI ``prompt_cache_key``); empty: none.
        mark_tools: the tools are stable: cache up to the last one (Anthropic ``cache_control``).
        mark_system: the system text is stable too.
        ttl: how long, in the provider's words (``5m``, ``1h``, ``30m``, ``12h``); empty: its default.
    """

    key: str = ""
    mark_tools: bool = False
    mark_system: bool = False
    ttl: str = ""


@dataclass(frozen=True)
class ProviderRequest:
    """One call of one model.

    Attributes:
        model: the provider's own name of the model.
        tools: in their final order; an adapter never reorders them, since the order is part of the cached prefix.
        allowed_tools: of ``tools``, the ones that may be called now; None: all. Providers that can mask keep the whole
            list in the prefix; the others are sent the allowed tools only. A call of a tool that is not allowed is a
            ``BadAnswer``.
        answer: the model of a structured answer; None: free text.
        effort: how much the model may think: ``none``, ``minimal``, ``low``, ``medium``, ``high``, ...; empty: the
            provider's default. Thinking is billed as output.
        timeout_s: deadline of the whole call, retries included.
    """

    model: str
    messages: tuple[ChatMessage, ...]
    system: str = ""
    tools: tuple[ToolSchema, ...] = ()
    allowed_tools: tuple[str, ...] | None = None
    answer: type[BaseModel] | None = None
    max_output_tokens: int = 800
    effort: str = ""
    cache: CacheMarks = CacheMarks()
    timeout_s: float = 60.0


@dataclass(frozen=True)
class ProviderReply:
    """What a model answered.

    Attributes:
        parsed: the validated structured answer, when one was asked for and no tool is called instead.
        usage: normalised: ``input_tokens`` includes cached and written ones.
        raw_usage: the usage in the provider's own fields.
        stop_reason: in the provider's own words.
        model: the name the provider says has answered.
        attempts: HTTP calls that were made.
    """

    text: str = ""
    tool_calls: tuple[ModelToolCall, ...] = ()
    parsed: BaseModel | None = None
    usage: Usage = field(default_factory=Usage)
    raw_usage: dict[str, JsonValue] = field(default_factory=dict)
    stop_reason: str = ""
    model: str = ""
    attempts: int = 1


class ModelProvider(Protocol):
    """A provider of models."""

    @property
    def name(self) -> str:
        """As in the catalogue: openai, anthropic, gemini or ollama."""
        ...

    async def complete(self, request: ProviderRequest) -> ProviderReply:
        """Ask once, with bounded retries inside ``request.timeout_s``.

        Raises:
            LlmError: no usable answer; see ``daybook.llm.errors`` for the tree.
        """
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
