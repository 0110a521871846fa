"""The rows behind the ledger, read and written inside a transaction of the caller."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import Won
from daybook.storage.cost_basis import Holding
from daybook.storage.errors import LedgerError
from daybook.storage.ledger_records import LedgerEntry
from daybook.storage.tables.ledger import ledger_accounts, ledger_entries, positions


def account_row(session: Session, account: str) -> Row[Any]:
    """Return the account's row; raises ``LedgerError`` when its books are not open."""
    row = session.execute(select(ledger_accounts).where(ledger_accounts.c.account == account)).first()
    if row is None:
        raise LedgerError(f"the books of account {account} are not open")
    return row


def holding(session: Session, account: str, symbol: str) -> Holding:
    """Return shares and cost basis of a symbol; flat when it was never held."""
    query = select(positions.c.shares, positions.c.cost_basis_krw).where(
        positions.c.account == account, positions.c.symbol == symbol
    )
    row = session.execute(query).first()
    return Holding(0, 0) if row is None else Holding(row.shares, row.cost_basis_krw)


def set_position(
    session: Session,
    account: str,
    symbol: str,
    after: Holding,
    *,
    realised_change_krw: Won,
    filled_on: date | None,
    at: datetime,
) -> None:
    """Write a position's shares and cost basis, and add to its realised result.

    ``filled_on`` is the day of the fill behind the change, None for an adoption or adjustment.
    """
    where = (positions.c.account == account, positions.c.symbol == symbol)
    before = session.execute(select(positions).where(*where)).first()
    opened_on = None
    if after.shares and before is not None and before.shares * after.shares > 0:
        opened_on = before.opened_on
    elif after.shares:
        opened_on = filled_on
    values: dict[str, Any] = {
        "shares": after.shares,
        "cost_basis_krw": after.cost_basis_krw,
        "realised_pnl_krw": (0 if before is None else before.realised_pnl_krw) + realised_change_krw,
        "opened_on": opened_on,
        "updated_at": at,
    }
    if before is None:
        session.execute(insert(positions).values(account=account, symbol=symbol, **values))
    else:
        session.execute(update(positions).where(*where).values(**values))


def add_entry(session: Session, account: str, entry: LedgerEntry) -> None:
    """Append an opening or an adjustment."""
    session.execute(
        insert(ledger_entries).values(
            account=account,
            day=entry.day,
            kind=entry.kind,
            reason_code=entry.reason_code,
            symbol=entry.symbol,
            shares=entry.shares,
            cash_krw=entry.cash_krw,
            cost_basis_krw=entry.cost_basis_krw,
            realised_pnl_krw=entry.realised_pnl_krw,
            note=entry.note,
            at=entry.at,
        )
    )
