"""Events a year at each threat level, from the rate at level 2 and a multiplier: lambda(l) = lambda(2) m^(l - 2)."""

from daybook.contracts.scenario import LEVELS
from daybook.scenario.errors import ScenarioError

REFERENCE_LEVEL = 2
MAX_ANNUAL_RATE = 50.0


def level_rates(at_level_2: float, multiplier: float) -> tuple[float, ...]:
    """Return the six rates, none above :data:`MAX_ANNUAL_RATE`; the reference level's is given back unchanged.

    Raises:
        ScenarioError: for a rate outside 0 to 50 or a multiplier below 1, with which rates would fall as threats grow.
    """
    if not 0 <= at_level_2 <= MAX_ANNUAL_RATE:
        raise ScenarioError(
            "annual_rate.at_level_2", f"must lie within 0 and {MAX_ANNUAL_RATE:g} events a year, not {at_level_2:g}"
        )
    if not 1 <= multiplier <= 10:
        raise ScenarioError(
            "annual_rate.multiplier", f"must lie within 1 and 10, not {multiplier:g}", "1 keeps the rate at all levels"
        )
    return tuple(min(MAX_ANNUAL_RATE, at_level_2 * multiplier ** (level - REFERENCE_LEVEL)) for level in range(LEVELS))
