"""A day's report on disk. Nothing outside the reports folder is ever read, whatever a name or a link says."""

import re
from datetime import date
from pathlib import Path

from daybook.storage.days import DayRecord

_CHART = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,80}\.png")
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_LARGEST_BYTES = 20_000_000


class ReportFiles:
    """Reads reports below ``home``; report paths in the database are relative to it."""

    def __init__(self, home: Path, reports: Path) -> None:
        self._home = home
        self._reports = reports

    def exists(self, day: date, record: DayRecord | None) -> bool:
        """Whether a day has a report."""
        return self._report(day, record) is not None

    def markdown(self, day: date, record: DayRecord | None) -> str | None:
        """Return a day's report, or None when there is none."""
        path = self._report(day, record)
        return None if path is None else path.read_text(encoding="utf-8", errors="replace")

    def charts(self, day: date, record: DayRecord | None) -> list[str]:
        """Return the names of the charts beside a day's report."""
        path = self._report(day, record)
        if path is None:
            return []
        return sorted(entry.name for entry in path.parent.iterdir() if _CHART.fullmatch(entry.name) and entry.is_file())

    def chart(self, day: date, record: DayRecord | None, name: str) -> bytes | None:
        """Return a chart's PNG bytes, or None when there is no such chart."""
        report = self._report(day, record)
        if report is None or not _CHART.fullmatch(name):
            return None
        path = self._inside(report.parent / name)
        if path is None or path.parent != report.parent:
            return None
        content = path.read_bytes()
        return content if content.startswith(_PNG_SIGNATURE) else None

    def _report(self, day: date, record: DayRecord | None) -> Path | None:
        named = [self._home / record.report_path] if record is not None and record.report_path else []
        usual = [self._reports / day.isoformat() / "report.md", self._reports / f"{day.isoformat()}.md"]
        return next((path for candidate in (*named, *usual) if (path := self._inside(candidate)) is not None), None)

    def _inside(self, path: Path) -> Path | None:
        """Return the real path of a readable regular file inside the reports folder, else None."""
        try:
            resolved = path.resolve(strict=True)
            is_good = resolved.is_relative_to(self._reports.resolve()) and resolved.is_file()
            return resolved if is_good and resolved.stat().st_size <= _LARGEST_BYTES else None
        except (OSError, RuntimeError, ValueError):
            return None
