"""A simulated price history of large KRX companies, for rehearsals without keys; it says that it is simulated."""

import importlib.resources
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

import numpy as np
import yaml

from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.scenario.arrays import FloatArray, Hedge
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.market.keys import stream_key

LAST_DAY = date(2025, 12, 30)
"""Where a fixture's history ends unless told otherwise."""
SOURCE = "fixture"
_JUMP_CHANCE, _JUMP_MEAN, _JUMP_SD = 1.5 / 250, -0.03, 0.025
_ARCH, _GARCH = 0.07, 0.90
_TAIL_DEGREES = 6.0
_WIDEST_DAY = 0.29


@dataclass(frozen=True)
class FixtureStock:
    """How a stock of the fixture moves and where its price ends."""

    code: str
    name: str
    sector: str
    market: str
    price_krw: int
    beta: float
    own_sd: float
    turnover_krw: float


@dataclass(frozen=True)
class Fixture:
    """What ``fixture.yaml`` says."""

    index_level: float
    index_sd: float
    sector_sd: float
    stocks: dict[str, FixtureStock]
    hedges: dict[str, Hedge]


@lru_cache(maxsize=1)
def fixture() -> Fixture:
    """Return the stocks and hedges a simulated history can be made of."""
    text = importlib.resources.files(__package__).joinpath("fixture.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)
    return Fixture(
        index_level=float(rows["index"]["level"]),
        index_sd=float(rows["index"]["daily_sd"]),
        sector_sd=float(rows["index"]["sector_sd"]),
        stocks={row["code"]: FixtureStock(**row) for row in rows["stocks"]},
        hedges={
            row["code"]: Hedge(row["code"], float(row["leverage"]), int(row["price_krw"])) for row in rows["hedges"]
        },
    )


def hedge_products(codes: Sequence[str]) -> tuple[Hedge, ...]:
    """Return the inverse products of these codes, with their leverage and a round price.

    Raises
    ------
    MarketDataError
        For a code whose leverage is not known.
    """
    known = fixture().hedges
    for code in codes:
        if code not in known:
            raise MarketDataError(
                MarketDataCode.UNKNOWN_HEDGE, "constraints.hedge_codes", f"{code} is no inverse product known here",
                f"use {', '.join(known)}",
            )  # fmt: skip
    return tuple(known[code] for code in codes)


def fixture_history(
    codes: Sequence[str],
    sessions: int,
    seed: int,
    *,
    hedge_codes: Sequence[str] = ("114800",),
    last_day: date = LAST_DAY,
) -> MarketHistory:
    """Simulate ``sessions`` closes of known stocks: market with GARCH volatility and jumps, sectors, own noise.

    Every stock ends at its round price of today. A stock's path depends on the seed, the number of sessions and its
    code, not on what else is asked for. Sessions are weekdays; holidays are not left out.

    Raises
    ------
    MarketDataError
        For no code, a code the fixture does not know, fewer than two sessions or an unknown hedge.
    """
    known = fixture()
    if not codes:
        raise MarketDataError(MarketDataCode.NO_STOCKS, "universe.codes", "no stock was asked for", "name two at least")
    for code in codes:
        if code not in known.stocks:
            raise MarketDataError(
                MarketDataCode.UNKNOWN_STOCK, "universe.codes",
                f"the simulated history knows no stock {code}",
                f"use source kis, or some of {', '.join(known.stocks)}",
            )  # fmt: skip
    if sessions < 2:
        raise MarketDataError(
            MarketDataCode.TOO_FEW_SESSIONS,
            "universe.lookback_days",
            f"{sessions} sessions are no history",
            "ask for 250",
        )
    stocks = [known.stocks[code] for code in codes]
    market, ratio = _market_returns(sessions - 1, known.index_sd, seed)
    closes, turnover = np.empty((sessions, len(stocks))), np.empty((sessions, len(stocks)))
    for column, stock in enumerate(stocks):
        sector = known.sector_sd * _noise(seed, f"sector {stock.sector}").standard_normal(sessions - 1)
        noise = _noise(seed, f"stock {stock.code}")
        own = stock.own_sd * noise.standard_t(_TAIL_DEGREES, sessions - 1) * np.sqrt(1 - 2 / _TAIL_DEGREES)
        moves = stock.beta * market + (sector + own) * np.sqrt(ratio)
        closes[:, column] = _prices(np.clip(moves, np.log1p(-_WIDEST_DAY), np.log1p(_WIDEST_DAY)), stock.price_krw)
        busy = np.exp(0.35 * noise.standard_normal(sessions) - 0.35**2 / 2)
        turnover[:, column] = np.round(stock.turnover_krw * busy)
    return MarketHistory(
        codes=tuple(codes),
        names=tuple(stock.name for stock in stocks),
        sectors=tuple(stock.sector for stock in stocks),
        markets=tuple(stock.market for stock in stocks),
        days=_weekdays(sessions, last_day),
        closes_krw=closes,
        turnover_krw=turnover,
        market_index=np.round(known.index_level * np.exp(_backwards(market)), 2),
        hedges=hedge_products(hedge_codes),
        source=SOURCE,
        simulated=True,
    )


def _noise(seed: int, name: str) -> np.random.Generator:
    return np.random.default_rng(stream_key(seed, f"fixture {name}"))


def _market_returns(days: int, daily_sd: float, seed: int) -> tuple[FloatArray, FloatArray]:
    """Return the market's log returns, and each day's variance over its mean."""
    noise = _noise(seed, "market")
    normals = noise.standard_normal(days)
    jumps = np.where(noise.random(days) < _JUMP_CHANCE, noise.normal(_JUMP_MEAN, _JUMP_SD, days), 0.0)
    ratio, returns = np.ones(days), np.empty(days)
    for day in range(days):
        if day:
            ratio[day] = 1 - _ARCH - _GARCH + (_ARCH * normals[day - 1] ** 2 + _GARCH) * ratio[day - 1]
        returns[day] = daily_sd * np.sqrt(ratio[day]) * normals[day] + jumps[day]
    return np.clip(returns, -0.15, 0.15), ratio


def _backwards(returns: FloatArray) -> FloatArray:
    """Return log levels that end at 0."""
    levels = np.concatenate([[0.0], np.cumsum(returns)])
    return np.asarray(levels - levels[-1])


def _prices(returns: FloatArray, last_krw: int) -> FloatArray:
    raw = last_krw * np.exp(_backwards(returns))
    return np.array([float(round_to_tick(float(price), SecurityKind.STOCK, Rounding.NEAREST)) for price in raw])


def _weekdays(count: int, last: date) -> tuple[date, ...]:
    days: list[date] = []
    day = last
    while len(days) < count:
        if day.weekday() < 5:
            days.append(day)
        day -= timedelta(days=1)
    return tuple(reversed(days))
