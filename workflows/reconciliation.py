"""Reconciliation: compare ledger and broker now, and adopt differences in a person's name."""

from temporalio import workflow
from temporalio.exceptions import FailureError

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import RECONCILE
    from daybook.contracts.reconciliation import ReconcileReport, ReconciliationInput

from workflows.calling import call


@workflow.defn(name="Reconciliation")
class Reconciliation:
    """One reconciliation on demand. Result: ``ReconcileReport``."""

    @workflow.run
    async def run(self, reconciliation: ReconciliationInput) -> ReconcileReport:
        """Reconcile, and wake the running day when a person accepted differences."""
        request = reconciliation.request
        report = await call(RECONCILE, request, summary=f"reconcile, accepted by {request.accept_by or 'nobody'}")
        workflow.set_current_details(report.summary())
        if reconciliation.day_workflow_id and report.signed_off:
            try:
                await workflow.get_external_workflow_handle(reconciliation.day_workflow_id).signal("reconcile_again")
            except FailureError:
                workflow.logger.info("no day is running")
        return report
