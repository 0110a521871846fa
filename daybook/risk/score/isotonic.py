"""Isotonic regression: the non-decreasing step function nearest to the data in squared error."""

import itertools

import numpy as np

from daybook.scenario.arrays import FloatArray


def isotonic(values: FloatArray, weights: FloatArray) -> FloatArray:
    """Return the non-decreasing sequence nearest to ``values`` (n,) in weighted squares, by pooling violators.

    Source: Ayer, Brunk, Ewing, Reid and Silverman (1955), An Empirical Distribution Function for Sampling with
    Incomplete Information. ``weights`` (n,) must be positive.
    """
    means: list[float] = []
    masses: list[float] = []
    counts: list[int] = []
    for value, weight in zip(values.tolist(), weights.tolist(), strict=True):
        mean, mass, count = value, weight, 1
        while means and means[-1] >= mean:
            total = masses[-1] + mass
            mean = (means.pop() * masses[-1] + mean * mass) / total
            mass = total
            masses.pop()
            count += counts.pop()
        means.append(mean)
        masses.append(mass)
        counts.append(count)
    return np.repeat(np.asarray(means, dtype=np.float64), counts)


def binned_isotonic(x: FloatArray, outcomes: FloatArray, bins: int) -> tuple[FloatArray, FloatArray]:
    """Return knots ``(x, probability)`` of a continuous calibration: equal-count bins, their means made monotone.

    A bin stands at its mean ``x``. Straight lines between bins keep the score from jumping where a step function
    would. ``x`` and ``outcomes`` are (N,) with outcomes 0 or 1; fewer knots come back where bins share one ``x``.
    """
    order = np.argsort(x, kind="stable")
    edges = np.linspace(0, len(x), min(bins, len(x)) + 1).astype(np.int64)
    parts = [order[low:high] for low, high in itertools.pairwise(edges.tolist()) if high > low]
    centres = np.array([x[part].mean() for part in parts])
    rates = np.array([outcomes[part].mean() for part in parts])
    masses = np.array([float(len(part)) for part in parts])
    groups, member = np.unique(centres, return_inverse=True)
    mass = np.bincount(member, weights=masses).astype(np.float64)
    rate = np.bincount(member, weights=rates * masses).astype(np.float64) / mass
    return groups, isotonic(rate, mass)
