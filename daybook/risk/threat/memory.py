"""One signal from assessment to assessment: up at once, down one step after calm that was watched."""

from collections.abc import Mapping
from datetime import datetime

from daybook.contracts.threat_readings import CHANNEL_OF_CODE, ThreatChannel, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.contracts.threats import MAX_SIGNALS, SignalMemory
from daybook.risk.threat.finding import Finding

_MOST_TEXT = 280


def fresh_s(code: ThreatReasonCode, settings: ThreatSettings) -> float:
    """Return how many real seconds a reading of a signal counts as current."""
    return {
        ThreatChannel.MARKET: settings.market_fresh_s,
        ThreatChannel.CYBER: settings.cyber_fresh_s,
        ThreatChannel.OPERATIONS: settings.operations_fresh_s,
    }[CHANNEL_OF_CODE[code]]


def age_s(signal: SignalMemory, now: datetime) -> float:
    """Return the real age of a signal's last reading in seconds, never negative."""
    return max(0.0, (now - signal.observed_at).total_seconds())


def is_fresh(signal: SignalMemory, settings: ThreatSettings, now: datetime) -> bool:
    """Whether a signal's last reading still counts as current."""
    return age_s(signal, now) <= fresh_s(signal.code, settings)


def taken(known: SignalMemory | None, finding: Finding, observed_at: datetime) -> SignalMemory:
    """Return a signal after a reading: it rises at once and never falls by the reading itself."""
    held = known.level if known is not None else 0
    calm = known.calm_min if known is not None and finding.level < held else 0.0
    return SignalMemory(
        code=finding.code,
        symbol=finding.symbol,
        level=max(held, finding.level),
        reading_level=finding.level,
        value=finding.value,
        limit=finding.limit,
        text_ko=finding.text_ko or _over(known, "ko", held),
        text_en=finding.text_en or _over(known, "en", held),
        observed_at=observed_at,
        calm_min=calm,
    )


def _over(known: SignalMemory | None, language: str, held: int) -> str:
    """Return what a signal said before it became silent, marked as over, while its level is still in force."""
    if known is None or held == 0:
        return ""
    text, over = (known.text_ko, " (지금은 아님)") if language == "ko" else (known.text_en, " (no longer)")
    return text if text.endswith(over) else f"{text[:_MOST_TEXT]}{over}"


def cooled(signal: SignalMemory, watched_min: float, settings: ThreatSettings, now: datetime) -> SignalMemory:
    """Return a signal after ``watched_min`` market minutes: one step lower when its calm has lasted long enough.

    Calm is counted only while the reading is current; an unknown signal starts to count anew.
    """
    if signal.level <= signal.reading_level or not is_fresh(signal, settings, now):
        return signal.model_copy(update={"calm_min": 0.0}) if signal.calm_min else signal
    calm_min = signal.calm_min + watched_min
    if calm_min < settings.calm_min[signal.level - 1]:
        return signal.model_copy(update={"calm_min": calm_min})
    return signal.model_copy(update={"level": signal.level - 1, "calm_min": 0.0})


def kept(signals: Mapping[str, SignalMemory]) -> tuple[SignalMemory, ...]:
    """Return what is worth remembering: every code, and holdings that are not calm; highest first, bounded."""
    worth = [signal for signal in signals.values() if not signal.symbol or signal.level or signal.reading_level]
    worth.sort(key=lambda signal: (-signal.level, bool(signal.symbol), signal.key))
    return tuple(worth[:MAX_SIGNALS])
