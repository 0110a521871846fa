"""Run a scenario from beginning to end in one process."""

from collections.abc import Callable
from threading import Lock

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.scenario.engine.assemble import result_of
from daybook.scenario.engine.stages import Stage, StageResult, run_stage, stages_of
from daybook.scenario.engine.threads import ordered_map
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.market.history import MarketHistory

Progress = Callable[[str, float], None]


def _silent(stage: str, done: float) -> None:
    del stage, done


def run_scenario(
    scenario: Scenario,
    history: MarketHistory,
    *,
    run_id: str,
    progress: Progress = _silent,
    preview: bool = False,
    threads: int = 2,
) -> ScenarioResult:
    """Return the complete result of a scenario on a price history.

    Parameters
    ----------
    scenario : Scenario
        What to run.
    history : MarketHistory
        Prices of its stocks, in any order; others are ignored.
    run_id : str
        Goes into the result and into nothing else.
    progress : callable, optional
        Told the name of each stage that is done and the share of all work done, 0 to 1; what it raises ends the run.
    preview : bool
        1,000 scenarios, the plan and the comparison only.
    threads : int
        How many threads to use; the result is the same for any number, bit by bit.

    Raises
    ------
    ScenarioError
        For a scenario that cannot be run on these prices; names the field and the way out.
    InfeasiblePlan
        Where no plan meets every limit; names the field that has to give way least, and the limits in conflict.
    """
    workspace = Workspace(scenario, history, preview, threads)
    stages = stages_of(workspace.scenario, preview)
    results: dict[str, StageResult] = {}
    teller = _Teller(progress, sum(stage.weight for stage in stages))
    first, rest = stages[0], stages[1:]
    results[first.name] = run_stage(first.name, workspace, {})
    teller.done(first)

    def piece(stage: Stage) -> StageResult:
        found = run_stage(stage.name, workspace, results)
        teller.done(stage)
        return found

    after = ordered_map(piece, rest, threads)
    results |= {stage.name: found for stage, found in zip(rest, after, strict=True)}
    return result_of(workspace.prepared, results, run_id)


class _Teller:
    """Adds up the work done by threads and tells of it, one call at a time."""

    def __init__(self, progress: Progress, whole: float) -> None:
        self._progress = progress
        self._whole = whole
        self._sum = 0.0
        self._lock = Lock()

    def done(self, stage: Stage) -> None:
        """Tell that a stage is done."""
        with self._lock:
            self._sum += stage.weight
            self._progress(stage.name, min(1.0, self._sum / self._whole))
