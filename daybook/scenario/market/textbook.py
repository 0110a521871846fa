"""Parameters of textbook models, for checks against exact moments and for a market of one's own.

Time is cut into equal steps, each simulated as one day; prices have no daily limit there, so simulate them with
``price_limits=False``.
"""

import math

import numpy as np

from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.market.errors import MarketDataCode, MarketDataError


def lognormal_market(mu: float, sigma: float, years: float, steps: int) -> MarketParameters:
    """Return geometric Brownian motion: dS = mu S dt + sigma S dW over ``years`` in ``steps`` days.

    E[S_T] = S_0 exp(mu T); ln S_T has mean (mu - sigma^2 / 2) T and variance sigma^2 T.

    Raises
    ------
    MarketDataError
        When sigma is negative, or years or steps are not above 0.
    """
    return jump_market(mu, sigma, 0.0, 0.0, 0.0, years, steps)


def jump_market(
    mu: float, sigma: float, jump_rate: float, jump_mean: float, jump_sd: float, years: float, steps: int
) -> MarketParameters:
    """Return Merton's jump diffusion (1976) with a compensated drift: E[S_T] = S_0 exp(mu T).

    ``jump_rate`` is jumps a year; a jump's log size is normal with ``jump_mean`` and ``jump_sd``. One stock of beta 1
    that is the market itself.

    Raises
    ------
    MarketDataError
        When sigma, jump_sd or jump_rate is negative, or years or steps are not above 0.
    """
    if min(sigma, jump_rate, jump_sd) < 0 or years <= 0 or steps < 1:
        raise MarketDataError(
            MarketDataCode.BAD_PARAMETER,
            "jump_market",
            "sigma, jump_rate and jump_sd must not be negative; years and steps must be above 0",
        )
    step = years / steps
    compensation = jump_rate * math.expm1(jump_mean + 0.5 * jump_sd**2)
    drift = (mu - 0.5 * sigma**2 - compensation) * step
    spread = sigma * math.sqrt(step)
    return factor_market(
        drift=np.array([drift]),
        loadings=np.array([[spread]]),
        idiosyncratic_sd=np.zeros(1),
        beta=np.ones(1),
        market_drift=drift,
        market_sd=spread,
        jumps=(jump_rate * step, jump_mean, jump_sd),
    )


def factor_market(
    drift: FloatArray,
    loadings: FloatArray,
    idiosyncratic_sd: FloatArray,
    beta: FloatArray | None = None,
    market_drift: float = 0.0,
    market_sd: float = 0.01,
    jumps: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> MarketParameters:
    """Return a market of n stocks from daily terms: a linear factor model, with market jumps (rate, mean, sd) a day.

    Log returns over T days have mean ``T drift`` and covariance ``T (B B' + diag(s^2))``, plus the jumps' part.
    ``beta`` is the first loading over ``market_sd`` where it is not given.
    """
    n = loadings.shape[0]
    if beta is None:
        beta = loadings[:, 0] / market_sd if market_sd > 0 else np.zeros(n)
    codes = tuple(f"{number:06d}" for number in range(n))
    rate, mean, sd = jumps
    return MarketParameters(
        codes=codes,
        names=codes,
        sectors=("none",) * n,
        prices_krw=np.full(n, 10_000, dtype=np.int64),
        turnover_krw=np.full(n, 1e12),
        drift=np.asarray(drift, dtype=np.float64),
        loadings=np.asarray(loadings, dtype=np.float64),
        idiosyncratic_sd=np.asarray(idiosyncratic_sd, dtype=np.float64),
        beta=np.asarray(beta, dtype=np.float64),
        market_drift=market_drift,
        market_sd=market_sd,
        jump_rate=rate,
        jump_mean=mean,
        jump_sd=sd,
        hedges=(),
        history=np.zeros((0, n + 1)),
    )
