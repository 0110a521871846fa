import dataclasses
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.contracts.market import Market, SecurityKind
from daybook.contracts.scenario import Objective
from daybook.krx.fees import order_costs
from daybook.scenario.arrays import WealthModel
from daybook.scenario.optimise.errors import BadProblem, LotsTooCoarse
from daybook.scenario.optimise.lots import NO_LOT_FITS, round_to_lots
from daybook.scenario.optimise.problem import LimitKind, LinearLimit, PlanProblem
from daybook.scenario.optimise.solve import solve

DAY = date(2026, 3, 20)
STOCKS = 5


def cost(index, side, amount):
    kind = SecurityKind.ETF if index == STOCKS else SecurityKind.STOCK
    return order_costs(side, Market.KOSPI, kind, amount, DAY).total_krw


def _problem(seed, budget=10_000_000, **changes):
    random = np.random.default_rng(seed)
    count = 400
    market = random.standard_t(4, count) * 0.05
    beta = random.uniform(0.6, 1.4, STOCKS)
    stocks = 1.012 + market[:, None] * beta + random.standard_t(4, (count, STOCKS)) * 0.05
    gross = np.maximum(np.column_stack((stocks, 1 - market, np.full(count, 1.004))), 0)
    values = {
        "wealth": WealthModel(gross, np.zeros(count)),
        "reference_krw": float(budget),
        "budget_krw": budget - 7_000.0,
        "alpha": 0.95,
        "gamma": 0.05,
        "objective": Objective.UTILITY,
        "lower_krw": np.array([0.0] * (STOCKS + 1) + [0.05 * budget]),
        "upper_krw": np.array([0.3 * budget] * STOCKS + [0.25 * budget, np.inf]),
        "groups": (LinearLimit("no short", np.array([*-beta, 1.0, 0]), upper_krw=0.0, kind=LimitKind.NET_SHORT),),
        "buy_rate": np.array([0.00014] * (STOCKS + 1) + [0]),
        "sell_rate": np.array([0.00214] * STOCKS + [0.00014, 0]),
    }
    return PlanProblem(**(values | changes))


def _books_balance(problem, plan, prices, current):
    changes = plan.shares - np.asarray(current)
    fees = sum(
        cost(index, Side.BUY if change > 0 else Side.SELL, abs(int(change)) * prices[index])
        for index, change in enumerate(changes)
        if change
    )
    assert plan.fees_krw == fees
    assert int(plan.shares @ np.asarray(prices)) + plan.cash_krw + fees == int(problem.budget_krw)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.sampled_from([300_000, 3_000_000, 100_000_000]), st.booleans())
def test_lots_when_rounded_then_books_balance_and_limits_hold(seed, budget, holds):
    random = np.random.default_rng(seed)
    prices = [int(price) for price in random.integers(900, 90_000, STOCKS + 1)]
    current = (
        [int(share) for share in random.integers(0, max(budget // 10 // 50_000, 1), STOCKS + 1)] if holds else [0] * 6
    )
    value = np.array([*(np.array(current) * np.array(prices)), 0.0])
    problem = _problem(seed, budget, current_krw=value)
    solution = solve(problem)
    plan = round_to_lots(problem, solution, prices, current, cost)
    _books_balance(problem, plan, prices, current)
    positions = plan.positions_krw
    assert (plan.shares >= 0).all()
    assert (positions <= problem.upper_krw + 0.5).all()
    assert (positions >= problem.lower_krw - 0.5).all()
    assert problem.groups[0].coefficients @ positions <= 0.5
    assert plan.objective_krw <= solution.objective_krw + 1 + abs(solution.fees_krw - plan.fees_krw)


def test_lots_when_the_budget_is_large_then_rounding_costs_next_to_nothing():
    problem = _problem(1, 1_000_000_000)
    solution = solve(problem)
    plan = round_to_lots(problem, solution, [10_000] * 6, [0] * 6, cost)
    assert solution.objective_krw - plan.objective_krw < 2_000


def test_lots_when_the_plan_is_what_is_held_then_nothing_is_traded():
    problem = _problem(1)
    shares = [int(amount // 5_000) for amount in solve(problem).positions_krw[:-1]]
    held = dataclasses.replace(problem, current_krw=np.array([*(np.array(shares) * 5_000.0), 0]))
    plan = round_to_lots(held, solve(held), [5_000] * 6, shares, cost)
    changed = np.abs(plan.shares - np.array(shares))
    assert changed.max() <= 1


def test_lots_when_lots_hold_ten_shares_then_orders_are_multiples_of_ten():
    problem = _problem(2)
    plan = round_to_lots(problem, solve(problem), [3_000] * 6, [0] * 6, cost, lot=10)
    assert plan.shares.any()
    assert not (plan.shares % 10).any()
    _books_balance(problem, plan, [3_000] * 6, [0] * 6)


def test_lots_when_the_budget_is_below_one_share_then_all_is_cash_with_the_reason():
    problem = _problem(3, 200_000)
    plan = round_to_lots(problem, solve(problem), [900_000] * 6, [0] * 6, cost)
    assert plan.reasons == (NO_LOT_FITS,)
    assert plan.cash_krw == int(problem.budget_krw)
    assert plan.fees_krw == 0


def test_lots_when_a_limit_asks_for_stocks_that_cost_too_much_then_it_is_named():
    floor = LinearLimit("stocks", np.array([1.0] * STOCKS + [0, 0]), lower_krw=50_000.0, kind=LimitKind.SECTOR)
    problem = _problem(3, 200_000, groups=(floor,))
    with pytest.raises(LotsTooCoarse, match=r"constraints\.max_sector") as caught:
        round_to_lots(problem, solve(problem), [900_000] * 6, [0] * 6, cost)
    assert caught.value.field == "constraints.max_sector"


def test_lots_when_cvar_is_capped_then_whole_lots_keep_the_cap():
    problem = _problem(4, 5_000_000, objective=Objective.MAX_RETURN_CVAR_CAP, max_cvar_krw=150_000.0)
    plan = round_to_lots(problem, solve(problem), [41_000, 77_000, 9_900, 130_000, 55_000, 4_100], [0] * 6, cost)
    losses = problem.reference_krw - problem.wealth.gross @ plan.positions_krw
    assert np.sort(losses)[-20:].mean() <= 150_000.5
    assert plan.shares.any()


def test_lots_when_done_twice_then_nothing_differs():
    problem = _problem(5)
    solution = solve(problem)
    prices = [41_000, 77_000, 9_900, 130_000, 55_000, 4_100]
    first, second = (round_to_lots(problem, solution, prices, [3] * 6, cost) for _ in range(2))
    assert (first.shares == second.shares).all()
    assert first.objective_krw == second.objective_krw


def test_lots_when_prices_are_missing_then_they_are_asked_for():
    problem = _problem(5)
    with pytest.raises(BadProblem, match="prices"):
        round_to_lots(problem, solve(problem), [1_000] * 3, [0] * 6, cost)
