"""Run a scenario in this process, for a home without a desk; the result has the bits a desk's run would have."""

from collections.abc import Callable
from datetime import datetime

from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.scenario_run import RunStatus, ScenarioRunInput
from daybook.scenario.engine.digest import input_hash
from daybook.scenario.engine.prepared import prepare
from daybook.scenario.engine.run import Progress, run_scenario
from daybook.scenario.errors import ScenarioError
from daybook.scenario_desk.history import StoredPrices
from daybook.scenario_report.template import template_explanation
from daybook.storage.database import Database
from daybook.storage.scenario_runs import ScenarioRunStore

_NO_DATA = "no data"


def run_locally(
    database: Database, wanted: ScenarioRunInput, *, progress: Progress, now: Callable[[], datetime], threads: int = 2
) -> ScenarioResult:
    """Run to the end and keep run and result in the database; the words are the template's.

    Raises:
        ScenarioError: for a scenario that cannot be run; the run is kept as failed.
        StorageError: when the database cannot be used.
    """
    runs, scenario = ScenarioRunStore(database), wanted.scenario
    try:
        history = StoredPrices(database).history(scenario, now())
        digest = prepare(scenario, history, wanted.preview).input_hash
    except ScenarioError as error:
        runs.start(wanted.run_id, scenario, input_hash(scenario, _NO_DATA), wanted.asked_by)
        runs.fail(wanted.run_id, RunStatus.FAILED, str(error))
        raise
    runs.start(wanted.run_id, scenario, digest, wanted.asked_by)
    try:
        result = run_scenario(
            scenario, history, run_id=wanted.run_id, progress=progress, preview=wanted.preview, threads=threads
        )
    except ScenarioError as error:
        runs.fail(wanted.run_id, RunStatus.FAILED, str(error))
        raise
    except BaseException:
        runs.fail(wanted.run_id, RunStatus.CANCELLED, "cancelled")
        raise
    explained = result.model_copy(update={"explanation": template_explanation(result)})
    runs.finish(explained)
    return explained
