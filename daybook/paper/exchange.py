"""The paper exchange: one engine of market time, market data, orders and accounts."""

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial
from pathlib import Path

from daybook.contracts.base import KST, Side, Won
from daybook.contracts.market import DailyBar, MinuteBar
from daybook.contracts.session import Session, SessionPhase, phase_at
from daybook.krx.fees import DEFAULT_COMMISSION_RATE
from daybook.paper.clock import ExchangeClock
from daybook.paper.floor import TradingFloor
from daybook.paper.generator import GeneratedPrices
from daybook.paper.indices import INDEX_NAMES, Indices
from daybook.paper.journal import Journal, JournalError, Record
from daybook.paper.listing import packaged_listing
from daybook.paper.model import (
    BookView,
    CashView,
    HoldingView,
    IndexBar,
    IndexView,
    Listeners,
    Order,
    Refusal,
    RefusalKind,
    Security,
    TradePrint,
    TradeState,
)
from daybook.paper.prices import MarketShock, PriceSource
from daybook.paper.replay import INDEX_FILES, ReplayPrices, find_indices, read_index
from daybook.paper.state import ExchangeState
from daybook.paper.tape import Tape, trade_print
from daybook.paper.trading_dates import (
    DAY_MS,
    milliseconds_of,
    previous_trading_date,
    session_of_day,
    trading_date_after,
)

_ACCOUNT = re.compile(r"\d{10}")


class Exchange:
    """The engine behind the KIS front; implements :class:`daybook.paper.model.ExchangeEngine`.

    Market data is a function of the price source, ``seed`` and market time; user orders leave no mark on it. With a
    ``journal_path`` whose file holds an earlier run on the same prices, seed and commission rate, that run goes on:
    its clock anchor wins over ``start_market_time`` and ``speed``, and the time in between has passed. Raises
    ``JournalError`` when the journal is damaged or belongs to other prices.
    """

    def __init__(
        self,
        *,
        listing: Sequence[Security],
        prices: PriceSource,
        start_market_time: datetime,
        speed: float,
        initial_cash_krw: Won = 10_000_000,
        seed: int = 0,
        commission_rate: Decimal = DEFAULT_COMMISSION_RATE,
        journal_path: Path | None = None,
        real_now: Callable[[], float] = time.time,
        index_levels: Mapping[str, Sequence[IndexBar]] | None = None,
    ) -> None:
        self.listeners = Listeners()
        self.initial_cash_krw = initial_cash_krw
        self._securities = {security.symbol: security for security in listing}
        self._indices = Indices(listing, prices, seed, index_levels)
        self._tape = Tape(listing, prices, seed, partial(self._indices.moves, "2001"))
        self._clock = ExchangeClock(start_market_time, speed, real_now)
        self._state = ExchangeState(self._securities, commission_rate)
        self._journal = Journal(journal_path)
        self._floor = TradingFloor(self._securities, self._tape, self._state, self._journal, self.listeners)
        self._watched: dict[str, int] = {}
        self._is_advancing = False
        self._last_match_at: datetime | None = None
        identity = f"{prices.identity} seed={seed} commission={commission_rate}"
        self._processed = self._begin(identity)

    def close(self) -> None:
        """Close the journal; the exchange must not be used afterwards."""
        self._journal.close()

    def now(self) -> datetime:
        """Return market time (KST)."""
        return self._clock.now()

    def set_clock(self, market_time: datetime, speed: float) -> None:
        """Re-anchor market time; raises ``ValueError`` for a time before the last order, fill or match."""
        self.advance()
        events = [at for at in (self._state.last_event_at, self._last_match_at) if at is not None]
        if events and market_time < max(events):
            raise ValueError(f"{market_time.isoformat()} is before the last event at {max(events).isoformat()}")
        anchor = self._clock.set(market_time, speed)
        with self._floor.transaction() as record:
            record(_clock_record(anchor.market_time, anchor.real_s, anchor.speed))
        self._processed = min(self._processed, anchor.market_time)
        self._floor.forget_taken()
        self.advance()

    def session(self) -> Session:
        """Return today's session."""
        return session_of_day(self.now().date())

    def session_of(self, day: date) -> Session:
        """Return the session of any date."""
        return session_of_day(day)

    def phase(self) -> SessionPhase:
        """Return the phase of the session now; AFTER on a day without one."""
        moment = self._advanced()
        session = session_of_day(moment.date())
        return phase_at(session.times(), moment) if session.is_open else SessionPhase.AFTER

    def securities(self) -> Sequence[Security]:
        """Return everything listed."""
        return tuple(self._securities.values())

    def security(self, symbol: str) -> Security | None:
        """Return one listed security, or None."""
        return self._securities.get(symbol)

    def trade_state(self, symbol: str) -> TradeState:
        """Return a symbol's running numbers; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        return self._tape.state(self._listed(symbol), self._advanced())

    def book(self, symbol: str) -> BookView:
        """Return the visible book; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        return self._floor.book(self._listed(symbol), self._advanced())

    def recent_trades(self, symbol: str, count: int) -> list[TradePrint]:
        """Return the last public trades, newest first; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        return self._tape.trades(self._listed(symbol), self._advanced(), count)

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return a day's minute bars up to now, oldest first; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        return self._tape.minute_bars(self._listed(symbol), day, self._advanced())

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return daily bars, oldest first; today's bar runs; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        return self._tape.daily_bars(self._listed(symbol), first, last, self._advanced())

    def index(self, code: str) -> IndexView | None:
        """Return an index now, or None."""
        return self._indices.view(code, self._advanced())

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's daily bars, oldest first; today's bar runs."""
        return self._indices.bars(code, first, last, self._advanced())

    def watch(self, symbol: str) -> None:
        """Advance this symbol continuously, so that ``on_trade`` is called for it; raises as ``trade_state``."""
        self._listed(symbol)
        self.advance()
        self._watched[symbol] = self._watched.get(symbol, 0) + 1

    def unwatch(self, symbol: str) -> None:
        """Undo one ``watch``."""
        left = self._watched.get(symbol, 0) - 1
        if left > 0:
            self._watched[symbol] = left
        else:
            self._watched.pop(symbol, None)

    def open_account(self, account: str, cash_krw: Won) -> None:
        """Open an account (10 digits) unless it exists; raises ``ValueError`` for a bad number or negative cash."""
        if not _ACCOUNT.fullmatch(account) or cash_krw < 0:
            raise ValueError("an account has 10 digits and no negative cash")
        if account not in self._state.accounts:
            with self._floor.transaction() as record:
                record({"kind": "account", "account": account, "cash_krw": cash_krw})

    def has_account(self, account: str) -> bool:
        """Whether the account exists."""
        return account in self._state.accounts

    def submit(self, account: str, symbol: str, side: Side, order_type: str, shares: int, price_krw: Won) -> Order:
        """Accept and match an order of type ORD_DVSN, or raise ``Refusal``; ``KeyError`` for an unknown account."""
        return self._floor.submit(account, symbol, side, order_type, shares, price_krw, self._advanced())

    def cancel(self, account: str, number: str, shares: int | None) -> Order:
        """Cancel ``shares`` (None: all) of the rest; returns the cancel request's own order, or raises ``Refusal``."""
        return self._floor.cancel(account, number, shares, self._advanced())

    def modify(self, account: str, number: str, order_type: str, shares: int | None, price_krw: Won) -> Order:
        """Replace price and shares of the rest; returns the new order that lives on, or raises ``Refusal``."""
        return self._floor.modify(account, number, order_type, shares, price_krw, self._advanced())

    def orders(self, account: str, first: date, last: date) -> list[Order]:
        """Return copies of all orders and requests of the dates, oldest first."""
        self.advance()
        days = sorted(day for day in self._state.orders if first <= day <= last)
        known = (one.order for day in days for one in self._state.orders[day].values())
        return [replace(order) for order in known if order.account == account]

    def holdings(self, account: str) -> list[HoldingView]:
        """Return the balance rows; ``KeyError`` for an unknown account."""
        moment = self._advanced()
        today, yesterday = moment.date(), previous_trading_date(moment.date())
        rows = []
        for symbol, position in self._floor.account(account).positions.items():
            if not position.shares and (position.keep_until is None or position.keep_until <= today):
                continue
            rows.append(
                HoldingView(
                    symbol=symbol,
                    name=self._securities[symbol].name,
                    shares=position.shares,
                    sellable_shares=self._floor.sellable_shares(account, symbol),
                    average_price_krw=position.average_price_krw,
                    cost_krw=position.cost_krw,
                    price_krw=self._tape.last_krw(symbol, moment),
                    bought_today=position.bought_by_day.get(today, 0),
                    sold_today=position.sold_by_day.get(today, 0),
                    bought_yesterday=position.bought_by_day.get(yesterday, 0),
                    sold_yesterday=position.sold_by_day.get(yesterday, 0),
                )
            )
        return rows

    def cash(self, account: str) -> CashView:
        """Return the account's cash; ``KeyError`` for an unknown account."""
        today = self._advanced().date()
        known = self._floor.account(account)
        totals, before = known.totals_on(today), known.totals_on(previous_trading_date(today))
        orderable = self._floor.orderable_krw(account)
        return CashView(
            d0_krw=known.cash_on(today),
            d1_krw=known.cash_on(trading_date_after(today)),
            d2_krw=known.final_cash_krw,
            orderable_krw=orderable,
            reusable_krw=min(orderable, known.unsettled_sales_krw(today)),
            bought_today_krw=totals.bought_krw,
            sold_today_krw=totals.sold_krw,
            costs_today_krw=totals.costs_krw,
            bought_yesterday_krw=before.bought_krw,
            sold_yesterday_krw=before.sold_krw,
            costs_yesterday_krw=before.costs_krw,
        )

    def order_costs_krw(self, order: Order) -> Won:
        """Return commission and tax of an order so far, floored to the won."""
        return self._state.costs_krw(order)

    def advance(self) -> None:
        """Process everything due by now: trades, fills, auctions, end of day. A call from a callback does nothing."""
        if self._is_advancing:
            return
        self._is_advancing = True
        try:
            now = self._clock.now()
            while self._processed.date() < now.date():
                self._run(milliseconds_of(self._processed), DAY_MS)
                self._processed = _midnight(self._processed.date() + timedelta(days=1))
            if self._processed < now:
                self._run(milliseconds_of(self._processed), milliseconds_of(now))
                self._processed = now
        finally:
            self._is_advancing = False

    def _run(self, from_ms: int, until_ms: int) -> None:
        """Process one day's trades in ``(from_ms, until_ms]`` in market-time order, then its close."""
        if not self._watched and not self._state.resting:
            return
        day = self._processed.date()
        session = session_of_day(day)
        if not session.is_open:
            return
        due: list[tuple[int, str, int]] = []
        for symbol in {*self._watched, *self._state.resting}:
            path = self._tape.symbol_day(symbol, day).path
            if path is not None:
                first, end = path.count_until(from_ms), path.count_until(until_ms)
                due.extend((at_ms, symbol, first + row) for row, at_ms in enumerate(path.at_ms[first:end].tolist()))
        closes = session.times().closes
        with self._floor.transaction():
            for _, symbol, row in sorted(due):
                known = self._tape.symbol_day(symbol, day)
                is_watched = symbol in self._watched
                if is_watched or symbol in self._state.resting:
                    was_matched = self._floor.on_print(known, row)
                    if was_matched or is_watched:
                        trade = trade_print(known, row)
                        self._last_match_at = trade.at
                        for listener in self.listeners.on_trade if is_watched else ():
                            listener(trade)
            if from_ms < milliseconds_of(closes) <= until_ms:
                self._floor.expire(closes)

    def _advanced(self) -> datetime:
        """Advance and return the market time everything has been processed to."""
        self.advance()
        return self._processed

    def _listed(self, symbol: str) -> str:
        if symbol not in self._securities:
            raise Refusal(RefusalKind.UNKNOWN_SYMBOL, symbol)
        return symbol

    def _begin(self, identity: str) -> datetime:
        """Continue the journal's run or begin one; returns the market time to process from."""
        for batch in self._journal.open():
            for entry in batch:
                self._state.apply(entry)
        if not self._state.identity or self._state.anchor is None:
            anchor = self._clock.anchor
            with self._floor.transaction() as record:
                record({"kind": "identity", "identity": identity})
                record(_clock_record(anchor.market_time, anchor.real_s, anchor.speed))
            return anchor.market_time
        if self._state.identity != identity:
            self._journal.close()
            raise JournalError(f"the journal belongs to {self._state.identity}, not to {identity}; begin a new file")
        self._clock.restore(self._state.anchor)
        unseen = [
            _midnight(one.order.entered_at.date()) + timedelta(milliseconds=one.seen_ms)
            for orders in self._state.resting.values()
            for one in orders
        ]
        return min([*unseen, max(self._state.anchor.market_time, self._state.last_event_at or _midnight(date.min))])


@dataclass(frozen=True, slots=True)
class ExchangeConfig:
    """How to build an exchange.

    ``replay_path`` replays a file's sessions, otherwise prices are generated from ``seed``. ``index_path`` is an index
    file or a folder of them; index files beside the replay file are found without it. ``start_market_time`` None
    starts at real time.
    """

    seed: int = 20260320
    replay_path: Path | None = None
    index_path: Path | None = None
    start_market_time: datetime | None = None
    speed: float = 1.0
    initial_cash_krw: Won = 10_000_000
    journal_path: Path | None = None
    commission_rate: Decimal = DEFAULT_COMMISSION_RATE
    market_shocks: Mapping[date, MarketShock] = field(default_factory=dict)
    real_now: Callable[[], float] = time.time


def build_exchange(config: ExchangeConfig) -> Exchange:
    """Return the exchange a configuration describes.

    Raises ``ReplayFileError`` or ``OSError`` for files that cannot be used, ``JournalError`` for such a journal and
    ``ValueError`` when shocks are asked of a replay.
    """
    start = config.start_market_time or datetime.fromtimestamp(config.real_now(), KST)
    levels = _index_levels(config)
    prices: PriceSource
    listing: Sequence[Security]
    if config.replay_path is None:
        entries = packaged_listing()
        prices, listing = GeneratedPrices(entries, config.seed, config.market_shocks), [one.security for one in entries]
    else:
        if config.market_shocks:
            raise ValueError("a replay keeps its real sessions: market shocks need generated prices")
        replayed = ReplayPrices.read(config.replay_path)
        prices, listing = replayed, replayed.securities
    return Exchange(
        listing=listing,
        prices=prices,
        start_market_time=start,
        speed=config.speed,
        initial_cash_krw=config.initial_cash_krw,
        seed=config.seed,
        commission_rate=config.commission_rate,
        journal_path=config.journal_path,
        real_now=config.real_now,
        index_levels=levels,
    )


def _index_levels(config: ExchangeConfig) -> dict[str, list[IndexBar]] | None:
    path = config.index_path
    if path is not None and path.is_file():
        stem = path.name.split(".")[0]
        code = next((code for code, known in INDEX_FILES.items() if known == stem), next(iter(INDEX_NAMES)))
        return {code: read_index(path)}
    folder = path or (config.replay_path.parent if config.replay_path else None)
    return find_indices(folder) if folder is not None else None


def _clock_record(market_time: datetime, real_s: float, speed: float) -> Record:
    return {"kind": "clock", "market": market_time.isoformat(), "real_s": real_s, "speed": speed}


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), tzinfo=KST)
