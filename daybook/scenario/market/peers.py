"""Beta and own volatility of each stock; the less history it has, the more it leans on its peers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.market.returns import MINIMUM_RETURNS
from daybook.scenario.market.volatility import forecast_variance

PRIOR_BETA = 1.0
PRIOR_BETA_SD = 0.35
"""Betas of large Korean shares lie around 1 with about this spread; Vasicek (1973) weighs it against the standard
error of the regression."""
LOWEST_BETA, HIGHEST_BETA = 0.05, 3.0
FALLBACK_SD = 0.02
"""Own daily standard deviation where no stock at all has a history of its own (expert's guess)."""
_PEERS_NEEDED = 2
_PRIOR_DAYS = 40.0


@dataclass(frozen=True)
class OwnFigures:
    """What each stock's own days say."""

    count: IntArray
    """(n,) returns it has."""
    beta: FloatArray
    beta_error: FloatArray
    """Standard error; infinite where there are too few days."""
    variance: FloatArray
    """Of the residual, forecast over the horizon."""

    @classmethod
    def of(cls, returns: FloatArray, market: FloatArray, horizon_days: int) -> "OwnFigures":
        """Regress each stock on the market over the days it has."""
        n = returns.shape[1]
        count = np.zeros(n, dtype=np.int64)
        beta, error, variance = np.full(n, PRIOR_BETA), np.full(n, np.inf), np.zeros(n)
        for column in range(n):
            known = ~np.isnan(returns[:, column])
            count[column] = known.sum()
            if count[column] < 3:
                continue
            x = market[known] - market[known].mean()
            y = returns[known, column] - returns[known, column].mean()
            square = float((x * x).sum())
            if square > 0:
                beta[column] = float((x * y).sum()) / square
                left = float(((y - beta[column] * x) ** 2).sum()) / (count[column] - 2)
                error[column] = np.sqrt(left / square)
            else:
                beta[column] = PRIOR_BETA
            variance[column] = forecast_variance(y - beta[column] * x, horizon_days)
        return cls(count, beta, error, variance)


@dataclass(frozen=True)
class StockFigures:
    """What the model takes for each stock."""

    beta: FloatArray
    residual_sd: FloatArray


def lean_on_peers(own: OwnFigures, sectors: Sequence[str]) -> StockFigures:
    """Return betas drawn towards 1 (or the sector, where history is short) and volatilities towards the peers'.

    A stock with at least 60 returns keeps its own volatility. Below that, its variance is a mean of its own, weighted
    by its days, and of the median of its sector, weighted by 40 days; a sector with fewer than two stocks of full
    history gives way to the whole universe, and that to a fixed guess.
    """
    n = len(sectors)
    full = own.count >= MINIMUM_RETURNS
    beta, variance = np.empty(n), np.empty(n)
    names = np.array(sectors)
    for column in range(n):
        centre, spread = PRIOR_BETA, own.variance[column]
        if not full[column]:
            peers = full & (names == sectors[column])
            peers = peers if peers.sum() >= _PEERS_NEEDED else full
            if peers.any():
                centre = float(np.median(own.beta[peers]))
                typical = float(np.median(own.variance[peers]))
            else:
                typical = FALLBACK_SD**2
            days = float(own.count[column]) if own.count[column] >= 3 else 0.0
            spread = (days * own.variance[column] + _PRIOR_DAYS * typical) / (days + _PRIOR_DAYS)
        prior, error = PRIOR_BETA_SD**2, float(own.beta_error[column]) ** 2
        weight = prior / (prior + error)
        beta[column] = min(max(weight * own.beta[column] + (1.0 - weight) * centre, LOWEST_BETA), HIGHEST_BETA)
        variance[column] = spread
    return StockFigures(beta, np.sqrt(variance))
