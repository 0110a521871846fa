"""The threat level: the highest of all signals. Up at once, down one step after calm, down at once on a false alarm.

Each signal keeps a level of its own, so that a withdrawn alarm leaves exactly what the others say. Unknown never
lowers anything: a signal without current data stays where it was and its calm starts anew.
"""

import math
from collections.abc import Callable
from datetime import datetime

from daybook.contracts.threat_readings import (
    CODES_OF_CHANNEL,
    AccountReadings,
    CyberReadings,
    MarketReadings,
    OperationReadings,
    ThreatChannel,
    ThreatReasonCode,
)
from daybook.contracts.threat_settings import ThreatSettings
from daybook.contracts.threats import (
    ChannelReading,
    LevelMove,
    SignalMemory,
    ThreatAssessment,
    ThreatInputs,
    ThreatMemory,
    ThreatReason,
)
from daybook.risk.threat.cyber import account_findings, cyber_findings
from daybook.risk.threat.dismissals import believed, withdraw
from daybook.risk.threat.finding import Finding, Findings, number
from daybook.risk.threat.market import market_findings
from daybook.risk.threat.memory import age_s, cooled, is_fresh, kept, taken
from daybook.risk.threat.operations import operation_findings

HIGHEST_LEVEL = 5

_Readings = MarketReadings | CyberReadings | AccountReadings | OperationReadings


def assess(
    inputs: ThreatInputs, memory: ThreatMemory, settings: ThreatSettings, now: datetime
) -> tuple[ThreatAssessment, ThreatMemory]:
    """Return the threat level now and what to remember; ``now`` is real time.

    Senseless figures count as unknown, readings dated in the future are refused and named in ``problems``; nothing
    raises. The level is never below what a known reading says now, and falls by more than one step only when signals
    are withdrawn or a person lowers the floor.
    """
    watched_min = _watched_min(memory, inputs.market_now, settings)
    before = {signal.key: signal for signal in memory.signals}
    withdrawal = withdraw(inputs.false_alarms, before, memory.dismissals, settings)
    signals, problems = withdrawal.signals, withdrawal.problems
    dismissals = tuple(withdrawal.dismissals)
    found: dict[str, tuple[Finding, datetime]] = {}
    for observed_at, findings in _readings(inputs, signals, settings, now, problems):
        for key, finding in findings.items():
            known = signals.get(key)
            if known is None or observed_at >= known.observed_at:
                found[key] = (finding, observed_at)
    current: Findings = {key: finding for key, (finding, _) in found.items()}
    heard, dismissals = believed(current, dismissals, watched_min)
    for key, finding in heard.items():
        signals[key] = taken(signals.get(key), finding, found[key][1])
    _calm_unreported(signals, found)
    signals = {key: cooled(signal, watched_min, settings, now) for key, signal in signals.items()}
    floor = _floor(inputs.floor, memory.floor, problems)
    level = max((signal.level for signal in signals.values()), default=0)
    level = max(level, floor)
    previous = min(HIGHEST_LEVEL, max(0, memory.level))
    since = inputs.market_now if level != previous or memory.since is None else memory.since
    remembered = kept(signals)
    assessment = ThreatAssessment(
        level=level,
        previous_level=previous,
        move=_move(level, previous, bool(withdrawal.withdrawn)),
        channels=tuple(_channel(channel, remembered, settings, now) for channel in ThreatChannel),
        since=since,
        market_at=inputs.market_now,
        assessed_at=now,
        floor=floor,
        withdrawn=tuple(withdrawal.withdrawn),
        dismissed=tuple(f"{one.code.value}:{one.symbol}" if one.symbol else one.code.value for one in dismissals),
        calm_left_min=_calm_left_min(remembered, level, floor, settings, now),
        problems=tuple(problem[:300] for problem in problems),
    )
    market_at = max(memory.market_at or inputs.market_now, inputs.market_now)
    return assessment, ThreatMemory(
        level=level, since=since, market_at=market_at, signals=remembered, dismissals=dismissals, floor=floor
    )


def _watched_min(memory: ThreatMemory, market_now: datetime, settings: ThreatSettings) -> float:
    """Return the market minutes since the last assessment; a night or an outage counts as one short gap."""
    if memory.market_at is None:
        return 0.0
    minutes = (market_now - memory.market_at).total_seconds() / 60
    return min(max(0.0, minutes), settings.calm_gap_max_min)


def _readings(
    inputs: ThreatInputs,
    signals: dict[str, SignalMemory],
    settings: ThreatSettings,
    now: datetime,
    problems: list[str],
) -> list[tuple[datetime, Findings]]:
    levels = {key: signal.reading_level for key, signal in signals.items()}
    readings: list[tuple[datetime, Findings]] = []
    market, cyber, account, operations = inputs.market, inputs.cyber, inputs.account, inputs.operations
    parts: list[tuple[_Readings, Callable[[], Findings]]] = []
    if market is not None:
        parts.append((market, lambda: market_findings(market, settings, levels)))
    if cyber is not None:
        parts.append((cyber, lambda: cyber_findings(cyber, settings, inputs.held_symbols, now)))
    if account is not None:
        parts.append((account, lambda: account_findings(account, settings, levels)))
    if operations is not None:
        parts.append((operations, lambda: operation_findings(operations, settings, levels)))
    for part, evaluate in parts:
        ahead_s = (part.observed_at - now).total_seconds()
        if ahead_s > settings.future_tolerance_s:
            problems.append(f"{type(part).__name__} is dated {ahead_s:.0f} s in the future and was not used")
            continue
        readings.append((part.observed_at, evaluate()))
    return readings


def _calm_unreported(signals: dict[str, SignalMemory], found: dict[str, tuple[Finding, datetime]]) -> None:
    """Take a holding's breach as calm when the news was read and no longer says anything of it."""
    breach = ThreatReasonCode.HOLDING_BREACH
    if breach.value not in found:
        return
    observed_at = found[breach.value][1]
    for key, signal in list(signals.items()):
        if signal.code is breach and signal.symbol and key not in found and observed_at >= signal.observed_at:
            signals[key] = taken(signal, Finding(breach, 0, signal.symbol), observed_at)


def _floor(wanted: object, known: int, problems: list[str]) -> int:
    level = number(wanted, 0, HIGHEST_LEVEL)
    if level is None or math.floor(level) != level:
        problems.append("the level set by a person is not 0 to 5 and was not used")
        return known
    return int(level)


def _move(level: int, previous: int, is_withdrawn: bool) -> LevelMove:
    if level > previous:
        return LevelMove.RAISED
    if level == previous:
        return LevelMove.STEADY
    return LevelMove.WITHDRAWN if is_withdrawn else LevelMove.LOWERED


def _channel(
    channel: ThreatChannel, signals: tuple[SignalMemory, ...], settings: ThreatSettings, now: datetime
) -> ChannelReading:
    """Return a channel as it stands: known only with current data and nothing old holding it up."""
    codes = CODES_OF_CHANNEL[channel]
    own = [signal for signal in signals if signal.code in codes]
    fresh = [signal for signal in own if is_fresh(signal, settings, now)]
    held_by_old = any(signal.level and signal not in fresh for signal in own)
    newest = max((signal.observed_at for signal in own), default=None)
    reasons = [_reason(channel, signal, settings, now) for signal in own if signal.level]
    reasons.sort(key=lambda reason: (-reason.level, reason.key))
    return ChannelReading(
        channel=channel,
        known=bool(fresh) and not held_by_old,
        level=max((signal.level for signal in own), default=0),
        reasons=tuple(reasons),
        missing=tuple(code for code in codes if code not in {signal.code for signal in fresh}),
        observed_at=newest,
        age_s=None if newest is None else max(0.0, (now - newest).total_seconds()),
    )


def _reason(channel: ThreatChannel, signal: SignalMemory, settings: ThreatSettings, now: datetime) -> ThreatReason:
    return ThreatReason(
        channel=channel,
        code=signal.code,
        symbol=signal.symbol,
        level=signal.level,
        reading_level=signal.reading_level,
        value=signal.value,
        limit=signal.limit,
        text_ko=signal.text_ko[:300],
        text_en=signal.text_en[:300],
        observed_at=signal.observed_at,
        age_s=age_s(signal, now),
        is_stale=not is_fresh(signal, settings, now),
    )


def _calm_left_min(
    signals: tuple[SignalMemory, ...], level: int, floor: int, settings: ThreatSettings, now: datetime
) -> float | None:
    """Return the calm still needed for the next step down; None while a signal, or a person, holds the level."""
    top = [signal for signal in signals if signal.level == level]
    if not level or floor == level or not top:
        return None
    if any(signal.reading_level >= level or not is_fresh(signal, settings, now) for signal in top):
        return None
    return max(0.0, max(settings.calm_min[level - 1] - signal.calm_min for signal in top))
