"""One tool of the Skill Layer, run as an activity on its own layer."""

from datetime import timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field, JsonValue

from daybook.contracts.base import AwareDatetime, Message
from daybook.contracts.layers import Call, Effect, Layer

ToolName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,47}$")]
LARGEST_REPLY_BYTES = 60_000
"""A tool's reply as JSON; larger ones are cut by the tool or refused."""


class ToolStatus(StrEnum):
    """How a tool call ended."""

    OK = "ok"
    UNKNOWN_TOOL = "unknown_tool"
    BAD_ARGUMENTS = "bad_arguments"
    NO_DATA = "no_data"
    UNAVAILABLE = "unavailable"
    """The source is down, refuses, or has no key; the message says what to do."""
    REFUSED = "refused"
    TOO_LARGE = "too_large"
    FAILED = "failed"


class SourceRef(Message):
    """Where a fact comes from. ``observed_at`` is when the desk saw it; ``published_at`` what the source says."""

    name: str
    title: str = ""
    url: str = ""
    published_at: AwareDatetime | None = None
    observed_at: AwareDatetime | None = None


class ToolRow(Message):
    """What a workflow needs to know of a tool: its row in the policy table."""

    name: ToolName
    skill: str
    layer: Layer
    effect: Effect = Effect.READ
    timeout_s: float = Field(default=30, gt=0, le=900)
    digest: str = ""
    is_untrusted: bool = Field(default=False, description="its result holds text from outside")
    price_arguments: tuple[str, ...] = Field(default=(), description="arguments that name symbols whose bars it reads")
    price_sessions: int = Field(default=250, ge=1, description="sessions it reads when the call does not say")


class ToolRequest(Message):
    """Run a tool for a question, a code run or an MCP client. ``number`` counts the calls of that run from 1."""

    tool: ToolName
    arguments: dict[str, JsonValue] = Field(default_factory=dict)
    run_id: str
    number: int = Field(default=1, ge=1)
    as_of: AwareDatetime | None = Field(default=None, description="point in time: nothing later may be used")


class ToolReply(Message):
    """A tool's value, or the reason why there is none."""

    tool: str
    status: ToolStatus
    value: JsonValue = None
    message: str = Field(default="", max_length=2_000, description="one line; empty when all is well")
    sources: tuple[SourceRef, ...] = ()
    is_untrusted: bool = False
    elapsed_ms: int = Field(default=0, ge=0)


def tool_activity(layer: Layer, tool: str) -> str:
    """Return the activity name of a tool; the prefix keeps tools apart from the desk's own calls."""
    return f"{layer.value}.tool.{tool}"


def tool_call(row: ToolRow) -> Call[ToolRequest, ToolReply]:
    """Return the call of a tool, for the table and for ``workflows.calling.call``."""
    return Call(
        tool_activity(row.layer, row.name),
        row.layer,
        ToolRequest,
        ToolReply,
        timedelta(seconds=row.timeout_s),
        attempts=2,
        effect=row.effect,
    )
