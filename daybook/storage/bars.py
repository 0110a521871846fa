"""Daily and minute bars, kept by symbol; saving again replaces."""

from collections.abc import Sequence
from datetime import date

from sqlalchemy import select

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar, MinuteBar
from daybook.storage.store import Store
from daybook.storage.tables.market import daily_bars, minute_bars
from daybook.storage.upsert import upsert


class BarStore(Store):
    """Bars of the market; they are not audited, since they can be fetched again."""

    def save_daily(self, bars: Sequence[DailyBar]) -> int:
        """Insert or replace daily bars and return how many."""
        rows = {(bar.symbol, bar.day): bar.model_dump() for bar in bars}
        if rows:
            self._write(lambda session: upsert(session, daily_bars, list(rows.values())), exclusive=False)
        return len(rows)

    def daily(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        """Return a symbol's daily bars in ``[first, last]``, oldest first."""
        query = (
            select(daily_bars)
            .where(daily_bars.c.symbol == symbol, daily_bars.c.day >= first, daily_bars.c.day <= last)
            .order_by(daily_bars.c.day)
        )
        rows = self._read(lambda session: session.execute(query).mappings().all())
        return [DailyBar(**row) for row in rows]

    def symbols(self) -> list[str]:
        """Return the symbols of which daily bars are stored."""
        query = select(daily_bars.c.symbol).distinct().order_by(daily_bars.c.symbol)
        return list(self._read(lambda session: session.execute(query).scalars().all()))

    def save_minutes(self, bars: Sequence[MinuteBar]) -> int:
        """Insert or replace minute bars and return how many."""
        rows = {
            (bar.symbol, bar.starts_at): {**bar.model_dump(), "day": bar.starts_at.astimezone(KST).date()}
            for bar in bars
        }
        if rows:
            self._write(lambda session: upsert(session, minute_bars, list(rows.values())), exclusive=False)
        return len(rows)

    def minutes(self, symbol: str, day: date) -> list[MinuteBar]:
        """Return a symbol's minute bars of a KST date, oldest first, starts in KST."""
        query = (
            select(minute_bars)
            .where(minute_bars.c.symbol == symbol, minute_bars.c.day == day)
            .order_by(minute_bars.c.starts_at)
        )
        rows = self._read(lambda session: session.execute(query).mappings().all())
        fields = [name for name in minute_bars.c.keys() if name != "day"]  # noqa: SIM118
        return [
            MinuteBar(**{**{name: row[name] for name in fields}, "starts_at": row["starts_at"].astimezone(KST)})
            for row in rows
        ]
