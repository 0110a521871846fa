"""The decision journal: what was decided from which inputs, unchanged for ever."""

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.orm import Session

from daybook.storage.audit import SYSTEM, append_audit
from daybook.storage.canonical import Json, digest, json_text
from daybook.storage.errors import CorruptRecord, RecordConflict, RecordNotFound
from daybook.storage.store import Store
from daybook.storage.tables.journal import decisions


@dataclass(frozen=True, slots=True)
class DecisionRecord:
    """A decision; ``inputs`` and ``outputs`` are JSON texts, the hashes SHA-256 of their bytes."""

    decision_id: str
    day: date
    kind: str
    inputs_digest: str
    inputs: str
    inputs_hash: str
    outputs: str
    outputs_hash: str
    at: datetime

    @property
    def inputs_value(self) -> Any:
        """The inputs, parsed."""
        return json.loads(self.inputs)

    @property
    def outputs_value(self) -> Any:
        """The outputs, parsed."""
        return json.loads(self.outputs)


class DecisionStore(Store):
    """Records decisions once and gives them back only when their bytes are still the recorded ones."""

    def record(
        self,
        decision_id: str,
        day: date,
        kind: str,
        inputs_digest: str,
        inputs: Json,
        outputs: Json,
        at: datetime,
        *,
        actor: str = SYSTEM,
    ) -> bool:
        """Record a decision once; False when the same one is recorded already.

        ``inputs`` and ``outputs`` are JSON texts, kept byte for byte, or values, kept as canonical JSON.
        ``inputs_digest`` is the caller's own digest, e.g. of a market snapshot; empty means the hash of ``inputs``.

        Raises ``RecordConflict`` when the id was recorded with another content.
        """
        inputs_text, outputs_text = json_text(inputs), json_text(outputs)
        content = {
            "day": day,
            "kind": kind,
            "inputs_digest": inputs_digest or digest(inputs_text),
            "inputs_hash": digest(inputs_text),
            "outputs_hash": digest(outputs_text),
        }

        def write(session: Session) -> bool:
            known = session.execute(select(decisions).where(decisions.c.decision_id == decision_id)).first()
            if known is not None:
                if {name: known._mapping[name] for name in content} != content:
                    raise RecordConflict(f"decision {decision_id} was recorded with another content")
                return False
            session.execute(
                insert(decisions).values(
                    decision_id=decision_id, inputs=inputs_text, outputs=outputs_text, at=at, **content
                )
            )
            values = {"kind": kind, "inputs_hash": content["inputs_hash"], "outputs_hash": content["outputs_hash"]}
            append_audit(session, "decision.recorded", decision_id, values, actor=actor, at=at)
            return True

        return self._write(write)

    def get(self, decision_id: str) -> DecisionRecord:
        """Return a decision; raises ``RecordNotFound``, or ``CorruptRecord`` when its bytes have changed."""
        query = select(decisions).where(decisions.c.decision_id == decision_id)
        row = self._read(lambda session: session.execute(query).first())
        if row is None:
            raise RecordNotFound(f"there is no decision {decision_id}")
        return _decision(row)

    def for_day(self, day: date) -> list[DecisionRecord]:
        """Return a day's decisions, oldest first; raises ``CorruptRecord`` as ``get`` does."""
        query = select(decisions).where(decisions.c.day == day).order_by(decisions.c.at, decisions.c.decision_id)
        return [_decision(row) for row in self._read(lambda session: session.execute(query).all())]


def _decision(row: Row[Any]) -> DecisionRecord:
    record = DecisionRecord(**row._mapping)
    if digest(record.inputs) != record.inputs_hash or digest(record.outputs) != record.outputs_hash:
        raise CorruptRecord(f"decision {record.decision_id} is not what was recorded")
    return record
