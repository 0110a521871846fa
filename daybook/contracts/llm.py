"""One call of a model: what is asked, what came back, and what it cost."""

from enum import StrEnum

from pydantic import Field, JsonValue

from daybook.contracts.base import Message


class Purpose(StrEnum):
    """What a call serves; the ledger sums by it, and the catalogue sets a tier for it."""

    ASK = "ask"
    NEWS_SCORE = "news_score"
    NEWS_SUMMARY = "news_summary"
    ROUTE = "route"
    TOOL = "tool"
    CODE = "code"
    EXPLAIN = "explain"
    SCENARIO = "scenario"


class Role(StrEnum):
    """Who says a message."""

    USER = "user"
    ASSISTANT = "assistant"
    TOOL = "tool"


class ModelToolCall(Message):
    """A tool call a model asks for; it is only a wish until the desk has checked it."""

    id: str
    name: str
    arguments: dict[str, JsonValue] = Field(default_factory=dict)


class ChatMessage(Message):
    """One message. ``tool_calls`` only on ASSISTANT, ``tool_call_id`` and ``name`` only on TOOL."""

    role: Role
    text: str = ""
    tool_calls: tuple[ModelToolCall, ...] = ()
    tool_call_id: str = ""
    name: str = ""


class CompletionRequest(Message):
    """Ask a model.

    ``tools`` are names of the Skill Layer that the model may use now. ``answer_schema`` names a registered answer
    model; with it ``Completion.parsed`` holds the validated answer.
    """

    purpose: Purpose
    run_id: str
    model: str = Field(description="name in the catalogue; empty: the purpose's default")
    system: str = ""
    messages: tuple[ChatMessage, ...] = Field(min_length=1)
    tools: tuple[str, ...] = ()
    answer_schema: str = ""
    max_output_tokens: int = Field(default=800, ge=1, le=32_000)
    holds_untrusted: bool = Field(default=False, description="outside text is in the messages: tools are not allowed")


class Usage(Message):
    """Tokens as the provider counts them. ``input_tokens`` includes cached and written ones, for every provider."""

    input_tokens: int = Field(default=0, ge=0)
    cached_tokens: int = Field(default=0, ge=0)
    cache_write_tokens: int = Field(default=0, ge=0)
    output_tokens: int = Field(default=0, ge=0, description="reasoning included")
    reasoning_tokens: int = Field(default=0, ge=0)


class FallbackReason(StrEnum):
    """Why no model answered."""

    NO_KEY = "NO_KEY"
    PROVIDER_DOWN = "PROVIDER_DOWN"
    RATE_LIMITED = "RATE_LIMITED"
    TIMEOUT = "TIMEOUT"
    BUDGET_SPENT = "BUDGET_SPENT"
    SCHEMA_FAILURES = "SCHEMA_FAILURES"
    REFUSED = "REFUSED"
    BAD_REQUEST = "BAD_REQUEST"
    UNKNOWN_MODEL = "UNKNOWN_MODEL"
    MODEL_RETIRED = "MODEL_RETIRED"


class Completion(Message):
    """What came back: a model's answer, or the reason why there is none (``fallback``), and the cost either way."""

    text: str = ""
    tool_calls: tuple[ModelToolCall, ...] = ()
    parsed: dict[str, JsonValue] | None = None
    fallback: FallbackReason | None = None
    message: str = Field(default="", max_length=500, description="one line about the fallback")
    provider: str = ""
    model: str = ""
    usage: Usage = Usage()
    billed_equivalent_tokens: float = Field(default=0, ge=0, description="in fresh input tokens of the same model")
    cost_micro_krw: int = Field(default=0, ge=0, description="millionths of a won")
    cost_micro_usd: int = Field(default=0, ge=0, description="millionths of a dollar")
    latency_ms: int = Field(default=0, ge=0)
    attempts: int = Field(default=0, ge=0)
