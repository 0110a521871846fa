"""Writing the day's report: ``reports/<day>/report.md`` and its charts below the desk's home."""

from collections.abc import Collection
from pathlib import Path

from daybook.advice_desk.facts import AdviceFacts
from daybook.contracts.day import ReportFiles, ReportRequest
from daybook.report.chart_plan import EQUITY_CHART, candle_chart
from daybook.report.charts import draw_charts
from daybook.report.facts import collect_day
from daybook.report.files import write_atomically
from daybook.report.markdown import render_day
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.errors import RecordNotFound

REPORT_FILE = "report.md"


def write_day_report(
    database: Database, home: Path, request: ReportRequest, advice: AdviceFacts | None = None
) -> ReportFiles:
    """Write the report and return its paths relative to ``home``.

    Repeating it writes the same files again; charts of an earlier run that the report no longer has are removed. The
    charts are in place before the text that links to them.
    """
    report = collect_day(database, request.account, request.day, request)
    folder = home / "reports" / request.day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    charts = draw_charts(report)
    for name, png in charts.items():
        write_atomically(folder / name, png)
    write_atomically(folder / REPORT_FILE, render_day(report, advice).encode("utf-8"))
    _remove_others(folder, charts.keys())
    files = ReportFiles(
        markdown=(folder / REPORT_FILE).relative_to(home).as_posix(),
        charts=tuple((folder / name).relative_to(home).as_posix() for name in charts),
    )
    _note(database, request, files.markdown)
    return files


def _note(database: Database, request: ReportRequest, path: str) -> None:
    """Keep the report's place in the day's row, once; a day without a row has nowhere to keep it."""
    days = DayStore(database)
    try:
        known = days.get(request.day, request.account).report_path
    except RecordNotFound:
        return
    if known != path and not database.is_read_only:
        days.set_report(request.day, request.account, path)


def _remove_others(folder: Path, kept: Collection[str]) -> None:
    for pattern in (EQUITY_CHART, candle_chart("*")):
        for path in folder.glob(pattern):
            if path.name not in kept:
                path.unlink()
