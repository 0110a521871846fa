"""Which stages a run has, and what each needs first."""

from dataclasses import dataclass

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import BLOCK
from daybook.scenario.engine.budgets import budgets_of
from daybook.scenario.engine.next_million import BLOCKS

JUDGE_SCENARIOS = 5 * BLOCK
"""Fresh scenarios of one stage."""
TORNADO_STAGES = 4


@dataclass(frozen=True)
class Stage:
    """One stage: its name, the names of the stages it needs, and its share of a run's work."""

    name: str
    needs: tuple[str, ...]
    weight: float


def judge_ranges(scenarios: int) -> list[tuple[int, int]]:
    """Return (first, count) of each judging stage."""
    return [(first, min(JUDGE_SCENARIOS, scenarios - first)) for first in range(0, scenarios, JUDGE_SCENARIOS)]


def stages_of(scenario: Scenario, preview: bool = False) -> tuple[Stage, ...]:
    """Return the stages of a run, those that take longest first among those that may run together.

    A preview has the plan and its judgement alone.
    """
    after = ("plan",)
    ranges = range(len(judge_ranges(scenario.scenarios)))
    judge = [Stage(f"judge-{place}", after, 2.0 / len(ranges)) for place in ranges]
    if preview:
        return (Stage("plan", (), 2.0), *judge)
    budgets = range(len(budgets_of(scenario)))
    curve = [Stage(f"budget-{place}", after, 3.0 / max(1, len(budgets))) for place in budgets]
    blocks = [Stage(f"block-{place}", after, 3.0 / BLOCKS) for place in range(BLOCKS)]
    tornado = [Stage(f"tornado-{place}", after, 1.0 / TORNADO_STAGES) for place in range(TORNADO_STAGES)]
    others = [Stage("playbook", after, 0.5), Stage("controls", after, 0.5), Stage("frontier", after, 0.5)]
    return (Stage("plan", (), 2.0), *curve, *blocks, *judge, *others, *tornado)
