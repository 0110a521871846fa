"""What a request to Anthropic may hold; anything else is refused."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tests.llm.stand_ins.wire import Strict

CallId = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]+$")]


class CacheControl(Strict):
    type: Literal["ephemeral"]
    ttl: Literal["5m", "1h"] = "5m"


class TextBlock(Strict):
    type: Literal["text"]
    text: str = Field(min_length=1, pattern=r"\S")
    cache_control: CacheControl | None = None


class ToolUse(Strict):
    type: Literal["tool_use"]
    id: CallId
    name: str
    input: dict[str, Any]
    cache_control: CacheControl | None = None


class ToolResult(Strict):
    type: Literal["tool_result"]
    tool_use_id: CallId
    content: str | list[TextBlock] = ""
    is_error: bool = False
    cache_control: CacheControl | None = None


Block = Annotated[TextBlock | ToolUse | ToolResult, Field(discriminator="type")]


class MessageIn(Strict):
    role: Literal["user", "assistant"]
    content: str | list[Block]


class Tool(Strict):
    name: str = Field(pattern=r"^[a-zA-Z0-9_-]{1,128}$")
    description: str = ""
    input_schema: dict[str, Any]
    cache_control: CacheControl | None = None
    type: Literal["custom"] | None = None
    strict: bool | None = None


class ToolChoice(Strict):
    type: Literal["auto", "none", "any", "tool"]
    name: str | None = None
    disable_parallel_tool_use: bool | None = None


class OutputFormat(Strict):
    type: Literal["json_schema"]
    schema_: dict[str, Any] = Field(alias="schema")


class OutputConfig(Strict):
    effort: Literal["low", "medium", "high", "xhigh", "max"] | None = None
    format: OutputFormat | None = None


class Thinking(Strict):
    type: Literal["adaptive", "disabled", "between_tools", "enabled"]
    display: Literal["summarized", "omitted"] | None = None


class CountRequest(Strict):
    model: str
    messages: list[MessageIn] = Field(min_length=1)
    system: str | list[TextBlock] | None = None
    tools: list[Tool] = []
    tool_choice: ToolChoice | None = None
    output_config: OutputConfig | None = None
    thinking: Thinking | None = None
    cache_control: CacheControl | None = None


class MessagesRequest(CountRequest):
    max_tokens: int = Field(ge=1)
    metadata: dict[str, str] | None = None
    stop_sequences: list[str] | None = None
    stream: Literal[False] = False
