"""The distribution of loss of one plan, as a person is shown it."""

import numpy as np

from daybook.contracts.scenario import Appetite
from daybook.contracts.scenario_result import LossFigures
from daybook.risk.measures.standard_errors import cvar, mean, proportion, var
from daybook.scenario.arrays import FloatArray
from daybook.scenario.engine.estimates import contract, equal_or, quantiles

DRAWDOWN_LEVELS = (0.50, 0.75, 0.90, 0.95, 0.99)
FAN_LEVELS = (0.05, 0.25, 0.50, 0.75, 0.95)
HISTOGRAM_BINS = 40
EXCEEDANCE_POINTS = 60


def histogram(losses_krw: FloatArray) -> tuple[tuple[float, ...], tuple[int, ...]]:
    """Return edges and counts of bins of equal width; all losses fall into one."""
    low, high = float(losses_krw.min()), float(losses_krw.max())
    if high <= low:
        high = low + 1.0
    counts, edges = np.histogram(losses_krw, bins=HISTOGRAM_BINS, range=(low, high))
    return tuple(float(edge) for edge in edges), tuple(int(count) for count in counts)


def exceedance(losses_krw: FloatArray, probabilities: FloatArray | None) -> tuple[tuple[float, float], ...]:
    """Return (loss, P(loss > it)) on a grid that is dense where losses are rare."""
    order = np.argsort(losses_krw, kind="stable")
    ranked = losses_krw[order]
    reached = np.cumsum(equal_or(probabilities, len(order))[order])
    wanted = 1.0 - np.geomspace(1.0, max(2.0 / len(order), 1e-4), EXCEEDANCE_POINTS)
    rows = np.unique(np.minimum(np.searchsorted(reached, wanted + 1e-12), len(order) - 1))
    return tuple((float(ranked[row]), max(0.0, 1.0 - float(reached[row]))) for row in rows)


def fan(days_krw: FloatArray, probabilities: FloatArray | None = None) -> tuple[tuple[float, ...], ...]:
    """Return rows (day, wealth at 5, 25, 50, 75, 95 %) of wealth (S, H + 1)."""
    found = quantiles(days_krw, FAN_LEVELS, probabilities)
    return tuple((float(day), *(float(value) for value in found[:, day])) for day in range(days_krw.shape[1]))


def max_drawdown(days_krw: FloatArray) -> FloatArray:
    """Return (S,) the largest fall from a peak as a share of it, of wealth (S, H + 1); at most 1."""
    peak = np.maximum.accumulate(days_krw, axis=1)
    return np.asarray(np.clip((1.0 - days_krw / np.maximum(peak, 1e-9)).max(axis=1), 0.0, 1.0), dtype=np.float64)


def loss_figures(
    wealth_krw: FloatArray,
    drawdowns: FloatArray,
    fan_rows: tuple[tuple[float, ...], ...],
    budget_krw: float,
    appetite: Appetite,
    probabilities: FloatArray | None = None,
) -> LossFigures:
    """Return the figures of wealth (S,) at the horizon and of its largest drawdowns (S,)."""
    losses = budget_krw - wealth_krw
    expected = mean(wealth_krw, probabilities)
    chances = equal_or(probabilities, len(losses))
    spread = float(np.sqrt(np.sum(chances * (wealth_krw - expected.value) ** 2)))
    tail = cvar(losses, appetite.alpha, probabilities)
    edges, counts = histogram(losses)
    return LossFigures(
        expected_wealth_krw=contract(expected),
        sd_krw=round(spread),
        var_krw=contract(var(losses, appetite.alpha, probabilities)),
        cvar_krw=contract(tail),
        loss_probability=contract(proportion(losses > 0.0, probabilities)),
        ruin_probability=contract(proportion(wealth_krw < appetite.ruin_floor_ratio * budget_krw, probabilities)),
        objective_krw=expected.value - appetite.aversion * tail.value,
        max_drawdown_quantiles=tuple(float(value) for value in quantiles(drawdowns, DRAWDOWN_LEVELS, probabilities)),
        histogram_edges_krw=edges,
        histogram_counts=counts,
        exceedance=exceedance(losses, probabilities),
        fan=fan_rows,
    )
