"""StartNewsAnalysis: what the schedule runs. It names the run after the moment, starts the analysis and ends."""

from datetime import timedelta

from temporalio import workflow
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.workflow import ParentClosePolicy

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.base import KST
    from daybook.contracts.news import NewsAnalysisInput

from workflows.news_analysis import NewsAnalysis

_LONGEST_ANALYSIS = timedelta(minutes=20)


@workflow.defn(name="StartNewsAnalysis")
class StartNewsAnalysis:
    """Starts a NewsAnalysis as of now. Result: its workflow id."""

    @workflow.run
    async def run(self, template: NewsAnalysisInput) -> str:
        """Start an analysis like ``template``, whose ``run_id`` is a prefix and whose ``as_of`` is not used."""
        now = workflow.now()
        run_id = f"{template.run_id}-{now.astimezone(KST):%Y%m%d-%H%M}"
        workflow_id = f"news-{run_id}"
        try:
            await workflow.start_child_workflow(
                NewsAnalysis.run,
                template.model_copy(update={"run_id": run_id, "as_of": now}),
                id=workflow_id,
                id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                parent_close_policy=ParentClosePolicy.ABANDON,
                execution_timeout=_LONGEST_ANALYSIS,
                static_summary=f"news of {template.days} days",
            )
        except WorkflowAlreadyStartedError:
            workflow.logger.info("%s was started already", workflow_id)
        return workflow_id
