"""What a feature is: a function of a panel whose row t looks at rows up to t only."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from daybook.advice.arrays import FloatArray
from daybook.advice.panel import Panel


class Evidence(StrEnum):
    """What stands behind the sign a feature is assumed to have."""

    KOREA = "korea"
    ABROAD = "abroad"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Feature:
    """A named factor.

    ``compute`` returns raw values, sessions x symbols, nan where the history is too short; larger means more of
    what the label says. ``prior_sign`` is 1 or -1 where published evidence gives a sign, else 0: nothing is assumed
    of it before it has been fitted. ``needs`` names the optional part of a panel it works from.
    """

    name: str
    label_ko: str
    label_en: str
    min_sessions: int
    compute: Callable[[Panel], FloatArray]
    prior_sign: int = 0
    evidence: Evidence = Evidence.NONE
    source: str = ""
    needs: str = ""

    def is_available(self, panel: Panel) -> bool:
        """Return whether the panel has the optional data the feature works from."""
        if not self.needs:
            return True
        if self.needs == "flows":
            return panel.foreign_net_krw is not None and panel.institution_net_krw is not None
        return all(name in panel.fundamentals or name in panel.signals for name in self.needs.split("+"))
