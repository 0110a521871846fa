"""The steps of a scenario run against the world: database, object store, models.

Every step may be repeated, on any machine: what it computes is a pure function of objects named by their digest, and
what it keeps is kept under the run's id.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime
from threading import Lock

from daybook.contracts.objects import ObjectKind, ObjectRef
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.scenario_run import (
    AssembleScenario,
    EndScenario,
    ExplainScenario,
    FinishScenario,
    LoadedScenario,
    RunStatus,
    ScenarioRunInput,
    ScenarioRunRow,
    StageDone,
    StagePlan,
    StageTask,
)
from daybook.scenario.engine.assemble import result_of
from daybook.scenario.engine.digest import input_hash
from daybook.scenario.engine.stages import StageResult, run_stage, stages_of
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.errors import ScenarioError
from daybook.scenario.market.history import MarketHistory
from daybook.scenario_desk.history import StoredPrices
from daybook.scenario_desk.snapshot import as_bytes, from_bytes, packed_history, unpacked_history
from daybook.scenario_report.explanation import Complete, explain
from daybook.storage.canonical import message_json
from daybook.storage.database import Database
from daybook.storage.errors import RecordNotFound
from daybook.storage.object_book import ObjectBook
from daybook.storage.objects import packed_arrays, unpacked_arrays
from daybook.storage.scenario_runs import ScenarioRunStore

_DATA = "data"
_NO_DATA = "no data"
_RUNS_KEPT = 2


class ScenarioDesk:
    """What runs scenarios for a desk.

    Args:
        database: where prices are read from and runs are kept.
        objects: where snapshots, arrays and results are kept.
        complete: asks a model (``CompletionDesk.complete``); None for the template alone.
        now: the clock.
        threads: how many threads one stage may use.
    """

    def __init__(
        self,
        database: Database,
        objects: ObjectBook,
        complete: Complete | None,
        now: Callable[[], datetime],
        threads: int = 2,
    ) -> None:
        self._prices = StoredPrices(database)
        self._runs = ScenarioRunStore(database)
        self._objects = objects
        self._complete = complete
        self._now = now
        self._threads = threads
        self._workspaces: OrderedDict[tuple[str, str, bool], Workspace] = OrderedDict()
        self._lock = Lock()

    def load(self, wanted: ScenarioRunInput) -> LoadedScenario:
        """Take a snapshot of scenario and prices, name the input, and keep the run as begun.

        A repeated call takes the snapshot of the first one.

        Raises:
            ScenarioError: for a scenario that cannot be run; the run is kept as failed.
            StorageError: when database or object store cannot be used.
        """
        run_id, scenario = wanted.run_id, wanted.scenario
        try:
            history = self._snapshot(run_id, scenario)
            workspace = self._workspace(scenario, unpacked_history(self._bytes(history)), history, wanted.preview)
        except ScenarioError as error:
            self.end(
                EndScenario(
                    run_id=run_id,
                    status=RunStatus.FAILED,
                    problem=str(error)[:400],
                    asked_by=wanted.asked_by,
                    scenario=scenario,
                )
            )
            raise
        prepared = workspace.prepared
        self._runs.start(run_id, scenario, prepared.input_hash, wanted.asked_by)
        data = prepared.snapshot
        return LoadedScenario(
            run_id=run_id,
            scenario=self._objects.keep(
                owner_of(run_id), {"scenario.json": message_json(scenario).encode()}, ObjectKind.SCENARIO
            )["scenario.json"],
            history=history,
            input_hash=prepared.input_hash,
            preview=wanted.preview,
            simulated=data.simulated,
            data=f"{data.source}, {data.sessions} sessions to {data.last_day}"[:300],
            stages=tuple(
                StagePlan(name=stage.name, needs=stage.needs, weight=stage.weight)
                for stage in stages_of(workspace.scenario, wanted.preview)
            ),
        )

    def stage(self, task: StageTask) -> StageDone:
        """Run one stage; the same task gives the same object.

        Raises:
            ScenarioError: for a scenario that cannot be run, or limits no plan meets.
            ObjectStoreError: when an object cannot be read or kept.
        """
        workspace = self._opened(task.scenario, task.history, task.preview)
        found = run_stage(task.name, workspace, self._results(task.earlier))
        content = packed_arrays({**found.arrays, _DATA: as_bytes(found.data)})
        return StageDone(name=task.name, found=self._objects.objects.put(content, ObjectKind.ARRAYS))

    def assemble(self, request: AssembleScenario) -> ObjectRef:
        """Put the stages together into the result.

        Raises:
            ScenarioError: for views the scenarios cannot meet.
            ObjectStoreError: when an object cannot be read or kept.
        """
        workspace = self._opened(request.scenario, request.history, request.preview)
        result = result_of(workspace.prepared, self._results(request.done), request.run_id)
        return self._kept(result)

    async def explain(self, request: ExplainScenario) -> ObjectRef:
        """Put a result into words, by a model or the template; a result that is explained already is left alone."""
        result = self._result(request.result)
        if result.explanation is not None:
            return request.result
        explanation = await explain(result, self._complete if request.use_model else None)
        return self._kept(result.model_copy(update={"explanation": explanation}))

    def finish(self, request: FinishScenario) -> ScenarioRunRow:
        """Keep a run's result in the database and name it in the object store."""
        result = self._result(request.result)
        content = message_json(result).encode()
        self._objects.keep(owner_of(request.run_id), {"result.json": content}, ObjectKind.SCENARIO)
        self._runs.finish(result)
        return self._runs.row(request.run_id)

    def end(self, request: EndScenario) -> None:
        """Keep that a run failed or was cancelled."""
        try:
            self._runs.row(request.run_id)
        except RecordNotFound:
            if request.scenario is None:
                raise
            self._runs.start(request.run_id, request.scenario, input_hash(request.scenario, _NO_DATA), request.asked_by)
        self._runs.fail(request.run_id, request.status, request.problem)

    def _snapshot(self, run_id: str, scenario: Scenario) -> ObjectRef:
        name, owner = "history.npz", owner_of(run_id)
        for entry in self._objects.entries(owner):
            if entry.name == name and self._objects.objects.has(entry.ref.digest):
                return entry.ref
        content = packed_history(self._prices.history(scenario, self._now()))
        return self._objects.keep(owner, {name: content}, ObjectKind.MARKET_DATA)[name]

    def _opened(self, scenario: ObjectRef, history: ObjectRef, preview: bool) -> Workspace:
        found = Scenario.model_validate_json(self._bytes(scenario))
        return self._workspace(found, None, history, preview)

    def _workspace(self, scenario: Scenario, history: MarketHistory | None, ref: ObjectRef, preview: bool) -> Workspace:
        """Return the workspace of an input; the last few are kept, since stages of a run share their samples."""
        key = (message_json(scenario), ref.digest, preview)
        with self._lock:
            if key in self._workspaces:
                self._workspaces.move_to_end(key)
                return self._workspaces[key]
        made = Workspace(
            scenario,
            unpacked_history(self._bytes(ref)) if history is None else history,
            preview,
            self._threads,
        )
        with self._lock:
            kept = self._workspaces.setdefault(key, made)
            while len(self._workspaces) > _RUNS_KEPT:
                self._workspaces.popitem(last=False)
        return kept

    def _results(self, done: tuple[StageDone, ...]) -> Mapping[str, StageResult]:
        return {stage.name: self._stage_result(stage.found) for stage in done}

    def _stage_result(self, ref: ObjectRef) -> StageResult:
        arrays = unpacked_arrays(self._bytes(ref))
        data = from_bytes(arrays.pop(_DATA))
        return StageResult(data, arrays)

    def _bytes(self, ref: ObjectRef) -> bytes:
        return self._objects.objects.get(ref.digest)

    def _result(self, ref: ObjectRef) -> ScenarioResult:
        return ScenarioResult.model_validate_json(self._bytes(ref))

    def _kept(self, result: ScenarioResult) -> ObjectRef:
        return self._objects.objects.put(message_json(result).encode(), ObjectKind.SCENARIO)


def owner_of(run_id: str) -> str:
    """Return under which name a run keeps its objects."""
    return f"scenario/{run_id}"
