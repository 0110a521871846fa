"""Round a plan to whole lots: fees to the won, never over the budget, every limit kept, cash takes the rest.

``budget = sum(shares price) + fees + cash`` holds to the won. Rounding starts below the plan, repairs what limits the
rounding broke, then buys the lots that add most to the objective, one at a time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from daybook.contracts.base import Side, Won
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.optimise.errors import BadProblem, Conflict, LotsTooCoarse
from daybook.scenario.optimise.lot_limits import LotBook, Violation
from daybook.scenario.optimise.problem import FIELD_OF_LIMIT, PlanProblem
from daybook.scenario.optimise.solution import PlanSolution

TradeCost = Callable[[int, Side, Won], Won]
"""Commission and tax in won of one order: (instrument, side, amount)."""

NO_LOT_FITS = "no_lot_fits"
"""Reason: the plan wants stocks or hedges, but not one lot of any fits into budget and limits."""

_MOST_CANDIDATES = 24


@dataclass(frozen=True)
class LotPlan:
    """A plan in whole lots. M = N - 1 instruments are traded; cash is the last.

    Args:
        shares: (M,).
        amounts_krw: (M,) shares times prices.
        cash_krw: what is left.
        fees_krw: of all orders that lead there.
        objective_krw: as in ``PlanSolution``.
        reasons: codes, such as ``no_lot_fits``.
    """

    shares: IntArray
    amounts_krw: IntArray
    cash_krw: Won
    fees_krw: Won
    objective_krw: float
    reasons: tuple[str, ...] = ()

    @property
    def positions_krw(self) -> FloatArray:
        """(N,) positions, cash last."""
        return np.concatenate((self.amounts_krw.astype(np.float64), [float(self.cash_krw)]))


def round_to_lots(
    problem: PlanProblem,
    solution: PlanSolution,
    prices_krw: Sequence[Won],
    current_shares: Sequence[int],
    trade_cost: TradeCost,
    lot: int = 1,
) -> LotPlan:
    """Return the plan in whole lots.

    Args:
        problem: the problem that was solved; its budget is rounded down to the won.
        solution: its solution.
        prices_krw: (M,) of one share.
        current_shares: (M,) held now.
        trade_cost: fees of an order in won.
        lot: shares an order is a multiple of.

    Raises ``LotsTooCoarse`` where no whole lots near the plan keep every limit, ``BadProblem`` for prices that are not
    positive or do not match the instruments.
    """
    if len(prices_krw) != problem.size - 1 or len(current_shares) != problem.size - 1:
        raise BadProblem(
            "prices_krw", f"prices and shares must be given for {problem.size - 1} instruments (all but cash)"
        )
    if any(price <= 0 for price in prices_krw) or lot < 1:
        raise BadProblem("prices_krw", "prices must be positive and a lot at least one share")
    book = LotBook(problem, np.asarray(prices_krw, np.int64), np.asarray(current_shares, np.int64), trade_cost)
    targets = solution.positions_krw[:-1] / book.prices
    shares = _first_shares(targets, book.current, lot)
    shares = _repair(book, shares, targets, lot)
    shares = _improve(book, shares, targets, lot, solution)
    reasons: tuple[str, ...] = ()
    wanted = bool((targets * book.prices > 1).any())
    if wanted and not shares.any():
        reasons = (NO_LOT_FITS,)
    return LotPlan(
        shares=shares,
        amounts_krw=shares * book.prices,
        cash_krw=book.cash(shares),
        fees_krw=book.fees(shares),
        objective_krw=book.objective(book.wealth(shares)),
        reasons=reasons,
    )


def _first_shares(targets: FloatArray, current: IntArray, lot: int) -> IntArray:
    """Return the plan rounded down to lots; what is held already within a lot of the plan is not touched."""
    down = np.maximum(np.floor(targets / lot + 1e-6), 0).astype(np.int64) * lot
    near = (np.abs(current - targets) < lot) & (targets > 1e-9)
    return np.where(near, current, down)


def _repair(book: LotBook, shares: IntArray, targets: FloatArray, lot: int) -> IntArray:
    """Move lots, one at a time, while that lessens what limits are broken by."""
    violations = book.violations(shares)
    while violations:
        total = sum(violation.amount_krw for violation in violations)
        best: tuple[float, int, int] | None = None
        for index in range(shares.shape[0]):
            for step in (-lot, lot):
                if step > 0 and targets[index] <= 1e-9:
                    continue
                moved = int(shares[index]) + step
                if moved < 0:
                    if shares[index] == 0:
                        continue
                    moved = 0
                trial = shares.copy()
                trial[index] = moved
                left = sum(violation.amount_krw for violation in book.violations(trial))
                if left < total - 1e-6 and (best is None or left < best[0] - 1e-6):
                    best = (left, index, moved)
        if best is None:
            raise _too_coarse(violations)
        shares = shares.copy()
        shares[best[1]] = best[2]
        violations = book.violations(shares)
    return shares


def _improve(book: LotBook, shares: IntArray, targets: FloatArray, lot: int, solution: PlanSolution) -> IntArray:
    """Buy the one lot that adds most to the objective, again and again, none beyond the plan rounded up."""
    ceiling = np.ceil(targets / lot - 1e-6).astype(np.int64) * lot
    value = book.score(book.wealth(shares))
    while True:
        open_ones = [index for index in range(shares.shape[0]) if shares[index] + lot <= ceiling[index]]
        open_ones.sort(key=lambda index: (-(solution.marginal_krw[index] - solution.marginal_krw[-1]), index))
        best: tuple[float, int] | None = None
        for index in open_ones[:_MOST_CANDIDATES]:
            trial = shares.copy()
            trial[index] += lot
            if book.violations(trial):
                continue
            score = book.score(book.wealth(trial))
            if score > value + 1e-9 * abs(value) and (best is None or score > best[0]):
                best = (score, index)
        if best is None:
            return shares
        value = best[0]
        shares = shares.copy()
        shares[best[1]] += lot


def _too_coarse(violations: list[Violation]) -> LotsTooCoarse:
    worst = max(violations, key=lambda violation: violation.amount_krw)
    field = FIELD_OF_LIMIT[worst.kind]
    label = f" ({worst.name})" if worst.name else ""
    message = (
        f"whole lots cannot keep {field}{label}: the nearest plan misses it by {worst.amount_krw:,.0f} won; "
        "raise budget.total_krw, choose cheaper shares or loosen the limit"
    )
    kinds = {violation.kind: violation for violation in violations}
    conflicts = tuple(
        Conflict(FIELD_OF_LIMIT[kind], violation.name, violation.limit_krw, violation.amount_krw)
        for kind, violation in kinds.items()
    )
    return LotsTooCoarse(field, message, tuple(FIELD_OF_LIMIT[kind] for kind in kinds), conflicts)
