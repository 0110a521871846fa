"""The vocabulary of the paper exchange: what its engine and its KIS front say to each other."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from daybook.contracts.base import Side, Won
from daybook.contracts.market import DailyBar, Market, MinuteBar, SecurityKind
from daybook.contracts.session import Session, SessionPhase


class RefusalKind(StrEnum):
    """Why the exchange refuses an order; the front translates it to the codes of its environment."""

    OFF_TICK = "off_tick"
    OUTSIDE_LIMITS = "outside_limits"
    UNTRADABLE = "untradable"
    UNKNOWN_SYMBOL = "unknown_symbol"
    NOT_A_BUSINESS_DAY = "not_a_business_day"
    BEFORE_OPEN = "before_open"
    AFTER_CLOSE = "after_close"
    NO_CASH = "no_cash"
    NOTHING_TO_SELL = "nothing_to_sell"
    NOTHING_TO_CANCEL = "nothing_to_cancel"
    UNKNOWN_ORDER = "unknown_order"
    ORDER_TYPE = "order_type"
    BAD_QUANTITY = "bad_quantity"


class Refusal(Exception):
    """The exchange refuses a request, for one named reason."""

    def __init__(self, kind: RefusalKind, detail: str = "") -> None:
        super().__init__(detail or kind.value)
        self.kind = kind


class OrderStatus(StrEnum):
    """Where an order stands at the exchange."""

    WORKING = "working"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Security:
    """A listed security; names and sector are the exchange's Korean ones.

    ``index_multiple`` is the daily multiple of KOSPI200 an index fund promises (-1: inverse), 0 where none is followed.
    """

    symbol: str
    name: str
    market: Market
    sector: str
    kind: SecurityKind = SecurityKind.STOCK
    shares_outstanding: int = 0
    english_name: str = ""
    isin: str = ""
    index_multiple: int = 0


@dataclass(frozen=True, slots=True)
class Level:
    """One price level of the visible book."""

    price_krw: Won
    shares: int


@dataclass(frozen=True, slots=True)
class BookView:
    """The visible book, best first, at most ten levels a side."""

    asks: tuple[Level, ...]
    bids: tuple[Level, ...]
    expected_price_krw: Won = 0
    expected_shares: int = 0


@dataclass(frozen=True, slots=True)
class TradeState:
    """A symbol's running numbers of the session, at one market time."""

    symbol: str
    at: datetime
    phase: SessionPhase
    last_krw: Won
    base_krw: Won
    open_krw: Won
    high_krw: Won
    low_krw: Won
    upper_limit_krw: Won
    lower_limit_krw: Won
    volume_shares: int
    turnover_krw: Won
    previous_volume_shares: int
    vi_active: bool = False
    vi_base_krw: Won = 0
    is_halted: bool = False


@dataclass(slots=True)
class Order:
    """An order at the exchange. ``number`` has ten digits; modify and cancel requests are orders of their own."""

    number: str
    branch: str
    account: str
    symbol: str
    side: Side
    order_type: str
    shares: int
    price_krw: Won
    entered_at: datetime
    original_number: str = ""
    is_cancel_request: bool = False
    is_modify_request: bool = False
    status: OrderStatus = OrderStatus.WORKING
    filled_shares: int = 0
    filled_amount_krw: Won = 0
    cancelled_shares: int = 0
    rejected_shares: int = 0
    queue_ahead_shares: int = 0

    @property
    def remaining_shares(self) -> int:
        """Shares that can still trade."""
        if self.status is not OrderStatus.WORKING or self.is_cancel_request:
            return 0
        return self.shares - self.filled_shares - self.cancelled_shares - self.rejected_shares


@dataclass(frozen=True, slots=True)
class Execution:
    """One execution of one order."""

    sequence: int
    order_number: str
    account: str
    symbol: str
    side: Side
    shares: int
    price_krw: Won
    at: datetime


@dataclass(frozen=True, slots=True)
class HoldingView:
    """A row of the balance; sold-out rows stay with 0 shares until D+2."""

    symbol: str
    name: str
    shares: int
    sellable_shares: int
    average_price_krw: float
    cost_krw: Won
    price_krw: Won
    bought_today: int
    sold_today: int
    bought_yesterday: int = 0
    sold_yesterday: int = 0


@dataclass(frozen=True, slots=True)
class CashView:
    """The account's cash. D+2 moves with each fill; D+0 moves at settlement."""

    d0_krw: Won
    d1_krw: Won
    d2_krw: Won
    orderable_krw: Won
    reusable_krw: Won
    bought_today_krw: Won
    sold_today_krw: Won
    costs_today_krw: Won
    bought_yesterday_krw: Won = 0
    sold_yesterday_krw: Won = 0
    costs_yesterday_krw: Won = 0


class NoticeKind(StrEnum):
    """What happened to an order."""

    ACCEPTED = "accepted"
    FILLED = "filled"
    CANCELLED = "cancelled"
    MODIFIED = "modified"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class OrderNotice:
    """An order event for the account's notice stream."""

    kind: NoticeKind
    order: Order
    shares: int
    price_krw: Won
    at: datetime


@dataclass(frozen=True, slots=True)
class TradePrint:
    """One public trade."""

    symbol: str
    at: datetime
    price_krw: Won
    shares: int
    is_buy: bool


@dataclass(frozen=True, slots=True)
class IndexView:
    """An index now: KOSPI 0001, KOSDAQ 1001, KOSPI200 2001."""

    code: str
    name: str
    level: float
    previous_close: float
    open: float
    high: float
    low: float
    volume_shares: int
    turnover_krw: Won


@dataclass(frozen=True, slots=True)
class IndexBar:
    """One session of an index."""

    day: date
    open: float
    high: float
    low: float
    close: float
    volume_shares: int


@dataclass(slots=True)
class Listeners:
    """Callbacks the front registers; they are called inside the exchange's own loop and must not block."""

    on_notice: list[Callable[[OrderNotice], None]] = field(default_factory=list)
    on_trade: list[Callable[[TradePrint], None]] = field(default_factory=list)


class ExchangeEngine(Protocol):
    """The exchange as its front sees it. Used from one event loop; every call first advances to market time now."""

    listeners: Listeners

    def now(self) -> datetime:
        """Return market time (KST)."""
        ...

    def set_clock(self, market_time: datetime, speed: float) -> None:
        """Re-anchor market time (rehearsals step from day to day); never moves before the last processed event."""
        ...

    def session(self) -> Session:
        """Return today's session."""
        ...

    def session_of(self, day: date) -> Session:
        """Return the session of any date."""
        ...

    def phase(self) -> SessionPhase:
        """Return the phase of the session now; AFTER on a day without one."""
        ...

    def securities(self) -> Sequence[Security]:
        """Return everything listed."""
        ...

    def security(self, symbol: str) -> Security | None:
        """Return one listed security, or None."""
        ...

    def trade_state(self, symbol: str) -> TradeState:
        """Return a symbol's running numbers; raises ``Refusal(UNKNOWN_SYMBOL)``."""
        ...

    def book(self, symbol: str) -> BookView:
        """Return the visible book."""
        ...

    def recent_trades(self, symbol: str, count: int) -> list[TradePrint]:
        """Return the last public trades, newest first."""
        ...

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return a day's minute bars up to now, oldest first."""
        ...

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return daily bars, oldest first; today's bar runs."""
        ...

    def index(self, code: str) -> IndexView | None:
        """Return an index now, or None."""
        ...

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's daily bars, oldest first."""
        ...

    def watch(self, symbol: str) -> None:
        """Advance this symbol continuously, so that ``on_trade`` is called for it."""
        ...

    def unwatch(self, symbol: str) -> None:
        """Undo one ``watch``."""
        ...

    def open_account(self, account: str, cash_krw: Won) -> None:
        """Open an account (10 digits) unless it exists."""
        ...

    def has_account(self, account: str) -> bool:
        """Whether the account exists."""
        ...

    def submit(self, account: str, symbol: str, side: Side, order_type: str, shares: int, price_krw: Won) -> Order:
        """Accept and match an order of type ORD_DVSN, or raise ``Refusal``."""
        ...

    def cancel(self, account: str, number: str, shares: int | None) -> Order:
        """Cancel ``shares`` (None: all) of the rest; returns the cancel request's own order."""
        ...

    def modify(self, account: str, number: str, order_type: str, shares: int | None, price_krw: Won) -> Order:
        """Replace price and shares of the rest; returns the new order that lives on."""
        ...

    def orders(self, account: str, first: date, last: date) -> list[Order]:
        """Return all orders and requests of the dates, oldest first."""
        ...

    def holdings(self, account: str) -> list[HoldingView]:
        """Return the balance rows."""
        ...

    def cash(self, account: str) -> CashView:
        """Return the account's cash."""
        ...

    def order_costs_krw(self, order: Order) -> Won:
        """Return commission and tax of an order so far, floored to the won."""
        ...

    def advance(self) -> None:
        """Process everything due by now: trades, fills, auctions, settlement, end of day."""
        ...
