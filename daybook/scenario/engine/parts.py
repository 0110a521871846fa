"""The stages that follow a plan: each looks at it from one side and returns rows of the result as plain data."""

from collections.abc import Iterable
from typing import Any

import numpy as np

from daybook.contracts.base import Message
from daybook.contracts.scenario_result import FrontierPoint, PlanName
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray
from daybook.scenario.engine.assumptions import assumptions_of
from daybook.scenario.engine.attribution import control_rows, reduction_cells
from daybook.scenario.engine.budgets import budget_point, budgets_of
from daybook.scenario.engine.direct_days import event_losses_krw
from daybook.scenario.engine.estimates import equal_or
from daybook.scenario.engine.holdings import Holdings
from daybook.scenario.engine.next_million import Market, block_gains
from daybook.scenario.engine.playbook_actions import notify_row
from daybook.scenario.engine.playbook_incidents import incident_rows, incidents_of
from daybook.scenario.engine.playbook_market import Rates, market_rows
from daybook.scenario.engine.sample import wealth_of
from daybook.scenario.engine.stage_names import TORNADO_STAGES
from daybook.scenario.engine.tornado import tornado_bars
from daybook.scenario.engine.views import viewed_probabilities
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.optimise.frontier import frontier_by_gamma

Plans = dict[PlanName, Holdings]

CONTROL_SCENARIOS = 5_000
"""What controls take away is a difference on the same random numbers, which needs fewer scenarios than a level does."""


def _rows(rows: Iterable[Message]) -> list[dict[str, Any]]:
    return [row.model_dump(mode="json") for row in rows]


def _joint(workspace: Workspace, plans: Plans) -> tuple[Holdings, FloatArray]:
    plan = plans[PlanName.OPTIMISED]
    return plan, plan.positions_krw(workspace.prepared.parameters)


def controls_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return the control rows and the map of what each control takes from each threat."""
    del place
    plan, held = _joint(workspace, plans)
    scenario, level = workspace.scenario, workspace.scenario.threat_level
    sample = workspace.part("fresh", 0, min(CONTROL_SCENARIOS, scenario.scenarios))
    chances = viewed_probabilities(sample, level, workspace.prepared.installed)
    return {
        "controls": _rows(control_rows(sample, level, plan.choice, held, chances)),
        "reduction": _rows(reduction_cells(sample, level, held)),
    }


def playbook_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return the rows of the simulated playbook, A1 to A9."""
    del place
    plan, held = _joint(workspace, plans)
    scenario, level = workspace.scenario, workspace.scenario.threat_level
    parameters, problem = workspace.prepared.parameters, workspace.limits.problem
    sample = workspace.judging
    stocks = len(parameters.codes)
    worth = float(held[:stocks].sum())
    sell = problem.or_zeros(problem.sell_rate)[:stocks]
    rates = Rates(
        sell_stocks=float((sell * held[:stocks]).sum()) / worth if worth > 0.0 else 0.0,
        buy_hedge=float(problem.or_zeros(problem.buy_rate)[0]),
        beta=float((parameters.beta * held[:stocks]).sum()) / worth if worth > 0.0 else 0.0,
    )
    thinned = sample.thinned(level, plan.choice)
    events = event_losses_krw(sample.events(level), thinned, scenario, held, stocks)
    incidents = incidents_of(scenario, sample.events(level), thinned, events)
    rows = (
        notify_row(incidents.scenario, scenario, sample.count, sample.probabilities),
        *market_rows(sample, level, plan.choice, held, rates),
        *incident_rows(incidents, scenario, sample.count, sample.probabilities),
    )
    return {"playbook": _rows(rows)}


def frontier_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return the frontier: the best positions for 15 weights of CVaR with the plan's controls, judged fresh."""
    del place
    plan, _ = _joint(workspace, plans)
    scenario, level = workspace.scenario, workspace.scenario.threat_level
    problem = workspace.planner().problem(plan.choice)
    model = workspace.judging.wealth(level, plan.choice)
    chances = equal_or(model.probabilities, model.gross.shape[0])
    stocks = problem.or_all_but_last(problem.is_stock)
    budget = float(scenario.budget.total_krw)
    points = []
    for solution in frontier_by_gamma(problem):
        held = solution.positions_krw
        wealth = wealth_of(model, held)
        points.append(
            FrontierPoint(
                gamma=solution.gamma,
                expected_wealth_krw=float(np.sum(chances * wealth)),
                cvar_krw=tail(budget - wealth, scenario.appetite.alpha, model.probabilities).cvar,
                stocks_ratio=float(held[stocks].sum()) / budget,
                hedges_ratio=float(held[:-1][~stocks[:-1]].sum()) / budget,
                cash_ratio=float(held[-1]) / budget,
            )
        )
    return {"frontier": _rows(points)}


def budget_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return one point of the budget curve; none where that budget admits no plan."""
    plan, _ = _joint(workspace, plans)
    budget = budgets_of(workspace.scenario)[place]
    markets = workspace.prepared.history.markets
    point = budget_point(budget, workspace.planning, workspace.judging, markets, plan.choice)
    return {"budget_curve": [] if point is None else _rows([point])}


def million_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return the gains of the next million in one seed block."""
    plan, _ = _joint(workspace, plans)
    prepared = workspace.prepared
    market = Market(prepared.parameters, prepared.history.markets)
    return {"gains": block_gains(workspace.scenario, market, plan.choice, place, prepared.installed)}


def tornado_part(workspace: Workspace, plans: Plans, place: int) -> dict[str, Any]:
    """Return every fourth bar of the tornado, as changes of the objective."""
    plan, held = _joint(workspace, plans)
    scenario, parameters = workspace.scenario, workspace.prepared.parameters
    every = assumptions_of(scenario, parameters, controls_in_force=any(plan.steps))
    ours = every[place::TORNADO_STAGES]
    return {"tornado": _rows(tornado_bars(ours, scenario, parameters, plan.choice, held, workspace.prepared.installed))}
