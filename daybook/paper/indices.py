"""KOSPI, KOSDAQ and KOSPI200: real sessions where given, else weighted by capitalisation from the listed stocks.

Within a session the level follows a path of the same kind as a stock's, sharing the day's common part with them.
"""

import bisect
import zlib
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.market import Market, SecurityKind
from daybook.paper.index_funds import INDEX_RANGE_SHARE
from daybook.paper.model import IndexBar, IndexView, Security
from daybook.paper.paths import DayPath, build_path
from daybook.paper.prices import PriceSource, SessionBar
from daybook.paper.tape import shown_at
from daybook.paper.trading_dates import previous_trading_date, times_of, trades_on

INDEX_NAMES = {"0001": "KOSPI", "1001": "KOSDAQ", "2001": "KOSPI200"}
_STARTING_LEVELS = {"0001": 5800.0, "1001": 1160.0, "2001": 860.0}
_COMMON_WEIGHT = 0.97
_KOSPI200_MEMBERS = 200
_REMEMBERED = 600


class Indices:
    """The indices over one price source. ``given`` holds real sessions by index code."""

    def __init__(
        self,
        securities: Sequence[Security],
        prices: PriceSource,
        seed: int,
        given: Mapping[str, Sequence[IndexBar]] | None = None,
    ) -> None:
        self._securities = [one for one in securities if one.kind is SecurityKind.STOCK]
        self._prices = prices
        self._seed = seed
        self._given = {code: {bar.day: bar for bar in bars} for code, bars in (given or {}).items()}
        self._given_days = {code: sorted(bars) for code, bars in self._given.items()}
        self._weighted: dict[tuple[str, date], tuple[IndexBar, int] | None] = {}
        self._paths: OrderedDict[tuple[str, date], DayPath | None] = OrderedDict()

    def view(self, code: str, moment: datetime) -> IndexView | None:
        """Return an index at a market time, or None for an unknown code."""
        if code not in INDEX_NAMES:
            return None
        day, at_ms = shown_at(moment)
        previous = self._close_before(code, day)
        path = self._path(code, day)
        count = 0 if path is None else path.count_until(at_ms)
        if path is None or not count:
            return IndexView(code, INDEX_NAMES[code], previous, previous, previous, previous, previous, 0, 0)
        row = count - 1
        level, opened, high, low = (
            int(value) / 100 for value in (path.price[row], path.price[0], path.high[row], path.low[row])
        )
        return IndexView(
            code=code,
            name=INDEX_NAMES[code],
            level=level,
            previous_close=previous,
            open=opened,
            high=high,
            low=low,
            volume_shares=int(path.volume[row]),
            turnover_krw=int(int(path.volume[row]) * self._won_per_share(code, day)),
        )

    def bars(self, code: str, first: date, last: date, moment: datetime) -> list[IndexBar]:
        """Return the sessions of ``[first, last]`` up to a moment, oldest first; the running day's bar runs."""
        if code not in INDEX_NAMES:
            return []
        today = moment.date()
        days: list[date] = []
        day = min(last, today)
        earliest = self._first_day(code)
        if not trades_on(day):
            day = previous_trading_date(day)
        while day >= max(first, earliest):
            days.append(day)
            day = previous_trading_date(day)
        bars = [bar for known in reversed(days) if known < today and (bar := self._bar(code, known)) is not None]
        if days and days[0] == today:
            view = self.view(code, moment)
            if view is not None and view.volume_shares:
                bars.append(IndexBar(today, view.open, view.high, view.low, view.level, view.volume_shares))
        return bars

    def moves(self, code: str, day: date) -> Callable[[NDArray[np.int64]], NDArray[np.float64]] | None:
        """Return the day's simple return from the close before as a function of times; None where it rests."""
        path = self._path(code, day)
        if path is None:
            return None
        at, price, previous = path.at_ms, path.price, self._close_before(code, day)

        def move(at_ms: NDArray[np.int64]) -> NDArray[np.float64]:
            rows = np.maximum(np.searchsorted(at, at_ms, side="right") - 1, 0)
            found: NDArray[np.float64] = price[rows] / 100 / previous - 1
            return found

        return move

    def _path(self, code: str, day: date) -> DayPath | None:
        key = (code, day)
        if key not in self._paths:
            self._paths[key] = self._build_path(code, day)
            if len(self._paths) > _REMEMBERED:
                self._paths.popitem(last=False)
        return self._paths[key]

    def _build_path(self, code: str, day: date) -> DayPath | None:
        bar = self._bar(code, day)
        if bar is None:
            return None
        opened, high, low, close = (round(level * 100) for level in (bar.open, bar.high, bar.low, bar.close))
        volume = max(bar.volume_shares, 4000)
        session = SessionBar(
            symbol=code,
            day=day,
            base_krw=round(self._close_before(code, day) * 100),
            open_krw=opened,
            high_krw=max(high, opened, close),
            low_krw=min(low, opened, close),
            close_krw=close,
            volume_shares=volume,
            turnover_krw=(opened + high + low + close) * volume // 4,
        )
        seed = (self._seed, zlib.crc32(code.encode()))
        times = times_of(day)
        return build_path(
            session, times, kind=None, seed=seed, shock=self._prices.shock(day), common_weight=_COMMON_WEIGHT
        )

    def _bar(self, code: str, day: date) -> IndexBar | None:
        if code in self._given:
            return self._given[code].get(day)
        weighted = self._weighted_bar(code, day)
        return weighted[0] if weighted else None

    def _first_day(self, code: str) -> date:
        days = self._given_days.get(code)
        return days[0] if days else date(2023, 11, 1)

    def _close_before(self, code: str, day: date) -> float:
        if code in self._given:
            days = self._given_days[code]
            row = bisect.bisect_left(days, day)
            return self._given[code][days[max(row - 1, 0)]].close
        members = self._members[code]
        total = sum(self._prices.base_krw(one.symbol, day) * one.shares_outstanding for one in members)
        return round(self._scale[code] * total, 2)

    def _weighted_bar(self, code: str, day: date) -> tuple[IndexBar, int] | None:
        """Return a capitalisation-weighted session and its turnover in won; members that rest count at their base."""
        key = (code, day)
        if key in self._weighted:
            return self._weighted[key]
        opened = high = low = close = volume = turnover = 0
        for member in self._members[code]:
            shares, bar = member.shares_outstanding, self._prices.bar(member.symbol, day)
            base = 0 if bar else self._prices.base_krw(member.symbol, day)
            opened += shares * (bar.open_krw if bar else base)
            high += shares * (bar.high_krw if bar else base)
            low += shares * (bar.low_krw if bar else base)
            close += shares * (bar.close_krw if bar else base)
            volume += bar.volume_shares if bar else 0
            turnover += bar.turnover_krw if bar else 0
        found = None
        if volume:
            scale, top, bottom = self._scale[code], max(opened, close), min(opened, close)
            session = IndexBar(
                day=day,
                open=round(scale * opened, 2),
                high=round(scale * (top + (high - top) * INDEX_RANGE_SHARE), 2),
                low=round(scale * (bottom - (bottom - low) * INDEX_RANGE_SHARE), 2),
                close=round(scale * close, 2),
                volume_shares=volume,
            )
            found = (session, turnover)
        self._weighted[key] = found
        return found

    def _won_per_share(self, code: str, day: date) -> float:
        """Return the average price of the day's traded shares among the listed members."""
        weighted = self._weighted_bar(code, day)
        return weighted[1] / weighted[0].volume_shares if weighted else 0.0

    @cached_property
    def _members(self) -> dict[str, list[Security]]:
        kospi = [one for one in self._securities if one.market is Market.KOSPI]
        largest = sorted(kospi, key=self._reference_cap, reverse=True)[:_KOSPI200_MEMBERS]
        return {
            "0001": kospi,
            "1001": [one for one in self._securities if one.market is Market.KOSDAQ],
            "2001": largest,
        }

    @cached_property
    def _scale(self) -> dict[str, float]:
        scales = {}
        for code, members in self._members.items():
            total = sum(self._reference_cap(one) for one in members)
            scales[code] = _STARTING_LEVELS[code] / total if total else 0.0
        return scales

    def _reference_cap(self, security: Security) -> int:
        return self._prices.base_krw(security.symbol, date.min) * security.shares_outstanding
