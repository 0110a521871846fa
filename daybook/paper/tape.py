"""The tape: what every symbol's market looks like at a market time, computed lazily from its path."""

import zlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.base import KST, Won
from daybook.contracts.market import DailyBar, Market, MinuteBar, SecurityKind
from daybook.contracts.session import SessionPhase, SessionTimes, phase_at
from daybook.krx.limits import PriceLimits, daily_limits
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.krx.vi import VolatilityClass
from daybook.paper.book import Depth, synthetic_depth
from daybook.paper.interruptions import Interruption
from daybook.paper.model import Security, TradePrint, TradeState
from daybook.paper.paths import DayPath, build_path
from daybook.paper.prices import PriceSource
from daybook.paper.trading_dates import DAY_MS, milliseconds_of, previous_trading_date, session_of_day, times_of

_Floats = NDArray[np.float64]
_Ints = NDArray[np.int64]
_MovesOfDay = Callable[[date], Callable[[_Ints], _Floats] | None]

_REMEMBERED = 3000
_BOOK_HOLDS_TRADES = 8
"""The synthetic sizes change after so many trades; what users took stays gone until then."""
_LEVELS_PER_DAY = 300
_AUCTION_BOOK_MS = 10_000
_LARGE_CAP_KRW = 1_000_000_000_000
_HISTORY = timedelta(days=20)


@dataclass(frozen=True, slots=True)
class SymbolDay:
    """One symbol on one trading day; ``path`` is None when it does not trade that day."""

    security: Security
    day: date
    times: SessionTimes
    base_krw: Won
    limits: PriceLimits
    path: DayPath | None
    previous_volume_shares: int
    usual_shares: int
    salt: int

    def interruption_at(self, at_ms: int) -> Interruption | None:
        """Return the volatility interruption in force at a time, if any."""
        if self.path is None:
            return None
        return next((part for part in self.path.interruptions if part.from_ms <= at_ms < part.until_ms), None)


@dataclass(frozen=True, slots=True)
class DepthView:
    """The synthetic book at one moment. ``holds`` names the time its sizes last; call auctions expect a price."""

    depth: Depth
    holds: int
    expected_price_krw: Won = 0
    expected_shares: int = 0


class Tape:
    """Market data of all listed symbols at any market time. It never sees user orders.

    ``index_moves`` gives the return of KOSPI200 within a day, which index funds follow.
    """

    def __init__(
        self, securities: Sequence[Security], prices: PriceSource, seed: int, index_moves: _MovesOfDay | None = None
    ) -> None:
        self._index_moves = index_moves
        self._securities = {security.symbol: security for security in securities}
        self._prices = prices
        self._seed = seed
        self._days: OrderedDict[tuple[str, date], SymbolDay] = OrderedDict()

    def symbol_day(self, symbol: str, day: date) -> SymbolDay:
        """Return a listed symbol on a trading day."""
        key = (symbol, day)
        found = self._days.get(key)
        if found is None:
            found = self._days[key] = self._build(self._securities[symbol], day)
            if len(self._days) > _REMEMBERED:
                self._days.popitem(last=False)
        return found

    def state(self, symbol: str, moment: datetime) -> TradeState:
        """Return the running numbers; on a day without a session, those of the last one."""
        day, at_ms = shown_at(moment)
        known = self.symbol_day(symbol, day)
        count = 0 if known.path is None else known.path.count_until(at_ms)
        phase = phase_at(known.times, moment) if day == moment.date() else SessionPhase.AFTER
        last = high = low = opened = reference = volume = turnover = 0
        if known.path is not None and count:
            path, row = known.path, count - 1
            last, opened, high, low = (
                int(value) for value in (path.price[row], path.price[0], path.high[row], path.low[row])
            )
            volume, turnover = int(path.volume[row]), int(path.turnover[row])
            reference = opened
            for part in path.interruptions:
                if part.until_ms <= at_ms:
                    reference = int(path.price[part.index])
        return TradeState(
            symbol=symbol,
            at=moment,
            phase=phase,
            last_krw=last or known.base_krw,
            base_krw=known.base_krw,
            open_krw=opened,
            high_krw=high,
            low_krw=low,
            upper_limit_krw=known.limits.upper_krw,
            lower_limit_krw=known.limits.lower_krw,
            volume_shares=volume,
            turnover_krw=turnover,
            previous_volume_shares=known.previous_volume_shares,
            vi_active=phase is SessionPhase.CONTINUOUS and known.interruption_at(at_ms) is not None,
            vi_base_krw=reference,
            is_halted=known.path is None,
        )

    def last_krw(self, symbol: str, moment: datetime) -> Won:
        """Return the last price, or the base price before the first trade."""
        day, at_ms = shown_at(moment)
        known = self.symbol_day(symbol, day)
        count = 0 if known.path is None else known.path.count_until(at_ms)
        return known.base_krw if known.path is None or not count else int(known.path.price[count - 1])

    def depth(self, symbol: str, moment: datetime) -> DepthView:
        """Return the synthetic book; empty before the opening auction and for a halted symbol."""
        day, at_ms = shown_at(moment)
        known = self.symbol_day(symbol, day)
        phase = phase_at(known.times, moment) if day == moment.date() else SessionPhase.AFTER
        if known.path is None or phase in (SessionPhase.BEFORE, SessionPhase.ORDER_ENTRY):
            return DepthView(Depth((), ()), holds=-1)
        path, count = known.path, known.path.count_until(at_ms)
        auction = self._auction_at(known, path, phase, at_ms)
        if auction is None:
            row = max(count - 1, 0)
            price, is_buy, holds = int(path.price[row]), bool(path.is_buy[row]), row // _BOOK_HOLDS_TRADES
            return DepthView(self._depth_around(known, price, is_buy, holds), holds)
        from_ms, until_ms, row = auction
        before = int(path.price[row - 1]) if row else known.base_krw
        progress = min(max((at_ms - from_ms) / (until_ms - from_ms), 0.0), 1.0)
        between = before + (int(path.price[row]) - before) * progress**0.5
        expected = round_to_tick(max(between, 1.0), known.security.kind, Rounding.NEAREST)
        holds = DAY_MS + at_ms // _AUCTION_BOOK_MS
        return DepthView(
            self._depth_around(known, expected, True, holds),
            holds,
            expected_price_krw=min(max(expected, known.limits.lower_krw), known.limits.upper_krw),
            expected_shares=max(int(int(path.shares[row]) * progress), 1),
        )

    def trades(self, symbol: str, moment: datetime, count: int) -> list[TradePrint]:
        """Return the last public trades, newest first."""
        day, at_ms = shown_at(moment)
        known = self.symbol_day(symbol, day)
        if known.path is None:
            return []
        end = known.path.count_until(at_ms)
        return [trade_print(known, row) for row in range(end - 1, max(end - count, 0) - 1, -1)]

    def minute_bars(self, symbol: str, day: date, moment: datetime) -> list[MinuteBar]:
        """Return the minutes that traded up to a moment; they add up to the day's volume."""
        if day > moment.date() or not session_of_day(day).is_open:
            return []
        path = self.symbol_day(symbol, day).path
        count = 0 if path is None else path.count_until(milliseconds_of(moment) if day == moment.date() else DAY_MS)
        if path is None or not count:
            return []
        minutes = path.at_ms[:count] // 60_000
        starts = np.flatnonzero(np.diff(minutes, prepend=-1))
        price, ends = path.price[:count], np.append(starts[1:], count) - 1
        highs, lows = np.maximum.reduceat(price, starts), np.minimum.reduceat(price, starts)
        volumes = np.add.reduceat(path.shares[:count], starts)
        midnight = datetime.combine(day, datetime.min.time(), tzinfo=KST)
        return [
            MinuteBar(
                symbol=symbol,
                starts_at=midnight + timedelta(minutes=int(minutes[start])),
                open_krw=int(price[start]),
                high_krw=int(high),
                low_krw=int(low),
                close_krw=int(price[end]),
                volume_shares=int(volume),
            )
            for start, end, high, low, volume in zip(starts, ends, highs, lows, volumes, strict=True)
        ]

    def daily_bars(self, symbol: str, first: date, last: date, moment: datetime) -> list[DailyBar]:
        """Return the traded sessions up to a moment, oldest first; the running day's bar runs."""
        today = moment.date()
        bars = [
            DailyBar(
                symbol=symbol,
                day=bar.day,
                open_krw=bar.open_krw,
                high_krw=bar.high_krw,
                low_krw=bar.low_krw,
                close_krw=bar.close_krw,
                volume_shares=bar.volume_shares,
                turnover_krw=bar.turnover_krw,
            )
            for bar in self._prices.bars(symbol, first, min(last, today - timedelta(days=1)))
        ]
        if first <= today <= last and session_of_day(today).is_open:
            state = self.state(symbol, moment)
            if state.volume_shares:
                bars.append(
                    DailyBar(
                        symbol=symbol,
                        day=today,
                        open_krw=state.open_krw,
                        high_krw=state.high_krw,
                        low_krw=state.low_krw,
                        close_krw=state.last_krw,
                        volume_shares=state.volume_shares,
                        turnover_krw=state.turnover_krw,
                    )
                )
        return bars

    def _build(self, security: Security, day: date) -> SymbolDay:
        times = times_of(day)
        symbol, kind = security.symbol, security.kind
        base, bar = self._prices.base_krw(symbol, day), self._prices.bar(symbol, day)
        limits = daily_limits(base, kind)
        path = None
        salt = zlib.crc32(f"{self._seed} {symbol} {day}".encode())
        earlier = self._prices.bars(symbol, day - _HISTORY, day - timedelta(days=1))[-5:]
        volumes = [known.volume_shares for known in earlier] or [bar.volume_shares if bar else 0]
        if bar is not None:
            limits = PriceLimits(min(limits.lower_krw, bar.low_krw), max(limits.upper_krw, bar.high_krw))
            seed = (self._seed, zlib.crc32(symbol.encode()))
            path = build_path(
                bar,
                times,
                kind=kind,
                seed=seed,
                volatility_class=_volatility_class(security, base),
                shock=self._prices.shock(day),
                followed=self._followed(security, base, day),
            )
        return SymbolDay(
            security=security,
            day=day,
            times=times,
            base_krw=base,
            limits=limits,
            path=path,
            previous_volume_shares=earlier[-1].volume_shares if earlier else 0,
            usual_shares=max(sum(volumes) // len(volumes) // _LEVELS_PER_DAY, 1),
            salt=salt,
        )

    def _followed(self, security: Security, base_krw: Won, day: date) -> Callable[[_Ints], _Floats] | None:
        multiple = security.index_multiple
        moves = self._index_moves(day) if multiple and self._index_moves else None
        return (lambda at_ms: base_krw * (1 + multiple * moves(at_ms))) if moves else None

    def _depth_around(self, known: SymbolDay, price_krw: Won, is_buy: bool, holds: int) -> Depth:
        return synthetic_depth(
            price_krw,
            is_buy,
            limits=known.limits,
            kind=known.security.kind,
            usual_shares=known.usual_shares,
            salt=known.salt * 100_003 + holds,
        )

    @staticmethod
    def _auction_at(known: SymbolDay, path: DayPath, phase: SessionPhase, at_ms: int) -> tuple[int, int, int] | None:
        """Return start, end and the single price's row of the call auction in force, if any."""
        times = known.times
        if phase is SessionPhase.OPENING_AUCTION:
            return milliseconds_of(times.opening_auction_from), milliseconds_of(times.opens), 0
        if phase is SessionPhase.CLOSING_AUCTION and path.closing_index is not None:
            return milliseconds_of(times.closing_auction_from), milliseconds_of(times.closes), path.closing_index
        interruption = known.interruption_at(at_ms) if phase is SessionPhase.CONTINUOUS else None
        if interruption is None:
            return None
        return interruption.from_ms, interruption.until_ms, interruption.index


def _volatility_class(security: Security, base_krw: Won) -> VolatilityClass:
    """Return a stand-in for membership of KOSPI 200: a large capitalisation there, or a fund."""
    is_large = security.market is Market.KOSPI and base_krw * security.shares_outstanding >= _LARGE_CAP_KRW
    return VolatilityClass.LARGE_CAP if is_large or security.kind is SecurityKind.ETF else VolatilityClass.OTHER


def shown_at(moment: datetime) -> tuple[date, int]:
    """Return the trading day whose numbers a moment shows, and the milliseconds of it that have passed."""
    day = moment.date()
    if session_of_day(day).is_open:
        return day, milliseconds_of(moment)
    return previous_trading_date(day), DAY_MS


def trade_print(known: SymbolDay, row: int) -> TradePrint:
    """Return one public trade of a day that trades."""
    if known.path is None:
        raise ValueError(f"{known.security.symbol} did not trade on {known.day}")
    midnight = datetime.combine(known.day, datetime.min.time(), tzinfo=KST)
    return TradePrint(
        symbol=known.security.symbol,
        at=midnight + timedelta(milliseconds=int(known.path.at_ms[row])),
        price_krw=int(known.path.price[row]),
        shares=int(known.path.shares[row]),
        is_buy=bool(known.path.is_buy[row]),
    )
