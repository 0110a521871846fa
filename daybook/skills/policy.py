"""Who may run a tool and how: rows for workflows, calls for workers, hints for MCP clients."""

from typing import Any

from daybook.contracts.layers import Call, Effect, Layer
from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, tool_call
from daybook.skills.registry import registry
from daybook.skills.spec import ToolSpec
from daybook.skills.technical.ports import PriceHistory

_SYMBOL_ARGUMENTS = ("symbol", "symbols", "market_symbol")
_USUAL_SESSIONS = 250
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
        price_arguments=_price_arguments(spec),
        price_sessions=_price_sessions(spec),
    )


def _price_arguments(spec: ToolSpec) -> tuple[str, ...]:
    """Return the arguments that name the symbols whose stored prices a tool reads."""
    if PriceHistory not in spec.injected.values():
        return ()
    return tuple(name for name in _SYMBOL_ARGUMENTS if name in spec.arguments.model_fields)


def _price_sessions(spec: ToolSpec) -> int:
    field = spec.arguments.model_fields.get("sessions")
    default = field.default if field is not None else None
    return default if isinstance(default, int) else _USUAL_SESSIONS


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
