"""Orders, accounts and times the storage tests speak of."""

from datetime import UTC, date, datetime, timedelta

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.orders import BrokerOrder, BrokerOrderId, BrokerOrderState, FillNotice, OrderTicket, Purpose

DAY = date(2026, 3, 4)
AT = datetime(2026, 3, 4, 10, 0, 0, 123456, tzinfo=KST).astimezone(UTC)
SAMSUNG, HYNIX = "005930", "000660"


def later(seconds: float) -> datetime:
    return AT + timedelta(seconds=seconds)


def ticket(intent_id: str = "intent-1", **changes: object) -> OrderTicket:
    values: dict[str, object] = {
        "intent_id": intent_id,
        "mode": Mode.PAPER,
        "day": DAY,
        "symbol": SAMSUNG,
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_000,
        "purpose": Purpose.ENTRY,
        "valid_until": datetime(2026, 3, 4, 15, 20, tzinfo=KST),
    }
    return OrderTicket.model_validate(values | changes)


def order_id(number: str = "0000117057", branch: str = "06010") -> BrokerOrderId:
    return BrokerOrderId(branch=branch, number=number)


def broker_order(number: str = "0000117057", **changes: object) -> BrokerOrder:
    values: dict[str, object] = {
        "id": order_id(number),
        "symbol": SAMSUNG,
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_000,
        "filled_shares": 0,
        "filled_amount_krw": 0,
        "remaining_shares": 10,
        "state": BrokerOrderState.WORKING,
        "ordered_at": AT,
    }
    return BrokerOrder.model_validate(values | changes)


def snapshot(cash_krw: int = 10_000_000, *holdings: Holding) -> AccountSnapshot:
    return AccountSnapshot(
        holdings=holdings,
        deposit_krw=cash_krw,
        settled_cash_krw=cash_krw,
        orderable_cash_krw=cash_krw,
        net_asset_krw=cash_krw,
        observed_at=AT,
    )


def holding(symbol: str = SAMSUNG, shares: int = 10, average_price_krw: float = 70_000.0) -> Holding:
    return Holding(
        symbol=symbol,
        shares=shares,
        sellable_shares=shares,
        average_price_krw=average_price_krw,
        price_krw=round(average_price_krw),
    )


def notice(digest: str, **changes: object) -> FillNotice:
    values: dict[str, object] = {
        "order_number": "0000117057",
        "symbol": SAMSUNG,
        "side": Side.BUY,
        "is_fill": True,
        "shares": 3,
        "price_krw": 70_000,
        "at_hhmmss": "100001",
        "received_at": AT,
        "digest": digest,
    }
    return FillNotice.model_validate(values | changes)
