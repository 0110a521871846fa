"""The rows behind the ledger, read and written inside a transaction of the caller."""

from datetime import datetime
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
    session: Session, account: str, symbol: str, after: Holding, *, realised_change_krw: Won, at: datetime
) -> None:
    """Write a position's shares and cost basis, and add to its realised result."""
    where = (positions.c.account == account, positions.c.symbol == symbol)
    realised_krw = session.execute(select(positions.c.realised_pnl_krw).where(*where)).scalar()
    values: dict[str, Any] = {
        "shares": after.shares,
        "cost_basis_krw": after.cost_basis_krw,
        "realised_pnl_krw": (realised_krw or 0) + realised_change_krw,
        "updated_at": at,
    }
    if realised_krw is None:
        session.execute(insert(positions).values(account=account, symbol=symbol, **values))
    else:
        session.execute(update(positions).where(*where).values(**values))


def add_entry(session: Session, account: str, entry: LedgerEntry) -> None:
    """Append an opening or an adjustment."""
    session.execute(
        insert(ledger_entries).values(
            account=account,
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
