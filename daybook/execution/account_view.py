"""The broker and the books as the read tools of the trading layer see them."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import KST, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.market import DailyBar, OrderBook, Quote
from daybook.contracts.orders import BrokerOrder
from daybook.execution.desk import ExecutionDesk
from daybook.execution.tool_outcomes import as_tool_errors
from daybook.krx.calendar import session_on
from daybook.skills.trading.kis import Fill
from daybook.storage.ledger_records import FillRecord

_DAYS_PER_SESSION = 1.6
"""Calendar days that hold one session on average, holidays included (365 / 244, rounded up)."""

_HOLIDAY_MARGIN_DAYS = 12
"""The longest row of closed days (a lunar holiday with its weekends)."""


class AccountView:
    """Implements ``daybook.skills.trading.kis.BrokerReads`` for one desk.

    Args:
        desk: the desk.
        clock: gives the clock of market time; real time unless a rehearsal runs.
    """

    def __init__(self, desk: ExecutionDesk, clock: Callable[[], MarketClock] = MarketClock.real_time) -> None:
        self._desk = desk
        self._clock = clock

    def quote(self, symbol: str) -> Quote:
        """Return price, limits and status now, with best ask and bid."""
        with as_tool_errors():
            seen = self._desk.broker.quote(symbol, with_book=True)
        self._desk.securities.learn(seen)
        return seen

    def order_book(self, symbol: str) -> OrderBook:
        """Return the visible order book."""
        with as_tool_errors():
            return self._desk.broker.order_book(symbol)

    def daily_bars(self, symbol: str, count: int, as_of: datetime | None) -> Sequence[DailyBar]:
        """Return the last ``count`` bars, oldest first; with ``as_of`` of sessions that had ended only."""
        last = (as_of or self._market_now()).astimezone(KST).date()
        first = last - timedelta(days=int(count * _DAYS_PER_SESSION) + _HOLIDAY_MARGIN_DAYS)
        with as_tool_errors():
            bars = self._desk.broker.daily_bars(symbol, first, last)
        return [bar for bar in bars if as_of is None or _had_ended(bar.day, as_of)][-count:]

    def account(self) -> AccountSnapshot:
        """Return holdings and cash."""
        with as_tool_errors():
            return self._desk.broker.account()

    def realised_today_krw(self) -> Won:
        """Return what today's booked sales have gained or lost, after costs."""
        with as_tool_errors():
            return self._desk.ledger.realised_pnl(self._today(), account=self._desk.account)

    def fills_today(self) -> Sequence[Fill]:
        """Return the executions of today's orders at the broker and, of orders it does not list, in the books.

        The broker's list can stay empty all day on its mock host, although orders were filled.
        """
        with as_tool_errors():
            listed = [order for order in self._desk.broker.orders_today(self._today()) if order.filled_shares]
            booked = self._desk.ledger.fills(self._today(), account=self._desk.account)
        known = {order.id.key for order in listed}
        missing: dict[str, list[FillRecord]] = defaultdict(list)
        for record in booked:
            if record.order_key not in known:
                missing[record.order_key].append(record)
        fills = [_of_order(order) for order in listed]
        fills += [fill for records in missing.values() if (fill := _of_records(records)) is not None]
        return sorted(fills, key=lambda fill: fill.at)

    def open_orders(self) -> Sequence[BrokerOrder]:
        """Return orders that can still be cancelled, oldest first."""
        with as_tool_errors():
            return sorted(self._desk.broker.open_orders(self._today()), key=lambda order: order.ordered_at)

    def _market_now(self) -> datetime:
        return self._clock().market_time(self._desk.real_now())

    def _today(self) -> date:
        return self._market_now().date()


def _had_ended(day: date, moment: datetime) -> bool:
    session = session_on(day)
    return session.is_open and session.times().closes <= moment


def _of_order(order: BrokerOrder) -> Fill:
    return Fill(
        order=order.id.key,
        symbol=order.symbol,
        side=order.side,
        shares=order.filled_shares,
        average_price_krw=round(order.filled_amount_krw / order.filled_shares, 2),
        amount_krw=order.filled_amount_krw,
        at=order.ordered_at,
    )


def _of_records(records: Sequence[FillRecord]) -> Fill | None:
    shares = sum(record.shares for record in records)
    amount_krw = sum(record.amount_krw for record in records)
    if shares <= 0:
        return None
    first = records[0]
    return Fill(
        order=first.order_key,
        symbol=first.symbol,
        side=first.side,
        shares=shares,
        average_price_krw=round(amount_krw / shares, 2),
        amount_krw=amount_krw,
        at=first.at.astimezone(KST),
    )
