"""A plan problem as a linear program in few variables, scaled to a budget of 1; its tails stay apart.

Variables are the positions z and, for what may be sold at a cost, the amount sold s; what is bought is then
``z - current + s``. Scenario losses are ``fixed - (gross - offset) z`` plus the same ``shift x + constant`` in every
scenario, which leaves CVaR's linear program untouched but for a constant: rows of returns, not of gross values,
keep its numbers apart.
"""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import Objective
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.highs import INFINITY
from daybook.scenario.optimise.problem import LimitKind, PlanProblem


@dataclass(frozen=True)
class TailTerm:
    """A CVaR in the program: its level, its weight in the objective, and its cap, all per unit of budget.

    ``relief`` is the number of a variable that lifts the cap (used to say by how much it would have to give way).
    """

    level: float
    weight: float
    cap: float | None
    kind: LimitKind
    relief: int | None = None

    def relief_of(self, size: int) -> FloatArray:
        """Return (1, size) coefficients of what lifts the cap."""
        lifting = np.zeros((1, size))
        if self.relief is not None:
            lifting[0, self.relief] = 1.0
        return lifting


@dataclass(frozen=True)
class Row:
    """One linear limit on the variables."""

    coefficients: FloatArray
    lower: float
    upper: float
    kind: LimitKind
    name: str


@dataclass(frozen=True)
class Scenarios:
    """The scenarios: gross (S, N) as given, and what is needed of them per unit of budget."""

    gross: FloatArray
    fixed: FloatArray
    probabilities: FloatArray | None
    offset: float
    mean_gross: FloatArray
    mean_fixed: float

    def weights(self, numbers: IntArray) -> FloatArray:
        """Return the probabilities of some scenarios."""
        if self.probabilities is None:
            return np.full(numbers.shape[0], 1.0 / self.gross.shape[0])
        return np.asarray(self.probabilities[numbers])

    def residuals(self, positions: FloatArray) -> FloatArray:
        """Return ``fixed - (gross - offset) z`` for every scenario (S,).

        Summed by ``einsum``, which never starts threads: the same bits everywhere.
        """
        return np.asarray(self.fixed + self.offset * positions.sum() - np.einsum("sj,j->s", self.gross, positions))


@dataclass(frozen=True)
class Program:
    """The scaled program: minimise ``cost x + constant`` plus the weighted tails, within bounds and rows.

    Args:
        unit: won per unit.
        seller: instrument of each variable after the first N.
        cost: (P,) without the tails.
        lower: (P,).
        upper: (P,).
        rows: limits; the first is the budget.
        shift: (P,) of the loss.
        shift_constant: of the loss.
        fee: (P,) fees per unit of each variable.
        fee_constant: fees besides.
        tails: weighted or capped CVaRs.
    """

    problem: PlanProblem
    scenarios: Scenarios
    unit: float
    seller: IntArray
    cost: FloatArray
    lower: FloatArray
    upper: FloatArray
    rows: tuple[Row, ...]
    shift: FloatArray
    shift_constant: float
    fee: FloatArray
    fee_constant: float
    tails: tuple[TailTerm, ...]

    @property
    def size(self) -> int:
        """P, the number of variables."""
        return int(self.cost.shape[0])

    def losses(self, x: FloatArray) -> FloatArray:
        """Return the loss of every scenario (S,), per unit of budget."""
        residuals = self.scenarios.residuals(x[: self.problem.size])
        return np.asarray(residuals + (self.shift_constant + float(self.shift @ x)))

    def expected(self, x: FloatArray) -> float:
        """Return E[W] per unit of budget."""
        wealth = float(self.scenarios.mean_gross @ x[: self.problem.size]) - self.scenarios.mean_fixed
        return wealth - (self.fees(x) if self.problem.fees_on_wealth else 0.0)

    def fees(self, x: FloatArray) -> float:
        """Return the fees per unit of budget."""
        return float(self.fee @ x) + self.fee_constant


def prepare_scenarios(problem: PlanProblem, unit: float) -> Scenarios:
    """Return the scenarios with their means, per unit."""
    wealth = problem.wealth
    gross = np.ascontiguousarray(wealth.gross, dtype=np.float64)
    fixed = np.asarray(wealth.fixed_krw, dtype=np.float64) / unit
    if wealth.probabilities is None:
        mean_gross, mean_fixed = gross.mean(axis=0), float(fixed.mean())
        odds = None
    else:
        odds = np.asarray(wealth.probabilities, dtype=np.float64)
        mean_gross, mean_fixed = np.einsum("s,sj->j", odds, gross), float(np.einsum("s,s->", odds, fixed))
    offset = 1.0 if float(mean_gross.mean()) > 0.5 else 0.0
    return Scenarios(gross, fixed, odds, offset, mean_gross, mean_fixed)


def build_program(problem: PlanProblem) -> Program:
    """Return the program of a checked problem."""
    unit = problem.budget_krw
    size = problem.size
    scenarios = prepare_scenarios(problem, unit)
    current = problem.or_zeros(problem.current_krw) / unit
    buy, sell = problem.or_zeros(problem.buy_rate), problem.or_zeros(problem.sell_rate)
    lower, upper = problem.lower_krw / unit, problem.upper_krw / unit
    traded = problem.or_all_but_last(problem.is_traded)
    counted = (buy + sell > 0) | (traded & (problem.max_turnover_krw is not None))
    seller = np.flatnonzero(counted & (lower < current))
    total = size + seller.shape[0]

    bought = np.where(counted, 1.0, 0.0)
    fee = np.concatenate((buy * bought, (buy + sell)[seller]))
    fee_constant = float(-(buy * bought) @ current)
    mean = np.concatenate((scenarios.mean_gross, np.zeros(seller.shape[0])))
    on_wealth = fee if problem.fees_on_wealth else np.zeros(total)
    on_wealth_constant = fee_constant if problem.fees_on_wealth else 0.0
    shift = on_wealth - np.concatenate((np.full(size, scenarios.offset), np.zeros(seller.shape[0])))
    shift_constant = problem.reference_krw / unit + on_wealth_constant

    def widen(coefficients: FloatArray) -> FloatArray:
        return np.concatenate((np.asarray(coefficients, dtype=np.float64), np.zeros(total - size)))

    ones = widen(np.ones(size))
    spent = ones if problem.fees_on_wealth else ones + fee
    paid = 1.0 if problem.fees_on_wealth else 1.0 - fee_constant
    rows = [Row(spent, paid, paid, LimitKind.BUDGET, "")]
    for position, instrument in enumerate(seller):
        coefficients = np.zeros(total)
        coefficients[instrument] = coefficients[size + position] = 1.0
        rows.append(Row(coefficients, float(current[instrument]), INFINITY, LimitKind.BUDGET, "trade"))
    for limit in problem.groups:
        low = -INFINITY if limit.lower_krw is None else limit.lower_krw / unit
        high = INFINITY if limit.upper_krw is None else limit.upper_krw / unit
        rows.append(Row(widen(limit.coefficients), low, high, limit.kind, limit.name))
    if problem.max_turnover_krw is not None:
        turnover = widen(traded.astype(np.float64))
        turnover[size:] = 2.0 * traded[seller]
        allowed = problem.max_turnover_krw / unit + float(current[traded].sum())
        rows.append(Row(turnover, -INFINITY, allowed, LimitKind.TURNOVER, ""))
    if problem.min_expected_krw is not None:
        floor = problem.min_expected_krw / unit + scenarios.mean_fixed + on_wealth_constant
        rows.append(Row(mean - on_wealth, floor, INFINITY, LimitKind.EXPECTED, ""))

    rewarded = 0.0 if problem.objective is Objective.MIN_CVAR else 1.0
    sold_most = np.maximum(current - lower, 0.0)[seller]
    return Program(
        problem=problem,
        scenarios=scenarios,
        unit=unit,
        seller=seller.astype(np.int64),
        cost=rewarded * (on_wealth - mean),
        lower=np.concatenate((lower, np.zeros(seller.shape[0]))),
        upper=np.concatenate((upper, sold_most)),
        rows=tuple(rows),
        shift=shift,
        shift_constant=shift_constant,
        fee=fee,
        fee_constant=fee_constant,
        tails=_tails(problem, unit),
    )


def _tails(problem: PlanProblem, unit: float) -> tuple[TailTerm, ...]:
    weight = {
        Objective.UTILITY: problem.gamma,
        Objective.MIN_CVAR: 1.0,
        Objective.MAX_RETURN_CVAR_CAP: 0.0,
    }[problem.objective]
    cap = None if problem.max_cvar_krw is None else problem.max_cvar_krw / unit
    terms = []
    if weight > 0 or cap is not None:
        terms.append(TailTerm(problem.alpha, weight, cap, LimitKind.CVAR))
    if problem.ruin is not None and problem.ruin.probability < 1:
        room = (problem.reference_krw - problem.ruin.floor_krw) / unit
        terms.append(TailTerm(1.0 - problem.ruin.probability, 0.0, room, LimitKind.RUIN))
    return tuple(terms)
