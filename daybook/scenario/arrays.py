"""The arrays the rooms of a scenario hand to each other. S scenarios, n stocks, m hedges, K factors, H days."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

BLOCK = 500
"""Scenarios are drawn in blocks of this many, each from its own key, so that chunks of whole blocks may be computed
anywhere, in any order and any number of times, and give the same bits."""


@dataclass(frozen=True)
class Hedge:
    """A product that gains ``leverage`` times what the market loses in a day (1 for an inverse ETF, 2 for a double)."""

    code: str
    leverage: float
    price_krw: int


@dataclass(frozen=True)
class MarketParameters:
    """What the price model knows. Daily log terms; factor 0 is the market, factors have unit variance.

    The market's own daily log return is ``market_drift + market_sd f_0 + jump``; a stock's is
    ``drift + loadings f + idiosyncratic_sd z + beta jump``, with ``loadings[:, 0] = beta market_sd``. ``jump_rate`` is
    jumps a trading day.
    """

    codes: tuple[str, ...]
    names: tuple[str, ...]
    sectors: tuple[str, ...]
    prices_krw: IntArray
    turnover_krw: FloatArray
    drift: FloatArray
    loadings: FloatArray
    idiosyncratic_sd: FloatArray
    beta: FloatArray
    market_drift: float
    market_sd: float
    jump_rate: float
    jump_mean: float
    jump_sd: float
    hedges: tuple[Hedge, ...]
    history: FloatArray
    """Daily log returns (T, n + 1), the market last, oldest first; what the bootstrap draws from."""


@dataclass(frozen=True)
class ActiveEvents:
    """Events that happen, after level and controls had their say; sorted by scenario, then day.

    Row e of scenario s lies in ``offsets[s] <= e < offsets[s + 1]``, with s counted from the first scenario of the
    block range. Shocks are log returns, 0 where an event has none. Of each shock ``permanent`` stays; the rest
    decays with ``half_life_days``. Day 0 is the first simulated session. ``days_active`` is how long volatility,
    correlation and outage last.
    """

    offsets: IntArray
    day: IntArray
    market_shock: FloatArray
    sector: IntArray
    """Index into the sorted distinct sectors of the parameters; -1: none."""
    sector_shock: FloatArray
    stock: IntArray
    """Index of the struck stock; -1: none."""
    name_shock: FloatArray
    permanent: FloatArray
    half_life_days: FloatArray
    vol_multiplier: FloatArray
    correlation_lift: FloatArray
    days_active: FloatArray


@dataclass(frozen=True)
class DirectLosses:
    """Losses events do to the owner directly, never negative; all linear in what is held."""

    fixed_krw: FloatArray
    """(S,) whatever is held."""
    account_ratio: FloatArray
    """(S,) of everything on the account: stocks, hedges and cash."""
    position_ratio: FloatArray
    """(S, n) of each stock's position."""


@dataclass(frozen=True)
class Paths:
    """What a market simulation gives: wealth at the horizon of one won in each stock and hedge, and in the market."""

    stocks: FloatArray
    """(S, n)"""
    hedges: FloatArray
    """(S, m)"""
    market: FloatArray
    """(S,)"""


@dataclass(frozen=True)
class WealthModel:
    """Wealth at the horizon as a linear function of N instruments (stocks, then hedges, then cash).

    ``W = gross @ positions_krw - fixed_krw``; ``probabilities`` are equal when None.
    """

    gross: FloatArray
    """(S, N)"""
    fixed_krw: FloatArray
    """(S,)"""
    probabilities: FloatArray | None = None
