"""The KIS broker: the façade that implements the ``Broker`` port, and the function that builds it."""

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from daybook.broker.kis.call_statistics import BrokerFigures
from daybook.broker.kis.credentials import KisCredentials, paper_credentials
from daybook.broker.kis.gateway import ORDER_LEAD_S, ORDER_TIMEOUT_S, KisGateway
from daybook.broker.kis.market_data import KisMarketData
from daybook.broker.kis.market_scan import KisMarketScan
from daybook.broker.kis.rate import RateLimiter, policy_for
from daybook.broker.kis.stream import KisStream
from daybook.broker.kis.stream_settings import StreamSettings
from daybook.broker.kis.tokens import TokenKeeper
from daybook.broker.kis.trading import KisTrading
from daybook.broker.kis.transport import KisTransport
from daybook.broker.port import BrokerConfigurationError
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import Mode, Side
from daybook.contracts.market import DailyBar, IndexBar, IndexQuote, InvestorFlow, MinuteBar, OrderBook, Quote
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, OrderKind

PAPER_ORDER_LEAD_S = 1.0
"""Longest wait before an order POST starts in paper mode; 3 s in mock and live."""


def real_now() -> datetime:
    """Return real time (UTC)."""
    return datetime.now(UTC)


class KisBroker:
    """One KIS account in one mode; implements :class:`daybook.broker.port.Broker`. Thread-safe."""

    def __init__(
        self,
        transport: KisTransport,
        credentials: KisCredentials,
        tokens: TokenKeeper,
        gateway: KisGateway,
        now: Callable[[], datetime] = real_now,
    ) -> None:
        self._transport = transport
        self._credentials = credentials
        self._tokens = tokens
        self._now = now
        self._market = KisMarketData(gateway, now)
        self._trading = KisTrading(gateway, now)
        self._scan = KisMarketScan(gateway)

    @property
    def mode(self) -> Mode:
        """The mode the broker was built for; it never changes."""
        return self._transport.mode

    @property
    def scan(self) -> KisMarketScan:
        """Reads over the whole market, which are not part of the ``Broker`` port."""
        return self._scan

    def quote(self, symbol: str, with_book: bool = False) -> Quote:
        """Return price, limits and status now; best ask and bid too when ``with_book`` (one call more)."""
        return self._market.quote(symbol, with_book=with_book)

    def order_book(self, symbol: str) -> OrderBook:
        """Return the visible order book."""
        return self._market.order_book(symbol)

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return adjusted daily bars in ``[first, last]``, oldest first."""
        return self._market.daily_bars(symbol, first, last)

    def minute_bars(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return the day's minute bars so far, oldest first; past days are not served in mock."""
        return self._market.minute_bars(symbol, day)

    def index(self, code: str) -> IndexQuote:
        """Return an index level."""
        return self._market.index(code)

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        """Return an index's daily bars in ``[first, last]``, oldest first."""
        return self._market.index_bars(code, first, last)

    def investor_flows(self, symbol: str) -> list[InvestorFlow]:
        """Return net buying by kind of investor of the last 30 sessions, oldest first."""
        return self._market.investor_flows(symbol)

    def top_turnover(self, count: int) -> list[str]:
        """Return up to 30 stock codes by traded value; raises ``BrokerConfigurationError`` in mock."""
        return self._market.top_turnover(count)

    def account(self) -> AccountSnapshot:
        """Return holdings and cash; raises ``BrokerUnavailable`` on an unusable reply."""
        return self._trading.account()

    def orderable_cash(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        """Return the cash usable for a buy without margin loan, in won."""
        return self._trading.orderable_cash(symbol, price_krw, kind)

    def submit(self, symbol: str, side: Side, shares: int, kind: OrderKind, price_krw: int) -> BrokerOrderId:
        """Send one order, once (errors: see the port)."""
        return self._trading.submit(symbol, side, shares, kind, price_krw)

    def cancel(self, order: BrokerOrderId, symbol: str) -> bool:
        """Cancel the rest of an order; False when nothing was left to cancel."""
        return self._trading.cancel(order, symbol)

    def modify(self, order: BrokerOrderId, symbol: str, shares: int, price_krw: int) -> BrokerOrderId:
        """Replace price and shares of the rest of a limit order; returns the new order id."""
        return self._trading.modify(order, symbol, shares, price_krw)

    def orders_today(self, day: date, symbol: str | None = None) -> list[BrokerOrder]:
        """Return the day's orders, cancel requests left out, oldest first. In mock the list may stay empty."""
        return self._trading.orders_today(day, symbol)

    def open_orders(self, day: date) -> list[BrokerOrder]:
        """Return orders that can still be cancelled."""
        return self._trading.open_orders(day)

    def is_market_open_day(self, day: date) -> bool | None:
        """Return the broker's word on a date, or None where it has none (always in mock)."""
        return self._market.is_market_open_day(day)

    def figures(self) -> BrokerFigures:
        """Return how the broker has answered in the last five minutes; not part of the ``Broker`` port."""
        return self._transport.statistics.figures(self._tokens.failures_in_row)

    def revoke_token(self) -> bool:
        """Revoke the access token in use; False when there was none. Raises ``BrokerUnavailable``."""
        return self._tokens.revoke()

    def warm_up(self) -> None:
        """Make sure that a token is there, so that the first order of the day does not wait for one."""
        self._tokens.token()

    def stream(self, settings: StreamSettings) -> KisStream:
        """Return the stream of this account in this mode (not connected yet). One a key: KIS allows no second."""
        return KisStream(
            self._transport.environment, self._credentials, self._tokens.approval_key, settings, now=self._now
        )

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"KisBroker({self.mode.value})"


def build_broker(
    mode: Mode,
    credentials: KisCredentials | None = None,
    *,
    state_dir: Path | None,
    base_url: str | None = None,
    stream_url: str | None = None,
    new_key_until: datetime | None = None,
    rest_per_second: float | None = None,
    read_timeout_s: float = 8.0,
    order_timeout_s: float = ORDER_TIMEOUT_S,
    order_lead_s: float | None = None,
    now: Callable[[], datetime] = real_now,
    inner: httpx.BaseTransport | None = None,
) -> KisBroker:
    """Build the broker of one mode.

    ``credentials`` may be left out in paper mode only. ``state_dir`` holds token and rate files, which all processes
    of a key must share (None: this process alone). ``base_url``/``stream_url`` are the paper exchange's loopback
    addresses. ``new_key_until`` ends the 3/s limit of a new live key; ``rest_per_second`` lowers the limit of the mode.
    ``order_lead_s`` is the longest time between ``submit`` and the start of its POST, ``order_timeout_s`` the longest
    time to write a started one and again to wait for its reply.
    ``inner`` replaces the network (tests).

    Raises ``BrokerConfigurationError`` when mode, credentials and state directory do not fit, ``ModeLockError`` on a
    foreign address.
    """
    if credentials is None and mode is Mode.PAPER:
        credentials = paper_credentials()
    if credentials is None or credentials.mode is not mode:
        raise BrokerConfigurationError(
            f"{mode.value} mode needs credentials of {mode.value} mode",
            code="CREDENTIALS",
            advice=f"set the {mode.value} keys; keys of another mode are never used",
        )
    transport = KisTransport(mode, base_url, stream_url=stream_url, hidden=credentials.secrets(), inner=inner)
    try:
        if state_dir is not None:
            state_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not os.access(state_dir, os.W_OK | os.X_OK):
                raise PermissionError
        rate_file = state_dir / f"rate-{mode.value}-{credentials.key_digest}.bin" if state_dir else None
        limiter = RateLimiter(
            lambda: policy_for(mode, now(), new_key_until=new_key_until, rest_per_second=rest_per_second), rate_file
        )
        tokens = TokenKeeper(transport, credentials, limiter, state_dir, now=now)
    except OSError as error:
        raise BrokerConfigurationError(
            f"the state directory cannot be used ({type(error).__name__})",
            code="STATE_DIRECTORY",
            advice="choose a directory that the trading worker can write to",
        ) from None
    gateway = KisGateway(
        transport,
        credentials,
        tokens,
        limiter,
        read_timeout_s=read_timeout_s,
        order_timeout_s=order_timeout_s,
        order_lead_s=order_lead_s or (PAPER_ORDER_LEAD_S if mode is Mode.PAPER else ORDER_LEAD_S),
    )
    return KisBroker(transport, credentials, tokens, gateway, now)
