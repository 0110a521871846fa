"""Sums of events of fixed magnitudes: their distribution has steps, which a lattice shows wrongly at the steps."""

import math
from collections.abc import Sequence

import numpy as np
from scipy import special

MOST_SUMS = 20_000
SAME = 1e-9
"""Two sums this near to each other, relative to the larger, are the same."""


def fixed_sums(kinds: Sequence[tuple[float, float]], limit: float) -> dict[float, float] | None:
    """Return the sums up to a limit, ascending, with their probabilities, of Poisson numbers of fixed magnitudes.

    Parameters
    ----------
    kinds : sequence of (rate, magnitude)
        Rates above 0 and magnitudes above 0.
    limit : float
        The largest sum of interest, itself included.

    Returns
    -------
    dict or None
        None where there are more than :data:`MOST_SUMS`.
    """
    top = limit * (1 + SAME)
    sums = {0.0: 1.0}
    for rate, size in kinds:
        if len(sums) * (top / size + 1) > MOST_SUMS:
            return None
        counts = np.arange(math.floor(top / size) + 1)
        chances = np.exp(special.xlogy(counts, rate) - rate - special.gammaln(counts + 1))
        reached: dict[float, float] = {}
        for total, chance in sums.items():
            for count, likely in zip(counts.tolist(), chances.tolist(), strict=True):
                at = total + count * size
                if at > top:
                    break
                reached[at] = reached.get(at, 0.0) + chance * likely
        sums = reached
    return dict(sorted(sums.items()))
