"""A run cut into stages. Each is a pure function of scenario, history and the results of the stages it needs.

::

    plan --+-- judge-0 .. judge-j      a range of fresh scenarios each, all plans on the same numbers
           +-- controls                what each control takes away
           +-- playbook                actions with latency and outages
           +-- frontier                15 weights of risk
           +-- budget-0 .. budget-b    a budget each
           +-- block-0 .. block-7      a seed block of the next million each
           +-- tornado-0 .. tornado-t  some assumptions each
    (all)  --> assemble.result_of

Stages may run anywhere, in any order and any number of times; equal input gives equal bits. A result is a small piece
of plain data and named arrays, so that a workflow can pass the one on and keep the other in an object store.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from daybook.contracts.scenario_result import PlanName
from daybook.scenario.engine.holdings import Holdings
from daybook.scenario.engine.judging import judge_part
from daybook.scenario.engine.parts import (
    budget_part,
    controls_part,
    frontier_part,
    million_part,
    playbook_part,
    tornado_part,
)
from daybook.scenario.engine.plan_part import plan_part
from daybook.scenario.engine.stage_names import Stage, stages_of
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.errors import ScenarioError

__all__ = ["Stage", "StageResult", "run_stage", "stages_of"]


@dataclass(frozen=True)
class StageResult:
    """What a stage found: plain data that JSON keeps bit by bit, and arrays by name."""

    data: dict[str, Any]
    arrays: dict[str, NDArray[Any]] = field(default_factory=dict)


Plans = dict[PlanName, Holdings]
_Part = Callable[[Workspace, Plans, int], dict[str, Any]]
_PARTS: dict[str, _Part] = {
    "controls": controls_part,
    "playbook": playbook_part,
    "frontier": frontier_part,
    "budget": budget_part,
    "block": million_part,
    "tornado": tornado_part,
}


def plans_of(result: StageResult) -> Plans:
    """Return the plans of the stage ``plan``."""
    return {PlanName(name): Holdings.from_json(data) for name, data in result.data["plans"].items()}


def run_stage(name: str, workspace: Workspace, earlier: Mapping[str, StageResult]) -> StageResult:
    """Run one stage by name; ``earlier`` holds the results of the stages it needs.

    Raises:
        ScenarioError: for a scenario that cannot be run, or a name that is no stage of it.
        InfeasiblePlan: in ``plan``, where no plan meets every limit.
    """
    known = {stage.name: stage for stage in stages_of(workspace.scenario, workspace.prepared.preview)}
    if name not in known:
        raise ScenarioError("stage", f"this run has no stage {name}", f"use {', '.join(known)}")
    if name == "plan":
        return StageResult(plan_part(workspace))
    plans = plans_of(earlier["plan"])
    kind, _, number = name.partition("-")
    place = int(number) if number else 0
    if kind == "judge":
        data, arrays = judge_part(workspace, plans, place)
        return StageResult(data, arrays)
    return StageResult(_PARTS[kind](workspace, plans, place))
