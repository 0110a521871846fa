"""The book of runs: a run and its script are kept together, once, and without the person's identifiers."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from daybook.contracts.code import CodeOutcome, CodeRunResult, ScriptOrigin
from daybook.storage.code_runs import CodeRunRecord, CodeRunStore
from daybook.storage.database import Database
from daybook.storage.scripts import ScriptRecord, ScriptStore


class RedactedRunBook:
    """Keeps runs; what a person wrote is redacted first.

    Args:
        database: where they are kept.
        redact: takes identifiers and secrets out of a text.
    """

    def __init__(self, database: Database, redact: Callable[[str], str]) -> None:
        self._database = database
        self._redact = redact

    def find(self, run_id: str) -> CodeRunRecord | None:
        """Return a run, or None."""
        return CodeRunStore(self._database).find(run_id)

    def keep(self, task: str, asked_by: str, result: CodeRunResult, script: ScriptRecord | None) -> CodeRunResult:
        """Keep a run, and its script with it, in one unit of work; the first result of a run stays.

        Args:
            task: as the person wrote it.
            asked_by: who asked.
            result: of the run.
            script: to be kept as a candidate; None for none.
        """
        shown = self._redact(task)

        def write(session: Session) -> bool:
            if not CodeRunStore(session).keep(shown, asked_by, result):
                return False
            store = ScriptStore(session)
            if script is not None:
                store.keep(replace(script, task=self._redact(script.task)))
            elif result.outcome is CodeOutcome.DONE and result.origin is ScriptOrigin.STORE:
                store.count_run(result.script_id, result.ended_at)
            return True

        if self._database.run(write):
            return result
        return CodeRunStore(self._database).get(result.run_id).result
