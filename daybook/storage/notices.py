"""Fill notices of the broker's stream, each kept once."""

from datetime import date
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from daybook.contracts.orders import FillNotice
from daybook.storage.canonical import message_json
from daybook.storage.order_links import order_key
from daybook.storage.store import Store
from daybook.storage.tables.orders import notices


class NoticeStore(Store):
    """Notices by day and order; evidence for orders whose list at the broker is empty."""

    def record(self, day: date, notice: FillNotice, *, account: str = "main") -> bool:
        """Keep a notice; False when its digest was seen on that day."""

        def write(session: Session) -> bool:
            where = (notices.c.account == account, notices.c.day == day, notices.c.digest == notice.digest)
            if session.execute(select(notices.c.digest).where(*where)).first() is not None:
                return False
            session.execute(
                insert(notices).values(
                    account=account,
                    day=day,
                    digest=notice.digest,
                    order_key=order_key(notice.order_number),
                    is_fill=int(notice.is_fill and not notice.is_rejection),
                    shares=notice.shares,
                    price_krw=notice.price_krw,
                    body=message_json(notice),
                    received_at=notice.received_at,
                )
            )
            return True

        return self._write(write, exclusive=False)

    def for_order(self, day: date, order_number: str, *, account: str = "main") -> list[FillNotice]:
        """Return an order's notices in the order of receipt; the number may carry leading zeros."""
        query = (
            select(notices.c.body)
            .where(*_of_order(account, day, order_number))
            .order_by(notices.c.received_at, notices.c.digest)
        )
        bodies = self._read(lambda session: session.execute(query).scalars().all())
        return [FillNotice.model_validate_json(body) for body in bodies]

    def fill_totals(self, day: date, order_number: str, *, account: str = "main") -> tuple[int, int]:
        """Return the shares and the amount in won of an order's fill notices."""
        query = select(func.sum(notices.c.shares), func.sum(notices.c.shares * notices.c.price_krw)).where(
            *_of_order(account, day, order_number), notices.c.is_fill == 1
        )
        shares, amount_krw = self._read(lambda session: session.execute(query).one())
        return int(shares or 0), int(amount_krw or 0)


def _of_order(account: str, day: date, order_number: str) -> tuple[Any, ...]:
    return (notices.c.account == account, notices.c.day == day, notices.c.order_key == order_key(order_number))
