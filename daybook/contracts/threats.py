"""The threat level: what one assessment looks at, remembers and says.

Level 0 calm, 1 attention, 2 caution, 3 alert, 4 serious, 5 an incident at the own account or a holding.
"""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Mode, Symbol
from daybook.contracts.threat_readings import ACCOUNT_CODES as ACCOUNT_CODES
from daybook.contracts.threat_readings import CHANNEL_OF_CODE as CHANNEL_OF_CODE
from daybook.contracts.threat_readings import CODES_OF_CHANNEL as CODES_OF_CHANNEL
from daybook.contracts.threat_readings import (
    AccountReadings,
    CyberReadings,
    MarketReadings,
    OperationReadings,
    ThreatChannel,
    ThreatReasonCode,
)
from daybook.contracts.threat_readings import CyberAlert as CyberAlert
from daybook.contracts.threat_readings import NewsWarning as NewsWarning
from daybook.contracts.threat_readings import Sidecar as Sidecar

LEVEL_NAMES_KO = ("평시", "관심", "주의", "경계", "심각", "사고 진행")
LEVEL_NAMES_EN = ("calm", "attention", "caution", "alert", "serious", "incident")
MAX_SIGNALS = 40


class FalseAlarm(Message):
    """A withdrawal: by a person, or by the source that retracts its own reading (``by_person`` False).

    ``symbols`` limits it to these holdings; empty means the code as a whole.
    """

    by: str = Field(min_length=1, max_length=80)
    reason: str = Field(min_length=1, max_length=300)
    codes: tuple[ThreatReasonCode, ...] = Field(min_length=1)
    symbols: tuple[Symbol, ...] = ()
    by_person: bool = True


class ThreatInputs(Message):
    """Everything one assessment looks at. A channel without a reading keeps what it knew."""

    market_now: AwareDatetime = Field(description="market time; calm is counted in it")
    market: MarketReadings | None = None
    cyber: CyberReadings | None = None
    account: AccountReadings | None = None
    operations: OperationReadings | None = None
    held_symbols: tuple[Symbol, ...] = ()
    false_alarms: tuple[FalseAlarm, ...] = ()
    floor: int = Field(default=0, description="a person's own minimum, 0 to 5")


class ThreatReason(Message):
    """Why a channel stands where it stands: one signal, its number, its limit, in two languages."""

    channel: ThreatChannel
    code: ThreatReasonCode
    symbol: str = Field(default="", description="the holding it is about")
    level: int = Field(ge=0, le=5, description="in force: rises at once, falls after calm")
    reading_level: int = Field(ge=0, le=5, description="what the last reading alone would mean")
    value: float | None = None
    limit: float | None = Field(default=None, description="threshold of the reading's level")
    text_ko: str = Field(max_length=300)
    text_en: str = Field(max_length=300)
    observed_at: AwareDatetime
    age_s: float = Field(ge=0, description="real seconds, at the assessment")
    is_stale: bool = Field(default=False, description="the last word is too old to be current; it still counts")

    @property
    def key(self) -> str:
        """The signal's name: its code, and the holding it is about."""
        return f"{self.code.value}:{self.symbol}" if self.symbol else self.code.value


class ChannelReading(Message):
    """One channel at one moment. Unknown: no current data, or the data it stands on is too old."""

    channel: ThreatChannel
    known: bool
    level: int = Field(ge=0, le=5)
    reasons: tuple[ThreatReason, ...] = Field(default=(), description="signals above 0, highest first")
    missing: tuple[ThreatReasonCode, ...] = Field(default=(), description="signals without current data")
    observed_at: AwareDatetime | None = Field(default=None, description="the newest data; None: never any")
    age_s: float | None = Field(default=None, ge=0)


class SignalMemory(Message):
    """What is remembered of one signal between two assessments."""

    code: ThreatReasonCode
    symbol: str = ""
    level: int = Field(ge=0, le=5)
    reading_level: int = Field(ge=0, le=5)
    value: float | None = None
    limit: float | None = None
    text_ko: str = ""
    text_en: str = ""
    observed_at: AwareDatetime
    calm_min: float = Field(default=0, ge=0, description="watched market minutes below its level")

    @property
    def key(self) -> str:
        """The signal's name: its code, and the holding it is about."""
        return f"{self.code.value}:{self.symbol}" if self.symbol else self.code.value


class Dismissal(Message):
    """A withdrawn alarm: not raised again at this level or below while it is in force."""

    code: ThreatReasonCode
    symbol: str = Field(default="", description="empty: the code as a whole")
    level: int = Field(ge=0, le=5)
    by: str
    reason: str = ""
    left_min: float = Field(ge=0, description="watched market minutes it still holds")


class ThreatMemory(Message):
    """What one assessment hands to the next; small, and carried in the day's state."""

    level: int = Field(default=0, ge=0, le=5)
    since: AwareDatetime | None = Field(default=None, description="market time of the last change of level")
    market_at: AwareDatetime | None = Field(default=None, description="market time of the last assessment")
    signals: tuple[SignalMemory, ...] = Field(default=(), max_length=MAX_SIGNALS)
    dismissals: tuple[Dismissal, ...] = Field(default=(), max_length=MAX_SIGNALS)
    floor: int = Field(default=0, ge=0, le=5)


class LevelMove(StrEnum):
    """How the level moved in an assessment."""

    RAISED = "raised"
    STEADY = "steady"
    LOWERED = "lowered"
    WITHDRAWN = "withdrawn"


class ThreatAssessment(Message):
    """The threat level now, and why."""

    level: int = Field(ge=0, le=5)
    previous_level: int = Field(ge=0, le=5)
    move: LevelMove
    channels: tuple[ChannelReading, ...]
    since: AwareDatetime = Field(description="market time since which the level stands")
    market_at: AwareDatetime
    assessed_at: AwareDatetime = Field(description="real time")
    floor: int = Field(default=0, ge=0, le=5)
    withdrawn: tuple[str, ...] = Field(default=(), description="keys of signals withdrawn in this assessment")
    dismissed: tuple[str, ...] = Field(default=(), description="keys of withdrawn signals, all that are in force")
    calm_left_min: float | None = Field(default=None, ge=0, description="market minutes of calm until the next step")
    problems: tuple[str, ...] = Field(default=(), description="readings that were refused, and why")

    @property
    def reasons(self) -> tuple[ThreatReason, ...]:
        """Every signal above 0, highest level first."""
        every = [reason for channel in self.channels for reason in channel.reasons]
        return tuple(sorted(every, key=lambda reason: (-reason.level, reason.key)))

    def channel(self, channel: ThreatChannel) -> ChannelReading:
        """Return one channel's reading."""
        return next(reading for reading in self.channels if reading.channel is channel)


class ReadThreats(Message):
    """Ask the pipeline layer for market series, the cyber feed and the news of the held symbols, from what is stored.

    In a rehearsal (``point_in_time``) nothing that was observed after ``as_of`` is used.
    """

    account: str = "main"
    day: date
    as_of: AwareDatetime = Field(description="real time of a live day, else the moment rehearsed")
    market_now: AwareDatetime
    held_symbols: tuple[Symbol, ...] = ()
    point_in_time: bool = False


class ThreatReadings(Message):
    """The pipeline layer's answer. ``memory`` is the last one recorded: a new day starts where the last one ended."""

    market: MarketReadings | None = None
    cyber: CyberReadings | None = None
    memory: ThreatMemory | None = None
    betas: dict[Symbol, float] = Field(default_factory=dict, description="of held symbols to the market")
    problems: tuple[str, ...] = Field(default=(), max_length=20)


class ReadHealth(Message):
    """Ask the trading layer for the desk's health and for access to the account."""

    account: str = "main"
    day: date
    mode: Mode
    market_now: AwareDatetime
    in_session: bool


class HealthReadings(Message):
    """The trading layer's answer."""

    operations: OperationReadings
    account: AccountReadings
    index_level: float | None = Field(default=None, gt=0, allow_inf_nan=False, description="KOSPI, now")
    index_change_ratio: float | None = Field(default=None, allow_inf_nan=False, description="since the last close")
    held_symbols: tuple[Symbol, ...] = ()
    problems: tuple[str, ...] = Field(default=(), max_length=20)
