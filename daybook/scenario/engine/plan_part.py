"""The stage ``plan``: every plan a run compares, in whole shares."""

from typing import Any

from daybook.scenario.engine.compared import compared_plans
from daybook.scenario.engine.workspace import Workspace


def plan_part(workspace: Workspace) -> dict[str, Any]:
    """Return the plans by name.

    Raises:
        InfeasiblePlan: where no plan meets every limit.
    """
    return {"plans": {str(name): plan.to_json() for name, plan in compared_plans(workspace).items()}}
