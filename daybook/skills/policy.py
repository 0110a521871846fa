"""Who may run a tool and how: rows for workflows, calls for workers, hints for MCP clients."""

from typing import Any

from daybook.contracts.layers import Call, Effect, Layer
from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, tool_call
from daybook.skills.registry import registry
from daybook.skills.spec import ToolSpec

_GRACE_S = 5.0
"""The tool gives up by itself before the server does, so that the caller hears why."""


def policy_row(spec: ToolSpec) -> ToolRow:
    """Return what a workflow needs to know of a tool."""
    return ToolRow(
        name=spec.name,
        skill=spec.skill,
        layer=spec.layer,
        effect=spec.effect,
        timeout_s=spec.timeout_s + _GRACE_S,
        digest=spec.digest,
        is_untrusted=spec.is_untrusted,
    )


def tool_calls_of(layer: Layer) -> tuple[Call[ToolRequest, ToolReply], ...]:
    """Return the calls of all tools a layer serves, in order of their names."""
    return tuple(tool_call(policy_row(spec)) for spec in registry().tools.by_layer(layer))


def mcp_annotations(spec: ToolSpec) -> dict[str, Any]:
    """Return the tool's annotations as MCP names them.

    No tool destroys anything: orders are tickets until a person agrees. But two tickets are two tickets, so what
    prepares or records is not idempotent.
    """
    is_read = spec.effect is Effect.READ
    return {
        "readOnlyHint": is_read,
        "destructiveHint": False,
        "idempotentHint": is_read,
        "openWorldHint": spec.is_untrusted,
    }
