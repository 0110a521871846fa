"""Fill notices of the broker's stream, each kept once."""

from datetime import date

from sqlalchemy import ColumnElement, and_, func, insert, select
from sqlalchemy.orm import Session

from daybook.contracts.base import Side
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
                    original_key=order_key(notice.original_number) if notice.original_number.strip("0 ") else "",
                    symbol=notice.symbol,
                    side=notice.side.value,
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
        """Return an order's notices in the order of receipt; the number may carry leading zeros.

        Notices of its cancellation or modification, which carry numbers of their own, are among them.
        """
        key = order_key(order_number)
        return self._notices(account, day, (notices.c.order_key == key) | (notices.c.original_key == key))

    def accepts(self, day: date, symbol: str, side: Side, *, account: str = "main") -> list[FillNotice]:
        """Return the day's notices of accepted new orders of one symbol and side, in the order of receipt."""
        of_kind = and_(
            notices.c.symbol == symbol,
            notices.c.side == side.value,
            notices.c.is_fill == 0,
            notices.c.original_key == "",
        )
        found = self._notices(account, day, of_kind)
        return [notice for notice in found if not notice.is_cancel and not notice.is_rejection]

    def fill_totals(self, day: date, order_number: str, *, account: str = "main") -> tuple[int, int]:
        """Return the shares and the amount in won of an order's fill notices."""
        query = select(func.sum(notices.c.shares), func.sum(notices.c.shares * notices.c.price_krw)).where(
            notices.c.account == account,
            notices.c.day == day,
            notices.c.order_key == order_key(order_number),
            notices.c.is_fill == 1,
        )
        shares, amount_krw = self._read(lambda session: session.execute(query).one())
        return int(shares or 0), int(amount_krw or 0)

    def _notices(self, account: str, day: date, condition: ColumnElement[bool]) -> list[FillNotice]:
        query = (
            select(notices.c.body)
            .where(notices.c.account == account, notices.c.day == day, condition)
            .order_by(notices.c.received_at, notices.c.digest)
        )
        bodies = self._read(lambda session: session.execute(query).scalars().all())
        return [FillNotice.model_validate_json(body) for body in bodies]
