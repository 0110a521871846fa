"""What a plan in whole lots costs, earns and breaks."""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from daybook.contracts.base import Side, Won
from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.problem import LimitKind, PlanProblem
from daybook.scenario.optimise.tail import measure_tail

_TOLERANCE_KRW = 0.5


@dataclass(frozen=True)
class Violation:
    """A broken limit, and by how many won."""

    kind: LimitKind
    name: str
    limit_krw: float
    amount_krw: float


class LotBook:
    """The books of plans in whole lots of one problem; fees are remembered by order."""

    def __init__(
        self,
        problem: PlanProblem,
        prices: IntArray,
        current: IntArray,
        trade_cost: Callable[[int, Side, Won], Won],
    ) -> None:
        self.problem = problem
        self.prices = prices
        self.current = current
        self.budget: Won = math.floor(problem.budget_krw + 1e-6)
        self._trade_cost = trade_cost
        self._fees: dict[tuple[int, int], Won] = {}
        self._traded = problem.or_all_but_last(problem.is_traded)[:-1]
        self._has_paths = (
            problem.max_cvar_krw is not None or problem.ruin is not None or problem.min_expected_krw is not None
        )

    def fees(self, shares: IntArray) -> Won:
        """Return the fees of the orders that lead from what is held to ``shares``."""
        return sum(self._fee(index, int(held)) for index, held in enumerate(shares - self.current) if held)

    def _fee(self, index: int, change: int) -> Won:
        key = (index, change)
        if key not in self._fees:
            side = Side.BUY if change > 0 else Side.SELL
            self._fees[key] = self._trade_cost(index, side, abs(change) * int(self.prices[index]))
        return self._fees[key]

    def cash(self, shares: IntArray) -> Won:
        """Return the won that are left; negative where the budget does not reach."""
        return self.budget - int(shares @ self.prices) - self.fees(shares)

    def positions(self, shares: IntArray) -> FloatArray:
        """Return (N,) positions in won, cash last."""
        return np.concatenate((shares * self.prices, [self.cash(shares)])).astype(np.float64)

    def wealth(self, shares: IntArray) -> FloatArray:
        """Return the wealth of every scenario (S,)."""
        model = self.problem.wealth
        return np.asarray(np.einsum("sj,j->s", model.gross, self.positions(shares)) - model.fixed_krw)

    def expected(self, wealth: FloatArray) -> float:
        """Return E[W]."""
        odds = self.problem.wealth.probabilities
        return float(wealth.mean()) if odds is None else float(np.einsum("s,s->", odds, wealth))

    def cvar(self, wealth: FloatArray, level: float) -> float:
        """Return CVaR of the loss at a level."""
        losses = self.problem.reference_krw - wealth
        return measure_tail(losses, level, self.problem.wealth.probabilities).cvar

    def objective(self, wealth: FloatArray) -> float:
        """Return the problem's objective."""
        problem = self.problem
        if problem.objective is Objective.MIN_CVAR:
            return self.cvar(wealth, problem.alpha)
        if problem.objective is Objective.UTILITY and problem.gamma > 0:
            return self.expected(wealth) - problem.gamma * self.cvar(wealth, problem.alpha)
        return self.expected(wealth)

    def score(self, wealth: FloatArray) -> float:
        """Return the objective with the sign that more is better."""
        value = self.objective(wealth)
        return -value if self.problem.objective is Objective.MIN_CVAR else value

    def violations(self, shares: IntArray) -> list[Violation]:
        """Return the broken limits."""
        problem, positions = self.problem, self.positions(shares)
        found: list[Violation] = []

        def check(kind: LimitKind, name: str, limit: float, excess: float, tolerance: float = _TOLERANCE_KRW) -> None:
            if excess > tolerance:
                found.append(Violation(kind, name, limit, excess))

        over = positions - problem.upper_krw
        for index in np.flatnonzero(over[:-1] > _TOLERANCE_KRW):
            check(problem.upper_kind(int(index)), problem.code(int(index)), problem.upper_krw[index], over[index])
        under = problem.lower_krw - positions
        for index in np.flatnonzero(under > _TOLERANCE_KRW):
            kind = (
                LimitKind.BUDGET if index == problem.size - 1 and positions[-1] < 0 else problem.lower_kind(int(index))
            )
            check(kind, problem.code(int(index)), problem.lower_krw[index], under[index])
        if positions[-1] < 0 and not under[-1] > _TOLERANCE_KRW:
            check(LimitKind.BUDGET, "", float(self.budget), -positions[-1], 0.0)
        for limit in problem.groups:
            value = float(limit.coefficients @ positions)
            if limit.upper_krw is not None:
                check(limit.kind, limit.name, limit.upper_krw, value - limit.upper_krw)
            if limit.lower_krw is not None:
                check(limit.kind, limit.name, limit.lower_krw, limit.lower_krw - value)
        if problem.max_turnover_krw is not None:
            moved = float((np.abs(shares - self.current) * self.prices)[self._traded].sum())
            check(LimitKind.TURNOVER, "", problem.max_turnover_krw, moved - problem.max_turnover_krw)
        if problem.min_position_krw is not None:
            least = problem.min_position_krw[:-1]
            for index in np.flatnonzero((shares > 0) & (positions[:-1] < least - _TOLERANCE_KRW)):
                short = float(least[index] - positions[index])
                check(LimitKind.MIN_POSITION, problem.code(int(index)), least[index], min(short, positions[index]))
        if self._has_paths:
            self._check_paths(self.wealth(shares), check)
        return found

    def _check_paths(self, wealth: FloatArray, check: Callable[[LimitKind, str, float, float], None]) -> None:
        problem = self.problem
        if problem.min_expected_krw is not None:
            check(LimitKind.EXPECTED, "", problem.min_expected_krw, problem.min_expected_krw - self.expected(wealth))
        if problem.max_cvar_krw is not None:
            excess = self.cvar(wealth, problem.alpha) - problem.max_cvar_krw
            check(LimitKind.CVAR, "", problem.max_cvar_krw, excess)
        if problem.ruin is not None and problem.ruin.probability < 1:
            room = problem.reference_krw - problem.ruin.floor_krw
            check(LimitKind.RUIN, "", room, self.cvar(wealth, 1.0 - problem.ruin.probability) - room)
