"""A calm desk: readings that say nothing, and a clock; tests change one figure at a time."""

from datetime import datetime, timedelta
from typing import Any

from daybook.contracts.base import KST
from daybook.contracts.news import ThreatKind
from daybook.contracts.threat_readings import (
    AccountReadings,
    CyberAlert,
    CyberReadings,
    MarketReadings,
    NewsWarning,
    OperationReadings,
    Sidecar,
)
from daybook.contracts.threat_settings import ThreatSettings
from daybook.contracts.threats import ThreatAssessment, ThreatInputs, ThreatMemory
from daybook.risk.threat.fusion import assess

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
HELD = "035720"
SETTINGS = ThreatSettings()


def market(at: datetime = NOW, **changes: Any) -> MarketReadings:
    values: dict[str, Any] = {
        "observed_at": at,
        "vkospi": 19.0,
        "vkospi_percentile": 0.4,
        "vkospi_age_sessions": 0,
        "index_drawdown_ratio": 0.02,
        "index_change_ratio": 0.003,
        "sidecar": Sidecar.NONE,
        "circuit_breaker_stage": 0,
    }
    return MarketReadings(**{**values, **changes})


def cyber(at: datetime = NOW, **changes: Any) -> CyberReadings:
    return CyberReadings(**{"observed_at": at, "alert": CyberAlert(level=0), "warnings": (), **changes})


def account(at: datetime = NOW, **changes: Any) -> AccountReadings:
    values: dict[str, Any] = {
        "observed_at": at,
        "failed_logins": 0,
        "strange_logins": 0,
        "strange_tokens": 0,
        "strange_orders": 0,
        "incident": False,
    }
    return AccountReadings(**{**values, **changes})


def operations(at: datetime = NOW, **changes: Any) -> OperationReadings:
    values: dict[str, Any] = {
        "observed_at": at,
        "broker_calls": 100,
        "broker_errors": 0,
        "broker_latency_s": 0.2,
        "token_failures": 0,
        "feed_gap_s": 1.0,
        "worker_silent_s": 5.0,
        "unknown_order_s": 0.0,
        "clock_skew_s": 0.01,
        "database_latency_s": 0.01,
    }
    return OperationReadings(**{**values, **changes})


def breach(at: datetime = NOW, **changes: Any) -> NewsWarning:
    values: dict[str, Any] = {
        "kind": ThreatKind.HOLDING_BREACH,
        "severity": 0.4,
        "symbols": (HELD,),
        "publishers": 1,
        "newest_at": at,
    }
    return NewsWarning(**{**values, **changes})


def inputs(at: datetime = NOW, **changes: Any) -> ThreatInputs:
    """Return calm inputs of all channels at a moment that is real and market time at once."""
    values: dict[str, Any] = {
        "market_now": at,
        "market": market(at),
        "cyber": cyber(at),
        "account": account(at),
        "operations": operations(at),
        "held_symbols": (HELD,),
    }
    return ThreatInputs(**{**values, **changes})


class Desk:
    """A desk that looks again and again; remembers for the test."""

    def __init__(self, settings: ThreatSettings = SETTINGS) -> None:
        self.settings = settings
        self.memory = ThreatMemory()
        self.now = NOW
        self.last: ThreatAssessment | None = None

    def look(self, minutes: float = 0, **changes: Any) -> ThreatAssessment:
        """Go on by some minutes and assess; ``market=market(...)`` and the like are re-dated to now."""
        self.now += timedelta(minutes=minutes)
        for name, value in list(changes.items()):
            if hasattr(value, "observed_at"):
                changes[name] = value.model_copy(update={"observed_at": self.now})
        self.last, self.memory = assess(inputs(self.now, **changes), self.memory, self.settings, self.now)
        return self.last
