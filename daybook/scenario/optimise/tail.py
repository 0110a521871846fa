"""VaR, CVaR and the tail of losses given by scenarios (Rockafellar and Uryasev 2002: an atom at VaR is split)."""

from dataclasses import dataclass

import numpy as np

from daybook.scenario.arrays import FloatArray, IntArray

_MASS_TOLERANCE = 1e-12


@dataclass(frozen=True)
class Tail:
    """The tail of one loss distribution.

    Args:
        var: the smallest loss x with P(L <= x) >= level.
        cvar: the mean of the worst 1 - level.
        scenarios: numbers of the scenarios with a share in that mean, worst first.
        shares: their weights in that mean; they sum to 1.
    """

    var: float
    cvar: float
    scenarios: IntArray
    shares: FloatArray


def measure_tail(losses: FloatArray, level: float, probabilities: FloatArray | None = None) -> Tail:
    """Return the tail of ``losses`` (S,) beyond ``level`` (0 to 1); equal probabilities where None.

    Level 1 asks for the worst scenario of positive probability.
    """
    count = losses.shape[0]
    mass = 1.0 - level
    if probabilities is None:
        kept = min(count, int(np.ceil(mass * count - _MASS_TOLERANCE * count)) + 1)
        candidates = np.argpartition(losses, count - kept)[count - kept :] if kept < count else np.arange(count)
        odds = np.full(candidates.shape[0], 1.0 / count)
    else:
        candidates = np.flatnonzero(probabilities > 0)
        odds = probabilities[candidates]
    order = np.lexsort((candidates, -losses[candidates]))
    candidates, odds = candidates[order], odds[order]
    above = np.cumsum(odds)
    edge = min(int(np.searchsorted(above, mass - _MASS_TOLERANCE)), candidates.shape[0] - 1)
    scenarios = candidates[: edge + 1]
    if mass <= _MASS_TOLERANCE:
        shares = np.ones(1)
    else:
        shares = odds[: edge + 1].copy()
        shares[edge] = max(mass - (above[edge] - odds[edge]), 0.0)
        shares /= shares.sum()
    tail_losses = losses[scenarios]
    at_var = _var_position(odds, above, mass, edge)
    return Tail(
        var=float(losses[candidates[at_var]]),
        cvar=float(np.einsum("s,s->", shares, tail_losses)),
        scenarios=scenarios.astype(np.int64),
        shares=shares,
    )


def _var_position(odds: FloatArray, above: FloatArray, mass: float, edge: int) -> int:
    """Return where VaR stands: where the tail ends exactly on an atom, VaR is the next smaller loss."""
    if abs(above[edge] - mass) <= _MASS_TOLERANCE and edge + 1 < odds.shape[0]:
        return edge + 1
    return edge
