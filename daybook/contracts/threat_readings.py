"""What the three channels of the threat level read: codes, and the figures of the market, of access and of health.

``observed_at`` is real time: a reading is as old as it says. Unknown values are None and never count as calm. Ages and
delays are real seconds.
"""

from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol
from daybook.contracts.news import ThreatKind


class ThreatChannel(StrEnum):
    """Where a threat shows."""

    MARKET = "market"
    CYBER = "cyber"
    OPERATIONS = "operations"


class ThreatReasonCode(StrEnum):
    """What a channel can read; each code is one signal with a level of its own."""

    VKOSPI_HIGH = "VKOSPI_HIGH"
    INDEX_DRAWDOWN = "INDEX_DRAWDOWN"
    INDEX_FALL = "INDEX_FALL"
    SIDECAR = "SIDECAR"
    CIRCUIT_BREAKER = "CIRCUIT_BREAKER"
    MARKET_SENTIMENT = "MARKET_SENTIMENT"
    CYBER_ALERT = "CYBER_ALERT"
    HOLDING_BREACH = "HOLDING_BREACH"
    NEWS_WARNING = "NEWS_WARNING"
    FAILED_LOGINS = "FAILED_LOGINS"
    STRANGE_LOGIN = "STRANGE_LOGIN"
    STRANGE_TOKEN = "STRANGE_TOKEN"  # noqa: S105
    ACCOUNT_INCIDENT = "ACCOUNT_INCIDENT"
    BROKER_ERRORS = "BROKER_ERRORS"
    BROKER_LATENCY = "BROKER_LATENCY"
    TOKEN_FAILURES = "TOKEN_FAILURES"  # noqa: S105
    FEED_GAP = "FEED_GAP"
    WORKER_SILENT = "WORKER_SILENT"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"
    CLOCK_SKEW = "CLOCK_SKEW"
    DATABASE_LATENCY = "DATABASE_LATENCY"


_C, _R = ThreatChannel, ThreatReasonCode
CODES_OF_CHANNEL: dict[ThreatChannel, tuple[ThreatReasonCode, ...]] = {
    _C.MARKET: (
        _R.VKOSPI_HIGH,
        _R.INDEX_DRAWDOWN,
        _R.INDEX_FALL,
        _R.SIDECAR,
        _R.CIRCUIT_BREAKER,
        _R.MARKET_SENTIMENT,
    ),
    _C.CYBER: (
        _R.CYBER_ALERT,
        _R.HOLDING_BREACH,
        _R.NEWS_WARNING,
        _R.FAILED_LOGINS,
        _R.STRANGE_LOGIN,
        _R.STRANGE_TOKEN,
        _R.ACCOUNT_INCIDENT,
    ),
    _C.OPERATIONS: (
        _R.BROKER_ERRORS,
        _R.BROKER_LATENCY,
        _R.TOKEN_FAILURES,
        _R.FEED_GAP,
        _R.WORKER_SILENT,
        _R.UNKNOWN_OUTCOME,
        _R.CLOCK_SKEW,
        _R.DATABASE_LATENCY,
    ),
}
CHANNEL_OF_CODE: dict[ThreatReasonCode, ThreatChannel] = {
    code: channel for channel, codes in CODES_OF_CHANNEL.items() for code in codes
}
ACCOUNT_CODES = frozenset({_R.STRANGE_LOGIN, _R.STRANGE_TOKEN, _R.ACCOUNT_INCIDENT})
"""Signals of the own account; only a person withdraws them."""


class Sidecar(StrEnum):
    """A program-trading halt of the exchange."""

    NONE = "none"
    BUY = "buy"
    SELL = "sell"


class MarketReadings(Message):
    """What the market channel looks at, as it was at ``observed_at`` (real time)."""

    observed_at: AwareDatetime
    vkospi: float | None = Field(default=None, description="index points, the last close or the last value")
    vkospi_percentile: float | None = Field(default=None, description="share of the past closes below it, 0 to 1")
    vkospi_age_sessions: int | None = Field(default=None, description="sessions since that close; 0: today's")
    index_level: float | None = Field(default=None, description="KOSPI")
    index_drawdown_ratio: float | None = Field(default=None, description="fall from the year's high, positive")
    index_change_ratio: float | None = Field(default=None, description="since the last close")
    sidecar: Sidecar | None = None
    circuit_breaker_stage: int | None = Field(default=None, description="0: none, 1 to 3: 8, 15, 20 %")
    sentiment: float | None = Field(default=None, description="of the market's news, -1 to 1; optional")
    sentiment_stories: int = 0


class CyberAlert(Message):
    """A national cyber alert: 0 정상, 1 관심, 2 주의, 3 경계, 4 심각. Its text is from outside: data only."""

    level: int = Field(ge=0, le=4)
    title: str = Field(default="", max_length=200)
    issued_at: AwareDatetime | None = Field(default=None, description="what the feed says; None: it does not say")


class NewsWarning(Message):
    """A warning of the news with its evidence counted by code: who says it, how old it is, whom it concerns."""

    kind: ThreatKind
    severity: float = Field(ge=0, le=1)
    symbols: tuple[Symbol, ...] = ()
    publishers: int = Field(ge=0, description="publishers with a story of their own; copies count once")
    disclosed: bool = Field(default=False, description="the company has filed it itself")
    newest_at: AwareDatetime | None = Field(default=None, description="publication of the newest story")
    article_ids: tuple[str, ...] = Field(default=(), max_length=20)


class CyberReadings(Message):
    """What the cyber channel reads from outside. ``warnings`` None: the news was not read; (): it says nothing."""

    observed_at: AwareDatetime
    alert: CyberAlert | None = None
    alert_problem: str = Field(default="", max_length=300, description="why there is no alert")
    warnings: tuple[NewsWarning, ...] | None = None


class AccountReadings(Message):
    """What the desk knows of access to itself and to its own account."""

    observed_at: AwareDatetime
    failed_logins: int | None = Field(default=None, description="refused in the last hour, all doors")
    strange_logins: int | None = Field(default=None, description="from a device or address not seen before, today")
    strange_tokens: int | None = Field(default=None, description="broker tokens issued or revoked by others, today")
    strange_orders: int | None = Field(default=None, description="orders of today nobody here has made or accepted")
    incident: bool | None = Field(default=None, description="a person or the broker has confirmed an incident")
    incident_text: str = Field(default="", max_length=200)


class OperationReadings(Message):
    """The desk's own health. Ages and delays are real seconds."""

    observed_at: AwareDatetime
    broker_calls: int | None = Field(default=None, description="in the last five minutes")
    broker_errors: int | None = Field(default=None, description="of these, those that failed or timed out")
    broker_latency_s: float | None = Field(default=None, description="95 % of these answered within")
    token_failures: int | None = Field(default=None, description="token issues that failed, in a row")
    feed_gap_s: float | None = Field(default=None, description="since the last market data; None outside the session")
    worker_silent_s: float | None = Field(default=None, description="longest silence of a worker")
    unknown_order_s: float | None = Field(default=None, description="age of the oldest unknown outcome; 0: none")
    clock_skew_s: float | None = None
    database_latency_s: float | None = Field(default=None, description="time of one write")
