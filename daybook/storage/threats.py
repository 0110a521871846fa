"""Assessed threat levels, what they remember, and the actions of the response playbook."""

from dataclasses import dataclass
from datetime import date, datetime

from pydantic import BaseModel, ConfigDict
from sqlalchemy import select

from daybook.contracts.threats import ThreatAssessment, ThreatMemory
from daybook.storage.store import Store
from daybook.storage.tables.scenario import threat_assessments
from daybook.storage.upsert import upsert


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    assessment: ThreatAssessment
    memory: ThreatMemory


@dataclass(frozen=True)
class KeptAssessment:
    """One assessment as it was recorded, with what it handed to the next one."""

    assessment_id: str
    account: str
    day: date
    assessment: ThreatAssessment
    memory: ThreatMemory


class ThreatStore(Store):
    """Assessments by id; recording one again replaces it."""

    def record(
        self,
        assessment_id: str,
        account: str,
        day: date,
        assessment: ThreatAssessment,
        memory: ThreatMemory,
        at: datetime | None = None,
    ) -> None:
        """Keep an assessment and its memory."""
        row = {
            "assessment_id": assessment_id,
            "account": account,
            "day": day,
            "level": assessment.level,
            "previous_level": assessment.previous_level,
            "body": _Body(assessment=assessment, memory=memory).model_dump_json(),
            "market_time": assessment.market_at,
            "at": self._now(at),
        }
        self._write(lambda session: upsert(session, threat_assessments, [row]), exclusive=False)

    def latest(self, account: str, *, until: datetime | None = None) -> KeptAssessment | None:
        """Return the newest assessment of an account by market time, none later than ``until``."""
        query = select(threat_assessments).where(threat_assessments.c.account == account)
        if until is not None:
            query = query.where(threat_assessments.c.market_time <= until)
        query = query.order_by(threat_assessments.c.market_time.desc(), threat_assessments.c.at.desc()).limit(1)
        row = self._read(lambda session: session.execute(query).mappings().first())
        return None if row is None else _kept(row)

    def of_day(self, account: str, day: date) -> list[KeptAssessment]:
        """Return a day's assessments, oldest first."""
        query = (
            select(threat_assessments)
            .where(threat_assessments.c.account == account, threat_assessments.c.day == day)
            .order_by(threat_assessments.c.market_time, threat_assessments.c.assessment_id)
        )
        rows = self._read(lambda session: session.execute(query).mappings().all())
        return [_kept(row) for row in rows]


def _kept(row: object) -> KeptAssessment:
    fields = dict(row)  # type: ignore[call-overload]
    body = _Body.model_validate_json(fields["body"])
    return KeptAssessment(fields["assessment_id"], fields["account"], fields["day"], body.assessment, body.memory)
