"""The stages ``judge-k``: a range of fresh scenarios, every plan on the same random numbers."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.scenario_result import PlanName
from daybook.scenario.engine.attribution import threat_losses_krw
from daybook.scenario.engine.holdings import Holdings
from daybook.scenario.engine.judge import judge
from daybook.scenario.engine.stage_names import judge_ranges
from daybook.scenario.engine.views import view_returns
from daybook.scenario.engine.workspace import Workspace


def judge_part(
    workspace: Workspace, plans: dict[PlanName, Holdings], place: int
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return one range's wealth, drawdowns and daily wealth by plan, losses by threat, and what views are on.

    Arrays: ``wealth:<plan>`` (count,), ``drawdown:<plan>`` (count,), ``days:<plan>`` (count, H + 1),
    ``before``, ``after`` and ``all_before``, ``all_after`` (count, T) and (count,), ``view:<target>`` (count,).
    """
    scenario, parameters = workspace.scenario, workspace.prepared.parameters
    level, installed = scenario.threat_level, workspace.prepared.installed
    first, count = judge_ranges(scenario.scenarios)[place]
    sample = workspace.part("fresh", first, count)
    arrays: dict[str, NDArray[Any]] = {}
    for name, plan in plans.items():
        found = judge(sample, level, plan.choice, plan.positions_krw(parameters))
        arrays |= {
            f"wealth:{name}": found.wealth_krw,
            f"drawdown:{name}": found.drawdowns,
            f"days:{name}": found.days_krw,
        }
    joint = plans[PlanName.OPTIMISED]
    held = joint.positions_krw(parameters)
    for label, choice in (("before", installed), ("after", joint.choice)):
        columns = [threat_losses_krw(sample, level, choice, held, threat.id) for threat in scenario.threats]
        arrays[label] = np.stack(columns, axis=1) if columns else np.zeros((count, 0))
        arrays[f"all_{label}"] = threat_losses_krw(sample, level, choice, held)
    thinned = sample.thinned(level, joint.choice)
    struck = sample.events(level).threat[thinned.happened | thinned.exogenous]
    events = np.bincount(struck, minlength=len(scenario.threats))
    arrays |= {f"view:{target}": values for target, values in view_returns(sample, level, installed).items()}
    return {"first": first, "count": count, "events": [int(number) for number in events]}, arrays
