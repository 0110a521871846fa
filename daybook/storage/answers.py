"""Questions and their answers, kept by run; the text of a question is redacted before it comes here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select

from daybook.contracts.ask import AskAnswer
from daybook.storage.errors import RecordNotFound
from daybook.storage.store import Store
from daybook.storage.tables.intelligence import answers
from daybook.storage.upsert import upsert


@dataclass(frozen=True, slots=True)
class AnswerRecord:
    """A stored answer."""

    run_id: str
    question: str
    asked_by: str
    answer: AskAnswer
    at: datetime


class AnswerStore(Store):
    """Keeps answers; saving a run again replaces its answer."""

    def save(self, question: str, asked_by: str, answer: AskAnswer) -> None:
        """Keep an answer."""
        row = {
            "run_id": answer.run_id,
            "question": question,
            "asked_by": asked_by,
            "intent": answer.route.intent.value if answer.route else "none",
            "kind": answer.kind.value,
            "answer": answer.model_dump_json(),
            "cost_micro_krw": answer.cost_micro_krw,
            "at": answer.answered_at,
        }
        self._write(lambda session: upsert(session, answers, [row]), exclusive=False)

    def get(self, run_id: str) -> AnswerRecord:
        """Return the answer of a run; raises ``RecordNotFound``."""
        query = select(answers).where(answers.c.run_id == run_id)
        row = self._read(lambda session: session.execute(query).first())
        if row is None:
            raise RecordNotFound(f"there is no answer of run {run_id}")
        return _record(row)

    def newest(self, count: int = 20) -> list[AnswerRecord]:
        """Return the newest answers, newest first."""
        query = select(answers).order_by(answers.c.at.desc(), answers.c.run_id).limit(count)
        return [_record(row) for row in self._read(lambda session: session.execute(query).all())]


def _record(row: Row[Any]) -> AnswerRecord:
    values = row._mapping
    return AnswerRecord(
        run_id=values["run_id"],
        question=values["question"],
        asked_by=values["asked_by"],
        answer=AskAnswer.model_validate_json(values["answer"]),
        at=values["at"],
    )
