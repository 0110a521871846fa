import dataclasses
from concurrent.futures import ThreadPoolExecutor

import highspy
import numpy as np
import pytest

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import WealthModel
from daybook.scenario.optimise.errors import BadProblem, InfeasiblePlan
from daybook.scenario.optimise.problem import LimitKind, RuinLimit
from daybook.scenario.optimise.solve import solve
from daybook.scenario.optimise.tail import measure_tail
from tests.scenario.optimise.oracle import best_objective, random_problem, with_random_limits


@pytest.mark.parametrize("seed", range(36))
def test_solve_when_limits_are_random_then_the_objective_is_that_of_the_full_program(seed):
    problem = with_random_limits(seed)
    expected = best_objective(problem)
    if expected is None:
        with pytest.raises(InfeasiblePlan):
            solve(problem)
        return
    solution = solve(problem)
    assert solution.objective_krw == pytest.approx(expected, abs=2e-7)
    _keeps_every_limit(problem, solution)


def _keeps_every_limit(problem, solution):
    z, close = solution.positions_krw, 1e-6
    current = problem.or_zeros(problem.current_krw)
    bought, sold = np.maximum(z - current, 0), np.maximum(current - z, 0)
    fees = problem.or_zeros(problem.buy_rate) @ bought + problem.or_zeros(problem.sell_rate) @ sold
    assert solution.fees_krw == pytest.approx(fees, abs=close)
    paid = z.sum() + (0 if problem.fees_on_wealth else fees)
    assert paid == pytest.approx(problem.budget_krw, abs=close)
    assert (z >= problem.lower_krw - close).all()
    assert (z <= problem.upper_krw + close).all()
    for limit in problem.groups:
        assert limit.upper_krw is None or limit.coefficients @ z <= limit.upper_krw + close
    traded = problem.or_all_but_last(problem.is_traded)
    if problem.max_turnover_krw is not None:
        assert (bought + sold)[traded].sum() <= problem.max_turnover_krw + close
    wealth = problem.wealth.gross @ z - problem.wealth.fixed_krw - (fees if problem.fees_on_wealth else 0)
    losses, odds = problem.reference_krw - wealth, problem.wealth.probabilities
    assert solution.cvar_krw == pytest.approx(measure_tail(losses, problem.alpha, odds).cvar, abs=close)
    assert solution.expected_krw == pytest.approx(np.average(wealth, weights=odds), abs=close)
    if problem.max_cvar_krw is not None:
        assert solution.cvar_krw <= problem.max_cvar_krw + close
    if problem.ruin is not None:
        share = odds[wealth < problem.ruin.floor_krw - close].sum() if odds is not None else None
        share = np.mean(wealth < problem.ruin.floor_krw - close) if share is None else share
        assert share <= problem.ruin.probability + 1e-9
    if problem.max_names is not None:
        assert (z[:-1] > 1e-6).sum() <= problem.max_names
    if problem.min_position_krw is not None:
        held = z[:-1] > 1e-6
        assert (z[:-1][held] >= problem.min_position_krw[:-1][held] - close).all()


@pytest.mark.parametrize("seed", range(6))
def test_solve_when_every_won_is_multiplied_then_so_is_the_plan(seed):
    problem, factor = random_problem(seed, current_krw=np.array([9.0, 0, 5, 0, 0, 20]), buy_rate=np.full(6, 0.002)), 1e6
    krw = ("reference_krw", "budget_krw", "lower_krw", "upper_krw", "current_krw")
    scaled = {name: getattr(problem, name) * factor for name in krw}
    groups = tuple(dataclasses.replace(limit, upper_krw=limit.upper_krw * factor) for limit in problem.groups)
    wealth = WealthModel(problem.wealth.gross, problem.wealth.fixed_krw * factor)
    large = solve(dataclasses.replace(problem, wealth=wealth, groups=groups, **scaled))
    small = solve(problem)
    np.testing.assert_allclose(large.positions_krw, small.positions_krw * factor, atol=1e-6 * factor)
    assert large.objective_krw == pytest.approx(small.objective_krw * factor, rel=1e-11)


def test_solve_when_done_twice_then_the_bits_are_equal():
    problem = with_random_limits(5)
    first, second = solve(problem), solve(problem)
    assert first.positions_krw.tobytes() == second.positions_krw.tobytes()
    assert first.objective_krw == second.objective_krw


@pytest.mark.parametrize("seed", range(8))
def test_solve_when_started_from_a_similar_plan_then_the_objective_is_that_from_nothing(seed):
    problem = with_random_limits(seed)
    random = np.random.default_rng(seed)
    gross = problem.wealth.gross * (1 + random.normal(0, 0.01, problem.wealth.gross.shape))
    changed = [
        dataclasses.replace(problem, gamma=0.3, objective=Objective.UTILITY),
        dataclasses.replace(problem, budget_krw=problem.budget_krw * 0.97, min_expected_krw=None),
        dataclasses.replace(problem, wealth=dataclasses.replace(problem.wealth, gross=gross)),
        random_problem(seed, groups=()),
    ]
    try:
        warm = solve(problem)
    except InfeasiblePlan:
        warm = None
    for similar in changed:
        try:
            cold = solve(similar)
        except InfeasiblePlan:
            with pytest.raises(InfeasiblePlan):
                solve(similar, warm)
            continue
        warm = solve(similar, warm)
        assert warm.objective_krw == pytest.approx(cold.objective_krw, abs=1e-8)


def test_solve_when_many_scenarios_then_few_enter_and_the_plan_is_still_exact():
    random = np.random.default_rng(3)
    gross = np.column_stack((1.03 + 0.1 * random.standard_t(4, (4_000, 5)), np.full(4_000, 1.002)))
    problem = random_problem(
        0, wealth=WealthModel(gross, np.zeros(4_000)), alpha=0.95, groups=(), upper_krw=np.array([40.0] * 5 + [np.inf])
    )
    solution = solve(problem)
    assert 0 < solution.warm.tails[0].near.shape[0] < 400
    assert solution.objective_krw == pytest.approx(_best_of_scipy(problem), abs=1e-7)


def _best_of_scipy(problem):
    from scipy import sparse
    from scipy.optimize import linprog

    gross, count, size = problem.wealth.gross, problem.wealth.gross.shape[0], problem.size
    share = problem.gamma / count / (1 - problem.alpha)
    cost = np.concatenate((-gross.mean(axis=0), [problem.gamma], np.full(count, share)))
    rows = sparse.hstack([-gross, -np.ones((count, 1)), -sparse.eye_array(count)], format="csr")
    bounds = [*zip(problem.lower_krw, problem.upper_krw, strict=True), (None, None), *[(0, None)] * count]
    total = np.concatenate((np.ones(size), np.zeros(count + 1)))[None, :]
    right = np.full(count, -problem.reference_krw)
    return -linprog(cost, rows, right, total, [problem.budget_krw], bounds, method="highs").fun


def test_solve_when_cash_alone_is_best_then_all_is_cash():
    gross = np.column_stack((np.full((50, 2), 0.9), np.ones(50)))
    problem = random_problem(
        0, wealth=WealthModel(gross, np.zeros(50)), lower_krw=np.zeros(3), upper_krw=np.full(3, np.inf), groups=()
    )
    solution = solve(problem)
    np.testing.assert_allclose(solution.positions_krw, [0, 0, 99], atol=1e-9)
    assert solution.cvar_krw == pytest.approx(1.0)


def test_solve_when_the_tail_weights_are_used_then_the_plan_is_worth_its_objective():
    problem = random_problem(4)
    solution = solve(problem)
    numbers, shares = solution.dual
    assert shares.sum() == pytest.approx(1)
    assert shares.max() <= 1 / 60 / (1 - problem.alpha) + 1e-12
    wealth = problem.wealth.gross @ solution.positions_krw - problem.wealth.fixed_krw
    value = wealth.mean() + problem.gamma * (shares @ wealth[numbers] - problem.reference_krw)
    assert value == pytest.approx(solution.objective_krw, abs=1e-9)


def test_solve_when_ruin_must_be_impossible_then_no_scenario_ends_below_the_floor():
    problem = random_problem(2, ruin=RuinLimit(88.0, 0.0), gamma=0.0)
    solution = solve(problem)
    wealth = problem.wealth.gross @ solution.positions_krw - problem.wealth.fixed_krw
    assert wealth.min() == pytest.approx(88.0, abs=1e-6)
    assert str(LimitKind.RUIN) in solution.binding


def test_solve_when_burning_money_would_pay_then_nothing_is_bought_and_sold_at_once():
    # Stock 0 must be filled and loses more than it costs: a program would rather burn the money in fees on stock 1.
    gross = np.column_stack((np.full(20, -1.5), np.linspace(0.9, 1.2, 20), np.ones(20)))
    problem = random_problem(
        0,
        wealth=WealthModel(gross, np.zeros(20)),
        groups=(),
        budget_krw=100.0,
        lower_krw=np.zeros(3),
        upper_krw=np.array([90.0, 50.0, 10.0]),
        current_krw=np.array([0.0, 50.0, 50.0]),
        buy_rate=np.array([0.3, 0.3, 0.0]),
        sell_rate=np.array([0.3, 0.3, 0.0]),
    )
    solution = solve(problem)
    z = solution.positions_krw
    bought, sold = np.maximum(z - problem.current_krw, 0), np.maximum(problem.current_krw - z, 0)
    assert solution.fees_krw == pytest.approx(0.3 * (bought + sold)[:2].sum(), abs=1e-9)
    assert z.sum() + solution.fees_krw == pytest.approx(100)
    assert solution.objective_krw == pytest.approx(best_objective(problem), abs=1e-7)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"alpha": 1.0}, "appetite.alpha"),
        ({"gamma": -1.0}, "appetite.gamma"),
        ({"budget_krw": 0.0}, "budget.total_krw"),
        ({"upper_krw": np.ones(3)}, "upper_krw"),
        ({"buy_rate": np.full(6, 1.5)}, "buy_rate"),
        ({"codes": ("a",)}, "codes"),
        ({"max_names": -1}, "constraints.max_names"),
        ({"wealth": WealthModel(np.full((5, 6), np.nan), np.zeros(5))}, "wealth"),
        ({"wealth": WealthModel(np.ones((5, 6)), np.zeros(4))}, "wealth.fixed_krw"),
        ({"wealth": WealthModel(np.ones((5, 6)), np.zeros(5), np.ones(5))}, "wealth.probabilities"),
    ],
)
def test_solve_when_a_problem_is_malformed_then_its_field_is_named(changes, field):
    with pytest.raises(BadProblem) as caught:
        solve(random_problem(0, **changes))
    assert caught.value.field == field


def test_solve_when_cash_alone_is_best_then_a_warm_start_holds_few_scenarios():
    gross = np.column_stack((np.linspace(0.5, 1.2, 4_000), np.ones(4_000)))
    problem = random_problem(
        0,
        wealth=WealthModel(gross, np.zeros(4_000)),
        lower_krw=np.zeros(2),
        upper_krw=np.full(2, np.inf),
        groups=(),
    )
    solution = solve(problem)
    assert solution.warm.tails[0].near.shape[0] < 2_500
    again = solve(problem, solution)
    assert again.objective_krw == pytest.approx(solution.objective_krw, abs=1e-12)


def test_solve_when_several_threads_solve_at_once_then_the_bits_are_those_of_one():
    problems = [random_problem(seed, gamma=0.02) for seed in range(8)]
    alone = [solve(problem).positions_krw.tobytes() for problem in problems]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda problem: solve(problem).positions_krw.tobytes(), problems))
    assert together == alone


def test_solve_when_something_else_started_more_solver_threads_then_the_bits_are_the_same():
    problem = with_random_limits(5)
    before = solve(problem).positions_krw.tobytes()
    highspy.Highs.resetGlobalScheduler(True)
    other = highspy.Highs()
    other.setOptionValue("output_flag", False)
    other.setOptionValue("threads", 2)
    other.addVars(2, np.zeros(2), np.ones(2))
    other.run()
    try:
        assert solve(problem).positions_krw.tobytes() == before
    finally:
        highspy.Highs.resetGlobalScheduler(True)
