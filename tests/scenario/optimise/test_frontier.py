import itertools

import pytest

from daybook.contracts.scenario import Objective
from daybook.scenario.optimise.frontier import FRONTIER_POINTS, frontier_by_cap, frontier_by_gamma
from tests.scenario.optimise.oracle import best_objective, random_problem


def test_frontier_when_gamma_grows_then_both_cvar_and_expectation_fall():
    points = frontier_by_gamma(random_problem(1))
    assert len(points) == FRONTIER_POINTS
    for bold, careful in itertools.pairwise(points):
        assert careful.cvar_krw <= bold.cvar_krw + 1e-7
        assert careful.expected_krw <= bold.expected_krw + 1e-7
    assert points[0].cvar_krw > points[-1].cvar_krw


def test_frontier_when_by_cap_then_each_point_is_the_best_under_its_cap():
    points = frontier_by_cap(random_problem(1), 5)
    for point in points[1:-1]:
        problem = random_problem(1, objective=Objective.MAX_RETURN_CVAR_CAP, max_cvar_krw=point.cvar_krw)
        assert point.expected_krw == pytest.approx(best_objective(problem), abs=1e-5)
    for safe, bold in itertools.pairwise(points):
        assert bold.expected_krw >= safe.expected_krw - 1e-7
