"""Hedges may make good what stocks are expected to lose, and no more: a plan is never a bet on a fall.

A hedge as large as the stocks' beta is neutral to a small move only: in a long fall an inverse product compounds
upwards while stocks lose less than beta times the fall. So a second row stands beside the one on beta, on the plan's
own scenarios: what the hedges are expected to gain over cash is at most what the stocks are expected to fall short of
it. Stocks that are expected to beat cash neither need a hedge for it nor pay for one.
"""

import numpy as np

from daybook.scenario.arrays import FloatArray, WealthModel
from daybook.scenario.engine.estimates import equal_or
from daybook.scenario.optimise.problem import BoolArray, LimitKind, LinearLimit

EXPECTED_NET_SHORT = "expected net short"


def expected_net_short(mean_gross: FloatArray, is_stock: BoolArray) -> FloatArray:
    """Return coefficients (N,) of what positions are expected to earn from a fall; a plan keeps them at most 0.

    Args:
        mean_gross: (N,) expected wealth of one won in each instrument, cash last.
        is_stock: (N,) which instruments are stocks; the others but cash are hedges.
    """
    excess = mean_gross - mean_gross[-1]
    return np.asarray(np.where(is_stock, np.minimum(excess, 0.0), np.maximum(excess, 0.0)))


def expected_net_short_limit(wealth: WealthModel, is_stock: BoolArray) -> LinearLimit:
    """Return the limit on a problem's own scenarios."""
    chances = equal_or(wealth.probabilities, wealth.gross.shape[0])
    row = expected_net_short(np.einsum("s,sj->j", chances, wealth.gross), is_stock)
    return LinearLimit(EXPECTED_NET_SHORT, row, upper_krw=0.0, kind=LimitKind.NET_SHORT)
