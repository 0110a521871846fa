"""StartTradingDay: what the schedule runs. It starts the day under the day's own id and ends."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.day import TradingDayInput, day_workflow_id

from workflows.trading_day import TradingDay


@workflow.defn(name="StartTradingDay")
class StartTradingDay:
    """Starts today's TradingDay unless it was started already. Result: the day's workflow id."""

    @workflow.run
    async def run(self, day_input: TradingDayInput) -> str:
        """Start the day of the market date now."""
        day = day_input.day or day_input.clock.market_time(workflow.now()).date()
        workflow_id = day_workflow_id(day, day_input.desk.account)
        try:
            await workflow.start_child_workflow(
                TradingDay.run,
                day_input.model_copy(update={"day": day}),
                id=workflow_id,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                execution_timeout=timedelta(hours=20),
                task_timeout=timedelta(seconds=5),
                static_summary=f"KRX {day} ({day_input.desk.mode.value})",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("%s was started already", workflow_id)
        return workflow_id
