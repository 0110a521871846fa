"""The toll threats take in ordinary times, which the expected return includes already.

A market's long-run return was earned with its crashes, halts and breaches. Level 2 is the world as history has seen it:
there, on average over scenarios, each stock earns what the scenario expects of it. A lower level earns more, a higher
one less. Without this an expected return would be charged twice for the same crashes, and cash would beat everything.
"""

from dataclasses import replace

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import BLOCK, MarketParameters
from daybook.scenario.controls.choice import no_controls
from daybook.scenario.engine.sample import Sample

ORDINARY_LEVEL = 2
_BLOCKS = 8
_STREAM = "toll"
_LEAST_SHARE = 0.05
"""Of its unthreatened mean that a stock keeps at least, so that a logarithm exists."""


def with_ordinary_toll(scenario: Scenario, parameters: MarketParameters) -> MarketParameters:
    """Return parameters whose mean returns at level 2, without any plan, are those of a world without threats.

    Both worlds are simulated on the same noise, so that only the events' own variance is left in the difference.
    """
    if not scenario.threats:
        return parameters
    sample = Sample(scenario, parameters, _STREAM, 0, _BLOCKS * BLOCK)
    bare = sample.unthreatened_paths()
    struck = sample.paths(ORDINARY_LEVEL, no_controls(scenario))
    stocks = np.maximum(struck.stocks.mean(axis=0) / bare.stocks.mean(axis=0), _LEAST_SHARE)
    market = max(float(struck.market.mean() / bare.market.mean()), _LEAST_SHARE)
    return replace(
        parameters,
        drift=parameters.drift - np.log(stocks) / scenario.horizon_days,
        market_drift=parameters.market_drift - float(np.log(market)) / scenario.horizon_days,
    )
