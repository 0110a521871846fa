"""What the ledger hands out: positions, fills and entries, with their money in whole won."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row

from daybook.contracts.base import Side, Won


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """A position: cost basis without fees, realised result after fees and taxes since the opening."""

    symbol: str
    shares: int
    cost_basis_krw: Won
    realised_pnl_krw: Won
    updated_at: datetime

    @property
    def average_price_krw(self) -> Won:
        """Cost per share rounded to whole won; the exact value is ``cost_basis_krw / shares``. 0 when flat."""
        if self.shares == 0:
            return 0
        return int((Decimal(self.cost_basis_krw) / self.shares).quantize(Decimal(1), ROUND_HALF_UP))


@dataclass(frozen=True, slots=True)
class FillRecord:
    """A booked difference of an order's cumulative fills."""

    account: str
    day: date
    order_key: str
    intent_id: str | None
    symbol: str
    side: Side
    shares: int
    amount_krw: Won
    costs_krw: Won
    realised_pnl_krw: Won
    at: datetime


@dataclass(frozen=True, slots=True)
class LedgerEntry:
    """An opening or an adjustment, as changes of shares, cash, cost basis and realised result."""

    kind: str
    reason_code: str
    symbol: str | None
    shares: int
    cash_krw: Won
    cost_basis_krw: Won
    realised_pnl_krw: Won
    note: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change asked for; ``cost_basis_krw`` None means that shares and cash decide it."""

    reason_code: str
    cash_krw: Won
    symbol: str | None
    shares: int
    note: str
    cost_basis_krw: Won | None


def position_record(row: Row[Any]) -> PositionRecord:
    """Return a row of ``positions`` as a record."""
    return PositionRecord(row.symbol, row.shares, row.cost_basis_krw, row.realised_pnl_krw, row.updated_at)


def fill_record(row: Row[Any]) -> FillRecord:
    """Return a row of ``fills`` as a record."""
    return FillRecord(
        account=row.account,
        day=row.day,
        order_key=row.order_key,
        intent_id=row.intent_id,
        symbol=row.symbol,
        side=Side(row.side),
        shares=row.shares,
        amount_krw=row.amount_krw,
        costs_krw=row.costs_krw,
        realised_pnl_krw=row.realised_pnl_krw,
        at=row.at,
    )


def entry_record(row: Row[Any]) -> LedgerEntry:
    """Return a row of ``ledger_entries`` as a record."""
    return LedgerEntry(
        kind=row.kind,
        reason_code=row.reason_code,
        symbol=row.symbol,
        shares=row.shares,
        cash_krw=row.cash_krw,
        cost_basis_krw=row.cost_basis_krw,
        realised_pnl_krw=row.realised_pnl_krw,
        note=row.note,
        at=row.at,
    )
