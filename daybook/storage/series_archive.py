"""Series of market data in the object store."""

from collections.abc import Sequence
from datetime import date, timedelta

from pydantic import BaseModel

from daybook.contracts.collection import SeriesKind, SeriesTask
from daybook.contracts.objects import ObjectKind, ObjectRef
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.day_archive import packed_lines
from daybook.storage.errors import RecordNotFound
from daybook.storage.market_series import CollectedSeries, MarketSeriesStore
from daybook.storage.object_book import ObjectBook

_CALENDAR_DAYS_PER_SESSION = 1.7


class SeriesArchive:
    """Series of market data as objects."""

    def __init__(self, database: Database, book: ObjectBook) -> None:
        self._bars = BarStore(database)
        self._series = MarketSeriesStore(database)
        self._book = book

    def keep(self, task: SeriesTask) -> ObjectRef:
        """Put a series as it is stored into the object store, and note which object its newest archive is.

        Raises:
            RecordNotFound: when nothing of it is stored.
            ObjectStoreError: when the object store refuses.
        """
        first = task.until - timedelta(days=int(task.sessions * _CALENDAR_DAYS_PER_SESSION) + 10)
        rows = self._rows(task.kind, task.key, first, task.until)
        if not rows:
            raise RecordNotFound(f"nothing is stored of {task.kind.value} {task.key}")
        days: list[date] = [row.day for row in rows]  # type: ignore[attr-defined]
        name = f"{days[0].isoformat()}_{days[-1].isoformat()}.jsonl.gz"
        owner = f"market/{task.kind.value}/{task.key}"
        ref = self._book.keep(owner, {name: packed_lines(rows)}, ObjectKind.MARKET_DATA)[name]
        self._series.mark_collected(
            CollectedSeries(task.kind.value, task.key, days[0], days[-1], len(days), ref.digest)
        )
        return ref

    def _rows(self, kind: SeriesKind, key: str, first: date, last: date) -> Sequence[BaseModel]:
        if kind is SeriesKind.DAILY_BARS:
            return self._bars.daily(key, first, last)
        if kind is SeriesKind.INDEX_BARS:
            return self._series.index(key, first, last)
        return self._series.flows(key, first, last)
