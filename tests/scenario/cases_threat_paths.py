"""Rules every scenario keeps when controls are added or the level falls (CT-04), counted on common random numbers."""

import itertools
from dataclasses import replace

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import MarketParameters
from daybook.scenario.controls.choice import ControlChoice, spend_krw, strengths
from daybook.scenario.controls.search import brute_force, local_search
from daybook.scenario.market.keys import stream_key
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.catalogue import default_scenario, default_universe
from daybook.scenario.threats.draw import draw_candidates
from daybook.scenario.threats.thin import gross_threat_loss_krw, thin
from tests.scenario.cases_market import market

SCENARIOS = 1_000
VECTORS = 14


def _setting() -> tuple[Scenario, MarketParameters, EventCandidates, np.ndarray]:
    scenario = default_scenario()
    stocks = default_universe()
    generator = np.random.default_rng(8)
    parameters = replace(
        market(len(stocks)),
        codes=tuple(stock.code for stock in stocks),
        sectors=tuple(stock.sector for stock in stocks),
        beta=generator.uniform(0.5, 1.6, len(stocks)),
        loadings=np.full((len(stocks), 1), 0.01),
        idiosyncratic_sd=np.full(len(stocks), 0.015),
        market_sd=0.01,
    )
    candidates = draw_candidates(scenario, parameters, 0, SCENARIOS, stream_key(9, "rules"))
    held = generator.uniform(0, 8e6, len(stocks))
    return scenario, parameters, candidates, np.concatenate((held, [0.0] * len(parameters.hedges), [2e7]))


def _loss(
    setting: tuple[Scenario, MarketParameters, EventCandidates, np.ndarray], level: int, strengths: dict[str, float]
) -> np.ndarray:
    scenario, parameters, candidates, held = setting
    thinned = thin(candidates, scenario, parameters, level, strengths)
    return gross_threat_loss_krw(candidates, thinned, parameters, held)


def violations_of_controls() -> int:
    """From random vectors of strengths, at all levels, strengthen one control after the other: no loss may rise."""
    setting = _setting()
    generator = np.random.default_rng(10)
    names = [control.id for control in setting[0].controls]
    count, moved = 0, 0.0
    for number in range(VECTORS):
        level = number % 6
        strengths = {
            name: float(s) for name, s in zip(names, generator.choice([0, 0, 0.5, 1], len(names)), strict=True)
        }
        before = _loss(setting, level, strengths)
        for name in generator.permutation(names)[:4]:
            if strengths[name] == 1:
                continue
            strengths = {**strengths, name: 1.0}
            after = _loss(setting, level, strengths)
            count += int((after > before + 1e-6).sum())
            moved += float((before - after).sum())
            before = after
    assert moved > 0, "no control changed any loss: the check would prove nothing"
    return count


def violations_of_levels() -> int:
    """From the highest level down, with random controls: no scenario's gross loss may rise."""
    setting = _setting()
    generator = np.random.default_rng(11)
    names = [control.id for control in setting[0].controls]
    count, moved = 0, 0.0
    for _ in range(3):
        strengths = {name: float(s) for name, s in zip(names, generator.choice([0, 1], len(names)), strict=True)}
        losses = [_loss(setting, level, strengths) for level in range(6)]
        count += sum(int((low > high + 1e-6).sum()) for low, high in itertools.pairwise(losses))
        moved += float((losses[-1] - losses[0]).sum())
    assert moved > 0, "no level changed any loss: the check would prove nothing"
    return count


def gap_of_local_search() -> float:
    """Return the largest shortfall of local search against all sets, over random problems of at most 2^10 sets."""
    scenario = default_scenario()
    generator = np.random.default_rng(12)
    worst = 0.0
    for _ in range(6):
        controls = tuple(control for control in scenario.controls[:8])
        small = scenario.model_copy(update={"controls": controls, "fixed_controls": None})
        worth = {threat.id: float(generator.uniform(1e4, 5e6)) for threat in scenario.threats}

        def value(choice: ControlChoice, small: Scenario = small, worth: dict[str, float] = worth) -> float:
            left = dict(worth)
            held = strengths(small, choice)
            for control in small.controls:
                for effect in control.effects:
                    taken = 1 - (1 - effect.likelihood) * (1 - effect.impact)
                    left[effect.threat] *= 1 - taken * held.get(control.id, 0.0)
            return -sum(left.values()) - spend_krw(small, choice)

        worst = max(worst, brute_force(small, value).value - local_search(small, value).value)
    return worst
