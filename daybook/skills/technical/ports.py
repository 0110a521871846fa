"""What the technical skills need from the worker that runs them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from daybook.contracts.market import DailyBar


class PriceHistory(Protocol):
    """Stored daily bars; :class:`daybook.storage.bars.BarStore` is one."""

    def daily(self, symbol: str, first: date, last: date) -> Sequence[DailyBar]:
        """Return a symbol's daily bars in ``[first, last]``, oldest first; empty when none is stored."""
        ...


class ChartFolder(Protocol):
    """Where charts go; :class:`daybook.report.chart_folder.HomeCharts` is one."""

    def save(self, name: str, png: bytes) -> str:
        """Keep a PNG and return its path relative to the desk's home; raises ``OSError`` when it cannot."""
        ...


@dataclass(frozen=True, slots=True)
class DeskUniverse:
    """The symbols the desk follows and keeps bars of; factor returns are built from them."""

    symbols: tuple[str, ...]
