"""Messages of the market-data collection: which series, how far, and what was found wrong with them."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from daybook.contracts.base import Message, Symbol
from daybook.contracts.objects import ObjectRef

INDEX_CODES = ("0001", "2001", "1001")
"""KOSPI, KOSPI200, KOSDAQ."""


class SeriesKind(StrEnum):
    """What is collected of a key: a symbol, or an index code."""

    DAILY_BARS = "daily_bars"
    INVESTOR_FLOWS = "investor_flows"
    INDEX_BARS = "index_bars"


class SeriesTask(Message):
    """One series to bring up to date: the last ``sessions`` sessions up to ``until``."""

    kind: SeriesKind
    key: str = Field(pattern=r"^[0-9A-Z]{4,7}$")
    sessions: int = Field(ge=1, le=2_600)
    until: date


class SeriesReport(Message):
    """What one series has after its collection.

    ``gaps`` are sessions of the calendar without a row: days the symbol did not trade, or was not listed. They are
    asked for once more each time, and named, never filled in.
    """

    kind: SeriesKind
    key: str
    fetched: int = Field(default=0, ge=0, description="rows that were not there before")
    sessions: int = Field(default=0, ge=0, description="rows there now within the span")
    first_day: date | None = None
    last_day: date | None = None
    gaps: tuple[date, ...] = ()
    changed: int = Field(default=0, ge=0, description="rows whose values differ from what was stored (adjustments)")
    problem: str = Field(default="", max_length=300)
    archive: ObjectRef | None = None


class CollectionPlanRequest(Message):
    """Ask which series there are; empty ``symbols`` means the desk's universe and everything held or stored."""

    account: str = "main"
    symbols: tuple[Symbol, ...] = Field(default=(), max_length=400)
    until: date | None = Field(default=None, description="None: the last session whose figures are final")


class CollectionPlan(Message):
    """The symbols of a collection and its last session."""

    symbols: tuple[Symbol, ...]
    until: date


class CollectMarketDataInput(Message):
    """Input of CollectMarketData."""

    run_id: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,79}$")
    account: str = "main"
    symbols: tuple[Symbol, ...] = Field(default=(), max_length=400, description="empty: the desk's")
    indices: tuple[str, ...] = INDEX_CODES
    kinds: tuple[SeriesKind, ...] = tuple(SeriesKind)
    sessions: int = Field(default=280, ge=1, le=2_600)
    until: date | None = None
    archive: bool = True
    carried: "CollectionState | None" = None

    @model_validator(mode="after")
    def _check_doubles(self) -> Self:
        if len(set(self.symbols)) != len(self.symbols):
            raise ValueError("symbols names a symbol more than once")
        return self


class CollectionState(Message):
    """How far a collection is; carried over continue-as-new and shown by the ``progress`` query."""

    plan: CollectionPlan | None = None
    done: tuple[SeriesReport, ...] = ()
    total: int = 0


class ArchiveSeries(Message):
    """Put a series as it is stored into the object store."""

    task: SeriesTask


class ArchiveDay(Message):
    """Put what a closed day left behind into the object store: its quotes, its orders, its report."""

    account: str
    day: date
    report_markdown: str = Field(default="", description="path of the report, relative to the desk's home")


class DayArchived(Message):
    """What was kept of a day."""

    objects: int = Field(ge=0)
    size_bytes: int = Field(ge=0)


CollectMarketDataInput.model_rebuild()
