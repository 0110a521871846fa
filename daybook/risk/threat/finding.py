"""What one reading says of one signal, and how a number becomes a level."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from daybook.contracts.threat_readings import ThreatReasonCode

MOST_TEXT = 300


@dataclass(frozen=True, slots=True)
class Finding:
    """One signal as a reading has it now; level 0 says that the reading is known and calm."""

    code: ThreatReasonCode
    level: int = 0
    symbol: str = ""
    value: float | None = None
    limit: float | None = None
    text_ko: str = ""
    text_en: str = ""

    @property
    def key(self) -> str:
        """The signal's name: its code, and the holding it is about."""
        return f"{self.code.value}:{self.symbol}" if self.symbol else self.code.value


Findings = dict[str, Finding]
"""By key. A signal that is not in it was not read: unknown, which is not calm."""

Levels = Mapping[str, int]
"""The level of each signal's last reading, by key; for the hysteresis."""


def number(value: object, lowest: float = -math.inf, highest: float = math.inf) -> float | None:
    """Return a finite number within its bounds, else None: nonsense counts as unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return found if math.isfinite(found) and lowest <= found <= highest else None


def ladder_level(value: float, ladder: Sequence[float], last_level: int, hysteresis_ratio: float) -> int:
    """Return the level of a value: the highest threshold it reaches, or, once reached, has not clearly left.

    A level above is taken at its threshold; a level held until now is given up below threshold x (1 - hysteresis).
    """
    reached = sum(1 for threshold in ladder if value >= threshold)
    not_left = sum(1 for threshold in ladder if value >= threshold * (1 - hysteresis_ratio))
    return max(reached, min(not_left, last_level))


def of_ladder(
    code: ThreatReasonCode,
    value: float,
    ladder: Sequence[float],
    levels: Levels,
    hysteresis_ratio: float,
    *,
    text_ko: str,
    text_en: str,
) -> Finding:
    """Return the finding of a number on its ladder."""
    level = ladder_level(value, ladder, levels.get(code.value, 0), hysteresis_ratio)
    limit = ladder[level - 1] if level else ladder[0]
    return Finding(code, level, value=value, limit=limit, text_ko=text_ko[:MOST_TEXT], text_en=text_en[:MOST_TEXT])


def by_key(findings: Sequence[Finding | None]) -> Findings:
    """Return the findings that were made, by key; of one key the highest."""
    found: Findings = {}
    for finding in findings:
        if finding is not None and (finding.key not in found or finding.level > found[finding.key].level):
            found[finding.key] = finding
    return found
