"""The efficient frontier of a plan problem: the same scenarios, weighed from bold to careful, or capped."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from daybook.contracts.scenario import Objective
from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.optimise.solution import PlanSolution
from daybook.scenario.optimise.solve import solve

FRONTIER_POINTS = 15


def default_gammas(points: int = FRONTIER_POINTS) -> tuple[float, ...]:
    """Return weights of CVaR from 0 (bold) to 10 (careful), evenly apart in logarithm but for the first."""
    return (0.0, *(float(gamma) for gamma in np.geomspace(0.005, 10.0, points - 1)))


def frontier_by_gamma(
    problem: PlanProblem, gammas: Sequence[float] | None = None, warm: PlanSolution | None = None
) -> tuple[PlanSolution, ...]:
    """Return the best plan for each weight of CVaR, each started from the one before.

    Raises what ``solve`` raises.
    """
    plans = []
    for gamma in default_gammas() if gammas is None else gammas:
        point = dataclasses.replace(problem, objective=Objective.UTILITY, gamma=gamma)
        warm = solve(point, warm)
        plans.append(warm)
    return tuple(plans)


def frontier_by_cap(problem: PlanProblem, points: int = FRONTIER_POINTS) -> tuple[PlanSolution, ...]:
    """Return plans of highest E[W] under caps on CVaR, evenly apart from the least there is to the boldest plan's.

    Raises what ``solve`` raises.
    """
    safest = solve(dataclasses.replace(problem, objective=Objective.MIN_CVAR, max_cvar_krw=None))
    boldest = solve(dataclasses.replace(problem, objective=Objective.UTILITY, gamma=0.0, max_cvar_krw=None))
    plans: list[PlanSolution] = []
    warm = safest
    for cap in np.linspace(safest.cvar_krw, max(boldest.cvar_krw, safest.cvar_krw), points):
        room = 1e-9 * problem.budget_krw
        point = dataclasses.replace(problem, objective=Objective.MAX_RETURN_CVAR_CAP, max_cvar_krw=float(cap) + room)
        warm = solve(point, warm)
        plans.append(warm)
    return tuple(plans)
