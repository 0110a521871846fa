"""A small convex quadratic program, solved exactly by the primal active-set method (Nocedal and Wright, 16.3)."""

import numpy as np

from daybook.scenario.arrays import FloatArray
from daybook.scenario.optimise.errors import BadProblem, InfeasiblePlan, SolverFailed
from daybook.scenario.optimise.highs import INFINITY, LinearModel, Outcome, solve_model

_TOLERANCE = 1e-12


def minimise_quadratic(
    hessian: FloatArray,
    linear: FloatArray,
    equal: FloatArray,
    equal_to: FloatArray,
    at_least: FloatArray,
    least: FloatArray,
    start: FloatArray | None = None,
) -> FloatArray:
    """Return the ``w`` (n,) of least ``w' hessian w / 2 + linear w``.

    Args:
        hessian: (n, n), symmetric and positive definite.
        linear: (n,).
        equal: (e, n) of ``equal w = equal_to``.
        equal_to: (e,).
        at_least: (m, n) of ``at_least w >= least``.
        least: (m,).
        start: a point that keeps every limit; None: one is sought.

    Raises ``BadProblem`` for a hessian that is not positive definite, ``InfeasiblePlan`` where the limits conflict.
    """
    size = linear.shape[0]
    if hessian.shape != (size, size) or not np.allclose(hessian, hessian.T, rtol=1e-9, atol=0):
        raise BadProblem("covariance", "must be square and symmetric, one row per asset")
    if float(np.linalg.eigvalsh(hessian)[0]) <= 0:
        raise BadProblem("covariance", "must be positive definite; leave out assets that repeat others")
    point = _feasible_point(size, equal, equal_to, at_least, least) if start is None else start
    slack = at_least @ point - least
    active = _independent(equal, at_least, [int(row) for row in np.flatnonzero(slack <= 1e-10)])
    for _ in range(50 * (size + least.shape[0]) + 100):
        step, multipliers = _equality_step(hessian, hessian @ point + linear, equal, at_least[active])
        if float(np.abs(step).max()) <= _TOLERANCE * max(1.0, float(np.abs(point).max())):
            scale = max(1e-12, float(np.abs(linear).max()), float(np.abs(hessian @ point).max()))
            worst = int(np.argmin(multipliers)) if active else 0
            if not active or multipliers[worst] >= -1e-10 * scale:
                return point
            del active[worst]
            continue
        along = at_least @ step
        blocking = [
            row for row in range(least.shape[0]) if row not in active and along[row] < -1e-14 * np.abs(step).max()
        ]
        reach, hit = 1.0, -1
        for row in blocking:
            room = max(float(at_least[row] @ point - least[row]), 0.0) / -float(along[row])
            if room < reach:
                reach, hit = room, row
        point = point + reach * step
        if hit >= 0:
            active.append(hit)
    raise SolverFailed("the active-set method did not settle")


def _feasible_point(
    size: int, equal: FloatArray, equal_to: FloatArray, at_least: FloatArray, least: FloatArray
) -> FloatArray:
    model = LinearModel(
        cost=np.zeros(size),
        lower=np.full(size, -INFINITY),
        upper=np.full(size, INFINITY),
        matrix=np.concatenate((equal, at_least)),
        row_lower=np.concatenate((equal_to, least)),
        row_upper=np.concatenate((equal_to, np.full(least.shape[0], INFINITY))),
    )
    outcome, point = solve_model(model)
    if outcome is not Outcome.OPTIMAL:
        raise InfeasiblePlan("constraints", "no weights meet every limit; loosen bounds or the mean floor")
    return point


def _independent(equal: FloatArray, at_least: FloatArray, rows: list[int]) -> list[int]:
    """Return those of the rows that are independent of each other and of the equalities."""
    chosen: list[int] = []
    basis: list[FloatArray] = []
    for number, row in enumerate((*equal, *at_least[rows])):
        rest = row.copy()
        for _ in range(2):
            for direction in basis:
                rest = rest - float(direction @ rest) * direction
        length = float(np.linalg.norm(rest))
        if length > 1e-9 * max(float(np.linalg.norm(row)), 1e-300):
            basis.append(rest / length)
            if number >= equal.shape[0]:
                chosen.append(rows[number - equal.shape[0]])
    return chosen


def _equality_step(
    hessian: FloatArray, gradient: FloatArray, equal: FloatArray, active: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return the step to the optimum on the active limits, and the multipliers of the active inequalities."""
    rows = np.concatenate((equal, active))
    size, count = gradient.shape[0], rows.shape[0]
    kkt = np.zeros((size + count, size + count))
    kkt[:size, :size] = hessian
    kkt[:size, size:] = -rows.T
    kkt[size:, :size] = rows
    solution = np.linalg.solve(kkt, np.concatenate((-gradient, np.zeros(count))))
    return solution[:size], solution[size + equal.shape[0] :]
