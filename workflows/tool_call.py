"""ToolCall: run one tool on its layer, for the command line and MCP clients."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.layers import Effect
    from daybook.contracts.tool_runs import ToolCallInput
    from daybook.contracts.tools import ToolReply

from workflows.tool_running import run_tool


@workflow.defn(name="ToolCall")
class ToolCall:
    """One tool run. Result: ``ToolReply``; a tool that cannot answer says so in the reply."""

    @workflow.run
    async def run(self, asked: ToolCallInput) -> ToolReply:
        """Run the tool of the row; refuse a request that is not the row's, and any order.

        Raises ``ApplicationError`` of type ``BadRequest`` for these.
        """
        row, request = asked.row, asked.request
        if request.tool != row.name:
            raise ApplicationError(
                f"the row is of {row.name}, the request of {request.tool}", type="BadRequest", non_retryable=True
            )
        if row.effect is Effect.ORDER:
            raise ApplicationError(f"{row.name}: a tool never places orders", type="BadRequest", non_retryable=True)
        by = f" for {asked.asked_by}" if asked.asked_by else ""
        workflow.set_current_details(f"**{row.name}** ({row.skill}, {row.effect.value}) on {row.layer.value}{by}")
        reply = await run_tool(row, request, summary=f"{row.name}{by}")
        workflow.set_current_details(f"**{row.name}** on {row.layer.value}{by}: {reply.status.value} {reply.message}")
        return reply
