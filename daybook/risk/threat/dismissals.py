"""False alarms: a withdrawn signal falls at once and is not believed again while it says nothing worse."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from daybook.contracts.threat_readings import ACCOUNT_CODES, ThreatReasonCode
from daybook.contracts.threat_settings import ThreatSettings
from daybook.contracts.threats import MAX_SIGNALS, Dismissal, FalseAlarm, SignalMemory
from daybook.risk.threat.finding import Finding, Findings


@dataclass(slots=True)
class Withdrawal:
    """What false alarms did to the remembered signals."""

    signals: dict[str, SignalMemory]
    dismissals: list[Dismissal]
    withdrawn: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def withdraw(
    alarms: Iterable[FalseAlarm],
    signals: Mapping[str, SignalMemory],
    dismissals: Iterable[Dismissal],
    settings: ThreatSettings,
) -> Withdrawal:
    """Return the signals without those withdrawn. A source cannot withdraw a signal of the own account."""
    result = Withdrawal(dict(signals), list(dismissals))
    for alarm in alarms:
        for code in alarm.codes:
            if code in ACCOUNT_CODES and not alarm.by_person:
                result.problems.append(f"{code.value} is withdrawn by a person only, not by {alarm.by}")
                continue
            keys = [
                key
                for key, signal in result.signals.items()
                if signal.code is code and (not alarm.symbols or signal.symbol in alarm.symbols)
                if signal.level or signal.reading_level
            ]
            if not keys:
                result.problems.append(f"{code.value} is not raised: nothing to withdraw")
            for key in keys:
                _take_back(result, key, alarm, settings)
    return result


def _take_back(result: Withdrawal, key: str, alarm: FalseAlarm, settings: ThreatSettings) -> None:
    signal = result.signals[key]
    level = max(signal.level, signal.reading_level)
    result.signals[key] = signal.model_copy(update={"level": 0, "reading_level": 0, "calm_min": 0.0})
    result.withdrawn.append(key)
    others = [entry for entry in result.dismissals if _key(entry) != key]
    entry = Dismissal(
        code=signal.code,
        symbol=signal.symbol,
        level=level,
        by=alarm.by,
        reason=alarm.reason,
        left_min=settings.false_alarm_valid_min,
    )
    result.dismissals = [*others, entry][-MAX_SIGNALS:]


def believed(
    findings: Findings, dismissals: Iterable[Dismissal], watched_min: float
) -> tuple[Findings, tuple[Dismissal, ...]]:
    """Return the findings without those withdrawn before, and the withdrawals that still hold.

    A withdrawal ends when its time is over, when its signal is calm by itself, or when it says something worse.
    """
    left: Findings = dict(findings)
    holding: list[Dismissal] = []
    silent = {finding.code for finding in findings.values() if finding.code is ThreatReasonCode.HOLDING_BREACH}
    for entry in dismissals:
        entry = entry.model_copy(update={"left_min": entry.left_min - watched_min if watched_min else entry.left_min})
        finding = findings.get(_key(entry))
        calm = finding.level == 0 if finding is not None else entry.code in silent
        worse = finding is not None and finding.level > entry.level
        if entry.left_min <= 0 or calm or worse:
            continue
        holding.append(entry)
        if finding is not None:
            left[finding.key] = Finding(finding.code, 0, finding.symbol, finding.value, finding.limit)
    return left, tuple(holding)


def _key(entry: Dismissal) -> str:
    return f"{entry.code.value}:{entry.symbol}" if entry.symbol else entry.code.value
