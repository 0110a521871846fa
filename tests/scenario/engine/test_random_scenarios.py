"""Rules of the model on scenarios drawn at random: threats, controls, limits and appetites nobody chose."""

import itertools
import json
import random
from typing import Any

import numpy as np
import pytest

from daybook.contracts.scenario import Objective, Scenario
from daybook.risk.measures.tail import tail
from daybook.scenario.controls.choice import ControlChoice, is_allowed, no_controls
from daybook.scenario.engine.assemble import result_of
from daybook.scenario.engine.compared import blind_plan, fullest_choice, joint_plan
from daybook.scenario.engine.plan import Plan
from daybook.scenario.engine.run import run_scenario
from daybook.scenario.engine.sample import wealth_of
from daybook.scenario.engine.stages import StageResult, run_stage, stages_of
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.market.fixture import fixture_history
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.threats.catalogue import default_universe

EVIDENCE = {"kind": "expert", "source": "drawn at random", "as_of": "2026-01-02"}
SEEDS = (1, 2, 3, 5, 8)
ODD_REQUIREMENT = 70
"""A scenario whose best set holds a required control at less than full strength."""


class _Draw:
    """Draws the parts of one scenario."""

    def __init__(self, seed: int, busiest: float, deepest: float) -> None:
        self.random = np.random.default_rng(seed)
        self.busiest = busiest
        self.deepest = deepest

    def pert(self, low: float, high: float, sign: int = 1) -> dict[str, float]:
        first, second, third = sorted(self.random.uniform(low, high, 3).tolist())
        names = ("low", "mode", "high")
        return dict(zip(names, (first, second, third) if sign > 0 else (-third, -second, -first), strict=True))

    def maybe(self, otherwise: float, low: float, high: float) -> float:
        return float(self.random.choice([otherwise, self.random.uniform(low, high)]))

    def threat(self, number: int, codes: list[str], others: list[str]) -> dict[str, Any]:
        rates = [float(self.random.uniform(0.02, self.busiest))]
        for _ in range(5):
            rates.append(min(50.0, rates[-1] * self.maybe(1.0, 1.0, 1.8)))
        kind = str(self.random.choice(["market", "sector", "name", "direct", "mixed", "outage"]))
        name = f"T{number:02d}_random"
        threat: dict[str, Any] = {
            "id": name, "name_ko": name, "name_en": name, "category": "market", "annual_rate": rates,
            "evidence": EVIDENCE, "permanent_fraction": float(self.random.uniform(0, 1)),
            "recovery_half_life_days": float(self.random.uniform(1, 60)),
        }  # fmt: skip
        if kind in ("market", "mixed"):
            threat |= {
                "market_shock": self.pert(0.005, self.deepest, -1),
                "vol_multiplier": self.maybe(1, 1, 3),
                "correlation_lift": self.maybe(0, 0, 0.9),
            }
        if kind in ("sector", "mixed"):
            threat["sector_shock"] = {"*": self.pert(0.01, 0.4, -1)}
        if kind in ("name", "mixed"):
            threat |= {
                "name_shock": self.pert(0.01, 1.5, -1),
                "per_name": bool(self.random.random() < 0.4),
                "name_pick": str(self.random.choice(["random_holding", "listed", "largest"])),
                "listed": [str(code) for code in self.random.choice(codes, 2, replace=False)],
            }
        if kind in ("direct", "mixed"):
            base = str(self.random.choice(["krw", "account_fraction", "position_fraction"]))
            size = self.pert(1e4, 4e6) if base == "krw" else self.pert(0, 0.25)
            threat |= {"direct_base": base, "direct_loss": size}
        if kind in ("outage", "mixed"):
            threat |= {
                "outage_days": self.pert(0, 20),
                "liquidity_multiplier": float(self.random.uniform(0.05, 1)),
            }
        if others and self.random.random() < 0.5:
            chance = float(self.random.uniform(0.1, 1))
            threat["triggers"] = [{"threat": str(self.random.choice(others)), "probability": chance}]
        return threat

    def control(self, number: int, threats: list[str], before: list[str]) -> dict[str, Any]:
        struck = self.random.choice(threats, int(self.random.integers(1, len(threats) + 1)), replace=False)
        effects = [
            {"threat": str(name), **{what: self.maybe(0, 0, 0.99) for what in ("likelihood", "impact", "recovery")}}
            for name in struck
        ]
        control: dict[str, Any] = {
            "id": f"C{number:02d}_random", "name_ko": "c", "name_en": "c", "effects": effects, "evidence": EVIDENCE,
            "capex_krw": int(self.random.integers(0, 2_000_000)),
            "opex_per_year_krw": int(self.random.integers(0, 1_000_000)),
            "levels": int(self.random.integers(1, 4)),
            "lead_time_days": self.maybe(0, 0, 40),
        }  # fmt: skip
        if before and self.random.random() < 0.3:
            control["requires"] = before[:1]
        elif len(before) > 1 and self.random.random() < 0.3:
            control["excludes"] = before[1:2]
        return control


def random_scenario(seed: int, *, busiest: float = 0.6, deepest: float = 0.18, **changes: Any) -> Scenario:
    """Return a small scenario drawn from a seed; ``busiest`` bounds rates at level 0, ``deepest`` market shocks."""
    draw = _Draw(seed, busiest, deepest)
    every = [stock.code for stock in default_universe()]
    codes = [str(code) for code in draw.random.choice(every, int(draw.random.integers(4, 8)), replace=False)]
    threats: list[dict[str, Any]] = []
    for number in range(1, int(draw.random.integers(3, 7))):
        threats.append(draw.threat(number, codes, [threat["id"] for threat in threats]))
    controls: list[dict[str, Any]] = []
    for number in range(1, int(draw.random.integers(2, 5))):
        controls.append(draw.control(number, [t["id"] for t in threats], [c["id"] for c in controls]))
    fields: dict[str, Any] = {
        "name": f"random {seed}", "threats": threats, "controls": controls, "scenarios": 500, "seed": seed,
        "universe": {"codes": codes, "source": "fixture", "lookback_days": 250},
        "horizon_days": int(draw.random.choice([5, 20, 60])),
        "model": str(draw.random.choice(["factor_jump", "factor_jump", "bootstrap", "gbm"])),
        "budget": {"total_krw": int(draw.random.choice([30_000_000, 100_000_000, 1_000_000_000]))},
        "expected_return": float(draw.random.uniform(-0.1, 0.8)),
        "appetite": {
            "gamma": float(draw.random.choice([0.01, 0.05, 0.3, 2])),
            "alpha": float(draw.random.choice([0.9, 0.95, 0.99])),
        },
        "constraints": {
            "max_weight": float(draw.random.uniform(0.3, 0.6)), "max_sector": float(draw.random.uniform(0.5, 1)),
            "hedge_codes": ["114800"] if draw.random.random() < 0.6 else ["114800", "252670"],
        },
        "objective": str(draw.random.choice(["utility", "utility", "min_cvar"])),
        "costs_as_of": "2026-01-02", "threat_level": int(draw.random.integers(0, 6)),
    }  # fmt: skip
    return Scenario.model_validate({**fields, **changes})


def history_of(scenario: Scenario) -> MarketHistory:
    """Return simulated prices of a scenario's stocks."""
    return fixture_history(scenario.universe.codes, 300, 7, hedge_codes=scenario.constraints.hedge_codes)


def _score(plan: Plan, positions: Any, choice: ControlChoice, space: Workspace) -> float:
    """Return what positions are worth on the plan's own sample, by the sorted tail."""
    problem = space.planner().problem(choice)
    wealth = wealth_of(problem.wealth, positions)
    cvar = tail(problem.reference_krw - wealth, problem.alpha).cvar
    if problem.objective is Objective.MIN_CVAR:
        return -cvar
    return float(wealth.mean()) - problem.gamma * cvar


@pytest.mark.parametrize("seed", SEEDS)
def test_level_when_it_rises_then_no_plan_gains_and_none_is_net_short(seed: int) -> None:
    scenario = random_scenario(seed)
    history, scores = history_of(scenario), []
    for level in range(6):
        space = Workspace(scenario.model_copy(update={"threat_level": level}), history)
        plan = joint_plan(space)
        held, parameters = plan.solution.positions_krw, space.prepared.parameters
        stocks = len(parameters.codes)
        short = sum(hedge.leverage * held[stocks + place] for place, hedge in enumerate(parameters.hedges))
        assert short <= float((parameters.beta * held[:stocks]).sum()) + 1.0
        spent = float(held.sum()) + plan.solution.fees_krw + plan.spend_krw
        assert spent == pytest.approx(scenario.budget.total_krw, abs=1.0)
        assert plan.score_krw == pytest.approx(_score(plan, held, plan.choice, space), abs=1.0)
        scores.append(plan.score_krw)
    assert all(after <= before + 2.0 for before, after in itertools.pairwise(scores)), scores


@pytest.mark.parametrize("seed", [*SEEDS, ODD_REQUIREMENT])
def test_joint_plan_when_silos_and_all_sets_are_tried_then_none_is_better(seed: int) -> None:
    scenario = random_scenario(seed)
    space = Workspace(scenario, history_of(scenario))
    joint, planner = joint_plan(space), space.planner()
    for choice in (no_controls(scenario), fullest_choice(scenario, no_controls(scenario)), joint.choice):
        try:
            silo = blind_plan(space, choice)
        except InfeasiblePlan:
            continue
        assert _score(joint, silo.solution.positions_krw, choice, space) <= joint.score_krw + 2.0
    ranges = (range(control.levels + 1) for control in scenario.controls)
    every = [ControlChoice(steps) for steps in itertools.product(*ranges)]
    best = max(planner.plan(choice).score_krw for choice in every if is_allowed(scenario, choice))
    assert joint.score_krw == pytest.approx(best, abs=3.0)


@pytest.mark.parametrize("seed", [*SEEDS, 21, 34])
def test_path_when_a_control_is_added_or_the_level_falls_then_no_long_plan_is_worse(seed: int) -> None:
    scenario = random_scenario(seed, busiest=6.0, deepest=0.35)
    space = Workspace(scenario, history_of(scenario))
    draw, sample = np.random.default_rng(seed), space.planning
    stocks, hedges = len(space.prepared.parameters.codes), len(space.prepared.parameters.hedges)
    held = np.concatenate([draw.uniform(0, 1e7, stocks), np.zeros(hedges), [1e7]])
    for _ in range(5):
        level, place = int(draw.integers(0, 5)), int(draw.integers(0, len(scenario.controls)))
        steps = [int(draw.integers(0, control.levels + 1)) for control in scenario.controls]
        steps[place] = min(steps[place], scenario.controls[place].levels - 1)
        more = [step + (at == place) for at, step in enumerate(steps)]
        before = wealth_of(sample.wealth(level, ControlChoice(tuple(steps))), held)
        protected = wealth_of(sample.wealth(level, ControlChoice(tuple(more))), held)
        worse = wealth_of(sample.wealth(level + 1, ControlChoice(tuple(steps))), held)
        assert (protected >= before - 1e-3).all()
        assert (worse <= before + 1e-3).all()


@pytest.mark.parametrize("seed", SEEDS[:2])
def test_run_when_threads_and_order_of_stages_differ_then_every_bit_is_the_same(seed: int) -> None:
    scenario = random_scenario(seed, scenarios=1_500)
    history = history_of(scenario)
    whole = run_scenario(scenario, history, run_id="r", threads=1, preview=True)
    assert whole.identity_gap_krw() == 0
    for threads in (2, 4):
        again = run_scenario(scenario, history, run_id="r", threads=threads, preview=True)
        assert again.model_dump_json() == whole.model_dump_json()
    space = Workspace(scenario, history, preview=True)
    names = [stage.name for stage in stages_of(space.scenario, preview=True)][1:]
    random.Random(seed).shuffle(names)
    results: dict[str, StageResult] = {}
    for name in ["plan", *names]:
        own = Workspace(scenario, history, preview=True)
        found = run_stage(name, own, results)
        results[name] = StageResult(json.loads(json.dumps(found.data)), found.arrays)
    assert result_of(space.prepared, results, "r").model_dump_json() == whole.model_dump_json()
