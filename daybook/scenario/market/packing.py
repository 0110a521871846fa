"""Market parameters and events as the flat single-precision arrays the kernel works on."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import ActiveEvents, FloatArray, IntArray, MarketParameters
from daybook.scenario.market.errors import MarketDataCode, MarketDataError

MEAN_BLOCK_DAYS = 10
"""Mean length of the blocks of consecutive days the bootstrap draws (geometric: Politis and Romano 1994)."""
_FACTORS_AT_A_TIME = 5
_SHORTEST_HALF_LIFE_DAYS = 1e-3


@dataclass(frozen=True)
class PackedMarket:
    """What the kernel needs of a market: tuples of contiguous arrays, in the kernel's order."""

    market: tuple[Any, ...]
    stocks: tuple[Any, ...]
    sector: IntArray
    history: Any
    leverage: FloatArray


def distinct_sectors(parameters: MarketParameters) -> tuple[str, ...]:
    """Return the sorted distinct sectors; ``ActiveEvents.sector`` counts in them."""
    return tuple(sorted(set(parameters.sectors)))


def pack_market(parameters: MarketParameters, model: MarketModel, price_limits: bool) -> PackedMarket:
    """Return the arrays of a model.

    ``gbm`` has no jumps; their variance joins the market factor's and their mean the drift, so that means, variances
    and (where ``loadings[:, 0] = beta market_sd``) covariances of log returns are those of ``factor_jump``.
    ``bootstrap`` draws days of ``history``, each stock's shifted so that the mean of its simple return is the one
    drift, variance and jumps imply: what is expected of a stock does not depend on the model.

    Raises
    ------
    MarketDataError
        When arrays disagree in shape, a number is not finite or a spread is negative.
    """
    _check(parameters, model)
    loadings = np.array(parameters.loadings, dtype=np.float64)
    beta = parameters.beta
    drift, market_drift, market_sd = parameters.drift, parameters.market_drift, parameters.market_sd
    rate, mean, sd = parameters.jump_rate, parameters.jump_mean, parameters.jump_sd
    if model is MarketModel.GBM and rate > 0:
        spread = rate * (mean * mean + sd * sd)
        sign = np.where(loadings[:, 0] < 0, -1.0, 1.0)
        loadings[:, 0] = sign * np.sqrt(loadings[:, 0] ** 2 + beta**2 * spread)
        drift = drift + beta * rate * mean
        market_drift += rate * mean
        market_sd = math.sqrt(market_sd**2 + spread)
        rate = 0.0
    history = np.zeros((parameters.loadings.shape[0] + 1, 0), dtype=np.float32)
    if model is MarketModel.BOOTSTRAP:
        history = _shifted_history(parameters)
    padded = -(-loadings.shape[1] // _FACTORS_AT_A_TIME) * _FACTORS_AT_A_TIME
    wide = np.zeros((loadings.shape[0], padded), dtype=np.float32)
    wide[:, : loadings.shape[1]] = loadings
    order = {sector: number for number, sector in enumerate(distinct_sectors(parameters))}
    return PackedMarket(
        market=(
            np.float32(market_drift), np.float32(market_sd), float(rate), float(mean), float(sd),
            1.0 / MEAN_BLOCK_DAYS, 1 if price_limits else 0,
        ),
        stocks=(_single(drift), wide, _single(parameters.idiosyncratic_sd), _single(beta)),
        sector=np.array([order[sector] for sector in parameters.sectors], dtype=np.int64),
        history=history,
        leverage=np.array([hedge.leverage for hedge in parameters.hedges], dtype=np.float64),
    )  # fmt: skip


def expected_daily_growth(parameters: MarketParameters) -> FloatArray:
    """Return ln E[exp(daily log return)] of each stock, then of the market: (n + 1,), without events and limits.

    Merton 1976: drift + variance / 2 + rate (E[exp(beta J)] - 1), J normal.
    """
    variance = (parameters.loadings**2).sum(axis=1) + parameters.idiosyncratic_sd**2
    beta = np.append(parameters.beta, 1.0)
    plain = np.append(parameters.drift + 0.5 * variance, parameters.market_drift + 0.5 * parameters.market_sd**2)
    jumps = np.expm1(beta * parameters.jump_mean + 0.5 * (beta * parameters.jump_sd) ** 2)
    return np.asarray(plain + parameters.jump_rate * jumps)


def pack_events(events: ActiveEvents | None, count: int) -> tuple[Any, ...]:
    """Return the kernel's event arrays; without events the offsets are empty.

    Raises
    ------
    MarketDataError
        When the offsets are not those of ``count`` scenarios.
    """
    if events is None or events.day.size == 0:
        whole, single = np.zeros(0, np.int64), np.zeros(0, np.float64)
        return np.zeros(1, np.int64), whole, whole, whole, np.zeros((0, 3)), single, single, single, np.zeros((0, 2))
    if events.offsets.shape != (count + 1,):
        raise MarketDataError(
            MarketDataCode.BAD_SHAPE,
            "events.offsets",
            f"has {events.offsets.size} entries where {count} scenarios need {count + 1}",
            "draw the events of the same range of scenarios",
        )
    half_lives = np.maximum(np.asarray(events.half_life_days, np.float64), _SHORTEST_HALF_LIFE_DAYS)
    return (
        plain(events.offsets, np.int64),
        plain(events.day, np.int64),
        plain(events.sector, np.int64),
        plain(events.stock, np.int64),
        plain(np.stack([events.market_shock, events.sector_shock, events.name_shock], axis=1), np.float64),
        plain(events.permanent, np.float64),
        np.exp2(-1.0 / half_lives),
        plain(events.days_active, np.float64),
        plain(np.stack([events.vol_multiplier, events.correlation_lift], axis=1), np.float64),
    )


def plain(values: Any, dtype: type) -> Any:
    """Return an aligned, contiguous and writable array: read-only ones (of stored bytes) would be compiled for anew."""
    return np.require(values, dtype, ["C_CONTIGUOUS", "ALIGNED", "WRITEABLE"])


def _single(values: FloatArray) -> Any:
    return np.ascontiguousarray(values, dtype=np.float32)


def _shifted_history(parameters: MarketParameters) -> Any:
    growth = expected_daily_growth(parameters)
    own = np.log(np.exp(parameters.history).mean(axis=0))
    return np.ascontiguousarray((parameters.history - own + growth).T, dtype=np.float32)


def _check(parameters: MarketParameters, model: MarketModel) -> None:
    n = len(parameters.codes)
    shapes = {
        "drift": (parameters.drift, (n,)),
        "loadings": (parameters.loadings, (n, parameters.loadings.shape[-1])),
        "idiosyncratic_sd": (parameters.idiosyncratic_sd, (n,)),
        "beta": (parameters.beta, (n,)),
        "sectors": (np.zeros(len(parameters.sectors)), (n,)),
    }
    for field, (array, shape) in shapes.items():
        if array.shape != shape:
            raise MarketDataError(
                MarketDataCode.BAD_SHAPE, f"parameters.{field}", f"has shape {array.shape}, not {shape}"
            )
        if not np.isfinite(array).all():
            raise MarketDataError(
                MarketDataCode.BAD_PARAMETER, f"parameters.{field}", "holds a number that is not finite"
            )
    spreads = (parameters.market_sd, parameters.jump_rate, parameters.jump_sd, *parameters.idiosyncratic_sd)
    if min(spreads) < 0 or not np.isfinite(spreads).all():
        raise MarketDataError(
            MarketDataCode.BAD_PARAMETER, "parameters", "a standard deviation or the jump rate is below 0 or not finite"
        )
    if parameters.loadings.shape[1] < 1:
        raise MarketDataError(MarketDataCode.BAD_SHAPE, "parameters.loadings", "needs one factor, the market, at least")
    if model is MarketModel.BOOTSTRAP and parameters.history.shape[0] == 0:
        raise MarketDataError(
            MarketDataCode.NO_HISTORY, "model", "bootstrap draws days of history and there are none",
            "use factor_jump or gbm, or fit the parameters to a history",
        )  # fmt: skip
    if model is MarketModel.BOOTSTRAP and (
        parameters.history.shape[1] != n + 1 or not np.isfinite(parameters.history).all()
    ):
        raise MarketDataError(
            MarketDataCode.BAD_SHAPE, "parameters.history", f"must be finite and {n + 1} wide, the market last"
        )
