"""Booking fills from cumulative values, so that nothing is booked twice or out of order.

A broker reports how much of an order is filled so far, through several channels, late and repeatedly. Only what
exceeds the highest value booked becomes a fill.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import Side, Won
from daybook.storage import ledger_rows
from daybook.storage.audit import append_audit
from daybook.storage.cost_basis import Movement, trade
from daybook.storage.errors import LedgerError
from daybook.storage.order_links import order_key, owner
from daybook.storage.tables.ledger import fills, ledger_accounts, order_progress
from daybook.storage.tables.orders import intents


@dataclass(frozen=True, slots=True)
class Progress:
    """What a report added: shares, their amount, and costs (fees and taxes)."""

    delta_shares: int
    delta_amount_krw: Won
    delta_costs_krw: Won

    @property
    def is_nothing(self) -> bool:
        """Whether the report added nothing."""
        return not (self.delta_shares or self.delta_amount_krw or self.delta_costs_krw)


NOTHING = Progress(0, 0, 0)


@dataclass(frozen=True, slots=True)
class Cumulative:
    """What a broker order has filled so far."""

    account: str
    day: date
    order_key: str
    intent_id: str | None
    symbol: str
    side: Side
    shares: int
    amount_krw: Won
    costs_krw: Won


def book(session: Session, order: Cumulative, *, at: datetime, actor: str) -> Progress:
    """Book the difference to what was booked before: fill, position, cash and the intent's totals.

    Raises ``LedgerError`` on negative values, on another symbol or side under the same number, and on more shares for
    a smaller amount.
    """
    if order.shares < 0 or order.amount_krw < 0 or order.costs_krw < 0:
        raise LedgerError("cumulative fills cannot be negative")
    account = ledger_rows.account_row(session, order.account)
    key = order_key(order.order_key)
    progress = _progress(session, order, key)
    if order.shares < progress.shares or (order.shares == progress.shares and order.amount_krw < progress.amount_krw):
        return NOTHING
    if order.amount_krw < progress.amount_krw:
        raise LedgerError(f"order {key} reports more shares for a smaller amount than booked")
    added = Progress(
        order.shares - progress.shares,
        order.amount_krw - progress.amount_krw,
        max(0, order.costs_krw - progress.costs_krw),
    )
    if added.is_nothing:
        return NOTHING
    realised_krw = _move_position(session, order, added, at)
    flow_krw = -added.delta_amount_krw if order.side is Side.BUY else added.delta_amount_krw
    session.execute(
        update(ledger_accounts)
        .where(ledger_accounts.c.account == order.account)
        .values(cash_krw=account.cash_krw + flow_krw - added.delta_costs_krw, updated_at=at)
    )
    session.execute(
        update(order_progress)
        .where(*_key(order, key))
        .values(
            shares=order.shares,
            amount_krw=order.amount_krw,
            costs_krw=progress.costs_krw + added.delta_costs_krw,
        )
    )
    intent_id = order.intent_id or owner(session, order.account, order.day, key)
    session.execute(
        insert(fills).values(
            account=order.account,
            day=order.day,
            order_key=key,
            intent_id=intent_id,
            symbol=order.symbol,
            side=order.side.value,
            shares=added.delta_shares,
            amount_krw=added.delta_amount_krw,
            costs_krw=added.delta_costs_krw,
            realised_pnl_krw=realised_krw,
            at=at,
        )
    )
    if intent_id is not None:
        _add_to_intent(session, intent_id, added)
    detail = {
        "order": key,
        "intent_id": intent_id,
        "symbol": order.symbol,
        "side": order.side.value,
        "shares": added.delta_shares,
        "amount_krw": added.delta_amount_krw,
        "costs_krw": added.delta_costs_krw,
    }
    append_audit(session, "ledger.fill", f"{order.account}/{order.day}/{key}", detail, actor=actor, at=at)
    return added


def _key(order: Cumulative, key: str) -> tuple[Any, ...]:
    columns = order_progress.c
    return (columns.account == order.account, columns.day == order.day, columns.order_key == key)


def _progress(session: Session, order: Cumulative, key: str) -> Row[Any]:
    query = select(order_progress).where(*_key(order, key))
    row = session.execute(query).first()
    if row is None:
        session.execute(
            insert(order_progress).values(
                account=order.account,
                day=order.day,
                order_key=key,
                symbol=order.symbol,
                side=order.side.value,
                shares=0,
                amount_krw=0,
                costs_krw=0,
            )
        )
        row = session.execute(query).one()
    if row.symbol != order.symbol or row.side != order.side.value:
        raise LedgerError(f"order {key} was booked as {row.side} {row.symbol}, not {order.side.value} {order.symbol}")
    return row


def _move_position(session: Session, order: Cumulative, added: Progress, at: datetime) -> Won:
    before = ledger_rows.holding(session, order.account, order.symbol)
    sign = 1 if order.side is Side.BUY else -1
    if added.delta_shares:
        movement = trade(before, sign * added.delta_shares, added.delta_amount_krw)
    elif order.side is Side.BUY and before.shares > 0:
        movement = trade(before, 0, added.delta_amount_krw)
    else:
        # The shares are gone already: a corrected amount is result.
        movement = Movement(before, -sign * added.delta_amount_krw)
    realised_krw = movement.realised_pnl_krw - added.delta_costs_krw
    ledger_rows.set_position(
        session,
        order.account,
        order.symbol,
        movement.holding,
        realised_change_krw=realised_krw,
        filled_on=order.day,
        at=at,
    )
    return realised_krw


def _add_to_intent(session: Session, intent_id: str, added: Progress) -> None:
    session.execute(
        update(intents)
        .where(intents.c.intent_id == intent_id)
        .values(
            filled_shares=intents.c.filled_shares + added.delta_shares,
            filled_amount_krw=intents.c.filled_amount_krw + added.delta_amount_krw,
            costs_krw=intents.c.costs_krw + added.delta_costs_krw,
        )
    )
