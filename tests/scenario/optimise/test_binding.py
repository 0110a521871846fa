import numpy as np

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import WealthModel
from daybook.scenario.optimise.problem import LimitKind, LinearLimit, PlanProblem
from daybook.scenario.optimise.solve import solve
from tests.scenario.optimise.oracle import random_problem


def _bold(**changes):
    gross = np.column_stack([np.full(30, mean) + np.linspace(-0.1, 0.1, 30) for mean in (1.3, 1.2, 1.1)])
    gross = np.column_stack((gross, 1 - np.linspace(-0.1, 0.1, 30), np.ones(30)))
    values = {
        "wealth": WealthModel(gross, np.zeros(30)),
        "reference_krw": 100.0,
        "budget_krw": 100.0,
        "alpha": 0.9,
        "gamma": 0.0,
        "objective": Objective.UTILITY,
        "lower_krw": np.array([0.0, 0, 0, 0, 5]),
        "upper_krw": np.array([20.0, 30.0, 100.0, 0.0, np.inf]),
        "upper_kinds": (
            LimitKind.MAX_WEIGHT, LimitKind.LIQUIDITY, LimitKind.MAX_WEIGHT, LimitKind.FORBIDDEN, LimitKind.MIN_CASH,
        ),
    }  # fmt: skip
    return PlanProblem(**(values | changes))


def test_binding_when_bounds_are_reached_then_each_instrument_says_which():
    solution = solve(_bold())
    assert solution.reasons == (("at_max_weight",), ("at_liquidity_limit",), (), ("forbidden",), ("at_min_cash",))
    assert solution.binding == ("at_liquidity_limit", "at_max_weight", "at_min_cash")


def test_binding_when_groups_are_full_then_their_members_say_so():
    sector = LinearLimit("tech", np.array([1.0, 0, 1, 0, 0]), upper_krw=25.0, kind=LimitKind.SECTOR)
    solution = solve(_bold(groups=(sector,)))
    assert solution.reasons[0] == ("at_max_weight", "at_sector_limit")
    assert solution.reasons[2] == ("at_sector_limit",)


def test_binding_when_nothing_is_held_then_no_net_short_is_not_called_pressed():
    rule = LinearLimit("no short", np.array([-1.0, -1, -1, 1, 0]), upper_krw=0.0, kind=LimitKind.NET_SHORT)
    solution = solve(_bold(groups=(rule,), upper_krw=np.array([0.0, 0, 0, 30, np.inf])))
    assert "at_net_short_limit" not in solution.binding


def test_binding_when_hedges_are_full_then_net_short_presses():
    # The hedge gains in every scenario here, so the plan holds as much of it as its stocks allow.
    gross = np.column_stack((np.linspace(0.9, 1.1, 30), np.full(30, 1.5), np.ones(30)))
    rule = LinearLimit("no short", np.array([-1.0, 2.0, 0]), upper_krw=0.0, kind=LimitKind.NET_SHORT)
    solution = solve(
        _bold(
            wealth=WealthModel(gross, np.zeros(30)), lower_krw=np.zeros(3), upper_krw=np.full(3, 100.0),
            upper_kinds=None, groups=(rule,),
        )
    )  # fmt: skip
    np.testing.assert_allclose(solution.positions_krw, [200 / 3, 100 / 3, 0], atol=1e-7)
    assert solution.binding == ("at_net_short_limit",)


def test_binding_when_turnover_and_cvar_press_then_both_are_said():
    assert "at_turnover_limit" in solve(_bold(max_turnover_krw=30.0)).binding
    loose = random_problem(0, gamma=0.0)
    capped = random_problem(0, gamma=0.0, max_cvar_krw=solve(loose).cvar_krw - 1.0)
    assert "at_cvar_limit" not in solve(loose).binding
    assert "at_cvar_limit" in solve(capped).binding
