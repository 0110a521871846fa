"""The best plan at other budgets, each searched for by itself: best sets of controls are not nested in the budget."""

from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import BudgetPoint
from daybook.risk.measures.standard_errors import mean
from daybook.scenario.arrays import MarketParameters
from daybook.scenario.controls.choice import ControlChoice, no_controls, taken
from daybook.scenario.engine.estimates import contract, objective_influence
from daybook.scenario.engine.limits import limits_of
from daybook.scenario.engine.plan import Planner
from daybook.scenario.engine.sample import Sample, wealth_of
from daybook.scenario.errors import ScenarioError
from daybook.scenario.optimise.errors import InfeasiblePlan

MULTIPLES = (0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 2.0)
_LEAST_KRW = 100_000
_MOST_KRW = 10**12


def with_budget(scenario: Scenario, total_krw: int) -> Scenario:
    """Return the scenario with another budget, all else as it is."""
    return scenario.model_copy(update={"budget": scenario.budget.model_copy(update={"total_krw": total_krw})})


def budgets_of(scenario: Scenario) -> tuple[int, ...]:
    """Return the budgets of the curve, in won, within what a scenario may have."""
    found = {round(scenario.budget.total_krw * multiple) for multiple in MULTIPLES}
    return tuple(sorted(budget for budget in found if _LEAST_KRW <= budget <= _MOST_KRW))


def budget_point(
    budget_krw: int,
    planning: Sample,
    judging: Sample,
    markets: tuple[str, ...],
    choice: ControlChoice,
) -> BudgetPoint | None:
    """Return the best plan at a budget, judged on fresh scenarios; None where the budget admits none.

    The search climbs from ``choice``, the plan's own set, and from what is installed where that is better.
    """
    scenario = with_budget(planning.scenario, budget_krw)
    parameters: MarketParameters = planning.parameters
    try:
        limits = limits_of(scenario, parameters, markets)
        planner = Planner(planning.at_budget(scenario), limits, scenario.threat_level)
        plan = planner.best([choice], rivals=[no_controls(scenario)])
    except (InfeasiblePlan, ScenarioError):
        return None
    model = judging.at_budget(scenario).wealth(scenario.threat_level, plan.choice)
    wealth = wealth_of(model, plan.solution.positions_krw)
    appetite = scenario.appetite
    influence = objective_influence(wealth, budget_krw, appetite.alpha, appetite.aversion, model.probabilities)
    return BudgetPoint(
        budget_krw=budget_krw,
        objective_krw=contract(mean(influence, model.probabilities)),
        controls=taken(scenario, plan.choice),
        spend_krw=plan.spend_krw,
    )
