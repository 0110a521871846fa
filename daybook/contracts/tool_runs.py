"""One tool run for a person or an MCP client: the input of the workflow ``ToolCall``."""

from pydantic import Field

from daybook.contracts.base import Message
from daybook.contracts.tools import ToolRequest, ToolRow


class ToolCallInput(Message):
    """Run one tool on its layer. ``row`` is the tool's row in the policy table, ``asked_by`` who wants to know."""

    row: ToolRow
    request: ToolRequest
    asked_by: str = Field(default="", max_length=80)
