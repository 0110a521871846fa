"""How far the plan's objective moves when one assumption does, the plan kept and the random numbers the same."""

from collections.abc import Sequence

from daybook.contracts.scenario import Objective, Scenario
from daybook.contracts.scenario_result import TornadoBar
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.controls.choice import ControlChoice
from daybook.scenario.engine.assumptions import Assumption, Changed
from daybook.scenario.engine.sample import Sample, wealth_of

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


def _scored(
    scenario: Scenario,
    parameters: MarketParameters,
    count: int,
    level: int,
    choice: ControlChoice,
    positions_krw: FloatArray,
    probabilities: FloatArray | None,
) -> float:
    sample = Sample(scenario, parameters, "fresh", 0, count)
    wealth = wealth_of(sample.wealth(level, choice), positions_krw)
    if probabilities is not None:
        probabilities = probabilities[:count] / float(probabilities[:count].sum())
    return score_krw(wealth, scenario, probabilities)


def tornado_bars(
    assumptions: Sequence[Assumption],
    scenario: Scenario,
    parameters: MarketParameters,
    choice: ControlChoice,
    positions_krw: FloatArray,
    objective_krw: float,
    probabilities: FloatArray | None = None,
) -> tuple[TornadoBar, ...]:
    """Return a bar for each assumption, on the first fresh scenarios.

    ``objective_krw`` is the plan's on all fresh scenarios; bars are its changes on fewer of them, added to it.
    """
    count = min(scenario.scenarios, TORNADO_SCENARIOS)
    level = scenario.threat_level

    def scored(world: Changed) -> float:
        return _scored(*world, count, level, choice, positions_krw, probabilities)

    base = scored((scenario, parameters))
    bars = []
    for assumption in assumptions:
        low = scored(assumption.change(assumption.low))
        high = scored(assumption.change(assumption.high))
        bars.append(
            TornadoBar(
                assumption=assumption.name,
                label_ko=assumption.label_ko,
                label_en=assumption.label_en,
                low_value=assumption.low,
                high_value=assumption.high,
                low_objective_krw=objective_krw + low - base,
                high_objective_krw=objective_krw + high - base,
                evidence=assumption.evidence,
            )
        )
    return tuple(bars)
