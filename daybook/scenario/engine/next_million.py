"""What one more million won buys: the best plan at B and at B + 1,000,000 on the same random numbers, block by block.

A gain is the change of the objective beyond the million itself (which is wealth already), so that idle money gains
nothing but interest. Each block of scenarios has its own seed; the blocks give mean and standard error.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from daybook.contracts.scenario import Objective, Scenario
from daybook.contracts.scenario_result import NextMillion
from daybook.risk.measures.standard_errors import of_blocks
from daybook.scenario.arrays import BLOCK, FloatArray, MarketParameters
from daybook.scenario.controls.choice import ControlChoice, is_allowed
from daybook.scenario.controls.moves import Neighbourhood
from daybook.scenario.engine.budgets import with_budget
from daybook.scenario.engine.estimates import contract
from daybook.scenario.engine.limits import limits_of
from daybook.scenario.engine.plan import Plan, Planner
from daybook.scenario.engine.sample import Sample
from daybook.scenario.engine.views import viewed_probabilities
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.optimise.solve import solve

BLOCKS = 8
MILLION_KRW = 1_000_000
_MEASURABLE = 2.0
"""Standard errors a gain must have to be called one."""


@dataclass(frozen=True)
class Market:
    """What a plan is made in: the fitted prices and the listing markets of the stocks."""

    parameters: MarketParameters
    markets: tuple[str, ...]


def block_size(scenario: Scenario) -> int:
    """Return the scenarios of one block: all blocks together have about as many as the run, each 500 to 2,500."""
    each = -(-scenario.scenarios // (BLOCKS * BLOCK)) * BLOCK
    return int(min(2_500, max(BLOCK, each)))


def block_gains(
    scenario: Scenario, market: Market, choice: ControlChoice, block: int, installed: ControlChoice
) -> dict[str, float]:
    """Return the gain of each use of a million in one block, in won; uses the limits forbid are left out.

    ``choice`` is the plan's; ``best`` may leave it, every other use keeps it.
    """
    small = Sample(scenario, market.parameters, f"block-{block}", 0, block_size(scenario))
    small.probabilities = viewed_probabilities(small, scenario.threat_level, installed)
    richer = with_budget(scenario, scenario.budget.total_krw + MILLION_KRW)
    large = small.at_budget(richer)
    level = scenario.threat_level
    before = Planner(small, limits_of(scenario, market.parameters, market.markets), level)
    after = Planner(large, limits_of(richer, market.parameters, market.markets), level)
    own = 0.0 if scenario.objective is Objective.MIN_CVAR else float(MILLION_KRW)
    best = before.best([choice])
    gains = {"best": after.best([best.choice]).score_krw - best.score_krw - own}
    base = before.plan(choice)
    more = after.problem(choice)
    for use, problem in _uses(base, more).items():
        try:
            solution = solve(problem, base.solution)
        except InfeasiblePlan:
            continue
        gains[use] = Plan(choice, problem, solution, base.spend_krw).score_krw - base.score_krw - own
    around = Neighbourhood(richer)
    for place, control in enumerate(scenario.controls):
        step = choice.steps[place] + 1
        if step > control.levels:
            continue
        taken = around.changed(choice, place, step)
        if not is_allowed(richer, taken):
            continue
        try:
            gains[control.id] = after.plan(taken, base.solution).score_krw - base.score_krw - own
        except InfeasiblePlan:
            continue
    return gains


def _uses(base: Plan, more: PlanProblem) -> dict[str, PlanProblem]:
    """Return the larger problem with all but one kind of instrument held at the smaller plan's positions."""
    held = base.solution.positions_krw
    stocks = more.or_all_but_last(more.is_stock)
    cash = np.arange(more.size) == more.size - 1
    hedges = ~stocks & ~cash
    floor = max((limit.lower_krw or 0.0) for limit in more.groups if limit.name == "cash")
    kept = held.copy()
    kept[-1] = max(kept[-1], floor)
    problems = {"stock": _only(more, kept, stocks), "cash": _only(more, kept, cash)}
    if hedges.any():
        problems["hedge"] = _only(more, kept, hedges)
    return problems


def _only(
    problem: PlanProblem, kept_krw: FloatArray, free: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> PlanProblem:
    lower = np.where(free, problem.lower_krw, kept_krw)
    upper = np.where(free, problem.upper_krw, kept_krw)
    return replace(problem, lower_krw=lower, upper_krw=upper)


def next_million_rows(scenario: Scenario, blocks: Sequence[Mapping[str, float]]) -> tuple[NextMillion, ...]:
    """Return mean and standard error of each use that every block has, ``best`` first."""
    order = ["best", "stock", "hedge", "cash", *(control.id for control in scenario.controls)]
    rows = []
    for use in order:
        if not all(use in block for block in blocks):
            continue
        gain = of_blocks([block[use] for block in blocks])
        measurable = abs(gain.value) >= _MEASURABLE * gain.standard_error and abs(gain.value) >= 1.0
        rows.append(NextMillion(use=use, gain_krw=contract(gain), measurable=measurable))
    return tuple(rows)
