"""The Basel Committee's traffic light for a VaR's exceptions (1996 framework for backtesting).

Yellow begins where the chance of that many exceptions or fewer reaches 95 % under a right VaR, red where it reaches
99.99 %. For 250 days at 99 % that makes green 0 to 4, yellow 5 to 9, red 10 and more.
"""

from dataclasses import dataclass
from enum import StrEnum

from scipy import special

from daybook.risk.measures.errors import MeasureError

YELLOW_FROM = 0.95
RED_FROM = 0.9999

_PLUS_FACTORS = {5: 0.40, 6: 0.50, 7: 0.65, 8: 0.75, 9: 0.85}


class Zone(StrEnum):
    """What the count of exceptions says of the VaR."""

    GREEN = "green"
    YELLOW = "yellow"
    RED = "red"


@dataclass(frozen=True)
class Zones:
    """The first counts of exceptions that are yellow and red."""

    yellow_from: int
    red_from: int


def cumulative_probability(exceptions: int, days: int = 250, probability: float = 0.01) -> float:
    """Return the chance of at most this many exceptions under a right VaR.

    Raises:
        MeasureError: for a negative count, no day, or a probability outside 0 and 1.
    """
    if exceptions < 0 or days < 1 or not 0 < probability < 1:
        raise MeasureError("exceptions must be 0 or more, days 1 or more, probability between 0 and 1")
    return 1.0 if exceptions >= days else float(special.bdtr(exceptions, days, probability))


def zone(exceptions: int, days: int = 250, probability: float = 0.01) -> Zone:
    """Return the zone of a count; raises as :func:`cumulative_probability`."""
    chance = cumulative_probability(exceptions, days, probability)
    if chance >= RED_FROM:
        return Zone.RED
    return Zone.YELLOW if chance >= YELLOW_FROM else Zone.GREEN


def zones(days: int = 250, probability: float = 0.01) -> Zones:
    """Return where the zones begin; raises as :func:`cumulative_probability`."""
    counts = range(days + 1)
    yellow = next(count for count in counts if cumulative_probability(count, days, probability) >= YELLOW_FROM)
    red = next(count for count in counts if cumulative_probability(count, days, probability) >= RED_FROM)
    return Zones(yellow, red)


def capital_multiplier(exceptions: int) -> float:
    """Return what the VaR of 250 days at 99 % is multiplied with: 3, and the plus factor of table 2 of the framework.

    Raises:
        MeasureError: for a negative count.
    """
    if exceptions < 0:
        raise MeasureError(f"exceptions must be 0 or more, not {exceptions}")
    return 3.0 + _PLUS_FACTORS.get(exceptions, 0.0 if exceptions < min(_PLUS_FACTORS) else 1.0)
