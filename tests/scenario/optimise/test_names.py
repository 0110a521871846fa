import dataclasses

import numpy as np
import pytest

from daybook.contracts.scenario import Objective
from daybook.scenario.optimise.cvar import min_cvar, portfolio_problem
from daybook.scenario.optimise.primal import Switch, solve_primal
from daybook.scenario.optimise.program import build_program
from daybook.scenario.optimise.solve import solve
from daybook.scenario.optimise.tail import measure_tail
from tests.scenario.optimise.oracle import best_objective, random_problem


def _returns(seed, assets=9, scenarios=250):
    random = np.random.default_rng(seed)
    market = random.standard_t(4, scenarios)[:, None] * 0.01
    return 0.0005 + market * random.uniform(0.4, 1.4, assets) + random.standard_t(4, (scenarios, assets)) * 0.012


@pytest.mark.parametrize(("seed", "names"), [(0, 2), (1, 3), (2, 4)])
def test_names_when_searched_then_the_optimum_is_that_of_the_mixed_integer_program(seed, names):
    returns = _returns(seed)
    found = min_cvar(returns, 0.9, upper=0.6, max_names=names)
    program = build_program(portfolio_problem(returns, 0.9, upper=0.6))
    whole = solve_primal(program, None, [Switch(index, 0.6) for index in range(9)], names)
    assert found.cvar == pytest.approx(measure_tail(-(returns @ whole.x), 0.9).cvar, rel=1e-8)
    assert (found.weights != 0).sum() <= names
    assert found.solution.gap == 0
    assert "at_max_names" in found.binding


@pytest.mark.parametrize("objective", list(Objective))
def test_names_when_a_cap_on_cvar_is_in_force_too_then_the_plan_is_that_of_enumeration(objective):
    problem = random_problem(7, objective=objective, max_cvar_krw=9.0, max_names=2, gamma=0.02)
    assert solve(problem).objective_krw == pytest.approx(best_objective(problem), abs=1e-7)


def test_names_when_none_may_be_held_then_all_is_cash():
    problem = random_problem(1, max_names=0, gamma=0.0)
    np.testing.assert_allclose(solve(problem).positions_krw, [0, 0, 0, 0, 0, 99], atol=1e-9)


def test_names_when_started_from_a_similar_plan_then_the_plan_is_the_same():
    problem = random_problem(3, max_names=2, gamma=0.01)
    cold = solve(problem)
    again = solve(problem, solve(dataclasses.replace(problem, gamma=0.012)))
    assert again.objective_krw == pytest.approx(cold.objective_krw, abs=1e-9)


def test_names_when_a_position_must_be_held_then_it_takes_one_of_the_places():
    lower = np.array([0.0, 0, 0, 8.0, 0, 0])
    problem = random_problem(3, max_names=2, gamma=0.01, lower_krw=lower)
    positions = solve(problem).positions_krw
    assert positions[3] >= 8 - 1e-9
    assert (positions[:-1] > 0).sum() <= 2
    assert solve(problem).objective_krw == pytest.approx(best_objective(problem), abs=1e-7)
