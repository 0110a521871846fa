"""A broker in memory: one account that fills, refuses, loses replies and lags on demand."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from daybook.broker.port import BrokerError
from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.market import DailyBar, IndexBar, IndexQuote, InvestorFlow, MinuteBar, OrderBook, Quote
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, BrokerOrderState, OrderKind
from daybook.krx.fees import order_costs

COMMISSION_RATE = Decimal("0.00014")


@dataclass
class FakeBroker:
    """Implements the Broker port. ``fail`` makes a method raise; ``lose`` carries out a submit and then raises."""

    now: Callable[[], datetime]
    mode: Mode = Mode.PAPER
    cash_krw: int = 10_000_000
    shares: dict[str, int] = field(default_factory=dict)
    averages: dict[str, float] = field(default_factory=dict)
    quotes: dict[str, Quote] = field(default_factory=dict)
    orders: list[BrokerOrder] = field(default_factory=list)
    calls: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    failures: dict[str, list[BrokerError]] = field(default_factory=lambda: defaultdict(list))
    lost: list[BrokerError] = field(default_factory=list)
    hidden: set[str] = field(default_factory=set)
    empty_list: bool = False
    empty_balances: int = 0
    blocked_krw: int = 0
    before_submit: Callable[[], None] = lambda: None
    market_open: bool | None = None
    bars: dict[str, list[DailyBar]] = field(default_factory=dict)
    minutes: dict[str, list[MinuteBar]] = field(default_factory=dict)
    index_change: float = 0.001

    # --- what a test does to it -------------------------------------------------------------------------------

    def fail(self, method: str, *errors: BrokerError) -> None:
        """Let the next calls of a method raise."""
        self.failures[method] += errors

    def lose(self, *errors: BrokerError) -> None:
        """Carry out the next submits and raise all the same."""
        self.lost += errors

    def trade(self, key: str, shares: int, price_krw: int) -> None:
        """Fill a part of an order at a price: shares and cash move, costs as the exchange takes them."""
        index = next(number for number, row in enumerate(self.orders) if row.id.key == key)
        row = self.orders[index]
        amount_krw = row.filled_amount_krw + shares * price_krw
        filled = row.filled_shares + shares
        state = BrokerOrderState.FILLED if filled == row.shares else BrokerOrderState.PARTIAL
        self._replace(
            index, filled_shares=filled, filled_amount_krw=amount_krw, remaining_shares=row.shares - filled, state=state
        )
        quote = self.quotes[row.symbol]
        day = self.now().astimezone(KST).date()
        before, after = (
            order_costs(row.side, quote.market, quote.kind, krw, day, COMMISSION_RATE).total_krw
            for krw in (row.filled_amount_krw, amount_krw)
        )
        sign = 1 if row.side is Side.BUY else -1
        self.shares[row.symbol] = self.shares.get(row.symbol, 0) + sign * shares
        self.averages.setdefault(row.symbol, float(price_krw))
        self.cash_krw -= sign * shares * price_krw + (after - before)

    def trade_by_hand(self, symbol: str, side: Side, shares: int, price_krw: int, *, filled: bool = True) -> str:
        """Place an order outside the desk and return its key."""
        order = self._accept(symbol, side, shares, price_krw)
        if filled:
            self.trade(order.key, shares, price_krw)
        return order.key

    def update(self, key: str, **changes: Any) -> None:
        """Change fields of an order's row."""
        index = next(number for number, row in enumerate(self.orders) if row.id.key == key)
        self._replace(index, **changes)

    # --- the port ---------------------------------------------------------------------------------------------

    def quote(self, symbol: str, with_book: bool = False) -> Quote:
        self._called("quote")
        return self.quotes[symbol].model_copy(update={"observed_at": self.now()})

    def order_book(self, symbol: str) -> OrderBook:
        return OrderBook(symbol=symbol, asks=(), bids=())

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        self._called("daily_bars")
        return [bar for bar in self.bars.get(symbol, []) if first <= bar.day <= last]

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        self._called("index_bars")
        return []

    def investor_flows(self, symbol: str) -> list[InvestorFlow]:
        self._called("investor_flows")
        return []

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        self._called("minute_bars")
        return self.minutes.get(symbol, [])

    def index(self, code: str) -> IndexQuote:
        self._called("index")
        return IndexQuote(code=code, level=2_500.0, previous_close=2_497.5, change_ratio=self.index_change)

    def top_turnover(self, count: int) -> list[str]:
        self._called("top_turnover")
        return sorted(self.quotes)[:count]

    def account(self) -> AccountSnapshot:
        self._called("account")
        holdings = tuple(
            Holding(
                symbol=symbol,
                shares=shares,
                sellable_shares=shares - self._selling(symbol),
                average_price_krw=self.averages.get(symbol, 0.0),
                price_krw=self.quotes[symbol].price_krw if symbol in self.quotes else 0,
            )
            for symbol, shares in sorted(self.shares.items())
            if shares
        )
        if self.empty_balances:
            self.empty_balances -= 1
            holdings = ()
        return AccountSnapshot(
            holdings=holdings,
            deposit_krw=self.cash_krw,
            settled_cash_krw=self.cash_krw,
            orderable_cash_krw=self._orderable(),
            net_asset_krw=self.cash_krw,
            observed_at=self.now(),
        )

    def orderable_cash(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        self._called("orderable_cash")
        return self._orderable()

    def submit(self, symbol: str, side: Side, shares: int, kind: OrderKind, price_krw: int) -> BrokerOrderId:
        self.before_submit()
        self._called("submit")
        order = self._accept(symbol, side, shares, price_krw)
        if self.lost:
            raise self.lost.pop(0)
        return order

    def cancel(self, order: BrokerOrderId, symbol: str) -> bool:
        self._called("cancel")
        row = next((entry for entry in self.orders if entry.id.key == order.key), None)
        if row is None or row.state not in (BrokerOrderState.WORKING, BrokerOrderState.PARTIAL):
            return False
        self.update(order.key, state=BrokerOrderState.CANCELLED, remaining_shares=0)
        return True

    def modify(self, order: BrokerOrderId, symbol: str, shares: int, price_krw: int) -> BrokerOrderId:
        raise NotImplementedError

    def orders_today(self, day: date, symbol: str | None = None) -> list[BrokerOrder]:
        self._called("orders_today")
        if self.empty_list:
            return []
        return [row for row in self.orders if row.id.key not in self.hidden and symbol in (None, row.symbol)]

    def open_orders(self, day: date) -> Sequence[BrokerOrder]:
        return [row for row in self.orders_today(day) if row.remaining_shares]

    def is_market_open_day(self, day: date) -> bool | None:
        self._called("is_market_open_day")
        return self.market_open

    # --- inside -----------------------------------------------------------------------------------------------

    def _called(self, method: str) -> None:
        self.calls[method] += 1
        if self.failures[method]:
            raise self.failures[method].pop(0)

    def _accept(self, symbol: str, side: Side, shares: int, price_krw: int) -> BrokerOrderId:
        order = BrokerOrderId(branch="06010", number=f"{len(self.orders) + 101:010d}")
        self.orders.append(
            BrokerOrder(
                id=order,
                symbol=symbol,
                side=side,
                shares=shares,
                limit_price_krw=price_krw,
                filled_shares=0,
                filled_amount_krw=0,
                remaining_shares=shares,
                state=BrokerOrderState.WORKING,
                ordered_at=self.now().astimezone(KST).replace(microsecond=0),
            )
        )
        return order

    def _replace(self, index: int, **changes: Any) -> None:
        self.orders[index] = self.orders[index].model_copy(update=changes)

    def _open(self, side: Side) -> list[BrokerOrder]:
        return [row for row in self.orders if row.side is side and row.remaining_shares]

    def _selling(self, symbol: str) -> int:
        return sum(row.remaining_shares for row in self._open(Side.SELL) if row.symbol == symbol)

    def _orderable(self) -> int:
        working_krw = sum(row.remaining_shares * row.limit_price_krw for row in self._open(Side.BUY))
        return self.cash_krw - working_krw - self.blocked_krw
