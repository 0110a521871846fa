"""The tools of a layer as activities: one each, named after layer and tool."""

from collections.abc import Awaitable, Callable
from typing import Any

from temporalio import activity

from activities.serving import SERVED_CALL
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus, tool_call
from daybook.skills.policy import policy_row
from daybook.skills.spec import ToolSpec
from daybook.skills.toolbox import ToolBox


def tool_activities(toolbox: ToolBox) -> list[Callable[..., Any]]:
    """Return one activity for each tool of a layer, in order of their names, bound to the calls of its policy rows."""
    return [_activity_of(toolbox, spec) for spec in toolbox.tools]


def _activity_of(toolbox: ToolBox, spec: ToolSpec) -> Callable[[ToolRequest], Awaitable[ToolReply]]:
    entry = tool_call(policy_row(spec))

    async def run(request: ToolRequest) -> ToolReply:
        if request.tool != spec.name:
            message = f"this call runs {spec.name}, and was asked for {request.tool}"
            return ToolReply(tool=request.tool, status=ToolStatus.UNKNOWN_TOOL, message=message)
        return await toolbox.run(request)

    bound = activity.defn(name=entry.name)(run)
    setattr(bound, SERVED_CALL, entry)
    return bound
