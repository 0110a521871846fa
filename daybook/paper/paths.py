"""The path of one session inside its open, high, low, close and volume.

A path is a seeded Brownian bridge around the line from open to close, folded at high and low, on the tick grid. It
starts with the opening auction's single price, ends with the closing auction's, touches high and low exactly and
its shares add up to the volume exactly. Times are milliseconds since midnight KST.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.market import SecurityKind
from daybook.contracts.session import SessionTimes
from daybook.krx.vi import VolatilityClass
from daybook.paper.interruptions import Interruption, interrupted
from daybook.paper.prices import MarketShock, SessionBar, rounded_to_ticks
from daybook.paper.trading_dates import milliseconds_of

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]

_COMMON_WEIGHT = 0.6
"""Share of the intraday noise's deviation that all symbols of a day have in common."""
_FEWEST_PRINTS = 20
_MOST_PRINTS = 3600
_SHOCK_MINUTES = 6.0
_U_SHAPE_HOURS = 0.45
_LEAST_SCALE, _MOST_SCALE = 0.2, 2.5
"""Bounds of the noise's own range, as shares of the session's range."""


@dataclass(frozen=True, slots=True)
class DayPath:
    """The public trades of one session, in time order, with running totals up to each of them."""

    at_ms: _Ints
    price: _Ints
    shares: _Ints
    is_buy: NDArray[np.bool_]
    volume: _Ints
    turnover: _Ints
    high: _Ints
    low: _Ints
    interruptions: tuple[Interruption, ...]
    closing_index: int | None

    def count_until(self, at_ms: int) -> int:
        """Return how many trades have happened at or before a time."""
        return int(np.searchsorted(self.at_ms, at_ms, side="right"))

    def is_auction(self, index: int) -> bool:
        """Whether a trade is the single price of a call auction."""
        return index == 0 or index == self.closing_index or any(index == part.index for part in self.interruptions)


def build_path(
    bar: SessionBar,
    times: SessionTimes,
    *,
    kind: SecurityKind | None,
    seed: tuple[int, ...],
    volatility_class: VolatilityClass = VolatilityClass.OTHER,
    shock: MarketShock | None = None,
    common_weight: float = _COMMON_WEIGHT,
    followed: Callable[[_Ints], _Floats] | None = None,
) -> DayPath:
    """Return the session's path; ``seed`` belongs to the symbol, and all symbols of a day share one common part.

    ``kind`` None means prices on a grid of 1 (index levels in hundredths), without interruptions.
    ``followed`` gives the price in won at each of the times for a session that follows another one's path.
    """
    random = np.random.default_rng([*seed, bar.day.toordinal()])
    volume = bar.volume_shares
    count = min(int(min(max(6 * volume**0.4, _FEWEST_PRINTS), _MOST_PRINTS)), volume)
    inner = max(count - 2, 0)
    opens, continuous_until, closes = (
        milliseconds_of(moment) for moment in (times.opens, times.closing_auction_from, times.closes)
    )
    inner_ms = _arrival_times(inner, opens, continuous_until, random)
    at_ms = np.concatenate([[opens], inner_ms, [closes]])[: max(count, 1)].astype(np.int64)
    price = np.empty(len(at_ms), np.int64)
    price[0] = bar.open_krw
    if count > 1:
        price[-1] = bar.close_krw
    if inner and followed is not None:
        price[1:-1] = _within(bar, kind, followed(inner_ms))
    elif inner:
        market = _common_noise(seed[0], bar.day, (inner_ms - opens) / (continuous_until - opens))
        trend = _trend(inner_ms, opens, continuous_until, shock)
        price[1:-1] = _inner_prices(bar, kind, trend, market * common_weight, (1 - common_weight**2) ** 0.5, random)
    shares = _allocate(volume, len(at_ms), random)
    closing = len(at_ms) - 1 if count > 1 else None
    interruptions: tuple[Interruption, ...] = ()
    if kind is not None and closing is not None:
        at_ms, interruptions = interrupted(at_ms, price, continuous_until, closing, volatility_class, random)
    coin = random.random(len(at_ms)) < 0.5
    change = np.diff(price, prepend=bar.base_krw)
    cumulative = np.cumsum(shares)
    high, low = np.maximum.accumulate(price), np.minimum.accumulate(price)
    return DayPath(
        at_ms=at_ms,
        price=price,
        shares=shares,
        is_buy=np.where(change == 0, coin, change > 0),
        volume=cumulative,
        turnover=_running_turnover(price, shares, cumulative, high, low, bar.turnover_krw),
        high=high,
        low=low,
        interruptions=interruptions,
        closing_index=closing,
    )


@lru_cache(maxsize=64)
def _arrival_mass(length_hours: float) -> tuple[_Floats, _Floats]:
    """Return the cumulative arrival density of a session and the hours it belongs to."""
    grid = np.linspace(0.0, length_hours, 256)
    density = 1 + 2.2 * np.exp(-grid / _U_SHAPE_HOURS) + 1.2 * np.exp(-(length_hours - grid) / _U_SHAPE_HOURS)
    return np.concatenate([[0.0], np.cumsum((density[1:] + density[:-1]) / 2)]), grid


def _arrival_times(count: int, opens: int, until: int, random: np.random.Generator) -> _Ints:
    """Return strictly increasing times in (opens, until) with U-shaped density: busiest after open and before close."""
    mass, grid = _arrival_mass((until - opens) / 3_600_000)
    quantiles = (np.arange(count) + random.random(count)) / max(count, 1) * mass[-1]
    hours = np.interp(quantiles, mass, grid)
    steps = np.arange(count)
    at_ms = np.maximum.accumulate((opens + 1 + hours * 3_600_000).astype(np.int64) - steps) + steps
    latest_ms: _Ints = np.minimum(at_ms, until - count + steps)
    return latest_ms


@lru_cache(maxsize=64)
def _common_bridge(seed: int, day: date) -> tuple[_Floats, _Floats]:
    steps = np.random.default_rng([seed, day.toordinal()]).standard_normal(512) / 512**0.5
    walk = np.concatenate([[0.0], np.cumsum(steps)])
    grid = np.linspace(0.0, 1.0, 513)
    return grid, walk - grid * walk[-1]


def _common_noise(seed: int, day: date, position: _Floats) -> _Floats:
    """Return the day's shared Brownian bridge of unit end variance at positions in [0, 1]."""
    grid, bridge = _common_bridge(seed, day)
    common: _Floats = np.interp(position, grid, bridge)
    return common


def _trend(at_ms: _Ints, opens: int, until: int, shock: MarketShock | None) -> _Floats:
    """Return how much of the way from open to close is gone, 0 to 1; a shock covers it around its own time."""
    if shock is None:
        straight: _Floats = (at_ms - opens) / (until - opens)
        return straight
    centre = ((shock.at.hour * 60 + shock.at.minute) * 60 + shock.at.second) * 1000
    steps = (at_ms - centre) / (_SHOCK_MINUTES * 60_000 / 6)
    covered: _Floats = 1 / (1 + np.exp(-np.clip(steps - 3, -30, 30)))
    return covered


def _inner_prices(
    bar: SessionBar,
    kind: SecurityKind | None,
    trend: _Floats,
    market: _Floats,
    own_weight: float,
    random: np.random.Generator,
) -> _Ints:
    """Return the continuous part's prices: the bridge scaled until it fills the range, folded and rounded."""
    count = len(trend)
    high, low = bar.high_krw, bar.low_krw
    if high == low:
        return np.full(count, high, np.int64)
    walk = np.cumsum(random.standard_normal(count)) / count**0.5
    noise = market + own_weight * (walk - np.linspace(0.0, 1.0, count) * walk[-1])
    line = bar.open_krw + trend * (bar.close_krw - bar.open_krw)
    span = high - low
    spread = float(noise.max() - noise.min()) or 1.0
    middle = slice(count // 20, count - count // 20)
    above, below = np.maximum(noise[middle], 1e-12), np.maximum(-noise[middle], 1e-12)
    reaching = max(float(np.min((high - line[middle]) / above)), float(np.min((line[middle] - low) / below)))
    values = line + min(max(reaching, _LEAST_SCALE * span / spread), _MOST_SCALE * span / spread) * noise
    folded = np.abs((values - low) % (2 * span))
    folded = low + np.where(folded > span, 2 * span - folded, folded)
    return _within(bar, kind, folded)


def _within(bar: SessionBar, kind: SecurityKind | None, values: _Floats) -> _Ints:
    """Return prices on the grid that stay within the session's range and touch both of its ends."""
    high, low = bar.high_krw, bar.low_krw
    top, bottom = int(np.argmax(values)), int(np.argmin(values))
    if top == bottom:
        bottom = (top + 1) % len(values)
    prices = np.rint(values).astype(np.int64) if kind is None else rounded_to_ticks(values, kind)
    prices = np.clip(prices, low, high)
    if bar.high_krw > max(bar.open_krw, bar.close_krw):
        prices[top] = high
    if bar.low_krw < min(bar.open_krw, bar.close_krw):
        prices[bottom] = low
    return prices


def _allocate(volume: int, count: int, random: np.random.Generator) -> _Ints:
    """Return whole shares per trade, at least one each, that add up to the volume; auctions take more."""
    weights = np.exp(0.9 * random.standard_normal(count))
    if count > 2:
        inner = float(weights[1:-1].sum())
        weights[0] = inner * random.uniform(0.02, 0.05)
        weights[-1] = inner * random.uniform(0.05, 0.09)
    edges = np.floor(np.cumsum(weights) / weights.sum() * (volume - count)).astype(np.int64)
    edges[-1] = volume - count
    shares: _Ints = np.diff(edges, prepend=0) + 1
    return shares


def _running_turnover(price: _Ints, shares: _Ints, volume: _Ints, high: _Ints, low: _Ints, turnover_krw: int) -> _Ints:
    """Return traded value up to each trade, ending exactly on the session's, within high and low times volume."""
    value = np.cumsum(price * shares)
    traded = int(volume[-1] - volume[0])
    if traded:
        missing = turnover_krw - int(value[-1])
        value = value + np.rint((volume - volume[0]) / traded * missing).astype(np.int64)
    value = np.maximum.accumulate(np.clip(value, low * volume, high * volume))
    value[-1] = max(turnover_krw, int(value[-2]) if len(value) > 1 else 0)
    return value
