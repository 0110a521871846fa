"""The dual of relative entropy minimisation under linear views: a smooth convex function of one variable a view."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize

from daybook.scenario.arrays import FloatArray

_STEPS = 200
_TOLERANCE = 1e-10
_LOOSE_TOLERANCE = 1e-7
_UNBOUNDED = 1e4
"""Multipliers of scaled rows this large mean that no probabilities meet the constraints."""


@dataclass(frozen=True)
class Constraint:
    """``sum q values`` related to a target; ``values`` (S,)."""

    values: FloatArray
    relation: Literal["==", ">=", "<="]
    target: float


@dataclass(frozen=True)
class Met:
    """Probabilities that meet the constraints, and which of those press."""

    probabilities: FloatArray
    binding: tuple[bool, ...]


def solve_dual(prior: FloatArray, constraints: Sequence[Constraint]) -> Met | None:
    """Return the probabilities of least relative entropy to the prior under the constraints; None where none are.

    q_s is p_s exp(-sum_j l_j a_js) scaled to 1, with l_j >= 0 for an inequality turned into an upper bound. Rows are
    centred and scaled first. Newton steps, each a small bounded least squares problem, with backtracking; sums run in
    a fixed order, so the result does not depend on threads.
    """
    rows, lower, used = [], [], []
    for number, constraint in enumerate(constraints):
        sign = -1.0 if constraint.relation == ">=" else 1.0
        centre = float((prior * constraint.values).sum())
        spread = math.sqrt(float((prior * (constraint.values - centre) ** 2).sum()))
        if spread == 0:
            gap = sign * (constraint.target - centre)
            if gap < -1e-12 or (constraint.relation == "==" and gap > 1e-12):
                return None
            continue
        rows.append(sign * (constraint.values - constraint.target) / spread)
        lower.append(-np.inf if constraint.relation == "==" else 0.0)
        used.append(number)
    if not rows:
        return Met(prior, (False,) * len(constraints))
    found = _minimise(np.array(rows), np.array(lower), prior)
    if found is None:
        return None
    multipliers, weights = found
    pressing = {number for number, multiplier in zip(used, multipliers, strict=True) if abs(multiplier) > 1e-12}
    return Met(weights, tuple(number in pressing for number in range(len(constraints))))


def _minimise(matrix: FloatArray, bound: FloatArray, prior: FloatArray) -> tuple[FloatArray, FloatArray] | None:
    """Return the multipliers that minimise the dual and the probabilities they give, or None where it has no bottom."""
    log_prior = np.log(np.where(prior > 0, prior, np.finfo(np.float64).tiny))
    log_prior = np.where(prior > 0, log_prior, -np.inf)
    multipliers = np.zeros(len(matrix))
    value, weights = _dual(multipliers, matrix, log_prior)
    for _ in range(_STEPS):
        gradient = -_products(matrix, weights)
        if _far(multipliers, gradient, bound) < _TOLERANCE:
            return multipliers, weights
        step = _newton_step(matrix, weights, gradient, bound - multipliers)
        slope = float((gradient * step).sum())
        length = 1.0
        for _ in range(50):
            trial = np.maximum(multipliers + length * step, bound)
            trial_value, trial_weights = _dual(trial, matrix, log_prior)
            if trial_value <= value + 1e-4 * length * slope:
                break
            length /= 2
        else:
            break
        multipliers, value, weights = trial, trial_value, trial_weights
        if float(np.abs(multipliers).max()) > _UNBOUNDED:
            return None
    near = _far(multipliers, -_products(matrix, weights), bound) < _LOOSE_TOLERANCE
    return (multipliers, weights) if near else None


def _far(multipliers: FloatArray, gradient: FloatArray, bound: FloatArray) -> float:
    """Return how far a point is from the bottom: the largest gradient, uphill ones at a bound left out."""
    return float(np.where(multipliers <= bound, np.maximum(-gradient, 0.0), np.abs(gradient)).max())


def _dual(multipliers: FloatArray, matrix: FloatArray, log_prior: FloatArray) -> tuple[float, FloatArray]:
    """Return ln sum p exp(-l a) and the probabilities it belongs to."""
    exponent = log_prior.copy()
    for multiplier, row in zip(multipliers, matrix, strict=True):
        exponent -= multiplier * row
    top = float(exponent.max())
    raw = np.exp(exponent - top)
    total = float(raw.sum())
    return top + math.log(total), np.asarray(raw / total, dtype=np.float64)


def _products(matrix: FloatArray, weights: FloatArray) -> FloatArray:
    return np.array([float((row * weights).sum()) for row in matrix])


def _newton_step(matrix: FloatArray, weights: FloatArray, gradient: FloatArray, room: FloatArray) -> FloatArray:
    """Return the step that minimises the dual's quadratic model without leaving the bounds."""
    centred = matrix - _products(matrix, weights)[:, None]
    size = len(matrix)
    hessian = np.empty((size, size))
    for i in range(size):
        weighted = centred[i] * weights
        for j in range(i + 1):
            hessian[i, j] = hessian[j, i] = float((weighted * centred[j]).sum())
    hessian += np.eye(size) * (1e-11 * max(float(np.trace(hessian)), 1e-11))
    values, vectors = np.linalg.eigh(hessian)
    roots = np.sqrt(np.maximum(values, 1e-12 * float(values.max())))
    root = vectors.T * roots[:, None]
    target = -(vectors.T * (1 / roots)[:, None] * gradient).sum(axis=1)
    solved = optimize.lsq_linear(root, target, bounds=(room, np.inf), method="bvls", tol=1e-14)
    return np.asarray(np.maximum(solved.x, room), dtype=np.float64)


def relative_entropy(probabilities: ArrayLike, prior: ArrayLike) -> float:
    """Return sum q ln(q / p), 0 where they agree and infinite where q holds what p excludes."""
    weights, start = np.asarray(probabilities, dtype=np.float64), np.asarray(prior, dtype=np.float64)
    held = weights > 0
    if (start[held] <= 0).any():
        return math.inf
    return max(0.0, float((weights[held] * np.log(weights[held] / start[held])).sum()))
