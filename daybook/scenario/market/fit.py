"""Market parameters from a price history: volatility, beta, factors and jumps from prices, drift from an assumption."""

import math
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR
from daybook.scenario.arrays import FloatArray, IntArray, MarketParameters
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.market.jumps import MarketMoves, split_moves
from daybook.scenario.market.peers import OwnFigures, StockFigures, lean_on_peers
from daybook.scenario.market.residual_factors import residual_loadings
from daybook.scenario.market.returns import MINIMUM_RETURNS, check_history, stock_returns
from daybook.scenario.market.volatility import forecast_variance

__all__ = ["MarketFit", "MarketHistory", "fit_market", "fit_parameters"]

MOST_FACTORS = 16
_TURNOVER_SESSIONS = 20
_STALE_SESSIONS = 20


@dataclass(frozen=True)
class MarketFit:
    """Parameters, and what a reader should know of where they come from."""

    parameters: MarketParameters
    proxied: tuple[str, ...]
    """Codes with so little history that their beta and volatility lean on their sector or on the whole universe."""
    without_turnover: tuple[str, ...]
    """Codes whose turnover is not known; it is taken as 0, so that a liquidity limit keeps them out of a plan."""
    stale: tuple[str, ...]
    """Codes without a price in the last 20 sessions."""
    jump_sessions: tuple[int, ...]
    """Rows of the history whose return holds a market jump."""


def fit_parameters(
    history: MarketHistory,
    *,
    factors: int = 10,
    expected_return: float = 0.06,
    horizon_days: int = 60,
    seed: int = 0,
) -> MarketParameters:
    """Return the parameters of ``fit_market`` alone."""
    return fit_market(
        history, factors=factors, expected_return=expected_return, horizon_days=horizon_days, seed=seed
    ).parameters


def fit_market(
    history: MarketHistory,
    *,
    factors: int = 10,
    expected_return: float = 0.06,
    horizon_days: int = 60,
    seed: int = 0,
) -> MarketFit:
    """Fit the price model to a history.

    Parameters
    ----------
    history : MarketHistory
        At least 61 sessions of the index and one price of each stock.
    factors : int
        The largest number of factors, the market among them, 1 to 16; fewer where residuals show fewer.
    expected_return : float
        Of the market in a year (0.06: 6 %). A stock earns beta times as much: exp(drift) is set so that the expected
        price after a year is (1 + expected_return)^beta. Means of the past are not used; they are no forecast.
    horizon_days : int
        Volatility is the mean over this many coming days, today's drawn back to the long run's.
    seed : int
        Of the noise that stands in, in the bootstrap's history, for days a stock has no return.

    Raises
    ------
    MarketDataError
        When the history cannot be fitted or an argument is out of its range; names the code and the way out.
    """
    if not 1 <= factors <= MOST_FACTORS:
        raise MarketDataError(
            MarketDataCode.BAD_PARAMETER, "factors", f"must be 1 to {MOST_FACTORS}, not {factors}"
        )  # fmt: skip
    if not expected_return > -1 or not math.isfinite(expected_return):
        raise MarketDataError(
            MarketDataCode.BAD_PARAMETER, "expected_return", f"must be above -1, not {expected_return:g}",
            "write 6 % as 0.06",
        )  # fmt: skip
    check_history(history)
    returns = stock_returns(history.closes_krw)
    market: FloatArray = np.diff(np.log(history.market_index))
    moves = split_moves(market, forecast_variance(market - market.mean(), horizon_days))
    own = OwnFigures.of(returns, market, horizon_days)
    figures = lean_on_peers(own, history.sectors)
    residuals = returns - figures.beta * market[:, None]
    residuals = residuals - _means(residuals)
    enough = own.count >= MINIMUM_RETURNS
    residuals[:, ~enough] = np.nan
    extra, rest = residual_loadings(residuals, figures.residual_sd, factors - 1)
    loadings = np.column_stack([figures.beta * moves.continuous_sd, extra])
    growth = math.log1p(expected_return) / TRADING_DAYS_PER_YEAR
    turnover, without_turnover = _turnover(history)
    last, stale = _last_prices(history)
    parameters = MarketParameters(
        codes=history.codes,
        names=history.names,
        sectors=history.sectors,
        prices_krw=last,
        turnover_krw=turnover,
        drift=_drift(growth * figures.beta, (loadings**2).sum(axis=1) + rest**2, figures.beta, moves),
        loadings=loadings,
        idiosyncratic_sd=rest,
        beta=figures.beta,
        market_drift=float(_drift(np.array([growth]), np.array([moves.continuous_sd**2]), np.ones(1), moves)[0]),
        market_sd=moves.continuous_sd,
        jump_rate=moves.rate,
        jump_mean=moves.mean,
        jump_sd=moves.sd,
        hedges=history.hedges,
        history=_filled(returns, market, figures, seed),
    )
    codes = history.codes
    return MarketFit(
        parameters=parameters,
        proxied=tuple(code for code, is_enough in zip(codes, enough, strict=True) if not is_enough),
        without_turnover=without_turnover,
        stale=stale,
        jump_sessions=tuple(row + 1 for row in moves.days),
    )


def _drift(growth: FloatArray, variance: FloatArray, beta: FloatArray, moves: MarketMoves) -> FloatArray:
    """Return log drifts with ln E[exp(daily return)] = growth (Merton 1976)."""
    jumps = np.expm1(beta * moves.mean + 0.5 * (beta * moves.sd) ** 2)
    return np.asarray(growth - 0.5 * variance - moves.rate * jumps)


def _means(values: FloatArray) -> FloatArray:
    known = ~np.isnan(values)
    return np.asarray(np.where(known, values, 0.0).sum(axis=0) / np.maximum(known.sum(axis=0), 1))


def _filled(returns: FloatArray, market: FloatArray, figures: StockFigures, seed: int) -> FloatArray:
    """Return (T - 1, n + 1) returns, the market last; a missing one is beta times the market's plus noise."""
    noise = np.random.default_rng(seed).standard_normal(returns.shape) * figures.residual_sd
    whole = np.where(np.isnan(returns), figures.beta * market[:, None] + noise, returns)
    return np.column_stack([whole, market])


def _turnover(history: MarketHistory) -> tuple[FloatArray, tuple[str, ...]]:
    """Return each stock's median won traded a day over its last 20 known sessions, and who has none."""
    turnover = np.zeros(len(history.codes))
    without: list[str] = []
    for column, code in enumerate(history.codes):
        values = history.turnover_krw[:, column]
        known = values[~np.isnan(values)][-_TURNOVER_SESSIONS:]
        if known.size:
            turnover[column] = float(np.median(known))
        else:
            without.append(code)
    return turnover, tuple(without)


def _last_prices(history: MarketHistory) -> tuple[IntArray, tuple[str, ...]]:
    prices = np.zeros(len(history.codes), dtype=np.int64)
    stale: list[str] = []
    for column, code in enumerate(history.codes):
        rows = np.flatnonzero(~np.isnan(history.closes_krw[:, column]))
        prices[column] = max(1, round(float(history.closes_krw[rows[-1], column])))
        if rows[-1] < len(history.days) - _STALE_SESSIONS:
            stale.append(code)
    return prices, tuple(stale)
