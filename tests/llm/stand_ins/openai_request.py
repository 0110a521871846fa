"""What a request to OpenAI may hold; anything else is refused."""

from typing import Annotated, Any, Literal

from pydantic import Field

from tests.llm.stand_ins.wire import Strict

ToolName = Annotated[str, Field(pattern=r"^[a-zA-Z0-9_-]{1,64}$")]


class Breakpoint(Strict):
    mode: Literal["explicit"]


class InputText(Strict):
    type: Literal["input_text", "output_text"]
    text: str
    prompt_cache_breakpoint: Breakpoint | None = None


class InputMessage(Strict):
    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: str | list[InputText]


class FunctionCall(Strict):
    type: Literal["function_call"]
    call_id: str = Field(min_length=1, max_length=64)
    name: ToolName
    arguments: str
    id: str | None = None
    status: str | None = None


class FunctionOutput(Strict):
    type: Literal["function_call_output"]
    call_id: str = Field(min_length=1, max_length=64)
    output: str


class FunctionTool(Strict):
    type: Literal["function"]
    name: ToolName
    description: str | None = None
    parameters: dict[str, Any]
    strict: bool | None
    defer_loading: bool = False


class NamedTool(Strict):
    type: Literal["function"]
    name: ToolName


class AllowedTools(Strict):
    type: Literal["allowed_tools"]
    mode: Literal["auto", "required"]
    tools: list[NamedTool] = Field(min_length=1)


class SchemaFormat(Strict):
    type: Literal["json_schema"]
    name: ToolName
    schema_: dict[str, Any] = Field(alias="schema")
    strict: bool | None = None
    description: str | None = None


class TextFormat(Strict):
    type: Literal["text"]


class TextConfig(Strict):
    format: SchemaFormat | TextFormat | None = None
    verbosity: Literal["low", "medium", "high"] | None = None


class Reasoning(Strict):
    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: str | None = None


class CacheOptions(Strict):
    mode: Literal["implicit", "explicit"] = "implicit"
    ttl: Literal["30m", "12h"] = "30m"


class ResponsesRequest(Strict):
    model: str
    input: str | list[InputMessage | FunctionCall | FunctionOutput] = Field(min_length=1)
    instructions: str | None = None
    max_output_tokens: int | None = Field(default=None, ge=16)
    metadata: dict[str, str] | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: str | None = Field(default=None, max_length=64)
    prompt_cache_options: CacheOptions | None = None
    reasoning: Reasoning | None = None
    store: bool | None = None
    text: TextConfig | None = None
    tool_choice: Literal["none", "auto", "required"] | AllowedTools | NamedTool | None = None
    tools: list[FunctionTool] = []


class Choice(Strict):
    value: str | bool
    description: str | None = None


class Question(Strict):
    type: Literal["choice"]
    instructions: str
    choices: list[Choice] = Field(min_length=2, max_length=255)
    name: str | None = None


class DecisionsRequest(Strict):
    model: Literal["gpt-6-luna"]
    input: str | list[InputMessage]
    questions: list[Question] = Field(min_length=1, max_length=400)
    prompt_cache_key: str | None = None
