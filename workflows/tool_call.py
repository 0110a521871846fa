"""ToolCall: run one tool on its layer, for the command line and MCP clients."""

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.layers import Effect
    from daybook.contracts.tool_runs import ToolCallInput
    from daybook.contracts.tools import ToolReply, ToolStatus, tool_call

from workflows.calling import call


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
        try:
            reply = await call(tool_call(row), request, summary=f"{row.name}{by}")
        except ActivityError as error:
            cause = f"{error.cause or error}".partition("\n")[0][:200]
            reply = ToolReply(
                tool=row.name,
                status=ToolStatus.UNAVAILABLE,
                message=f"the {row.layer.value} worker did not answer: {cause}",
                is_untrusted=row.is_untrusted,
            )
        workflow.set_current_details(f"**{row.name}** on {row.layer.value}{by}: {reply.status.value} {reply.message}")
        return reply
