"""What a liquidity freeze costs whoever must sell into it, as a share of the position.

Selling Q out of a daily turnover V moves the price by about sigma sqrt(Q / V), sigma the stock's daily standard
deviation (the square-root law of market impact: Almgren, Thum, Hauptmann, Li 2005; Toth et al. 2011). A freeze that
leaves the share m of the turnover makes it sigma sqrt(Q / (m V)), so it adds

    haircut = sigma sqrt(Q / V) (1 / sqrt(m) - 1).

To stay linear in what is held, Q is the largest position the plan may take in the stock: ``max_weight`` of the budget
or ``max_adv_participation`` of the turnover, whichever is less. Smaller positions are charged too much, none too
little.
"""

import numpy as np

from daybook.contracts.scenario import Scenario, ThreatSpec
from daybook.scenario.arrays import FloatArray, MarketParameters

MAX_HAIRCUT = 0.3
"""A day's price limit on the KRX; nobody sells below it on the day of the freeze."""


def liquidity_haircut(threat: ThreatSpec, scenario: Scenario, parameters: MarketParameters) -> FloatArray:
    """Return the share of each stock's position that one freeze costs, (n,), within 0 and :data:`MAX_HAIRCUT`."""
    limits = scenario.constraints
    with np.errstate(divide="ignore"):
        largest = limits.max_weight * scenario.budget.total_krw / np.maximum(parameters.turnover_krw, 0.0)
    participation = np.minimum(largest, limits.max_adv_participation)
    widening = 1 / np.sqrt(threat.liquidity_multiplier) - 1
    haircut = np.minimum(daily_sd(parameters) * np.sqrt(participation) * widening, MAX_HAIRCUT)
    return np.asarray(haircut, dtype=np.float64)


def daily_sd(parameters: MarketParameters) -> FloatArray:
    """Return each stock's daily standard deviation without jumps, (n,)."""
    variance = np.square(parameters.loadings).sum(axis=1) + np.square(parameters.idiosyncratic_sd)
    return np.asarray(np.sqrt(variance), dtype=np.float64)
