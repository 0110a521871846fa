"""Activities of the pipeline layer: the steps of a scenario run.

Stages are threads; the worker beats for them, and a cancelled one is ended at its next step of Python. All of them may
be repeated: equal tasks give equal objects.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from activities.serving import serves
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
    ScenarioRunInput,
    ScenarioRunRow,
    StageDone,
    StageTask,
)
from daybook.scenario.errors import ScenarioError
from daybook.scenario_desk.desk import ScenarioDesk


class ScenarioActivities:
    """The pipeline layer's simulator."""

    def __init__(self, desk: ScenarioDesk) -> None:
        self._desk = desk

    @serves(LOAD_SCENARIO)
    def load_scenario(self, wanted: ScenarioRunInput) -> LoadedScenario:
        """Take a snapshot of scenario and prices and keep the run as begun; repeating it takes the same snapshot."""
        with _in_one_line():
            return self._desk.load(wanted)

    @serves(RUN_SCENARIO_STAGE)
    def run_scenario_stage(self, task: StageTask) -> StageDone:
        """Run one stage; repeating it gives the same object."""
        with _in_one_line():
            return self._desk.stage(task)

    @serves(ASSEMBLE_SCENARIO)
    def assemble_scenario(self, request: AssembleScenario) -> ObjectRef:
        """Put the stages together into the result; repeating it gives the same object."""
        with _in_one_line():
            return self._desk.assemble(request)

    @serves(EXPLAIN_SCENARIO)
    async def explain_scenario(self, request: ExplainScenario) -> ObjectRef:
        """Put the result into words; numbers are matched to the result."""
        return await self._desk.explain(request)

    @serves(FINISH_SCENARIO)
    def finish_scenario(self, request: FinishScenario) -> ScenarioRunRow:
        """Keep the result; repeating it keeps the same."""
        return self._desk.finish(request)

    @serves(END_SCENARIO)
    def end_scenario(self, request: EndScenario) -> None:
        """Keep that the run failed or was cancelled."""
        self._desk.end(request)


@contextmanager
def _in_one_line() -> Iterator[None]:
    """Turn what is wrong with a scenario into a failure another attempt cannot mend."""
    try:
        yield
    except ScenarioError as error:
        raise ApplicationError(" ".join(str(error).split())[:400], type="Scenario", non_retryable=True) from error
