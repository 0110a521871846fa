"""Generated daily prices: seeded, and a function of (seed, symbol, date) alone.

Log returns are market + sector + own parts with Student-t tails and autoregressive volatility, pulled weakly to the
listing's price level so that years stay plausible. High and low follow the exact law of a Brownian bridge between
open and close; volume rises with volatility and with the day's move. A fund with an ``index_multiple`` moves with the
listed KOSPI stocks instead, and no other price depends on it.
"""

import bisect
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.base import Won
from daybook.contracts.market import Market, SecurityKind
from daybook.paper.index_funds import followed, followed_range, index_moves, index_range
from daybook.paper.listing import ListedSecurity
from daybook.paper.prices import MarketShock, SessionBar, rounded_to_ticks
from daybook.paper.trading_dates import trades_on

FIRST_DAY = date(2023, 11, 1)
"""Where generated history begins: more than 260 sessions before the calendar's first day."""
LAST_DAY = date(2027, 12, 31)

_DAYS_PER_YEAR = 245
_MARKET_VOLATILITY = 0.17
_SECTOR_VOLATILITY = 0.10
_LEAST_OWN_VOLATILITY = 0.10
_FUND_OWN_VOLATILITY = 0.01
_TAIL_DEGREES = 5
_PULL_TO_LEVEL = 0.004
_LARGEST_MOVE = 0.28
"""Kept inside the daily limit with room for rounding to ticks."""

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class _History:
    days: Sequence[date]
    row_of_day: Mapping[date, int]
    base: _Ints
    open: _Ints
    high: _Ints
    low: _Ints
    close: _Ints
    volume: _Ints


class GeneratedPrices:
    """A price source that makes up every session from ``FIRST_DAY`` to ``LAST_DAY``.

    ``market_shocks`` maps a date to the fall of the whole market that must happen on it; other days keep their own
    returns, so only levels from that date on differ.
    """

    def __init__(
        self, listing: Sequence[ListedSecurity], seed: int, market_shocks: Mapping[date, MarketShock] | None = None
    ) -> None:
        self._listing = tuple(listing)
        self._column = {entry.security.symbol: column for column, entry in enumerate(self._listing)}
        self._seed = seed
        self._shocks = dict(market_shocks or {})

    @property
    def identity(self) -> str:
        """Seed, listing and shocks in one line."""
        content = repr([self._listing, sorted(self._shocks.items())]).encode()
        return f"generated seed={self._seed} digest={zlib.crc32(content):08x}"

    def bar(self, symbol: str, day: date) -> SessionBar | None:
        """Return the session of a trading day."""
        history = self._history
        row = history.row_of_day.get(day)
        return None if row is None else self._session(symbol, row)

    def bars(self, symbol: str, first: date, last: date) -> list[SessionBar]:
        """Return the sessions of ``[first, last]``, oldest first."""
        days = self._history.days
        rows = range(bisect.bisect_left(days, first), bisect.bisect_right(days, last))
        return [self._session(symbol, row) for row in rows]

    def base_krw(self, symbol: str, day: date) -> Won:
        """Return the last close before ``day``."""
        history, column = self._history, self._column[symbol]
        row = bisect.bisect_left(history.days, day)
        return int(history.close[row - 1, column]) if row else int(history.base[0, column])

    def shock(self, day: date) -> MarketShock | None:
        """Return the day's configured shock."""
        return self._shocks.get(day)

    def _session(self, symbol: str, row: int) -> SessionBar:
        history, column = self._history, self._column[symbol]
        open_krw, high, low = (int(part[row, column]) for part in (history.open, history.high, history.low))
        close, volume = int(history.close[row, column]), int(history.volume[row, column])
        return SessionBar(
            symbol=symbol,
            day=history.days[row],
            base_krw=int(history.base[row, column]),
            open_krw=open_krw,
            high_krw=high,
            low_krw=low,
            close_krw=close,
            volume_shares=volume,
            turnover_krw=(open_krw + high + low + close) * volume // 4,
        )

    @cached_property
    def _history(self) -> _History:
        calendar = [FIRST_DAY + timedelta(days=offset) for offset in range((LAST_DAY - FIRST_DAY).days + 1)]
        trading = np.array([trades_on(day) for day in calendar])
        days = [day for day, trades in zip(calendar, trading, strict=True) if trades]
        shock = np.zeros((len(days), len(self._listing)))
        for row, day in enumerate(days):
            if day in self._shocks:
                shock[row] = np.clip(self._betas * self._shocks[day].ratio, -_LARGEST_MOVE, _LARGEST_MOVE)
        returns, sigma, gap = self._returns(len(calendar), trading, shock)
        level = np.log([float(entry.price_krw) for entry in self._listing])
        log_close = np.empty_like(returns)
        current = level.copy()
        for row in range(len(days)):
            pulled = returns[row] - _PULL_TO_LEVEL * (current - level) * (shock[row] == 0)
            current = current + np.clip(pulled, -_LARGEST_MOVE, _LARGEST_MOVE)
            log_close[row] = current
        self._follow_index(level, log_close, gap, returns)
        return self._sessions(days, level, log_close, sigma, gap, len(calendar), trading)

    @cached_property
    def _betas(self) -> _Floats:
        """Return market betas whose capitalisation-weighted mean is 1 within each market."""
        betas = np.array([min(max(entry.annual_volatility / 0.33, 0.6), 1.5) for entry in self._listing])
        funds = np.array([entry.security.kind is not SecurityKind.STOCK for entry in self._listing])
        caps = np.array([float(entry.price_krw * entry.security.shares_outstanding) for entry in self._listing])
        for market in Market:
            rows = np.array([entry.security.market is market for entry in self._listing]) & ~funds
            if rows.any():
                betas[rows] /= np.average(betas[rows], weights=caps[rows])
        betas[funds] = 1.0
        betas[[entry.security.index_multiple != 0 for entry in self._listing]] = 0.0
        return betas

    def _follow_index(self, level: _Floats, log_close: _Floats, gap: _Floats, tracking: _Floats) -> None:
        """Set closes and gaps of the index funds in place; what they have of their own is tracking error."""
        members, shares = self._index_members
        moves = index_moves(level[members], log_close[:, members], gap[:, members], shares)
        for column, entry in enumerate(self._listing):
            if multiple := entry.security.index_multiple:
                close, opening = followed(moves, multiple, tracking[:, column], _LARGEST_MOVE)
                log_close[:, column], gap[:, column] = level[column] + np.cumsum(close), opening

    @cached_property
    def _index_members(self) -> tuple[_Ints, _Floats]:
        """Return the columns of the index's stocks and their shares."""
        members = [
            column
            for column, entry in enumerate(self._listing)
            if entry.security.market is Market.KOSPI and entry.security.kind is SecurityKind.STOCK
        ]
        shares = [float(self._listing[column].security.shares_outstanding) for column in members]
        return np.array(members, np.int64), np.array(shares)

    def _returns(
        self, calendar_days: int, trading: NDArray[np.bool_], shock: _Floats
    ) -> tuple[_Floats, _Floats, _Floats]:
        """Return daily log returns, their volatilities and overnight gaps, each (days, symbols)."""
        market = self._factor("market", calendar_days)[trading] * _MARKET_VOLATILITY
        sectors = {entry.security.sector for entry in self._listing}
        by_sector = {
            name: self._factor(f"sector {name}", calendar_days)[trading] * _SECTOR_VOLATILITY
            for name in sorted(sectors)
        }
        columns, sigmas, gaps = [], [], []
        for column, entry in enumerate(self._listing):
            symbol, beta = entry.security.symbol, self._betas[column]
            is_fund = entry.security.kind is not SecurityKind.STOCK
            shared = (beta * _MARKET_VOLATILITY) ** 2 + _SECTOR_VOLATILITY**2
            own = max(entry.annual_volatility**2 - shared, _LEAST_OWN_VOLATILITY**2) ** 0.5
            own = _FUND_OWN_VOLATILITY if is_fund else own
            move = self._factor(f"own {symbol}", calendar_days)[trading] * own + beta * market
            if not is_fund:
                move = move + by_sector[entry.security.sector]
            calm = np.where(shock[:, column] != 0, 0.2, 1.0)
            daily = move / _DAYS_PER_YEAR**0.5 * calm
            sigma = np.full(len(daily), entry.annual_volatility / _DAYS_PER_YEAR**0.5)
            noise = self._random(f"gap {symbol}").standard_normal(calendar_days)[trading]
            gaps.append(0.3 * daily + 0.25 * sigma * calm * noise)
            columns.append(daily + np.log1p(shock[:, column]))
            sigmas.append(sigma)
        return np.stack(columns, axis=1), np.stack(sigmas, axis=1), np.stack(gaps, axis=1)

    def _factor(self, name: str, calendar_days: int) -> _Floats:
        """Return unit-variance annualised draws with fat tails and clustered volatility, one per calendar day."""
        random = self._random(name)
        draws = random.standard_t(_TAIL_DEGREES, calendar_days) / (_TAIL_DEGREES / (_TAIL_DEGREES - 2)) ** 0.5
        innovations = random.standard_normal(calendar_days) * 0.09
        log_volatility = np.empty(calendar_days)
        state = 0.0
        for index, innovation in enumerate(innovations.tolist()):
            state = 0.97 * state + innovation
            log_volatility[index] = state
        stationary_variance = 0.09**2 / (1 - 0.97**2)
        scaled: _Floats = draws * np.exp(log_volatility - stationary_variance)
        return scaled

    def _sessions(
        self,
        days: Sequence[date],
        level: _Floats,
        log_close: _Floats,
        sigma: _Floats,
        gap: _Floats,
        calendar_days: int,
        trading: NDArray[np.bool_],
    ) -> _History:
        kinds = [entry.security.kind for entry in self._listing]
        close = self._on_ticks(np.exp(log_close), kinds)
        first_base = self._on_ticks(np.exp(level)[None, :], kinds)
        base = np.concatenate([first_base, close[:-1]])
        log_base, log_exact = np.log(base), np.log(close)
        reach = np.log1p(np.array([-_LARGEST_MOVE, _LARGEST_MOVE]))
        log_open = log_base + np.clip(gap, *reach)
        draws = np.stack(
            [self._random(f"range {entry.security.symbol}").random((3, calendar_days)) for entry in self._listing],
            axis=2,
        )[:, trading]
        distance = log_exact - log_open
        variance = (0.85 * sigma) ** 2
        up, down = (np.sqrt(distance**2 - 2 * variance * np.log(1 - draws[part])) for part in (0, 1))
        high = np.clip((log_open + log_exact + up) / 2, None, log_base + reach[1])
        low = np.clip((log_open + log_exact - down) / 2, log_base + reach[0], None)
        members, shares = self._index_members
        of_members = [part[:, members] for part in (log_base, log_open, high, low, log_exact)]
        ranges = index_range(of_members, shares)
        for column, entry in enumerate(self._listing):
            if multiple := entry.security.index_multiple:
                bounds = followed_range(ranges, multiple, _LARGEST_MOVE)
                low[:, column], high[:, column] = (log_base[:, column] + bound for bound in bounds)
        open_krw = self._on_ticks(np.exp(log_open), kinds)
        usual = np.log([float(entry.daily_volume_shares) for entry in self._listing])
        excitement = np.abs(log_exact - log_base) / sigma - 0.8
        spread = np.sqrt(2) * 0.3 * np.log(draws[2] / (1 - draws[2])) / 1.7
        most = np.array([max(entry.security.shares_outstanding * 0.3, 1000.0) for entry in self._listing])
        volume = np.clip(np.exp(usual + spread + 0.25 * np.minimum(excitement, 6.0)), 100.0, most).astype(np.int64)
        return _History(
            days=days,
            row_of_day={day: row for row, day in enumerate(days)},
            base=base,
            open=open_krw,
            high=np.maximum(self._on_ticks(np.exp(high), kinds), np.maximum(open_krw, close)),
            low=np.minimum(self._on_ticks(np.exp(low), kinds), np.minimum(open_krw, close)),
            close=close,
            volume=volume,
        )

    @staticmethod
    def _on_ticks(prices: _Floats, kinds: Sequence[SecurityKind]) -> _Ints:
        rounded = np.empty(prices.shape, np.int64)
        for kind in set(kinds):
            columns = np.array([known is kind for known in kinds])
            rounded[:, columns] = rounded_to_ticks(prices[:, columns], kind)
        return rounded

    def _random(self, name: str) -> np.random.Generator:
        return np.random.default_rng([self._seed, zlib.crc32(name.encode())])
