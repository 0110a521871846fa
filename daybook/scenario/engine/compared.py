"""The plans a run compares: the joint one, what one has, nothing, and those of people who look at one half only."""

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import PlanName
from daybook.scenario.controls.choice import ControlChoice, all_controls, is_allowed, spend_krw
from daybook.scenario.controls.moves import Neighbourhood
from daybook.scenario.engine.holdings import Holdings, held_now, in_shares, nothing_held
from daybook.scenario.engine.plan import Plan, first_choice
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.optimise.solve import solve


def fullest_choice(scenario: Scenario, start: ControlChoice) -> ControlChoice:
    """Return every control at full strength or, where that may not be taken, as many as fit, in their order."""
    every = all_controls(scenario)
    if is_allowed(scenario, every):
        return every
    around = Neighbourhood(scenario)
    choice = start
    for place, control in enumerate(scenario.controls):
        larger = around.changed(choice, place, control.levels)
        grows = all(new >= old for new, old in zip(larger.steps, choice.steps, strict=True))
        if grows and is_allowed(scenario, larger):
            choice = larger
    return choice


def joint_plan(workspace: Workspace) -> Plan:
    """Return the best plan over positions and controls, at least as good as with no, or with every, control.

    Raises:
        InfeasiblePlan: where no plan meets every limit.
    """
    first = first_choice(workspace.scenario)
    return workspace.planner().best([first], rivals=[fullest_choice(workspace.scenario, first)])


def blind_plan(workspace: Workspace, choice: ControlChoice) -> Plan:
    """Return the plan that is best if there were no threats, with the money a choice of controls leaves.

    Raises:
        InfeasiblePlan: where no plan meets every limit.
    """
    spend = spend_krw(workspace.scenario, choice)
    problem = workspace.limits.with_wealth(workspace.planning.unthreatened(), spend)
    return Plan(choice, problem, solve(problem), spend)


def compared_plans(workspace: Workspace) -> dict[PlanName, Holdings]:
    """Return every plan that can be made, in whole shares, the joint one first.

    Raises:
        InfeasiblePlan: where there is no joint plan.
    """
    prepared, scenario = workspace.prepared, workspace.scenario
    rest = (scenario, prepared.parameters, prepared.history.markets)
    joint = joint_plan(workspace)
    first = first_choice(scenario)
    found = {
        PlanName.OPTIMISED: in_shares(joint, *rest),
        PlanName.CURRENT: held_now(scenario, prepared.parameters, prepared.installed),
        PlanName.NOTHING: nothing_held(scenario, prepared.parameters, prepared.installed),
    }
    silos = {
        PlanName.THREAT_BLIND: prepared.installed,
        PlanName.BLIND_ALL_CONTROLS: fullest_choice(scenario, first),
        PlanName.BLIND_PLAN_CONTROLS: joint.choice,
    }
    for name, choice in silos.items():
        try:
            found[name] = in_shares(blind_plan(workspace, choice), *rest)
        except InfeasiblePlan:
            continue
    return found
