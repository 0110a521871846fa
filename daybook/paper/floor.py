"""The trading floor: takes orders in, matches them against book and tape, and records what happened."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from daybook.contracts.base import KST, Side, Won
from daybook.contracts.session import SessionPhase, phase_at
from daybook.krx.fees import order_costs
from daybook.paper.accounts import Account
from daybook.paper.book import LEVELS
from daybook.paper.journal import Journal, Record
from daybook.paper.matching import Fill, RestingOrder, match_auction, match_print, sweep
from daybook.paper.model import (
    BookView,
    Level,
    Listeners,
    NoticeKind,
    Order,
    OrderNotice,
    OrderStatus,
    Refusal,
    RefusalKind,
    Security,
)
from daybook.paper.order_entry import Lifetime, Terms, check_session, check_shares, terms_of
from daybook.paper.state import ExchangeState, order_record
from daybook.paper.tape import DepthView, SymbolDay, Tape
from daybook.paper.trading_dates import milliseconds_of, session_of_day

BRANCH = "00950"
"""The branch code KIS's mock host gives every order."""


class TradingFloor:
    """Orders of all accounts at one exchange; every method is told the market time and must be called in its order."""

    def __init__(
        self,
        securities: Mapping[str, Security],
        tape: Tape,
        state: ExchangeState,
        journal: Journal,
        listeners: Listeners,
    ) -> None:
        self._securities = securities
        self._tape = tape
        self._state = state
        self._journal = journal
        self._listeners = listeners
        self._batch: list[Record] = []
        self._notices: list[OrderNotice] = []
        self._transactions = 0
        self._taken: dict[str, tuple[int, dict[tuple[bool, Won], int]]] = {}

    @contextmanager
    def transaction(self) -> Iterator[Callable[[Record], None]]:
        """Collect records into one journal batch; notices go out once the batch is on the disk."""
        self._transactions += 1
        try:
            yield self._record
        finally:
            self._transactions -= 1
            if not self._transactions:
                batch, self._batch = self._batch, []
                notices, self._notices = self._notices, []
                self._journal.append(batch)
                for notice in notices:
                    for listener in self._listeners.on_notice:
                        listener(notice)

    def forget_taken(self) -> None:
        """Refill the synthetic book, when the clock was moved."""
        self._taken.clear()

    def account(self, number: str) -> Account:
        """Return an account; raises ``KeyError`` for one that was never opened."""
        found = self._state.accounts.get(number)
        if found is None:
            raise KeyError(f"there is no account {number}")
        return found

    def orderable_krw(self, account: str) -> Won:
        """Return the cash a new order may reserve: D+2 cash less what working buys hold."""
        held = sum(self._held_krw(one, one.order.remaining_shares) for one in self._state.resting_of(account))
        return self.account(account).final_cash_krw - held

    def sellable_shares(self, account: str, symbol: str) -> int:
        """Return the shares held less those that working sells hold."""
        position = self.account(account).positions.get(symbol)
        selling = (one.order for one in self._state.resting.get(symbol, []) if one.order.side is Side.SELL)
        held = sum(order.remaining_shares for order in selling if order.account == account)
        return (position.shares if position else 0) - held

    def submit(
        self, account: str, symbol: str, side: Side, order_type: str, shares: int, price_krw: Won, moment: datetime
    ) -> Order:
        """Accept and match a new order, or raise ``Refusal``."""
        self.account(account)
        if symbol not in self._securities:
            raise Refusal(RefusalKind.UNKNOWN_SYMBOL, symbol)
        known, is_continuous = self._market(symbol, moment)
        check_shares(shares)
        view = self._visible(symbol, moment)
        terms = terms_of(order_type, side, price_krw, known, is_continuous=is_continuous, depth=view.depth)
        self._check_means(account, symbol, side, shares, terms, freed_krw=0, freed_shares=0, moment=moment)
        with self.transaction():
            return self._place(
                account,
                known,
                side,
                order_type,
                shares,
                terms,
                moment,
                original="",
                view=view if is_continuous else None,
            )

    def cancel(self, account: str, number: str, shares: int | None, moment: datetime) -> Order:
        """Cancel ``shares`` (None: all) of an order's rest; returns the request's own order."""
        target = self._target(account, number, shares, moment)
        cancelled = target.order.remaining_shares if shares is None else shares
        with self.transaction():
            self._drop(target, cancelled, moment)
            request = replace(
                target.order,
                number=self._state.next_number(moment.date()),
                shares=cancelled,
                price_krw=0,
                entered_at=moment,
                original_number=target.order.number,
                is_cancel_request=True,
                is_modify_request=False,
                status=OrderStatus.CANCELLED,
                filled_shares=0,
                filled_amount_krw=0,
                cancelled_shares=cancelled,
                queue_ahead_shares=0,
            )
            self._record(
                order_record(RestingOrder(request, self._state.sequence + 1, None, 0, milliseconds_of(moment)))
            )
            self._notify(NoticeKind.CANCELLED, request, cancelled, 0, moment)
        return request

    def modify(
        self, account: str, number: str, order_type: str, shares: int | None, price_krw: Won, moment: datetime
    ) -> Order:
        """Replace price and type of ``shares`` (None: all) of an order's rest; returns the order that lives on."""
        target = self._target(account, number, shares, moment)
        moved = target.order.remaining_shares if shares is None else shares
        symbol, side = target.order.symbol, target.order.side
        known, is_continuous = self._market(symbol, moment)
        view = self._visible(symbol, moment)
        terms = terms_of(order_type, side, price_krw, known, is_continuous=is_continuous, depth=view.depth)
        remaining = target.order.remaining_shares
        freed = self._held_krw(target, remaining) - self._held_krw(target, remaining - moved)
        freed_shares = moved if side is Side.SELL else 0
        self._check_means(
            account, symbol, side, moved, terms, freed_krw=freed, freed_shares=freed_shares, moment=moment
        )
        with self.transaction():
            self._drop(target, moved, moment)
            return self._place(
                account,
                known,
                side,
                order_type,
                moved,
                terms,
                moment,
                original=target.order.number,
                view=self._visible(symbol, moment) if is_continuous else None,
            )

    def on_print(self, known: SymbolDay, row: int) -> bool:
        """Match one public trade with the resting orders that have not seen it; returns whether there were any."""
        path, symbol = known.path, known.security.symbol
        if path is None:
            return False
        at_ms = int(path.at_ms[row])
        waiting = [one for one in self._state.resting.get(symbol, []) if one.seen_ms < at_ms]
        if not waiting:
            return False
        price, shares = int(path.price[row]), int(path.shares[row])
        if path.is_auction(row):
            fills = match_auction(waiting, price, shares, is_closing=row == path.closing_index)
        else:
            fills = match_print(waiting, price, shares)
        for one in waiting:
            one.seen_ms = at_ms
        if fills:
            moment = datetime.combine(known.day, datetime.min.time(), tzinfo=KST) + timedelta(milliseconds=at_ms)
            for fill in fills:
                self._fill(fill, moment)
            self._record_queues(symbol, moment)
        return True

    def expire(self, moment: datetime) -> None:
        """Drop what is left of every order at the close; the exchange sends no notice of it."""
        with self.transaction():
            for one in [one for orders in self._state.resting.values() for one in orders]:
                self._drop(one, one.order.remaining_shares, moment)
        self._taken.clear()

    def book(self, symbol: str, moment: datetime) -> BookView:
        """Return the visible book: synthetic depth that is still there, and the users' limit orders."""
        view = self._visible(symbol, moment)
        asks, bids = ({level.price_krw: level.shares for level in side} for side in (view.depth.asks, view.depth.bids))
        for one in self._state.resting.get(symbol, []) if not view.expected_price_krw else ():
            if one.limit_krw is not None:
                levels = bids if one.order.side is Side.BUY else asks
                levels[one.limit_krw] = levels.get(one.limit_krw, 0) + one.order.remaining_shares
        return BookView(
            asks=tuple(Level(price, asks[price]) for price in sorted(asks)[:LEVELS]),
            bids=tuple(Level(price, bids[price]) for price in sorted(bids, reverse=True)[:LEVELS]),
            expected_price_krw=view.expected_price_krw,
            expected_shares=view.expected_shares,
        )

    def _market(self, symbol: str, moment: datetime) -> tuple[SymbolDay, bool]:
        """Return the symbol's day and whether it trades continuously; raises ``Refusal`` when no orders are taken."""
        session = session_of_day(moment.date())
        phase = phase_at(session.times(), moment) if session.is_open else SessionPhase.AFTER
        check_session(session.is_open, phase)
        known = self._tape.symbol_day(symbol, moment.date())
        interrupted = known.interruption_at(milliseconds_of(moment)) is not None
        return known, phase is SessionPhase.CONTINUOUS and not interrupted

    def _visible(self, symbol: str, moment: datetime) -> DepthView:
        """Return the synthetic book less what users took since its sizes were last drawn.

        Levels that cross a user's resting order are left out, so that nobody trades there before that order.
        """
        view = self._tape.depth(symbol, moment)
        holds, taken = self._taken.get(symbol, (view.holds, {}))
        resting = self._state.resting.get(symbol, [])
        if view.expected_price_krw or (not resting and (holds != view.holds or not taken)):
            return view
        taken = taken if holds == view.holds else {}
        buys = [one for one in resting if one.order.side is Side.BUY]
        sells = [one for one in resting if one.order.side is Side.SELL]
        depth = view.depth
        asks, bids = (
            tuple(
                Level(level.price_krw, level.shares - gone)
                for level in side
                if (gone := taken.get((is_ask, level.price_krw), 0)) < level.shares
                and not any(one.accepts(level.price_krw) for one in (buys if is_ask else sells))
            )
            for is_ask, side in ((True, depth.asks), (False, depth.bids))
        )
        return replace(view, depth=replace(depth, asks=asks, bids=bids))

    def _check_means(
        self,
        account: str,
        symbol: str,
        side: Side,
        shares: int,
        terms: Terms,
        *,
        freed_krw: Won,
        freed_shares: int,
        moment: datetime,
    ) -> None:
        if side is Side.SELL:
            sellable = self.sellable_shares(account, symbol) + freed_shares
            if shares > sellable:
                raise Refusal(RefusalKind.NOTHING_TO_SELL, f"{sellable} shares of {symbol} can be sold")
            return
        amount = shares * terms.reserve_krw
        needed = amount + self._costs_krw(symbol, side, amount, moment)
        orderable = self.orderable_krw(account) + freed_krw
        if needed > orderable:
            raise Refusal(RefusalKind.NO_CASH, f"{needed} won needed, {orderable} orderable")

    def _target(self, account: str, number: str, shares: int | None, moment: datetime) -> RestingOrder:
        found = self._state.find(moment.date(), number.zfill(10))
        if found is None or found.order.account != account:
            raise Refusal(RefusalKind.UNKNOWN_ORDER, f"order {number} is not of today and this account")
        if not found.order.remaining_shares:
            raise Refusal(RefusalKind.NOTHING_TO_CANCEL, f"nothing of order {number} is left")
        if shares is not None and not 0 < shares <= found.order.remaining_shares:
            raise Refusal(RefusalKind.BAD_QUANTITY, f"{found.order.remaining_shares} shares are left, not {shares}")
        return found

    def _place(
        self,
        account: str,
        known: SymbolDay,
        side: Side,
        order_type: str,
        shares: int,
        terms: Terms,
        moment: datetime,
        *,
        original: str,
        view: DepthView | None,
    ) -> Order:
        """Book an order that passed; ``view`` is the book it meets, None in a call auction."""
        symbol = known.security.symbol
        entered = Order(
            number=self._state.next_number(moment.date()),
            branch=BRANCH,
            account=account,
            symbol=symbol,
            side=side,
            order_type=order_type,
            shares=shares,
            price_krw=terms.price_krw,
            entered_at=moment,
            original_number=original,
            is_modify_request=bool(original),
        )
        at_ms = milliseconds_of(moment)
        self._record(
            order_record(RestingOrder(entered, self._state.sequence + 1, terms.limit_krw, terms.reserve_krw, at_ms))
        )
        resting = self._state.orders[moment.date()][entered.number]
        kind = NoticeKind.MODIFIED if original else NoticeKind.ACCEPTED
        self._notify(kind, resting.order, shares, terms.price_krw, moment)
        if view is not None:
            self._sweep(resting, terms, view, moment)
        if resting.order.remaining_shares:
            if view is not None:
                resting.order.queue_ahead_shares = _queue_ahead(resting, view)
            self._record_queues(symbol, moment)
        return replace(resting.order)

    def _sweep(self, incoming: RestingOrder, terms: Terms, view: DepthView, moment: datetime) -> None:
        order = incoming.order
        is_buy, lifetime = order.side is Side.BUY, terms.order_type.lifetime
        levels = view.depth.asks if is_buy else view.depth.bids
        opposite = [one for one in self._state.resting.get(order.symbol, []) if one.order.side is not order.side]
        takes = sweep(incoming, order.shares, levels, opposite)
        if lifetime is Lifetime.FILL_OR_KILL and sum(take.shares for take in takes) < order.shares:
            takes = []
        holds, taken = self._taken.get(order.symbol, (view.holds, {}))
        if holds != view.holds:
            taken = {}
        self._taken[order.symbol] = (view.holds, taken)
        for take in takes:
            self._fill(Fill(incoming, take.shares, take.price_krw), moment)
            if take.counterparty is not None:
                self._fill(Fill(take.counterparty, take.shares, take.price_krw), moment)
                continue
            key = (is_buy, take.price_krw)
            taken[key] = taken.get(key, 0) + take.shares
            for one in opposite:
                if one.limit_krw == take.price_krw:
                    one.order.queue_ahead_shares = max(one.order.queue_ahead_shares - take.shares, 0)
        if lifetime is not Lifetime.DAY and order.remaining_shares:
            left = order.remaining_shares
            self._drop(incoming, left, moment)
            self._notify(NoticeKind.CANCELLED, order, left, 0, moment)
        if takes:
            self._record_queues(order.symbol, moment)

    def _fill(self, fill: Fill, moment: datetime) -> None:
        order = fill.resting.order
        self._record(
            {
                "kind": "fill",
                "number": order.number,
                "shares": fill.shares,
                "price_krw": fill.price_krw,
                "at": moment.isoformat(),
            }
        )
        self._notify(NoticeKind.FILLED, order, fill.shares, fill.price_krw, moment)

    def _drop(self, resting: RestingOrder, shares: int, moment: datetime) -> None:
        self._record({"kind": "drop", "number": resting.order.number, "shares": shares, "at": moment.isoformat()})

    def _record_queues(self, symbol: str, moment: datetime) -> None:
        """Record how far the symbol's resting orders have come, so that a restart neither repeats nor skips trades."""
        ahead = {one.order.number: one.order.queue_ahead_shares for one in self._state.resting.get(symbol, [])}
        if ahead:
            self._record(
                {"kind": "queues", "at": moment.isoformat(), "seen_ms": milliseconds_of(moment), "ahead": ahead}
            )

    def _record(self, record: Record) -> None:
        self._state.apply(record)
        self._batch.append(record)

    def _notify(self, kind: NoticeKind, order: Order, shares: int, price_krw: Won, moment: datetime) -> None:
        self._notices.append(OrderNotice(kind, replace(order), shares, price_krw, moment))

    def _held_krw(self, resting: RestingOrder, shares: int) -> Won:
        """Return the cash that ``shares`` of a working buy hold: the reserve price and the costs they would add."""
        order = resting.order
        if order.side is Side.SELL:
            return 0
        amount = shares * resting.reserve_krw
        total = self._costs_krw(order.symbol, order.side, order.filled_amount_krw + amount, order.entered_at)
        return amount + total - self._state.costs_krw(order)

    def _costs_krw(self, symbol: str, side: Side, amount_krw: Won, moment: datetime) -> Won:
        security = self._securities[symbol]
        rate = self._state.commission_rate
        return order_costs(side, security.market, security.kind, amount_krw, moment.date(), rate).total_krw


def _queue_ahead(resting: RestingOrder, view: DepthView) -> int:
    """Return the displayed shares before a new order: its level's, or the last visible level's further out."""
    limit = resting.limit_krw
    levels = view.depth.bids if resting.order.side is Side.BUY else view.depth.asks
    if limit is None or not levels:
        return 0
    found = next((level.shares for level in levels if level.price_krw == limit), None)
    if found is not None:
        return found
    worst = levels[-1].price_krw
    is_behind = limit < worst if resting.order.side is Side.BUY else limit > worst
    return levels[-1].shares if is_behind else 0
