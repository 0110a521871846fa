"""How far the plan's objective moves when one assumption does, the plan kept and the random numbers the same."""

from collections.abc import Sequence

from daybook.contracts.scenario import Objective, Scenario
from daybook.contracts.scenario_result import TornadoBar
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.assumptions import Assumption
from daybook.scenario.engine.sample import Sample, wealth_of
from daybook.scenario.engine.views import viewed_probabilities

TORNADO_SCENARIOS = 2_500
"""Differences on the same random numbers need fewer scenarios than levels do."""


def score_krw(wealth_krw: FloatArray, scenario: Scenario, probabilities: FloatArray | None = None) -> float:
    """Return what the scenario's objective makes of wealth (S,), the larger the better."""
    losses = scenario.budget.total_krw - wealth_krw
    expected = float(wealth_krw.mean()) if probabilities is None else float((probabilities * wealth_krw).sum())
    if scenario.objective is Objective.MAX_RETURN_CVAR_CAP:
        return expected
    shortfall = tail(losses, scenario.appetite.alpha, probabilities).cvar
    return -shortfall if scenario.objective is Objective.MIN_CVAR else expected - scenario.appetite.aversion * shortfall


def tornado_bars(
    assumptions: Sequence[Assumption],
    scenario: Scenario,
    parameters: MarketParameters,
    choice: ControlChoice,
    positions_krw: FloatArray,
    installed: ControlChoice,
) -> tuple[TornadoBar, ...]:
    """Return a bar for each assumption, on the first fresh scenarios.

    The objectives of the bars are changes against the assumptions as they are; whoever shows them adds the plan's
    objective on all fresh scenarios. Views hold under the assumptions as they are.
    """
    count = min(scenario.scenarios, TORNADO_SCENARIOS)
    level = scenario.threat_level
    start = Sample(scenario, parameters, "fresh", 0, count)
    probabilities = viewed_probabilities(start, level, installed)

    def scored(sample: Sample) -> float:
        return score_krw(wealth_of(sample.wealth(level, choice), positions_krw), scenario, probabilities)

    base = scored(start)
    bars = []
    for assumption in assumptions:
        low, high = (
            scored(Sample(*assumption.change(value), "fresh", 0, count)) - base
            for value in (assumption.low, assumption.high)
        )
        bars.append(
            TornadoBar(
                assumption=assumption.name,
                label_ko=assumption.label_ko,
                label_en=assumption.label_en,
                low_value=assumption.low,
                high_value=assumption.high,
                low_objective_krw=low,
                high_objective_krw=high,
                evidence=assumption.evidence,
            )
        )
    return tuple(bars)
