"""What a day asks the layers to keep and to carry out of its threat level and its playbook."""

from datetime import date

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message
from daybook.contracts.response import ActionRecord, Notice, TakeEvidence
from daybook.contracts.threats import HealthReadings, ThreatAssessment, ThreatMemory, ThreatReadings


class RecordThreat(Message):
    """Keep an assessment with its memory, and the actions that have changed. Recording it again changes nothing."""

    account: str
    day: date
    assessment_id: str = Field(default="", max_length=80)
    assessment: ThreatAssessment | None = None
    memory: ThreatMemory | None = None
    actions: tuple[ActionRecord, ...] = ()


class StandingRequest(Message):
    """Ask for what earlier days have left: the last memory and the actions that still stand."""

    account: str
    day: date


class StandingThreat(Message):
    """What earlier days have left."""

    memory: ThreatMemory | None = None
    actions: tuple[ActionRecord, ...] = ()


class SendNotice(Message):
    """Tell people. ``notice_id`` names it: told again it is written once."""

    account: str
    day: date
    notice_id: str = Field(max_length=100)
    market_at: AwareDatetime
    notice: Notice


class NoticeSent(Message):
    """Where a notice went."""

    where: str = Field(max_length=300)


class KeepEvidence(Message):
    """Store a snapshot of the desk (A9), with what the day knows of it."""

    account: str
    day: date
    action_id: str = Field(max_length=60)
    market_at: AwareDatetime
    wanted: TakeEvidence
    assessment: ThreatAssessment
    threats: ThreatReadings | None = None
    health: HealthReadings | None = None
    actions: tuple[ActionRecord, ...] = ()


class EvidenceKept(Message):
    """What was stored: names and digests of the objects."""

    owner: str
    digests: dict[str, str] = Field(default_factory=dict)


class TokenRotated(Message):
    """What became of the broker's access token (A5)."""

    revoked: bool
    issued: bool
    text: str = Field(max_length=300)
