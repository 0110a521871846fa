"""What the code room needs from storage."""

from collections.abc import Collection
from typing import Protocol

from daybook.contracts.code import CodeRunResult
from daybook.storage.code_runs import CodeRunRecord
from daybook.storage.scripts import ScriptRecord


class ScriptShelf(Protocol):
    """Stored scripts."""

    def get(self, script_id: str) -> ScriptRecord:
        """Return a script by its id or the beginning of it; raises ``RecordNotFound``."""
        ...

    def approved_for(self, task_keys: Collection[str]) -> list[ScriptRecord]:
        """Return approved scripts for any of these tasks, the newest use first."""
        ...

    def mark_stale(self, script_id: str) -> None:
        """Take a script out of use."""
        ...


class RunBook(Protocol):
    """Kept runs and the scripts that came of them."""

    def find(self, run_id: str) -> CodeRunRecord | None:
        """Return a run, or None."""
        ...

    def keep(self, task: str, asked_by: str, result: CodeRunResult, script: ScriptRecord | None) -> CodeRunResult:
        """Keep a run, and its script with it, once; return the result that is kept."""
        ...
