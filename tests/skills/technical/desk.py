"""Stored bars, a chart folder and a universe for the technical skills, on a real database."""

import csv
import gzip
import os
from datetime import date, datetime
from pathlib import Path

import pytest

from daybook.contracts.base import KST
from daybook.contracts.market import DailyBar
from daybook.contracts.tools import ToolReply, ToolRequest
from daybook.report.chart_folder import HomeCharts
from daybook.skills.running import run_tool
from daybook.skills.technical.ports import ChartFolder, DeskUniverse, PriceHistory
from daybook.storage import BarStore
from daybook.storage.database import Database
from tests.analysis.frames import random_bars

SHARED_DATA = Path(os.environ.get("DAYBOOK_SHARED_DATA", Path(__file__).parents[4] / "shared" / "data"))
UNIVERSE = tuple(f"{number:06d}" for number in range(100_010, 100_020))
SESSIONS = 700
AFTER = datetime(2026, 12, 1, 12, 0, tzinfo=KST)
"""Later than every stored bar."""


class TechnicalDesk:
    """What a worker would inject, and a way to call tools through it."""

    def __init__(self, database: Database, home: Path) -> None:
        self.bars = BarStore(database)
        self.home = home
        self.providers = {
            PriceHistory: self.bars,
            ChartFolder: HomeCharts(home),
            DeskUniverse: DeskUniverse(UNIVERSE),
        }

    async def ask(self, skill, tool: str, as_of: datetime | None = AFTER, **arguments: object) -> ToolReply:
        request = ToolRequest(tool=tool, arguments=arguments, run_id="test", as_of=as_of)
        return await run_tool(skill.spec(tool), request, self.providers)


def filled_desk(database: Database, home: Path) -> TechnicalDesk:
    """Put bars of ten random symbols into a database."""
    database.upgrade()
    desk = TechnicalDesk(database, home)
    for seed, symbol in enumerate(UNIVERSE):
        desk.bars.save_daily(random_bars(symbol, SESSIONS, seed, first=date(2024, 1, 2)))
    return desk


def real_bars() -> list[DailyBar]:
    """Return all stocks of eleven real sessions; skips where they are absent."""
    path = SHARED_DATA / "krx_daily_2026-03.csv.gz"
    if not path.exists():
        pytest.skip("real sessions are not on this machine (DAYBOOK_SHARED_DATA)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [
            DailyBar(
                symbol=row["code"],
                day=date.fromisoformat(row["date"]),
                open_krw=int(row["open"]),
                high_krw=int(row["high"]),
                low_krw=int(row["low"]),
                close_krw=int(row["close"]),
                volume_shares=int(row["volume"]),
                turnover_krw=int(row["amount_krw"]),
            )
            for row in csv.DictReader(lines)
        ]


def real_index_bars(symbol: str) -> list[DailyBar]:
    """Return the KOSPI since 2000 as bars of a symbol, at 100 won a point; skips where it is absent."""
    path = SHARED_DATA / "kospi_daily.csv.gz"
    if not path.exists():
        pytest.skip("the real index is not on this machine (DAYBOOK_SHARED_DATA)")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [
            DailyBar(
                symbol=symbol,
                day=date.fromisoformat(row["Date"]),
                open_krw=round(float(row["Open"]) * 100),
                high_krw=round(float(row["High"]) * 100),
                low_krw=round(float(row["Low"]) * 100),
                close_krw=round(float(row["Close"]) * 100),
                volume_shares=int(float(row["Volume"])),
                turnover_krw=0,
            )
            for row in csv.DictReader(lines)
        ]
