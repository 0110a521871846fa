"""VaR and CVaR of a set of scenarios, the atom at the quantile split.

Rockafellar and Uryasev, "Conditional value-at-risk for general loss distributions", 2002, proposition 8: where the
confidence level falls inside an atom, only the part of the atom beyond it belongs to the tail. Averaging the worst
whole scenarios instead is biased.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from daybook.risk.measures.arrays import FloatArray, probabilities_of, vector
from daybook.risk.measures.errors import check_alpha

_ROUNDING = 1e-12
"""A cumulative probability this close to the confidence level has reached it: 0.95 of 10,000 is 9,500 scenarios."""


@dataclass(frozen=True)
class Tail:
    """The tail of a loss beyond its quantile, in the unit of the losses."""

    var: float
    """The smallest loss that is not exceeded with probability alpha."""
    cvar: float
    """The mean of the worst 1 - alpha."""


def value_at_risk(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> float:
    """Return inf{x: P(loss <= x) >= alpha}.

    Raises:
        MeasureError: for an alpha outside 0 and 1, losses that are empty or not finite, or probabilities that are none.
    """
    check_alpha(alpha)
    values = vector("losses", losses)
    if probabilities is None:
        rank = int(np.ceil(alpha * values.size * (1 - _ROUNDING))) - 1
        rank = min(max(rank, 0), values.size - 1)
        return float(np.partition(values, rank)[rank])
    weights = probabilities_of(probabilities, values.size)
    order = np.argsort(values, kind="stable")
    reached = np.flatnonzero(np.cumsum(weights[order]) >= alpha - _ROUNDING)
    return float(values[order[reached[0] if reached.size else -1]])


def tail_weights(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> FloatArray:
    """Return each scenario's weight in the tail, (S,), summing to 1: CVaR is ``weights @ losses``.

    Scenarios beyond the quantile count in full; those at it share what is left of 1 - alpha by their probabilities.

    Raises:
        MeasureError: as :func:`value_at_risk`.
    """
    quantile = value_at_risk(losses, alpha, probabilities)
    values = vector("losses", losses)
    weights = probabilities_of(probabilities, values.size)
    beyond = values > quantile
    atom = values == quantile
    mass_beyond = float(weights[beyond].sum())
    mass_atom = float(weights[atom].sum())
    part_of_atom = max(0.0, 1 - alpha - mass_beyond)
    tail = np.where(beyond, weights, 0.0) + np.where(atom, weights, 0.0) * (part_of_atom / mass_atom)
    return np.asarray(tail / tail.sum(), dtype=np.float64)


def conditional_value_at_risk(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> float:
    """Return the mean of the worst 1 - alpha of the losses (expected shortfall).

    Raises:
        MeasureError: as :func:`value_at_risk`.
    """
    return tail(losses, alpha, probabilities).cvar


def tail(losses: ArrayLike, alpha: float, probabilities: ArrayLike | None = None) -> Tail:
    """Return VaR and CVaR together, CVaR by min over a of a + E[(L - a)+] / (1 - alpha), attained at VaR.

    Raises:
        MeasureError: as :func:`value_at_risk`.
    """
    quantile = value_at_risk(losses, alpha, probabilities)
    values = vector("losses", losses)
    excess = np.maximum(values - quantile, 0.0)
    mean_excess = (
        float(excess.mean())
        if probabilities is None
        else float((probabilities_of(probabilities, values.size) * excess).sum())
    )
    return Tail(quantile, quantile + mean_excess / (1 - alpha))
