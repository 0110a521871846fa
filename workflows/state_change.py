"""StateChange: halt, reduce, resume, arm or disarm the desk, whether or not a day is running."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import CHANGE_STATE
    from daybook.contracts.state import StateChangeInput, StateChangeResult

from workflows.calling import call


@workflow.defn(name="StateChange")
class StateChange:
    """One change of the trading state. Result: ``StateChangeResult``."""

    @workflow.run
    async def run(self, change: StateChangeInput) -> StateChangeResult:
        """Write the change where every POST reads it, then tell the running day."""
        request = change.request
        workflow.set_current_details(f"**{request.action.value}** by {request.by}: {request.reason}")
        result = await call(CHANGE_STATE, request, summary=f"{request.action.value} by {request.by}: {request.reason}")
        if change.day_workflow_id and result.accepted and not request.action.is_arming:
            told = result.model_copy(update={"token": "", "text": request.reason or result.text})
            try:
                await workflow.get_external_workflow_handle(change.day_workflow_id).signal("state_changed", told)
            except FailureError:
                workflow.logger.info("no day is running")
        return result
