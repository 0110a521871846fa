"""ScenarioRun: load, plan, judge and analyse in parallel stages, explain, keep."""

import asyncio
from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError, is_cancelled_exception

with workflow.unsafe.imports_passed_through():
    from daybook.contracts.calls import (
        ASSEMBLE_SCENARIO,
        END_SCENARIO,
        EXPLAIN_SCENARIO,
        FINISH_SCENARIO,
        LOAD_SCENARIO,
        RUN_SCENARIO_STAGE,
    )
    from daybook.contracts.objects import ObjectRef
    from daybook.contracts.scenario_run import (
        AssembleScenario,
        EndScenario,
        ExplainScenario,
        FinishScenario,
        LoadedScenario,
        RunProgress,
        RunStatus,
        ScenarioRunInput,
        ScenarioRunRow,
        StageDone,
        StagePlan,
        StageTask,
    )

from workflows.calling import begin, call

_AT_ONCE = 4
"""Stages in flight; each keeps one core of the pipeline worker busy."""
_LOADING, _ASSEMBLING, _EXPLAINING = 0.05, 0.96, 0.98
_ENDING = timedelta(seconds=30)


@workflow.defn(name="ScenarioRun")
class ScenarioRun:
    """One run of a scenario. Id ``scenario-{run_id}``. Result: ``ScenarioRunRow``; the figures stand in the database.

    Arrays and results pass through the object store; the history holds their digests. A stage that is repeated, by a
    retry or by another worker, gives the same bits. A run that is cancelled ends at once: stages still at work are
    told, not waited for.
    """

    @workflow.init
    def __init__(self, wanted: ScenarioRunInput) -> None:
        self._wanted = wanted
        self._progress = RunProgress(run_id=wanted.run_id, stage="load")
        self._loaded: LoadedScenario | None = None
        self._done: dict[str, StageDone] = {}
        self._running: list[str] = []

    @workflow.run
    async def run(self, wanted: ScenarioRunInput) -> ScenarioRunRow:
        """Run to the end; a failure names the field at fault, and the run is kept as failed or cancelled."""
        try:
            result = await self._simulate(wanted)
            row = await self._kept(result)
        except (ActivityError, asyncio.CancelledError) as error:
            if is_cancelled_exception(error):
                await asyncio.shield(self._end(RunStatus.CANCELLED, "cancelled"))
                raise
            problem = _line(error)
            await asyncio.shield(self._end(RunStatus.FAILED, problem))
            raise ApplicationError(problem, type="Scenario", non_retryable=True) from error
        self._show("done", 1.0, status=RunStatus.DONE)
        return row

    @workflow.query
    def progress(self) -> RunProgress:
        """How far the run is."""
        return self._progress

    async def _simulate(self, wanted: ScenarioRunInput) -> ObjectRef:
        self._show("load", 0.0, "prices and scenario")
        loaded = self._loaded = await call(LOAD_SCENARIO, wanted, summary=f"prices for {wanted.scenario.name}")
        self._show("plan", _LOADING, loaded.data)
        await self._run_stages(loaded)
        self._show("assemble", _ASSEMBLING)
        result = await call(
            ASSEMBLE_SCENARIO,
            AssembleScenario(
                run_id=loaded.run_id,
                scenario=loaded.scenario,
                history=loaded.history,
                preview=loaded.preview,
                done=tuple(self._done[stage.name] for stage in loaded.stages),
            ),
            summary=f"put {len(loaded.stages)} stages together",
        )
        self._show("explain", _EXPLAINING)
        request = ExplainScenario(
            run_id=loaded.run_id, result=result, use_model=wanted.use_model and not wanted.preview
        )
        try:
            return await call(EXPLAIN_SCENARIO, request, summary="put it into words")
        except ActivityError as error:
            if is_cancelled_exception(error):
                raise
            return result

    async def _run_stages(self, loaded: LoadedScenario) -> None:
        """Run every stage once what it needs is there, some at a time, in the order of the plan."""
        waiting = list(loaded.stages)
        tasks: dict[asyncio.Task[StageDone], StagePlan] = {}
        try:
            while waiting or tasks:
                ready = [stage for stage in waiting if all(name in self._done for name in stage.needs)]
                for stage in ready[: _AT_ONCE - len(tasks)]:
                    waiting.remove(stage)
                    tasks[asyncio.create_task(self._stage(loaded, stage))] = stage
                self._running = [stage.name for stage in tasks.values()]
                self._show_stages(loaded)
                finished, _ = await workflow.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for stage, task in [(tasks.pop(task), task) for task in finished]:
                    self._done[stage.name] = await task
        finally:
            for task in tasks:
                task.cancel()

    async def _stage(self, loaded: LoadedScenario, stage: StagePlan) -> StageDone:
        task = StageTask(
            run_id=loaded.run_id,
            scenario=loaded.scenario,
            history=loaded.history,
            preview=loaded.preview,
            name=stage.name,
            earlier=tuple(self._done[name] for name in stage.needs),
        )
        return await call(RUN_SCENARIO_STAGE, task, summary=stage.name)

    async def _kept(self, result: ObjectRef) -> ScenarioRunRow:
        """Keep the result; a run that is cancelled now is done already."""
        request = FinishScenario(run_id=self._wanted.run_id, result=result)
        finishing = asyncio.create_task(call(FINISH_SCENARIO, request, summary="keep the result"))
        try:
            return await asyncio.shield(finishing)
        except asyncio.CancelledError:
            return await finishing

    async def _end(self, status: RunStatus, problem: str) -> None:
        """Keep how the run ended, as well as it can be kept: what it ends with is said in any case."""
        self._show(status.value, self._progress.done_share, problem, status=status)
        request = EndScenario(
            run_id=self._wanted.run_id,
            status=status,
            problem=problem,
            asked_by=self._wanted.asked_by,
            scenario=None if self._loaded else self._wanted.scenario,
        )
        try:
            await begin(END_SCENARIO, request, summary=f"keep that it {status.value}", within=_ENDING)
        except ActivityError as error:
            workflow.logger.error("the end of run %s is not kept: %s", self._wanted.run_id, _line(error))

    def _show_stages(self, loaded: LoadedScenario) -> None:
        whole = sum(stage.weight for stage in loaded.stages)
        done = sum(stage.weight for stage in loaded.stages if stage.name in self._done)
        share = _LOADING + (_ASSEMBLING - _LOADING) * done / whole
        kinds = sorted({name.partition("-")[0] for name in self._running})
        self._show(", ".join(kinds), share, f"{len(self._done)} of {len(loaded.stages)} stages")

    def _show(self, stage: str, share: float, detail: str = "", *, status: RunStatus = RunStatus.RUNNING) -> None:
        self._progress = RunProgress(
            run_id=self._wanted.run_id, status=status, stage=stage, done_share=share, detail=detail[:300]
        )
        scenario = self._wanted.scenario
        lines = [
            f"**{stage}** {share:.0%} {detail}",
            f"- {scenario.name}: level {scenario.threat_level}, {scenario.budget.total_krw:,} won, "
            f"{len(scenario.universe.codes)} stocks, {len(scenario.threats)} threats, "
            f"{scenario.scenarios:,} scenarios" + (", preview" if self._wanted.preview else ""),
        ]
        if self._loaded is not None:
            lines.append(f"- data: {self._loaded.data}" + (" (simulated)" if self._loaded.simulated else ""))
            lines.append(f"- input {self._loaded.input_hash[:12]}")
        workflow.set_current_details("\n".join(lines))


def _line(error: BaseException) -> str:
    cause = getattr(error, "cause", None) or error
    return f"{getattr(cause, 'message', None) or cause}".partition("\n")[0][:400]
