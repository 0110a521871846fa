"""Runs of scripts with their results, kept by run; the text of a task is redacted before it comes here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from daybook.contracts.code import CodeRunResult
from daybook.storage.errors import RecordNotFound
from daybook.storage.store import Store, clipped
from daybook.storage.tables.code import code_runs


@dataclass(frozen=True, slots=True)
class CodeRunRecord:
    """A stored run."""

    run_id: str
    task: str
    asked_by: str
    result: CodeRunResult
    at: datetime


class CodeRunStore(Store):
    """Keeps runs; the first result of a run stays."""

    def keep(self, task: str, asked_by: str, result: CodeRunResult) -> bool:
        """Keep a run and return True; False when the run is kept already, which then stays as it is."""
        row = {
            "run_id": result.run_id,
            "script_id": result.script_id,
            "task": task,
            "asked_by": asked_by,
            "outcome": result.outcome.value,
            "reason": result.reason.value if result.reason else "",
            "message": clipped(result.message),
            "result": result.model_dump_json(),
            "cost_micro_krw": result.cost_micro_krw,
            "at": result.ended_at,
        }

        def write(session: Session) -> bool:
            if session.execute(select(code_runs.c.run_id).where(code_runs.c.run_id == result.run_id)).first():
                return False
            session.execute(insert(code_runs).values(row))
            return True

        return self._write(write)

    def find(self, run_id: str) -> CodeRunRecord | None:
        """Return a run, or None."""
        query = select(code_runs).where(code_runs.c.run_id == run_id)
        row = self._read(lambda session: session.execute(query).first())
        return None if row is None else _record(row)

    def get(self, run_id: str) -> CodeRunRecord:
        """Return a run; raises ``RecordNotFound``."""
        found = self.find(run_id)
        if found is None:
            raise RecordNotFound(f"there is no run {run_id}")
        return found

    def newest(self, count: int = 20, script_id: str = "") -> list[CodeRunRecord]:
        """Return the newest runs, newest first; of one script when its id is given."""
        query = select(code_runs).order_by(code_runs.c.at.desc(), code_runs.c.run_id).limit(count)
        if script_id:
            query = query.where(code_runs.c.script_id == script_id)
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())]


def _record(row: Row[Any]) -> CodeRunRecord:
    values = row._mapping
    return CodeRunRecord(
        run_id=values["run_id"],
        task=values["task"],
        asked_by=values["asked_by"],
        result=CodeRunResult.model_validate_json(values["result"]),
        at=values["at"],
    )
