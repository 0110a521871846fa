"""Changes of the books that no order of ours made: the opening and explained adjustments."""

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import KST
from daybook.storage import ledger_rows
from daybook.storage.audit import append_audit
from daybook.storage.cost_basis import Holding, trade
from daybook.storage.ledger_records import ADJUSTMENT, OPENING, Adjustment, LedgerEntry
from daybook.storage.store import clipped
from daybook.storage.tables.ledger import ledger_accounts


def open_books(session: Session, account: str, snapshot: AccountSnapshot, at: datetime, actor: str) -> bool:
    """Adopt the broker's D+2 cash and holdings; False when the books are open already."""
    if session.execute(select(ledger_accounts.c.account).where(ledger_accounts.c.account == account)).first():
        return False
    cash_krw, day = snapshot.settled_cash_krw, at.astimezone(KST).date()
    session.execute(insert(ledger_accounts).values(account=account, cash_krw=cash_krw, opened_at=at, updated_at=at))
    ledger_rows.add_entry(session, account, LedgerEntry(day, OPENING, OPENING, None, 0, cash_krw, 0, 0, "", at))
    for holding in snapshot.holdings:
        if holding.shares == 0:
            continue
        # The broker's average has decimals; through text, so that no binary fraction leaks into won.
        cost = Decimal(str(holding.average_price_krw)) * holding.shares
        basis_krw = int(cost.quantize(Decimal(1), ROUND_HALF_UP))
        ledger_rows.set_position(
            session,
            account,
            holding.symbol,
            Holding(holding.shares, basis_krw),
            realised_change_krw=0,
            filled_on=None,
            at=at,
        )
        ledger_rows.add_entry(
            session,
            account,
            LedgerEntry(day, OPENING, OPENING, holding.symbol, holding.shares, 0, basis_krw, 0, "", at),
        )
    shares = {holding.symbol: holding.shares for holding in snapshot.holdings if holding.shares}
    append_audit(session, "ledger.opened", account, {"cash_krw": cash_krw, "shares": shares}, actor=actor, at=at)
    return True


def adjust_books(session: Session, account: str, change: Adjustment, at: datetime, actor: str) -> LedgerEntry:
    """Book an adjustment and return its entry."""
    row = ledger_rows.account_row(session, account)
    basis_change_krw = realised_krw = 0
    if change.symbol is not None:
        before = ledger_rows.holding(session, account, change.symbol)
        if change.cost_basis_krw is not None:
            after = Holding(before.shares + change.shares, before.cost_basis_krw + change.cost_basis_krw)
        else:
            amount_krw = max(0, -change.cash_krw if change.shares > 0 else change.cash_krw)
            movement = trade(before, change.shares, amount_krw)
            after, realised_krw = movement.holding, movement.realised_pnl_krw
        basis_change_krw = after.cost_basis_krw - before.cost_basis_krw
        ledger_rows.set_position(
            session, account, change.symbol, after, realised_change_krw=realised_krw, filled_on=None, at=at
        )
    entry = LedgerEntry(
        change.day,
        ADJUSTMENT,
        clipped(change.reason_code, 40),
        change.symbol,
        change.shares,
        change.cash_krw,
        basis_change_krw,
        realised_krw,
        clipped(change.note),
        at,
    )
    values: dict[str, Any] = {"cash_krw": row.cash_krw + change.cash_krw, "updated_at": at}
    if row.high_water_krw is not None:
        # Money and shares that come in or go out are no result: the mark moves with them.
        values["high_water_krw"] = row.high_water_krw + entry.flow_krw
    session.execute(update(ledger_accounts).where(ledger_accounts.c.account == account).values(**values))
    ledger_rows.add_entry(session, account, entry)
    detail = {
        "reason_code": change.reason_code,
        "symbol": change.symbol,
        "shares": change.shares,
        "cash_krw": change.cash_krw,
        "cost_basis_krw": basis_change_krw,
        "note": change.note,
    }
    append_audit(session, "ledger.adjusted", account, detail, actor=actor, at=at)
    return entry
