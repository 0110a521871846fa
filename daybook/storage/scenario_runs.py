"""Scenario runs: their input from the start, their result once there is one."""

from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.scenario_run import RunStatus, ScenarioRunRow
from daybook.storage.canonical import message_json
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.store import Store, clipped
from daybook.storage.tables.scenario import scenario_runs

_LISTED = [column for column in scenario_runs.c if column.name not in {"scenario", "result"}]


class ScenarioRunStore(Store):
    """Runs by id. A repeated ``start`` with the same input is the same run."""

    def start(
        self, run_id: str, scenario: Scenario, input_hash: str, asked_by: str = "", at: datetime | None = None
    ) -> None:
        """Keep a run that begins; raises ``RecordConflict`` when the id was used for another input."""

        def work(session: Session) -> None:
            found = session.execute(select(scenario_runs.c.input_hash).where(scenario_runs.c.run_id == run_id)).scalar()
            if found is not None:
                if found != input_hash:
                    raise RecordConflict(f"scenario run {run_id} exists with another input; take another run id")
                return
            session.execute(
                insert(scenario_runs).values(
                    run_id=run_id,
                    name=scenario.name,
                    input_hash=input_hash,
                    status=RunStatus.RUNNING.value,
                    threat_level=scenario.threat_level,
                    budget_krw=scenario.budget.total_krw,
                    scenario=message_json(scenario),
                    result="",
                    asked_by=clipped(asked_by, 120),
                    problem="",
                    started_at=self._now(at),
                    ended_at=None,
                )
            )

        self._write(work)

    def finish(self, result: ScenarioResult, at: datetime | None = None) -> None:
        """Keep a run's result; raises ``RecordNotFound`` when it was never started."""
        self._end(result.run_id, RunStatus.DONE, "", message_json(result), at)

    def fail(self, run_id: str, status: RunStatus, problem: str, at: datetime | None = None) -> None:
        """Say why a run has no result; raises ``RecordNotFound`` when it was never started."""
        self._end(run_id, status, problem, "", at)

    def _end(self, run_id: str, status: RunStatus, problem: str, result: str, at: datetime | None) -> None:
        statement = (
            update(scenario_runs)
            .where(scenario_runs.c.run_id == run_id)
            .values(status=status.value, problem=clipped(problem), result=result, ended_at=self._now(at))
        )
        # MySQL counts changed rows only, so whether the run exists is asked by itself.
        self.row(run_id)
        self._write(lambda session: session.execute(statement) and None)

    def row(self, run_id: str) -> ScenarioRunRow:
        """Return a run as a list shows it; raises ``RecordNotFound``."""
        query = select(*_LISTED).where(scenario_runs.c.run_id == run_id)
        found = self._read(lambda session: session.execute(query).mappings().first())
        if found is None:
            raise RecordNotFound(f"there is no scenario run {run_id}; see: daybook scenario list")
        return ScenarioRunRow(**found)

    def scenario(self, run_id: str) -> Scenario:
        """Return the input of a run; raises ``RecordNotFound``."""
        return Scenario.model_validate_json(self._text(run_id, "scenario"))

    def result(self, run_id: str) -> ScenarioResult:
        """Return the result of a run; raises ``RecordNotFound`` when there is none (yet)."""
        text = self._text(run_id, "result")
        if not text:
            raise RecordNotFound(f"scenario run {run_id} has no result: it is {self.row(run_id).status.value}")
        return ScenarioResult.model_validate_json(text)

    def _text(self, run_id: str, column: str) -> str:
        query = select(scenario_runs.c[column]).where(scenario_runs.c.run_id == run_id)
        text = self._read(lambda session: session.execute(query).scalar())
        if text is None:
            raise RecordNotFound(f"there is no scenario run {run_id}; see: daybook scenario list")
        return str(text)

    def recent(self, count: int = 20, *, name: str = "") -> list[ScenarioRunRow]:
        """Return the newest runs first, of one scenario when ``name`` is given."""
        query = select(*_LISTED).order_by(scenario_runs.c.started_at.desc(), scenario_runs.c.run_id).limit(count)
        if name:
            query = query.where(scenario_runs.c.name == name)
        rows = self._read(lambda session: session.execute(query).mappings().all())
        return [ScenarioRunRow(**row) for row in rows]
