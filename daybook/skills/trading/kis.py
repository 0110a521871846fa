"""Quotes and the account at the broker: read only. An account is never named by its number."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Protocol

from pydantic import Field

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import AwareDatetime, Message, Side, Symbol, Won
from daybook.contracts.layers import Layer
from daybook.contracts.market import DailyBar, OrderBook, OrderBookLevel, Quote
from daybook.contracts.orders import BrokerOrder
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.skill import Skill

kis = Skill(
    "trading.kis",
    "Quotes, order books, bars, balance and orders of the desk's account at the broker (read only)",
    layer=Layer.TRADING,
    keywords=("현재가", "호가", "시세", "잔고", "체결", "미체결", "quote", "balance", "holdings"),
)

_DIGITS = 4


class Fill(Message):
    """What one of today's orders has executed so far. ``order`` is the broker's order number without zeros."""

    order: str
    symbol: Symbol
    side: Side
    shares: int
    average_price_krw: float
    amount_krw: Won
    at: AwareDatetime


class BrokerReads(Protocol):
    """Quotes and the account at the broker. Methods block and raise ``ToolError`` when the broker gives nothing."""

    def quote(self, symbol: str) -> Quote:
        """Return price, limits and status now, with best ask and bid."""
        ...

    def order_book(self, symbol: str) -> OrderBook:
        """Return the visible order book."""
        ...

    def daily_bars(self, symbol: str, count: int, as_of: datetime | None) -> Sequence[DailyBar]:
        """Return the last ``count`` adjusted bars, oldest first; with ``as_of`` of sessions that had ended only."""
        ...

    def account(self) -> AccountSnapshot:
        """Return holdings and cash."""
        ...

    def realised_today_krw(self) -> Won:
        """Return what today's booked sales have gained or lost, after costs."""
        ...

    def fills_today(self) -> Sequence[Fill]:
        """Return what today's orders have executed, oldest first."""
        ...

    def open_orders(self) -> Sequence[BrokerOrder]:
        """Return orders that can still be cancelled, oldest first."""
        ...


class QuoteView(Message):
    """A quote. ``change_ratio`` is against the base price (0.01 is 1 %)."""

    symbol: Symbol
    price_krw: Won
    change_krw: Won | None
    change_ratio: float | None
    open_krw: Won
    high_krw: Won
    low_krw: Won
    upper_limit_krw: Won
    lower_limit_krw: Won
    ask_krw: Won | None
    bid_krw: Won | None
    volume_shares: int
    turnover_krw: Won
    market: str
    sector: str
    is_halted: bool
    warning_level: int
    observed_at: AwareDatetime


class BookView(Message):
    """An order book, best first; ``spread_krw`` is best ask less best bid."""

    symbol: Symbol
    asks: tuple[OrderBookLevel, ...]
    bids: tuple[OrderBookLevel, ...]
    spread_krw: Won | None
    expected_auction_price_krw: Won


class BarView(Message):
    """One session."""

    day: date
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int


class PositionView(Message):
    """Shares held; profit is unrealised, before selling costs."""

    symbol: Symbol
    name: str
    shares: int
    sellable_shares: int
    average_price_krw: float
    price_krw: Won
    value_krw: Won
    profit_krw: Won
    profit_ratio: float | None


class AccountBalance(Message):
    """The account now. ``cash_krw`` is D+2 cash; ``equity_krw`` is that cash plus the positions."""

    cash_krw: Won
    orderable_cash_krw: Won
    positions: tuple[PositionView, ...]
    positions_krw: Won
    unrealised_profit_krw: Won
    realised_today_krw: Won
    equity_krw: Won
    observed_at: AwareDatetime


class OpenOrderView(Message):
    """An order that still works. ``order`` is the broker's order number without zeros."""

    order: str
    symbol: Symbol
    side: Side
    shares: int
    limit_price_krw: Won
    filled_shares: int
    remaining_shares: int
    ordered_at: AwareDatetime


@kis.tool(timeout_s=20, keywords=("주가", "얼마", "price"))
def quote(symbol: Symbol, *, broker: BrokerReads) -> QuoteView:
    """Price of a KRX symbol now, with change, limits, best ask and bid."""
    seen = broker.quote(symbol)
    base_krw = seen.base_price_krw
    return QuoteView(
        symbol=seen.symbol,
        price_krw=seen.price_krw,
        change_krw=seen.price_krw - base_krw if base_krw else None,
        change_ratio=round(seen.price_krw / base_krw - 1, _DIGITS) if base_krw else None,
        open_krw=seen.open_krw,
        high_krw=seen.high_krw,
        low_krw=seen.low_krw,
        upper_limit_krw=seen.upper_limit_krw,
        lower_limit_krw=seen.lower_limit_krw,
        ask_krw=seen.ask_krw,
        bid_krw=seen.bid_krw,
        volume_shares=seen.volume_shares,
        turnover_krw=seen.turnover_krw,
        market=seen.market.value,
        sector=seen.sector,
        is_halted=seen.is_halted,
        warning_level=seen.warning_level,
        observed_at=seen.observed_at,
    )


@kis.tool(timeout_s=20, keywords=("호가창", "매도호가", "매수호가"))
def order_book(symbol: Symbol, *, broker: BrokerReads) -> BookView:
    """Order book of a KRX symbol now, ten levels a side."""
    book = broker.order_book(symbol)
    has_both = book.asks and book.bids
    return BookView(
        symbol=book.symbol,
        asks=book.asks,
        bids=book.bids,
        spread_krw=book.asks[0].price_krw - book.bids[0].price_krw if has_both else None,
        expected_auction_price_krw=book.expected_auction_price_krw,
    )


@kis.tool(timeout_s=30, keywords=("일봉", "종가", "ohlcv", "history"))
def daily_bars(
    symbol: Symbol,
    count: Annotated[int, Field(ge=1, le=120)] = 20,
    *,
    broker: BrokerReads,
    context: ToolContext,
) -> list[BarView]:
    """Last daily bars of a KRX symbol, adjusted for splits, oldest first."""
    bars = broker.daily_bars(symbol, count, context.as_of)
    if not bars:
        raise NoData(f"the broker has no daily bars of {symbol}")
    return [
        BarView(
            day=bar.day,
            open_krw=bar.open_krw,
            high_krw=bar.high_krw,
            low_krw=bar.low_krw,
            close_krw=bar.close_krw,
            volume_shares=bar.volume_shares,
        )
        for bar in bars
    ]


@kis.tool(timeout_s=30, keywords=("내 계좌", "예수금", "보유", "수익률", "positions", "cash"))
def account_balance(*, broker: BrokerReads) -> AccountBalance:
    """Cash, positions and profit of the desk's account now."""
    account = broker.account()
    positions = []
    for holding in account.holdings:
        if not holding.shares:
            continue
        cost_krw = holding.average_price_krw * holding.shares
        value_krw = holding.price_krw * holding.shares
        positions.append(
            PositionView(
                symbol=holding.symbol,
                name=holding.name,
                shares=holding.shares,
                sellable_shares=holding.sellable_shares,
                average_price_krw=holding.average_price_krw,
                price_krw=holding.price_krw,
                value_krw=value_krw,
                profit_krw=round(value_krw - cost_krw),
                profit_ratio=round(value_krw / cost_krw - 1, _DIGITS) if cost_krw else None,
            )
        )
    held_krw = sum(position.value_krw for position in positions)
    return AccountBalance(
        cash_krw=account.settled_cash_krw,
        orderable_cash_krw=account.orderable_cash_krw,
        positions=tuple(positions),
        positions_krw=held_krw,
        unrealised_profit_krw=sum(position.profit_krw for position in positions),
        realised_today_krw=broker.realised_today_krw(),
        equity_krw=account.settled_cash_krw + held_krw,
        observed_at=account.observed_at,
    )


@kis.tool(timeout_s=30, keywords=("체결 내역", "오늘 거래", "fills", "executions"))
def todays_fills(*, broker: BrokerReads) -> list[Fill]:
    """What today's orders of the account have executed, oldest first."""
    return list(broker.fills_today())


@kis.tool(timeout_s=30, keywords=("미체결", "대기 주문", "pending orders"))
def open_orders(*, broker: BrokerReads) -> list[OpenOrderView]:
    """Orders of the account that still work and could be cancelled."""
    return [
        OpenOrderView(
            order=order.id.key,
            symbol=order.symbol,
            side=order.side,
            shares=order.shares,
            limit_price_krw=order.limit_price_krw,
            filled_shares=order.filled_shares,
            remaining_shares=order.remaining_shares,
            ordered_at=order.ordered_at,
        )
        for order in broker.open_orders()
    ]
