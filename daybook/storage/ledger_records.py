"""What the ledger hands out: positions, fills and entries, with their money in whole won."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import Row

from daybook.contracts.base import Side, Won

OPENING = "OPENING"
ADJUSTMENT = "ADJUSTMENT"


@dataclass(frozen=True, slots=True)
class PositionRecord:
    """A position: cost basis without fees, realised result after fees and taxes since the opening of the books.

    ``opened_on`` is the day of the fill that opened it; None for an adopted one.
    """

    symbol: str
    shares: int
    cost_basis_krw: Won
    realised_pnl_krw: Won
    opened_on: date | None
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

    day: date
    kind: str
    reason_code: str
    symbol: str | None
    shares: int
    cash_krw: Won
    cost_basis_krw: Won
    realised_pnl_krw: Won
    note: str
    at: datetime

    @property
    def flow_krw(self) -> Won:
        """What came in (or went out, negative) from outside: cash and cost of shares, results left out."""
        return self.cash_krw + self.cost_basis_krw - self.realised_pnl_krw


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A change asked for; ``cost_basis_krw`` None means that shares and cash decide it."""

    reason_code: str
    cash_krw: Won
    symbol: str | None
    shares: int
    note: str
    cost_basis_krw: Won | None
    day: date


def position_record(row: Row[Any]) -> PositionRecord:
    """Return a row of ``positions`` as a record."""
    return PositionRecord(
        row.symbol, row.shares, row.cost_basis_krw, row.realised_pnl_krw, row.opened_on, row.updated_at
    )


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
        day=row.day,
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
