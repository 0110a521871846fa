"""What a run says of a sample of wealth: the measures of the risk room, with standard errors, as contracts."""

import numpy as np

from daybook.contracts.scenario_result import Estimate
from daybook.risk.measures.standard_errors import Estimated
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray


def contract(estimated: Estimated) -> Estimate:
    """Return an estimate as the contract's."""
    return Estimate(value=estimated.value, standard_error=estimated.standard_error)


def equal_or(probabilities: FloatArray | None, count: int) -> FloatArray:
    """Return the probabilities, or equal ones where there are none."""
    return np.full(count, 1.0 / count) if probabilities is None else probabilities


def objective_influence(
    wealth_krw: FloatArray, reference_krw: float, alpha: float, gamma: float, probabilities: FloatArray | None = None
) -> FloatArray:
    """Return (S,) numbers whose mean is E[W] - gamma CVaR(reference - W), and whose spread is its sampling error.

    The influence function of CVaR is q + (L - q)+ / (1 - alpha) with q the quantile of the loss L.
    """
    losses = reference_krw - wealth_krw
    quantile = tail(losses, alpha, probabilities).var
    influence: FloatArray = wealth_krw - gamma * (quantile + np.maximum(losses - quantile, 0.0) / (1.0 - alpha))
    return influence


def quantiles(values: FloatArray, levels: tuple[float, ...], probabilities: FloatArray | None = None) -> FloatArray:
    """Return quantiles (levels,) or (levels, k) of values (S,) or each column of (S, k).

    A quantile is the least value that is not exceeded with at least that probability.
    """
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
