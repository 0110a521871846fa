"""Messages of a durable scenario run: what starts it, how far it is, and what is kept of it."""

from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Won
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
