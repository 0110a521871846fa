"""Activities of the pipeline layer: what the threat level reads from outside, and what is kept of it."""

import logging
from datetime import datetime

from activities.serving import serves
from daybook.contracts.base import KST
from daybook.contracts.calls import KEEP_EVIDENCE, NOTIFY, READ_THREATS, RECORD_THREAT, STANDING_THREAT
from daybook.contracts.threat_calls import (
    EvidenceKept,
    KeepEvidence,
    NoticeSent,
    RecordThreat,
    SendNotice,
    StandingRequest,
    StandingThreat,
)
from daybook.contracts.threats import ReadThreats, ThreatReadings
from daybook.news.threat_readings import ThreatReader
from daybook.storage.database import Database
from daybook.storage.evidence import EvidenceRoom
from daybook.storage.notice_file import NoticeFile
from daybook.storage.response_actions import ResponseActionStore
from daybook.storage.threats import ThreatStore

logger = logging.getLogger("daybook.threats")


class ThreatActivities:
    """The pipeline layer's part of the threat level."""

    def __init__(self, database: Database, reader: ThreatReader, notices: NoticeFile, evidence: EvidenceRoom) -> None:
        self._threats = ThreatStore(database)
        self._actions = ResponseActionStore(database)
        self._reader = reader
        self._notices = notices
        self._evidence = evidence

    @serves(READ_THREATS)
    def read_threats(self, request: ReadThreats) -> ThreatReadings:
        """Read market series, the cyber alert and the stored news."""
        return self._reader.read(request)

    @serves(STANDING_THREAT)
    def standing_threat(self, request: StandingRequest) -> StandingThreat:
        """Return what earlier days have left."""
        kept = self._threats.latest(request.account, until=_end_of(request))
        return StandingThreat(
            memory=kept.memory if kept is not None else None,
            actions=tuple(self._actions.standing(request.account, request.day)),
        )

    @serves(RECORD_THREAT)
    def record_threat(self, request: RecordThreat) -> None:
        """Keep an assessment and the actions that have changed."""
        if request.assessment is not None and request.memory is not None:
            self._threats.record(
                request.assessment_id, request.account, request.day, request.assessment, request.memory
            )
        self._actions.record(request.account, request.day, request.actions)

    @serves(NOTIFY)
    def notify(self, request: SendNotice) -> NoticeSent:
        """Tell people: by the log and the day's file of notices."""
        if self._notices.write(request):
            level = logging.WARNING if request.notice.urgent else logging.INFO
            logger.log(level, "%s: %s", request.notice_id, request.notice.text_en)
        return NoticeSent(where=f"log, notices/{self._notices.path(request).name}")

    @serves(KEEP_EVIDENCE)
    def keep_evidence(self, request: KeepEvidence) -> EvidenceKept:
        """Store a snapshot of the desk in the object store."""
        return self._evidence.keep(request)


def _end_of(request: StandingRequest) -> datetime:
    """Return the end of the day asked for: what was assessed later belongs to other days."""
    return datetime.combine(request.day, datetime.max.time(), tzinfo=KST)
