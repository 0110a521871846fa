"""The same problem written out in full for scipy: every scenario a row, buying and selling apart, no generation."""

import dataclasses
import itertools
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import linprog

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import WealthModel
from daybook.scenario.optimise.problem import LimitKind, LinearLimit, PlanProblem, RuinLimit


def best_objective(problem: PlanProblem) -> float | None:
    """Return the best objective in won, or None where the limits conflict. At most one whole-number rule is tried."""
    signed = -1.0 if problem.objective is Objective.MIN_CVAR else 1.0
    found = [value for choice in _choices(problem) if (value := _solve(problem, *choice)) is not None]
    return max(found, key=lambda value: signed * value) if found else None


def _choices(problem: PlanProblem) -> Any:
    """Yield (on, selling): which instruments may be held, and which may only be sold (the others only bought)."""
    size = problem.size
    stocks = problem.or_all_but_last(problem.is_stock)
    names = [index for index in range(size) if stocks[index]]
    costed = [index for index in range(size) if problem.or_zeros(problem.current_krw)[index] > 0]
    if problem.max_names is None and problem.min_position_krw is None:
        on_sets = [None]
    else:
        most = len(names) if problem.max_names is None else problem.max_names
        on_sets = [set(some) for count in range(most + 1) for some in itertools.combinations(names, count)]
    for on in on_sets:
        for selling in itertools.product((True, False), repeat=len(costed)):
            yield on, dict(zip(costed, selling, strict=True))


def _solve(problem: PlanProblem, on: set[int] | None, selling: dict[int, bool]) -> float | None:
    size, count = problem.size, problem.wealth.gross.shape[0]
    odds = problem.wealth.probabilities
    odds = np.full(count, 1 / count) if odds is None else odds
    current = problem.or_zeros(problem.current_krw)
    buy, sell = problem.or_zeros(problem.buy_rate), problem.or_zeros(problem.sell_rate)
    traded = problem.or_all_but_last(problem.is_traded)
    stocks = problem.or_all_but_last(problem.is_stock)
    # columns: z, bought, sold, then (edge, excess) of the tail at alpha, then of the tail of ruin
    width = 3 * size + 2 * (1 + count)
    tails = [(3 * size, problem.alpha)]
    if problem.ruin is not None:
        tails.append((3 * size + 1 + count, 1 - problem.ruin.probability))
    lower = np.concatenate((problem.lower_krw, np.zeros(2 * size), np.zeros(2 * (1 + count))))
    upper = np.concatenate((problem.upper_krw, np.full(2 * size + 2 * (1 + count), np.inf)))
    for start in (3 * size, 3 * size + 1 + count):
        lower[start] = -np.inf
    upper[2 * size : 3 * size][(current <= 0) & (problem.lower_krw >= 0)] = 0.0
    for index, sells in selling.items():
        upper[size + index if sells else 2 * size + index] = 0.0
    for index in range(size):
        if on is not None and stocks[index]:
            if index not in on:
                upper[index] = 0.0
            elif problem.min_position_krw is not None:
                lower[index] = max(lower[index], problem.min_position_krw[index])
    if (lower > upper).any():
        return None
    expected = np.zeros(width)
    expected[:size] = odds @ problem.wealth.gross
    fixed = float(odds @ problem.wealth.fixed_krw)
    fees = np.zeros(width)
    fees[size : 2 * size], fees[2 * size : 3 * size] = buy, sell
    on_wealth = fees if problem.fees_on_wealth else np.zeros(width)
    expected -= on_wealth
    equal, equal_to, most, at_most = [], [], [], []
    spent = np.zeros(width)
    spent[:size] = 1.0
    equal.append(spent if problem.fees_on_wealth else spent + fees)
    equal_to.append(problem.budget_krw)
    for index in range(size):
        row = np.zeros(width)
        row[index], row[size + index], row[2 * size + index] = 1.0, -1.0, 1.0
        equal.append(row)
        equal_to.append(current[index])
    for limit in problem.groups:
        row = np.zeros(width)
        row[:size] = limit.coefficients
        if limit.upper_krw is not None:
            most.append(row)
            at_most.append(limit.upper_krw)
        if limit.lower_krw is not None:
            most.append(-row)
            at_most.append(-limit.lower_krw)
    if problem.max_turnover_krw is not None:
        row = np.zeros(width)
        row[size : 2 * size] = row[2 * size : 3 * size] = traded
        most.append(row)
        at_most.append(problem.max_turnover_krw)
    if problem.min_expected_krw is not None:
        most.append(-expected)
        at_most.append(-problem.min_expected_krw - fixed)
    cvars = []
    blocks = []
    for start, level in tails:
        cvar = np.zeros(width)
        cvar[start] = 1.0
        cvar[start + 1 : start + 1 + count] = odds / (1 - level)
        cvars.append(cvar)
        # reference - W - edge - excess <= 0
        block = np.zeros((count, width))
        block[:, :size] = -problem.wealth.gross
        block += on_wealth
        block[:, start] = -1.0
        block[np.arange(count), start + 1 + np.arange(count)] = -1.0
        blocks.append((block, -problem.reference_krw - problem.wealth.fixed_krw))
    if problem.max_cvar_krw is not None:
        most.append(cvars[0])
        at_most.append(problem.max_cvar_krw)
    if problem.ruin is not None:
        most.append(cvars[1])
        at_most.append(problem.reference_krw - problem.ruin.floor_krw)
    reward, weight = {
        Objective.UTILITY: (1.0, problem.gamma),
        Objective.MIN_CVAR: (0.0, 1.0),
        Objective.MAX_RETURN_CVAR_CAP: (1.0, 0.0),
    }[problem.objective]
    cost = weight * cvars[0] - reward * expected
    rows = [np.array(most).reshape(-1, width), *(block for block, _ in blocks)]
    found = linprog(
        cost,
        A_ub=sparse.csr_array(np.concatenate(rows)),
        b_ub=np.concatenate([np.array(at_most), *(right for _, right in blocks)]),
        A_eq=sparse.csr_array(np.array(equal)),
        b_eq=np.array(equal_to),
        bounds=np.column_stack((lower, upper)),
        method="highs",
    )
    if found.status == 2:
        return None
    assert found.status == 0, found.message
    value = float(-found.fun) - reward * fixed
    return -value if problem.objective is Objective.MIN_CVAR else value


def random_problem(seed: int, **changes: Any) -> PlanProblem:
    """Return a small problem: 4 stocks, a hedge, cash; 60 scenarios, budget 100."""
    random = np.random.default_rng(seed)
    count, stocks = 60, 4
    market = random.standard_t(4, count) * 0.06 - 0.005
    own = random.standard_t(4, (count, stocks)) * 0.08 * random.uniform(0.5, 1.5, stocks)
    beta = random.uniform(0.5, 1.5, stocks)
    gross = np.maximum(1 + random.normal(0.01, 0.01, stocks) + market[:, None] * beta + own, 0.0)
    everything = np.column_stack((gross, np.maximum(1 - market, 0), np.full(count, 1.004)))
    fixed = np.where(random.random(count) < 0.1, random.exponential(2.0, count), 0.0)
    size = stocks + 2
    values: dict[str, Any] = {
        "wealth": WealthModel(everything, fixed, None),
        "reference_krw": 100.0,
        "budget_krw": 99.0,
        "alpha": 0.9,
        "gamma": 0.15,
        "objective": Objective.UTILITY,
        "lower_krw": np.array([0.0] * (size - 1) + [5.0]),
        "upper_krw": np.array([30.0] * stocks + [25.0, np.inf]),
        "groups": (
            LinearLimit("no short", np.array([*-beta, 1.0, 0.0]), upper_krw=0.0, kind=LimitKind.NET_SHORT),
            LinearLimit("first", np.array([1.0, 1.0, 0, 0, 0, 0]), upper_krw=40.0, kind=LimitKind.SECTOR),
        ),
    }
    return PlanProblem(**(values | changes))


def with_random_limits(seed: int) -> PlanProblem:
    """Return a small problem with a random selection of everything a problem may hold."""
    random = np.random.default_rng(seed)
    problem = random_problem(seed)
    changes: dict[str, Any] = {"objective": list(Objective)[seed % 3], "gamma": float(random.choice([0.0, 0.05, 0.5]))}
    if random.random() < 0.5:
        changes["current_krw"] = np.array([*random.uniform(0, 30, 5) * (random.random(5) < 0.6), 20.0])
        changes["buy_rate"] = np.array([*random.uniform(0, 0.01, 5), 0.0])
        changes["sell_rate"] = np.array([*random.uniform(0, 0.02, 5), 0.0])
        changes["fees_on_wealth"] = bool(random.random() < 0.3)
    if random.random() < 0.3:
        changes["max_turnover_krw"] = float(random.uniform(20, 80))
    if random.random() < 0.4:
        odds = random.exponential(1.0, 60) * (random.random(60) < 0.9)
        wealth = problem.wealth
        changes["wealth"] = WealthModel(wealth.gross, wealth.fixed_krw, odds / odds.sum())
    if random.random() < 0.4 or changes["objective"] is Objective.MAX_RETURN_CVAR_CAP:
        changes["max_cvar_krw"] = float(random.uniform(5, 14))
    if random.random() < 0.3:
        changes["ruin"] = RuinLimit(float(random.uniform(75, 90)), 0.05)
    if changes["objective"] is Objective.MIN_CVAR:
        changes["min_expected_krw"] = float(random.uniform(97, 100))
    if random.random() < 0.25:
        changes["max_names"] = 2
    elif random.random() < 0.15:
        changes["min_position_krw"] = np.array([12.0, 12.0, 12.0, 12.0, 12.0, 0.0])
    return dataclasses.replace(problem, **changes)
