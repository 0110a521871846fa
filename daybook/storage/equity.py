"""Equity over a day and the high-water mark it is measured against."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from daybook.contracts.base import Won
from daybook.storage.audit import append_audit
from daybook.storage.tables.ledger import equity_points, ledger_accounts


@dataclass(frozen=True, slots=True)
class EquityPoint:
    """Equity and cash at a market time, beside the index (points, not money)."""

    account: str
    day: date
    market_time: datetime
    equity_krw: Won
    cash_krw: Won
    index_level: float | None


def record(session: Session, point: EquityPoint, *, at: datetime, actor: str) -> None:
    """Insert a point or overwrite the one of the same time; raise the high-water mark of an open account."""
    columns = equity_points.c
    where = (columns.account == point.account, columns.day == point.day, columns.market_time == point.market_time)
    values: dict[str, Any] = {
        "equity_krw": point.equity_krw,
        "cash_krw": point.cash_krw,
        "index_level": point.index_level,
    }
    mark_krw = high_water_mark(session, point.account)
    if session.execute(select(columns.day).where(*where)).first() is None:
        session.execute(
            insert(equity_points).values(account=point.account, day=point.day, market_time=point.market_time, **values)
        )
    else:
        session.execute(update(equity_points).where(*where).values(**values))
    session.execute(
        update(ledger_accounts)
        .where(ledger_accounts.c.account == point.account)
        .values(high_water_krw=max(point.equity_krw, point.equity_krw if mark_krw is None else mark_krw))
    )
    detail = {"market_time": point.market_time.isoformat(), "equity_krw": point.equity_krw, "cash_krw": point.cash_krw}
    append_audit(session, "ledger.equity", f"{point.account}/{point.day}", detail, actor=actor, at=at)


def points(session: Session, account: str, day: date) -> list[EquityPoint]:
    """Return a day's points by market time."""
    query = (
        select(equity_points)
        .where(equity_points.c.account == account, equity_points.c.day == day)
        .order_by(equity_points.c.market_time)
    )
    return [
        EquityPoint(row.account, row.day, row.market_time, row.equity_krw, row.cash_krw, row.index_level)
        for row in session.execute(query)
    ]


def high_water_mark(session: Session, account: str) -> Won | None:
    """Return the account's mark, or the highest point of an account whose books are not open."""
    query = select(ledger_accounts.c.high_water_krw).where(ledger_accounts.c.account == account)
    mark_krw = session.execute(query).scalar()
    if mark_krw is None:
        highest = select(func.max(equity_points.c.equity_krw)).where(equity_points.c.account == account)
        mark_krw = session.execute(highest).scalar()
    return mark_krw


def close_before(session: Session, account: str, day: date) -> Won | None:
    """Return the last equity of the newest day before ``day``, or None."""
    query = (
        select(equity_points.c.equity_krw)
        .where(equity_points.c.account == account, equity_points.c.day < day)
        .order_by(equity_points.c.day.desc(), equity_points.c.market_time.desc())
        .limit(1)
    )
    return session.execute(query).scalar()
