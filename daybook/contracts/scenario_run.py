"""Messages of a durable scenario run: what starts it, how far it is, and what is kept of it."""

from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Won
from daybook.contracts.objects import ObjectRef
from daybook.contracts.scenario import Level, Scenario


class RunStatus(StrEnum):
    """How far a run has come."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class ScenarioRunInput(Message):
    """Input of ScenarioRun. A preview has few paths and no curves."""

    run_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")
    scenario: Scenario
    asked_by: str = Field(default="", max_length=120)
    preview: bool = False
    use_model: bool = Field(default=True, description="let a model word the explanation; its numbers are checked")


class RunProgress(Message):
    """How far a run is; the answer of the ``progress`` query."""

    run_id: str
    status: RunStatus = RunStatus.RUNNING
    stage: str = ""
    done_share: float = Field(default=0, ge=0, le=1)
    detail: str = Field(default="", max_length=300)


class ScenarioRunRow(Message):
    """One run as a list shows it."""

    run_id: str
    name: str
    input_hash: str
    status: RunStatus
    threat_level: Level
    budget_krw: Won
    asked_by: str = ""
    problem: str = ""
    started_at: AwareDatetime
    ended_at: AwareDatetime | None = None


class StagePlan(Message):
    """One stage of a run: its name, the stages it needs first, and its share of the work."""

    name: str = Field(max_length=40)
    needs: tuple[str, ...] = ()
    weight: float = Field(gt=0)


class LoadedScenario(Message):
    """A run's input in the object store; from here on no step looks at a database, a clock or a file."""

    run_id: str
    scenario: ObjectRef
    history: ObjectRef
    input_hash: str
    preview: bool = False
    simulated: bool = Field(default=False, description="no real price is among the data")
    data: str = Field(default="", max_length=300, description="which data, in a few words")
    stages: tuple[StagePlan, ...]


class StageDone(Message):
    """What a stage found: plain data and arrays as one object."""

    name: str
    found: ObjectRef


class StageTask(Message):
    """One stage to run, with what the stages it needs have found."""

    run_id: str
    scenario: ObjectRef
    history: ObjectRef
    preview: bool = False
    name: str
    earlier: tuple[StageDone, ...] = ()


class AssembleScenario(Message):
    """Put the results of all stages together."""

    run_id: str
    scenario: ObjectRef
    history: ObjectRef
    preview: bool = False
    done: tuple[StageDone, ...]


class ExplainScenario(Message):
    """Put a result into words; by a model where ``use_model`` is set and one can be asked."""

    run_id: str
    result: ObjectRef
    use_model: bool = True


class FinishScenario(Message):
    """Keep a run's result."""

    run_id: str
    result: ObjectRef


class EndScenario(Message):
    """Keep that a run ended without a result; ``scenario`` is given where the run was not kept yet."""

    run_id: str
    status: RunStatus
    problem: str = Field(max_length=400)
    asked_by: str = ""
    scenario: Scenario | None = None
