"""The Broker port: what a trading day needs from any broker.

All methods block (the trading layer runs them in threads) and raise only :class:`BrokerError` subclasses:

    BrokerError
    |- BrokerConfigurationError   keys, account or environment are wrong; retrying cannot help
    |- ModeLockError              a call left the mode it was built for; never sent
    |- BrokerUnavailable          no usable answer; safe to ask again *for reads*
    |- RateLimited                refused by a rate limit; known not to have been executed
    |- OrderNotSent               an order never reached the broker's order system; known not to have been executed
    |- OrderRefused               the broker said no to an order, definitively
    |- OrderOutcomeUnknown        an order may or may not exist; never send again before looking
"""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode, Side
from daybook.contracts.market import DailyBar, IndexBar, IndexQuote, InvestorFlow, MinuteBar, OrderBook, Quote
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, OrderKind


class BrokerError(Exception):
    """Base of all broker errors.

    ``code`` is the broker's code (``EGW00201``) or a code of ours; ``advice`` says in one line what to do.
    """

    def __init__(self, message: str, *, code: str = "", advice: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.advice = advice


class BrokerConfigurationError(BrokerError):
    """Keys, account or environment are wrong; retrying cannot help."""


class ModeLockError(BrokerError):
    """A call tried to leave the mode its transport was built for. Nothing was sent."""


class BrokerUnavailable(BrokerError):
    """No usable answer (network, gateway, maintenance). Reads may be repeated."""


class RateLimited(BrokerError):
    """Refused by a rate limit, therefore not executed."""


class OrderNotSent(BrokerError):
    """An order never reached the broker's order system (no connection, no token): not executed."""


class OrderRefused(BrokerError):
    """The broker definitively refused an order."""


class OrderOutcomeUnknown(BrokerError):
    """An order request got no definite answer: the order may or may not exist."""


class Broker(Protocol):
    """One account at one broker, in one mode."""

    @property
    def mode(self) -> Mode:
        """The mode the broker was built for; it never changes."""
        ...

    def quote(self, symbol: str, with_book: bool = False) -> Quote:
        """Return price, limits and status now; best ask and bid too when ``with_book`` (one call more)."""
        ...

    def order_book(self, symbol: str) -> OrderBook:
        """Return the visible order book."""
        ...

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return adjusted daily bars in ``[first, last]``, oldest first, paging as needed."""
        ...

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return the day's minute bars so far, oldest first."""
        ...

    def index(self, code: str) -> IndexQuote:
        """Return an index level (``0001`` KOSPI, ``1001`` KOSDAQ, ``2001`` KOSPI200)."""
        ...

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's daily bars in ``[first, last]``, oldest first, paging as needed."""
        ...

    def investor_flows(self, symbol: str) -> list[InvestorFlow]:
        """Return net buying by kind of investor, oldest first, for as many sessions as the broker gives."""
        ...

    def top_turnover(self, count: int) -> list[str]:
        """Return up to ``count`` (30 at most) stock codes by traded value, highest first."""
        ...

    def account(self) -> AccountSnapshot:
        """Return holdings and cash, all pages, duplicate rows merged; raises on an unusable reply."""
        ...

    def orderable_cash(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        """Return the cash usable for a buy without margin loan, in won."""
        ...

    def submit(self, symbol: str, side: Side, shares: int, kind: OrderKind, price_krw: int) -> BrokerOrderId:
        """Send one order, once.

        Raises ``OrderRefused`` (definite no), ``RateLimited`` or ``OrderNotSent`` (not executed) or
        ``OrderOutcomeUnknown`` (timeouts, 5xx, unreadable replies); never repeats a POST that might have been
        executed.
        """
        ...

    def cancel(self, order: BrokerOrderId, symbol: str) -> bool:
        """Cancel the rest of an order; False when nothing was left to cancel. Safe to repeat."""
        ...

    def modify(self, order: BrokerOrderId, symbol: str, shares: int, price_krw: int) -> BrokerOrderId:
        """Replace price and shares of the rest of an order; returns the new order id. Sent once, as ``submit``."""
        ...

    def orders_today(self, day: date, symbol: str | None = None) -> list[BrokerOrder]:
        """Return the day's new orders, all pages, oldest first. An empty list may be a lagging one."""
        ...

    def open_orders(self, day: date) -> Sequence[BrokerOrder]:
        """Return orders that can still be cancelled (falls back to ``orders_today`` where not served)."""
        ...

    def is_market_open_day(self, day: date) -> bool | None:
        """Return the broker's word on a date (chk-holiday), or None where the service is not offered."""
        ...
