"""What the threat level does to the day: a share of the risk budget for new buys, and how strict the desk is."""

from daybook.contracts.base import TradingState

LOWEST_LEVEL = 0
HIGHEST_LEVEL = 5

BUDGET_MULTIPLIERS: tuple[float, ...] = (1.0, 1.0, 0.75, 0.5, 0.25, 0.0)
"""By level 0-5: calm and watchful days use the whole budget, then each level takes a quarter of it away."""


def risk_budget_multiplier(level: int) -> float:
    """Return the share of the risk budget new buys may use at a threat level; never rises with the level.

    Raises ``ValueError`` for a level outside 0-5, so that a broken assessment cannot be read as calm.
    """
    if type(level) is not int or not LOWEST_LEVEL <= level <= HIGHEST_LEVEL:
        raise ValueError(f"a threat level is a whole number from {LOWEST_LEVEL} to {HIGHEST_LEVEL}, not {level!r}")
    return BUDGET_MULTIPLIERS[level]


def state_at_threat(level: int) -> TradingState:
    """Return the strictest state a threat level asks for by itself: reducing at the highest, else active."""
    return TradingState.REDUCING if risk_budget_multiplier(level) == 0 else TradingState.ACTIVE
