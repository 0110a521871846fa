"""Measures of a loss sample with their standard errors; scenarios may have unequal probabilities.

Standard errors are those of influence functions: an estimate that is (to first order) a mean of ``psi`` has the
standard error ``sqrt(sum p^2 psi^2)``. For CVaR, ``psi = VaR + (L - VaR)+ / (1 - alpha) - CVaR`` (Trindade, Uryasev,
Shapiro and Zrazhevsky 2007); for a quantile, the indicator over the density at it.
"""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario_result import Estimate
from daybook.scenario.arrays import FloatArray


@dataclass(frozen=True)
class Tail:
    """The worst ``1 - alpha`` of a loss sample, with the atom at the quantile split (Rockafellar and Uryasev 2002)."""

    var_krw: float
    cvar_krw: float
    shares: FloatArray
    """(S,) each scenario's share of the tail; sums to 1, and ``cvar = shares @ losses``."""


def equal_or(probabilities: FloatArray | None, count: int) -> FloatArray:
    """Return the probabilities, or equal ones where there are none."""
    return np.full(count, 1.0 / count) if probabilities is None else probabilities


def tail_of(losses_krw: FloatArray, alpha: float, probabilities: FloatArray | None = None) -> Tail:
    """Return the tail of a loss sample (S,). Ties are broken by the scenario's number."""
    chances = equal_or(probabilities, len(losses_krw))
    order = np.argsort(-losses_krw, kind="stable")
    before = np.cumsum(chances[order]) - chances[order]
    mass = 1.0 - alpha
    taken = np.clip(mass - before, 0.0, chances[order])
    last = int(np.flatnonzero(taken > 1e-15)[-1])
    shares = np.zeros(len(losses_krw))
    shares[order] = taken / taken.sum()
    return Tail(float(losses_krw[order[last]]), float(np.sum(shares * losses_krw)), shares)


def _error(psi: FloatArray, chances: FloatArray) -> float:
    return float(np.sqrt(np.sum(chances**2 * psi**2)))


def mean_estimate(values: FloatArray, probabilities: FloatArray | None = None) -> Estimate:
    """Return the mean of a sample (S,)."""
    chances = equal_or(probabilities, len(values))
    mean = float(np.sum(chances * values))
    return Estimate(value=mean, standard_error=_error(values - mean, chances))


def _excess(losses_krw: FloatArray, tail: Tail, alpha: float) -> FloatArray:
    psi: FloatArray = tail.var_krw + np.maximum(losses_krw - tail.var_krw, 0.0) / (1.0 - alpha) - tail.cvar_krw
    return psi


def cvar_estimate(
    losses_krw: FloatArray, alpha: float, probabilities: FloatArray | None = None, tail: Tail | None = None
) -> Estimate:
    """Return the CVaR of a loss sample (S,)."""
    tail = tail or tail_of(losses_krw, alpha, probabilities)
    chances = equal_or(probabilities, len(losses_krw))
    return Estimate(value=tail.cvar_krw, standard_error=_error(_excess(losses_krw, tail, alpha), chances))


def var_estimate(
    losses_krw: FloatArray, alpha: float, probabilities: FloatArray | None = None, tail: Tail | None = None
) -> Estimate:
    """Return the VaR of a loss sample (S,), its density taken from the quantiles about it."""
    tail = tail or tail_of(losses_krw, alpha, probabilities)
    chances = equal_or(probabilities, len(losses_krw))
    beyond = (losses_krw > tail.var_krw).astype(float) - (1.0 - alpha)
    deviation = _error(beyond, chances)
    width = min(2.0 * deviation, 0.9 * (1.0 - alpha), 0.9 * alpha)
    high = tail_of(losses_krw, alpha + width, probabilities).var_krw
    low = tail_of(losses_krw, alpha - width, probabilities).var_krw
    slope = (high - low) / (2.0 * width)
    return Estimate(value=tail.var_krw, standard_error=deviation * slope)


def share_estimate(happens: FloatArray, probabilities: FloatArray | None = None) -> Estimate:
    """Return the probability of an event from its indicator (S,) of 0 and 1."""
    return mean_estimate(happens, probabilities)


def objective_estimate(
    wealth_krw: FloatArray, reference_krw: float, alpha: float, gamma: float, probabilities: FloatArray | None = None
) -> Estimate:
    """Return E[W] - gamma CVaR_alpha(reference - W) of wealth (S,)."""
    chances = equal_or(probabilities, len(wealth_krw))
    losses = reference_krw - wealth_krw
    tail = tail_of(losses, alpha, probabilities)
    mean = float(np.sum(chances * wealth_krw))
    psi = (wealth_krw - mean) - gamma * _excess(losses, tail, alpha)
    return Estimate(value=mean - gamma * tail.cvar_krw, standard_error=_error(psi, chances))


def quantiles(values: FloatArray, levels: tuple[float, ...], probabilities: FloatArray | None = None) -> FloatArray:
    """Return quantiles of each column of values (S,) or (S, k): the least value with at least that probability."""
    table = values.reshape(len(values), -1)
    if probabilities is None:
        ranks = [min(len(table) - 1, max(0, int(np.ceil(level * len(table) - 1e-9)) - 1)) for level in levels]
        found = np.partition(table, sorted(set(ranks)), axis=0)[ranks]
    else:
        order = np.argsort(table, axis=0, kind="stable")
        mass = np.cumsum(probabilities[order], axis=0)
        ranked = np.take_along_axis(table, order, axis=0)
        rows = [np.minimum((mass < level - 1e-12).sum(axis=0), len(table) - 1) for level in levels]
        found = np.stack([ranked[row, np.arange(table.shape[1])] for row in rows])
    result: FloatArray = found[:, 0] if values.ndim == 1 else found
    return result
