"""The desk's own books: cash and positions that move only by booked fills and explained adjustments.

For every account: cash + cost bases = opening + realised results + adjustments from outside, to the won.
"""

from datetime import date, datetime

from sqlalchemy import func, select

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import KST, Side, Won
from daybook.storage import equity, ledger_rows, order_progress
from daybook.storage.audit import SYSTEM
from daybook.storage.equity import EquityPoint
from daybook.storage.errors import StorageUsageError
from daybook.storage.ledger_changes import adjust_books, open_books
from daybook.storage.ledger_records import (
    ADJUSTMENT,
    Adjustment,
    FillRecord,
    LedgerEntry,
    PositionRecord,
    entry_record,
    fill_record,
    position_record,
)
from daybook.storage.order_progress import Progress
from daybook.storage.store import Store
from daybook.storage.tables.ledger import fills, ledger_accounts, ledger_entries, positions


class Ledger(Store):
    """The books of all accounts. Every change is one transaction; repeating a call changes nothing."""

    def open_with(self, account: str, snapshot: AccountSnapshot, at: datetime, *, actor: str = SYSTEM) -> bool:
        """Adopt the broker's D+2 cash and holdings as the opening; False when the account is open already."""
        return self._write(lambda session: open_books(session, account, snapshot, at, actor))

    def is_open(self, account: str) -> bool:
        """Whether the account's books were opened."""
        query = select(ledger_accounts.c.account).where(ledger_accounts.c.account == account)
        return self._read(lambda session: session.execute(query).first() is not None)

    def apply_progress(
        self,
        account: str,
        day: date,
        order_key: str,
        intent_id: str | None,
        symbol: str,
        side: Side,
        cumulative_shares: int,
        cumulative_amount_krw: Won,
        cumulative_costs_krw: Won,
        at: datetime,
        *,
        actor: str = SYSTEM,
    ) -> Progress:
        """Book what an order's cumulative fills add to those already booked, and return that difference.

        Repeated or smaller cumulative values change nothing. Without ``intent_id`` the order's link decides whose
        fill it is. Raises ``LedgerError`` when the books are not open or the values contradict those booked.
        """
        order = order_progress.Cumulative(
            account=account,
            day=day,
            order_key=order_key,
            intent_id=intent_id,
            symbol=symbol,
            side=Side(side),
            shares=cumulative_shares,
            amount_krw=cumulative_amount_krw,
            costs_krw=cumulative_costs_krw,
        )
        return self._write(lambda session: order_progress.book(session, order, at=at, actor=actor))

    def cash(self, account: str) -> Won:
        """Return D+2 cash; raises ``LedgerError`` when the books are not open."""
        return self._read(lambda session: int(ledger_rows.account_row(session, account).cash_krw))

    def positions(self, account: str, *, include_flat: bool = False) -> list[PositionRecord]:
        """Return the account's positions by symbol; those without shares only with ``include_flat``."""
        query = select(positions).where(positions.c.account == account).order_by(positions.c.symbol)
        if not include_flat:
            query = query.where(positions.c.shares != 0)
        return self._read(lambda session: [position_record(row) for row in session.execute(query)])

    def fills(self, day: date, *, account: str | None = None) -> list[FillRecord]:
        """Return a day's booked fills in the order of booking."""
        query = select(fills).where(fills.c.day == day).order_by(fills.c.id)
        if account is not None:
            query = query.where(fills.c.account == account)
        return self._read(lambda session: [fill_record(row) for row in session.execute(query)])

    def opened_on(self, account: str) -> dict[str, date]:
        """Return the day each held position was opened by a fill; adopted positions are left out."""
        return {
            position.symbol: position.opened_on
            for position in self.positions(account)
            if position.opened_on is not None
        }

    def flows(self, account: str, since: date | datetime) -> Won:
        """Return what came in or went out from outside since a day, or since a real time; openings left out.

        Shares count at their cost: buying by hand moves cash into shares and is no flow.
        """
        column = ledger_entries.c.at if isinstance(since, datetime) else ledger_entries.c.day
        query = select(ledger_entries).where(
            ledger_entries.c.account == account, ledger_entries.c.kind == ADJUSTMENT, column >= since
        )
        rows = self._read(lambda session: session.execute(query).all())
        return sum(entry_record(row).flow_krw for row in rows)

    def fills_through(self, account: str, day: date) -> list[FillRecord]:
        """Return the account's fills of all days up to and including ``day``, in the order of booking."""
        query = select(fills).where(fills.c.account == account, fills.c.day <= day).order_by(fills.c.id)
        return self._read(lambda session: [fill_record(row) for row in session.execute(query)])

    def entries(self, account: str) -> list[LedgerEntry]:
        """Return openings and adjustments in the order of booking."""
        query = select(ledger_entries).where(ledger_entries.c.account == account).order_by(ledger_entries.c.id)
        return self._read(lambda session: [entry_record(row) for row in session.execute(query)])

    def adjust(
        self,
        account: str,
        reason_code: str,
        cash_krw: Won = 0,
        symbol: str | None = None,
        shares: int = 0,
        note: str = "",
        at: datetime | None = None,
        *,
        cost_basis_krw: Won | None = None,
        day: date | None = None,
        actor: str = SYSTEM,
    ) -> LedgerEntry:
        """Book an explained change that no order of ours made.

        ``shares`` added take the paid cash as their cost (none for a split or a bonus issue); ``shares`` removed
        realise the received cash against their part of the cost basis. ``cost_basis_krw`` overrides the change of
        the cost basis, and then nothing is realised. ``day`` is the trading day it belongs to, by default the KST
        date of ``at``. Not idempotent: each call books one entry.
        """
        if (symbol is None) != (shares == 0 and cost_basis_krw is None):
            raise StorageUsageError("an adjustment of shares or cost basis needs a symbol, one of cash alone has none")
        moment = self._now(at)
        trading_day = moment.astimezone(KST).date() if day is None else day
        change = Adjustment(reason_code, cash_krw, symbol, shares, note, cost_basis_krw, trading_day)
        return self._write(lambda session: adjust_books(session, account, change, moment, actor))

    def record_equity(
        self,
        day: date,
        market_time: datetime,
        equity_krw: Won,
        cash_krw: Won,
        index_level: float | None = None,
        *,
        account: str = "main",
        actor: str = SYSTEM,
    ) -> None:
        """Keep the equity at a market time (the last word on a time wins) and raise the high-water mark."""
        point = EquityPoint(account, day, market_time, equity_krw, cash_krw, index_level)
        moment = self._now(None)
        self._write(lambda session: equity.record(session, point, at=moment, actor=actor))

    def equity_points(self, day: date, *, account: str = "main") -> list[EquityPoint]:
        """Return a day's equity points by market time."""
        return self._read(lambda session: equity.points(session, account, day))

    def high_water_mark(self, account: str = "main") -> Won | None:
        """Return the highest equity recorded, moved by what came in or went out since; None before the first."""
        return self._read(lambda session: equity.high_water_mark(session, account))

    def realised_pnl(self, day: date, *, account: str | None = None) -> Won:
        """Return the result realised by a day's fills, after fees and taxes."""
        query = select(func.sum(fills.c.realised_pnl_krw)).where(fills.c.day == day)
        if account is not None:
            query = query.where(fills.c.account == account)
        return self._read(lambda session: int(session.execute(query).scalar() or 0))
