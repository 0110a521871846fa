"""What an assessment sets off: by what the readings say now; and what keeps an action up: the level in force."""

from dataclasses import dataclass

from daybook.contracts.response import PERSON_CAUSE
from daybook.contracts.threat_readings import ThreatChannel
from daybook.contracts.threats import ThreatAssessment, ThreatReason
from daybook.risk.response.playbook import PlaybookRule, Trigger


@dataclass(frozen=True, slots=True)
class Triggered:
    """The signals that set an action off, strongest first."""

    reasons: tuple[ThreatReason, ...]
    level: int
    causes: tuple[str, ...]

    @property
    def channel(self) -> ThreatChannel | None:
        """The channel of the strongest signal; None for a person's own level."""
        return self.reasons[0].channel if self.reasons else None

    @property
    def is_stale(self) -> bool:
        """Whether every signal behind it is too old to be current."""
        return bool(self.reasons) and all(reason.is_stale for reason in self.reasons)


def triggered(rule: PlaybookRule, assessment: ThreatAssessment) -> Triggered | None:
    """Return what sets a rule off now; None when nothing does. A level that is only cooling down sets nothing off."""
    found = {
        reason.key: reason
        for trigger in rule.triggers
        for reason in assessment.reasons
        if _matches(trigger, reason) and reason.reading_level >= trigger.min_level
    }
    reasons = tuple(sorted(found.values(), key=lambda reason: (-reason.reading_level, reason.key)))
    by_person = any(trigger.by_person and assessment.floor >= trigger.min_level for trigger in rule.triggers)
    if not reasons and not by_person:
        return None
    level = max((reason.reading_level for reason in reasons), default=0)
    causes = tuple(sorted(found))
    if by_person:
        level, causes = max(level, assessment.floor), (*causes, PERSON_CAUSE)
    return Triggered(reasons, level, causes)


def is_held(rule: PlaybookRule, assessment: ThreatAssessment) -> bool:
    """Whether the level in force still keeps an action of a rule up, calm or not."""
    return any(
        (trigger.by_person and assessment.floor >= trigger.min_level)
        or any(_matches(trigger, reason) and reason.level >= trigger.min_level for reason in assessment.reasons)
        for trigger in rule.triggers
    )


def _matches(trigger: Trigger, reason: ThreatReason) -> bool:
    return reason.channel in trigger.channels and (not trigger.codes or reason.code in trigger.codes)
