"""Scripts that may be used again: candidates until a person approves them, stale when one of their tools changes."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.storage.canonical import canonical_json
from daybook.storage.errors import RecordConflict, RecordNotFound
from daybook.storage.store import Store
from daybook.storage.tables.code import scripts

SHORTEST_PREFIX = 6
"""Characters of an id that may stand for the whole of it."""


class ScriptStatus(StrEnum):
    """What may be done with a stored script."""

    CANDIDATE = "candidate"
    """Its run gave a valid result; nobody has looked at it yet."""
    APPROVED = "approved"
    """A person has approved it; it is used again without a model."""
    STALE = "stale"
    """A tool it uses has changed since."""


@dataclass(frozen=True, slots=True)
class ScriptRecord:
    """A stored script.

    Args:
        script_id: digest of syntax and tools together.
        ast_digest: digest of its syntax.
        stub_digest: digest of the tools it can reach.
        task_key: the task it serves, without the parameters it takes.
        task: the redacted text of the first task.
        code: the script.
        tools: names of the tools it can reach.
        inputs: the keys of ``inputs`` it reads.
        status: whether it may be used again.
        origin: where it came from, e.g. ``model``.
        model: who wrote it.
        runs: runs with a valid result.
        first_run_id: the first of them.
        approved_by: who approved it; None for nobody.
        created_at: when it was kept.
        used_at: its newest run; None for none since it was kept.
    """

    script_id: str
    ast_digest: str
    stub_digest: str
    task_key: str
    task: str
    code: str
    tools: tuple[str, ...]
    inputs: tuple[str, ...]
    status: ScriptStatus
    origin: str
    model: str
    runs: int
    first_run_id: str
    approved_by: str | None
    created_at: datetime
    used_at: datetime | None


class ScriptStore(Store):
    """Keeps scripts and what became of them."""

    def keep(self, script: ScriptRecord) -> None:
        """Keep a new script, or count one more run of a known one; a known script's status and task stay."""

        def write(session: Session) -> None:
            known = select(scripts.c.script_id).where(scripts.c.script_id == script.script_id)
            if session.execute(known).first() is None:
                session.execute(insert(scripts).values(_row(script)))
            else:
                _count_run(session, script.script_id, script.used_at or script.created_at)

        self._write(write)

    def count_run(self, script_id: str, at: datetime) -> None:
        """Count a run of a stored script; an unknown id changes nothing."""
        self._write(lambda session: _count_run(session, script_id, at))

    def approve(self, script_id: str, stub_digest: str, by: str) -> ScriptRecord:
        """Approve a script whose tools are as they were.

        Args:
            script_id: the whole id.
            stub_digest: the digest of its tools now.
            by: who approves.

        Raises:
            RecordNotFound: there is no such script.
            RecordConflict: one of its tools has changed; the script is stale from now on.
        """

        def write(session: Session) -> bool:
            row = session.execute(select(scripts).where(scripts.c.script_id == script_id)).first()
            if row is None:
                raise RecordNotFound(f"there is no script {script_id[:12]}")
            is_current = bool(row.stub_digest == stub_digest)
            values = {"status": ScriptStatus.APPROVED.value, "approved_by": by}
            if not is_current:
                values = {"status": ScriptStatus.STALE.value}
            session.execute(update(scripts).where(scripts.c.script_id == script_id).values(**values))
            return is_current

        if not self._write(write):
            raise RecordConflict(f"a tool of script {script_id[:12]} has changed since it ran; run its task again")
        return self.get(script_id)

    def mark_stale(self, script_id: str) -> None:
        """Take a script out of use: a tool it uses has changed."""
        changed = update(scripts).where(scripts.c.script_id == script_id).values(status=ScriptStatus.STALE.value)
        self._write(lambda session: session.execute(changed))

    def approved_for(self, task_keys: Collection[str]) -> list[ScriptRecord]:
        """Return approved scripts for any of these tasks, the newest use first."""
        query = (
            select(scripts)
            .where(scripts.c.task_key.in_(sorted(task_keys)), scripts.c.status == ScriptStatus.APPROVED.value)
            .order_by(scripts.c.used_at.desc(), scripts.c.created_at.desc(), scripts.c.script_id)
        )
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())]

    def get(self, script_id: str) -> ScriptRecord:
        """Return a script by its id or the beginning of it.

        Raises ``RecordNotFound`` when there is none, or when the beginning is too short or several begin so.
        """
        wanted = script_id.strip().lower()
        if len(wanted) < SHORTEST_PREFIX or not wanted.isalnum():
            hint = f"give at least {SHORTEST_PREFIX} characters of an id; list them with: daybook code list"
            raise RecordNotFound(f"there is no script {wanted[:64]!r}; {hint}")
        query = select(scripts).where(scripts.c.script_id.startswith(wanted, autoescape=True)).limit(2)
        rows = self._read(lambda session: session.execute(query).all())
        if not rows:
            raise RecordNotFound(f"there is no script {wanted[:64]}; list them with: daybook code list")
        if len(rows) > 1:
            raise RecordNotFound(f"several scripts begin with {wanted[:64]}; give more characters of the id")
        return _record(rows[0])

    def newest(self, count: int = 50, status: ScriptStatus | None = None) -> list[ScriptRecord]:
        """Return scripts, newest first."""
        query = select(scripts).order_by(scripts.c.created_at.desc(), scripts.c.script_id).limit(count)
        if status is not None:
            query = query.where(scripts.c.status == status.value)
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())]


def _count_run(session: Session, script_id: str, at: datetime) -> None:
    counted = update(scripts).where(scripts.c.script_id == script_id)
    session.execute(counted.values(runs=scripts.c.runs + 1, used_at=at))


def _row(script: ScriptRecord) -> dict[str, Any]:
    return {
        "script_id": script.script_id,
        "ast_digest": script.ast_digest,
        "stub_digest": script.stub_digest,
        "task_key": script.task_key,
        "task": script.task,
        "code": script.code,
        "tools": canonical_json(list(script.tools)),
        "inputs": canonical_json(list(script.inputs)),
        "status": script.status.value,
        "origin": script.origin,
        "model": script.model,
        "runs": script.runs,
        "first_run_id": script.first_run_id,
        "approved_by": script.approved_by,
        "created_at": script.created_at,
        "used_at": script.used_at,
    }


def _record(row: Row[Any]) -> ScriptRecord:
    values = dict(row._mapping)
    values["tools"] = tuple(json.loads(values["tools"]))
    values["inputs"] = tuple(json.loads(values["inputs"]))
    values["status"] = ScriptStatus(values["status"])
    return ScriptRecord(**values)
