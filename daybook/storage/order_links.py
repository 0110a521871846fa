"""Whose a broker order is: one of our intents', or somebody else's."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.orders import BrokerOrder, BrokerOrderId
from daybook.storage.attempts import name_order
from daybook.storage.audit import append_audit
from daybook.storage.canonical import message_json
from daybook.storage.tables.orders import external_orders, order_links


def order_key(number: str) -> str:
    """Return a broker's order number without leading zeros, as numbers are compared."""
    return number.strip().lstrip("0") or "0"


def owner(session: Session, account: str, day: date, key: str) -> str | None:
    """Return the intent a broker number of a day is linked to, or None."""
    query = select(order_links.c.intent_id).where(
        order_links.c.account == account, order_links.c.day == day, order_links.c.order_key == key
    )
    return session.execute(query).scalar()


def link(
    session: Session, account: str, day: date, order: BrokerOrderId, intent_id: str, *, at: datetime, actor: str
) -> bool:
    """Link a number to an intent; False when it belongs to another intent."""
    known = owner(session, account, day, order.key)
    if known is not None:
        return known == intent_id
    session.execute(
        insert(order_links).values(
            account=account,
            day=day,
            order_key=order.key,
            intent_id=intent_id,
            branch=order.branch,
            number=order.number,
            linked_at=at,
        )
    )
    session.execute(delete(external_orders).where(*_external_key(account, day, order.key)))
    name_order(session, intent_id, order)
    append_audit(
        session, "order.linked", intent_id, {"day": day.isoformat(), "order": order.number}, actor=actor, at=at
    )
    return True


def linked(session: Session, day: date, account: str | None) -> dict[str, str]:
    """Return number without leading zeros -> intent id, of one account or of all."""
    query = select(order_links.c.order_key, order_links.c.intent_id).where(order_links.c.day == day)
    if account is not None:
        query = query.where(order_links.c.account == account)
    return {row.order_key: row.intent_id for row in session.execute(query)}


def record_external(session: Session, account: str, day: date, order: BrokerOrder, *, at: datetime, actor: str) -> bool:
    """Insert or renew an external order; False when the number is linked to an intent."""
    key = order.id.key
    if owner(session, account, day, key) is not None:
        return False
    body = message_json(order)
    where = _external_key(account, day, key)
    known = session.execute(select(external_orders.c.body).where(*where)).scalar()
    if known == body:
        return True
    if known is None:
        session.execute(insert(external_orders).values(account=account, day=day, order_key=key, body=body, seen_at=at))
    else:
        session.execute(update(external_orders).where(*where).values(body=body, seen_at=at))
    values = {"day": day.isoformat(), "symbol": order.symbol, "state": order.state.value}
    append_audit(session, "order.external", f"{account}/{key}", values, actor=actor, at=at)
    return True


def external(session: Session, day: date, account: str | None) -> list[BrokerOrder]:
    """Return external orders as last seen, by number."""
    query = select(external_orders.c.body).where(external_orders.c.day == day)
    if account is not None:
        query = query.where(external_orders.c.account == account)
    orders = [BrokerOrder.model_validate_json(body) for body in session.execute(query).scalars()]
    return sorted(orders, key=lambda order: order.id.key.rjust(20, "0"))


def _external_key(account: str, day: date, key: str) -> tuple[Any, ...]:
    columns = external_orders.c
    return (columns.account == account, columns.day == day, columns.order_key == key)
