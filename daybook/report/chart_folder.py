"""Where charts drawn on request are kept: under the desk's home, the oldest going first."""

import re
from pathlib import Path

from daybook.report.files import write_atomically

FOLDER = "charts"
MOST_CHARTS = 500
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}\.png")


class HomeCharts:
    """Charts under ``home/charts``.

    Args:
        home: the desk's home folder.
        most: how many charts to keep.
    """

    def __init__(self, home: Path, most: int = MOST_CHARTS) -> None:
        self._home = home
        self._most = most

    def save(self, name: str, png: bytes) -> str:
        """Write a chart and return its path under the home; the same name replaces.

        Raises ``ValueError`` for a name that is not a plain ``.png`` file name and ``OSError`` when it cannot be
        written.
        """
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is no plain name of a PNG file")
        folder = self._home / FOLDER
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / name, png)
        self._forget_oldest(folder)
        return f"{FOLDER}/{name}"

    def _forget_oldest(self, folder: Path) -> None:
        charts = sorted(folder.glob("*.png"), key=lambda path: (path.stat().st_mtime_ns, path.name))
        for path in charts[: max(len(charts) - self._most, 0)]:
            path.unlink(missing_ok=True)
