import gzip
import json
from datetime import date
from pathlib import Path

import pytest

from daybook.contracts.collection import ArchiveDay, SeriesKind, SeriesTask
from daybook.contracts.market import DailyBar
from daybook.storage import BarStore, Database, IntentStore
from daybook.storage.day_archive import DayArchive
from daybook.storage.errors import RecordNotFound
from daybook.storage.market_series import MarketSeriesStore
from daybook.storage.object_book import ObjectBook
from daybook.storage.objects import ObjectStore
from daybook.storage.series_archive import SeriesArchive
from tests.storage.facts import AT, ticket

TASK = SeriesTask(kind=SeriesKind.DAILY_BARS, key="005930", sessions=30, until=date(2026, 3, 6))


def bars(*days: int, close_krw: int = 70_000) -> list[DailyBar]:
    return [
        DailyBar(
            symbol="005930", day=date(2026, 3, day), open_krw=70_000, high_krw=71_000, low_krw=69_000,
            close_krw=close_krw, volume_shares=10, turnover_krw=700_000,
        )
        for day in days
    ]  # fmt: skip


def lines(content: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in gzip.decompress(content).decode().splitlines()]


@pytest.fixture
def book(database: Database) -> ObjectBook:
    return ObjectBook(database, ObjectStore.in_memory())


def test_series_when_archived_then_the_object_holds_its_rows_and_is_noted(database: Database, book: ObjectBook) -> None:
    BarStore(database).save_daily(bars(4, 5, 6))
    ref = SeriesArchive(database, book).keep(TASK)
    kept = lines(book.objects.get(ref.digest))
    assert [row["day"] for row in kept] == ["2026-03-04", "2026-03-05", "2026-03-06"]
    reached = MarketSeriesStore(database).collected("daily_bars", "005930")
    assert reached is not None
    assert (reached.digest, reached.sessions) == (ref.digest, 3)


def test_series_when_archived_again_then_equal_rows_are_the_same_object_and_others_another(
    database: Database, book: ObjectBook
) -> None:
    BarStore(database).save_daily(bars(4, 5, 6))
    archive = SeriesArchive(database, book)
    first = archive.keep(TASK)
    assert archive.keep(TASK) == first
    BarStore(database).save_daily(bars(6, close_krw=70_500))
    assert archive.keep(TASK) != first
    assert len(set(book.objects.digests())) == 2


def test_series_when_nothing_is_stored_then_it_is_said(database: Database, book: ObjectBook) -> None:
    with pytest.raises(RecordNotFound, match="nothing is stored of daily_bars 005930"):
        SeriesArchive(database, book).keep(TASK)


def test_day_when_archived_then_orders_quotes_and_report_stand_under_its_name(
    database: Database, book: ObjectBook, tmp_path: Path
) -> None:
    entered = ticket()
    IntentStore(database).record(entered, AT)
    folder = tmp_path / "reports" / entered.day.isoformat()
    folder.mkdir(parents=True)
    (folder / "report.md").write_text("# 보고서", encoding="utf-8")
    request = ArchiveDay(
        account=entered.account, day=entered.day, report_markdown=f"reports/{entered.day.isoformat()}/report.md"
    )
    archive = DayArchive(database, tmp_path, book)
    kept = archive.keep(request)
    owner = f"day/{entered.account}/{entered.day.isoformat()}"
    names = {entry.name for entry in book.entries(owner)}
    assert {"intents.jsonl.gz", "fills.jsonl.gz", "daily_bars.jsonl.gz", "report/report.md"} <= names
    assert kept.objects == len(names)
    (intent,) = lines(book.read(owner, "intents.jsonl.gz"))
    assert intent["ticket"]["intent_id"] == entered.intent_id  # type: ignore[index]
    assert archive.keep(request) == kept
