import io
import re
from pathlib import Path

import pytest
from PIL import Image

from daybook.contracts.base import Side
from daybook.contracts.session import DayKind, Session
from daybook.report.writer import write_day_report
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from tests.report.desk_day import ACCOUNT, DAY, SAMSUNG, DeskDay
from tests.report.full_day import START_KRW, full_day

LARGEST_BYTES = 120_000


def test_report_when_written_then_text_and_charts_are_where_the_paths_say(database: Database, tmp_path: Path) -> None:
    home = tmp_path / "home"
    files = write_day_report(database, home, full_day(database).request(opening_equity_krw=START_KRW))
    assert files.markdown == f"reports/{DAY}/report.md"
    assert files.charts == (
        f"reports/{DAY}/equity.png",
        f"reports/{DAY}/candles-035420.png",
        f"reports/{DAY}/candles-005930.png",
    )
    text = (home / files.markdown).read_text(encoding="utf-8")
    linked = re.findall(r"\]\((\S+\.png)\)", text)
    assert linked == [Path(chart).name for chart in files.charts]
    for chart in files.charts:
        content = (home / chart).read_bytes()
        assert len(content) < LARGEST_BYTES
        with Image.open(io.BytesIO(content)) as image:
            assert image.size == (1200, 700)
    assert DayStore(database).get(DAY, ACCOUNT).report_path == files.markdown


def test_report_when_written_again_then_the_same_bytes_are_there_and_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    request = full_day(database).request(opening_equity_krw=START_KRW)
    first = write_day_report(database, tmp_path, request)
    folder = tmp_path / "reports" / DAY.isoformat()
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    (folder / "candles-999999.png").write_bytes(b"of an earlier run")
    (folder / "notes.txt").write_text("a person's own file")
    assert write_day_report(database, tmp_path, request) == first
    after = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert after.pop("notes.txt") == b"a person's own file"
    assert after == before


def test_report_when_nothing_was_recorded_then_it_is_written_without_charts(database: Database, tmp_path: Path) -> None:
    files = write_day_report(database, tmp_path, DeskDay(database).request(index_change_ratio=None))
    assert files.charts == ()
    assert (tmp_path / files.markdown).is_file()


@pytest.mark.parametrize("points", [1, 2])
def test_report_when_there_are_few_equity_points_then_the_chart_is_drawn(
    database: Database, tmp_path: Path, points: int
) -> None:
    day = DeskDay(database)
    day.begin()
    for n in range(points):
        day.equity(f"1{n}:00", 10_000_000, 10_000_000)
    files = write_day_report(database, tmp_path, day.request())
    assert files.charts == (f"reports/{DAY}/equity.png",)


def test_report_when_the_session_has_no_times_then_charts_span_what_there_is(
    database: Database, tmp_path: Path
) -> None:
    day = DeskDay(database)
    day.begin()
    day.equity("10:00", 10_000_000, 10_000_000, 380.0)
    day.bars(SAMSUNG, 70_000)
    day.fill(None, "09:20", "1", SAMSUNG, Side.BUY, 1, 70_000, 9)
    request = day.request().model_copy(update={"session": Session(day=DAY, kind=DayKind.CLOSED, reason="halted")})
    assert len(write_day_report(database, tmp_path, request).charts) == 2


def test_report_when_equity_is_zero_or_below_then_it_is_still_written(database: Database, tmp_path: Path) -> None:
    day = DeskDay(database, cash_krw=0)
    day.begin()
    day.equity("10:00", 0, 0, 380.0)
    day.equity("11:00", -5, -5, 381.0)
    files = write_day_report(database, tmp_path, day.request(opening_equity_krw=0))
    assert len(files.charts) == 1


def test_report_when_the_database_is_read_only_then_it_is_written_all_the_same(
    database: Database, tmp_path: Path
) -> None:
    request = full_day(database).request()
    with Database(f"sqlite:///{tmp_path / 'ledger.db'}", read_only=True) as reading:
        files = write_day_report(reading, tmp_path, request)
    assert (tmp_path / files.markdown).is_file()
