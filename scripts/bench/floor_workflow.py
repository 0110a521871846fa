"""The floor: the least that a durable step costs on this server."""

from datetime import timedelta

from temporalio import activity, workflow

WORKFLOW_QUEUE = "bench-control"
ACTIVITY_QUEUE = "bench-trading"


@activity.defn(name="bench.nothing")
async def do_nothing() -> None:
    """Do nothing."""


@workflow.defn(name="BenchFloor")
class BenchFloor:
    """One activity that does nothing, on another queue than the workflow's, as in the desk."""

    @workflow.run
    async def run(self) -> None:
        """Run the activity."""
        await workflow.execute_activity(
            do_nothing, task_queue=ACTIVITY_QUEUE, start_to_close_timeout=timedelta(seconds=10)
        )
