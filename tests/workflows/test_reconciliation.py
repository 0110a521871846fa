from temporalio.client import Client

from daybook.contracts.calls import RECONCILE
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport, ReconcileRequest, ReconciliationInput
from tests.workflows import facts
from tests.workflows.scripted_layers import ScriptedLayers, unique
from workflows.reconciliation import Reconciliation


async def reconcile(client: Client, *, accept_by: str = "", day_workflow_id: str = "") -> ReconcileReport:
    request = ReconcileRequest(
        account="main",
        day=facts.DAY,
        moment=ReconcileMoment.START if accept_by else ReconcileMoment.DURING,
        market_now=facts.market("10:00"),
        accept_by=accept_by,
    )
    report: ReconcileReport = await client.execute_workflow(
        Reconciliation.run,
        ReconciliationInput(request=request, day_workflow_id=day_workflow_id),
        id=unique("reconciliation"),
        task_queue="control",
    )
    return report


async def test_reconciliation_when_no_day_runs_then_the_report_is_returned(
    control: Client, layers: ScriptedLayers
) -> None:
    report = await reconcile(control)
    assert (report.signed_off, layers.requests(RECONCILE)[0].moment) == (True, ReconcileMoment.DURING)


async def test_reconciliation_when_it_differs_then_the_difference_is_returned(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(RECONCILE, lambda request: facts.reconciled(request.moment, differs=True))
    report = await reconcile(control, day_workflow_id=unique("no-day"))
    assert (report.signed_off, report.differences[0].subject) == (False, "cash")


async def test_reconciliation_when_the_day_has_ended_then_accepting_still_works(
    control: Client, layers: ScriptedLayers
) -> None:
    report = await reconcile(control, accept_by="owner", day_workflow_id=unique("no-day"))
    assert (report.signed_off, layers.requests(RECONCILE)[0].accept_by) == (True, "owner")
