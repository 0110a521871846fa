"""A desk on which one buy and one sell pass every rule; tests change one fact at a time."""

from datetime import date, datetime, timedelta
from typing import Any

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import KST, Mode, Side, TradingState
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderTicket, Purpose
from daybook.contracts.risk import Approval, CheckContext, OpenOrder
from daybook.contracts.session import DayKind, Session
from daybook.risk.checks import check_order

DAY = date(2026, 3, 6)
NOW = datetime(2026, 3, 6, 10, 30, tzinfo=KST)
BOUGHT, HELD = "005930", "035720"
EQUITY_KRW = 10_000_000
LIMITS = RiskLimits()


def at(clock: str) -> datetime:
    """Return a KST time of the day."""
    return datetime.combine(DAY, datetime.strptime(clock, "%H:%M:%S").time(), tzinfo=KST)  # noqa: DTZ007


def before(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def session(**changes: Any) -> Session:
    times: dict[str, Any] = {
        "day": DAY,
        "kind": DayKind.REGULAR,
        "order_entry_from": at("08:00:00"),
        "opening_auction_from": at("08:30:00"),
        "opens": at("09:00:00"),
        "closing_auction_from": at("15:20:00"),
        "closes": at("15:30:00"),
    }
    return Session(**{**times, **changes})


def quote(**changes: Any) -> Quote:
    values: dict[str, Any] = {
        "symbol": BOUGHT,
        "price_krw": 70_000,
        "base_price_krw": 69_000,
        "open_krw": 69_500,
        "high_krw": 70_500,
        "low_krw": 69_000,
        "upper_limit_krw": 89_700,
        "lower_limit_krw": 48_300,
        "ask_krw": 70_100,
        "bid_krw": 70_000,
        "volume_shares": 1_000_000,
        "turnover_krw": 70_000_000_000,
        "sector": "전기·전자",
        "observed_at": before(1),
    }
    return Quote(**{**values, **changes})


def held_quote(**changes: Any) -> Quote:
    values: dict[str, Any] = {
        "symbol": HELD,
        "price_krw": 50_000,
        "base_price_krw": 50_000,
        "upper_limit_krw": 65_000,
        "lower_limit_krw": 35_000,
        "ask_krw": 50_100,
        "bid_krw": 50_000,
        "sector": "서비스업",
    }
    return quote(**{**values, **changes})


def holding(symbol: str = HELD, shares: int = 10, price_krw: int = 50_000, sellable: int | None = None) -> Holding:
    return Holding(
        symbol=symbol,
        shares=shares,
        sellable_shares=shares if sellable is None else sellable,
        average_price_krw=price_krw,
        price_krw=price_krw,
    )


def account(**changes: Any) -> AccountSnapshot:
    values: dict[str, Any] = {
        "holdings": (holding(),),
        "deposit_krw": 9_500_000,
        "settled_cash_krw": 9_500_000,
        "orderable_cash_krw": 9_500_000,
        "net_asset_krw": EQUITY_KRW,
        "observed_at": before(2),
    }
    return AccountSnapshot(**{**values, **changes})


def context(**changes: Any) -> CheckContext:
    values: dict[str, Any] = {
        "mode": Mode.PAPER,
        "trading_state": TradingState.ACTIVE,
        "reconciled": True,
        "market_now": NOW,
        "real_now": NOW,
        "equity_krw": EQUITY_KRW,
        "session": session(),
        "quote": quote(),
        "account": account(),
        "allowed_symbols": (BOUGHT,),
        "average_turnover_krw": 50_000_000_000,
        "sessions_listed": 250,
    }
    return CheckContext(**{**values, **changes})


def sell_context(**changes: Any) -> CheckContext:
    return context(**{"quote": held_quote(), **changes})


def buy(**changes: Any) -> OrderTicket:
    values: dict[str, Any] = {
        "intent_id": "20260306-t009-005930-buy-0a0a0a0a",
        "decision_id": "tick-9",
        "mode": Mode.PAPER,
        "day": DAY,
        "symbol": BOUGHT,
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_100,
        "reference_price_krw": 70_000,
        "purpose": Purpose.ENTRY,
        "decided_at": before(10),
        "valid_until": NOW + timedelta(minutes=10),
    }
    return OrderTicket(**{**values, **changes})


def sell(**changes: Any) -> OrderTicket:
    values: dict[str, Any] = {
        "intent_id": "20260306-t009-035720-sell-0b0b0b0b",
        "symbol": HELD,
        "side": Side.SELL,
        "limit_price_krw": 49_950,
        "reference_price_krw": 50_000,
        "purpose": Purpose.EXIT,
    }
    return buy(**{**values, **changes})


def open_order(symbol: str = BOUGHT, side: Side = Side.BUY, **changes: Any) -> OpenOrder:
    values: dict[str, Any] = {"symbol": symbol, "side": side, "shares": 1, "limit_price_krw": 70_000, "intent_id": "x"}
    return OpenOrder(**{**values, **changes})


def approval(ticket: OrderTicket, **changes: Any) -> Approval:
    values: dict[str, Any] = {
        "intent_id": ticket.intent_id,
        "granted": True,
        "shares": ticket.shares,
        "limit_price_krw": ticket.limit_price_krw,
        "price_krw": 70_000,
        "asked_at": before(60),
        "answered_at": before(30),
        "answered_by": "owner",
    }
    return Approval(**{**values, **changes})


def buy_codes(ticket: dict[str, Any], facts: dict[str, Any], limits: dict[str, Any] | None = None) -> list[str]:
    """Return the codes that deny the passing buy once ticket, facts and limits are changed."""
    return list(check_order(buy(**ticket), context(**facts), RiskLimits(**(limits or {}))).codes)


def sell_codes(ticket: dict[str, Any], facts: dict[str, Any], limits: dict[str, Any] | None = None) -> list[str]:
    """Return the codes that deny the passing sell once ticket, facts and limits are changed."""
    return list(check_order(sell(**ticket), sell_context(**facts), RiskLimits(**(limits or {}))).codes)
