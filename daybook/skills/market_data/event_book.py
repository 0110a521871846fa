"""Dated market events: those that ship with Daybook, and those a desk adds in a file of its home folder."""

import csv
from collections.abc import Iterable
from datetime import date, time
from enum import StrEnum
from functools import cache
from importlib.resources import files
from io import StringIO
from pathlib import Path
from typing import Annotated, Any, Protocol

import yaml
from pydantic import BeforeValidator, Field, ValidationError

from daybook.contracts.base import Message, Symbol
from daybook.skills.errors import SourceUnavailable

LARGEST_FILE_BYTES = 1_000_000
MOST_EVENTS = 5_000
_FILES = ("events.yaml", "events.csv")


class EventKind(StrEnum):
    """What an event is about."""

    MONETARY_POLICY = "monetary_policy"
    ECONOMIC_DATA = "economic_data"
    EARNINGS = "earnings"
    DIVIDEND = "dividend"
    OPTION_EXPIRY = "option_expiry"
    OTHER = "other"


class EventStatus(StrEnum):
    """How sure a date is."""

    CONFIRMED = "confirmed"
    SCHEDULED = "scheduled"
    TENTATIVE = "tentative"
    BY_RULE = "by_rule"
    CANCELLED = "cancelled"


def _sexagesimal(value: Any) -> Any:
    """Undo YAML 1.1, which reads an unquoted 16:00 as the number 960."""
    is_minutes = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 24 * 60
    return time(value // 60, value % 60) if is_minutes else value


class Event(Message):
    """One dated event, in Korean time; ``known_since`` matters for runs at a point in time and is not shown."""

    day: date
    time_kst: Annotated[time | None, BeforeValidator(_sexagesimal)] = None
    kind: EventKind = EventKind.OTHER
    title: str = Field(min_length=1, max_length=120)
    symbol: Symbol | None = None
    status: EventStatus = EventStatus.SCHEDULED
    source: str = Field(default="", max_length=120)
    known_since: date | None = Field(default=None, exclude=True)

    @property
    def key(self) -> tuple[date, EventKind, str, str | None]:
        """What makes two entries speak of the same event."""
        return (self.day, self.kind, self.title.casefold(), self.symbol)

    def was_known(self, on: date) -> bool:
        """Return whether a run that stands at ``on`` may know of it; without ``known_since`` only once it is past."""
        return (self.known_since or self.day) <= on


class Events(Protocol):
    """Where dated events come from."""

    def all(self) -> tuple[Event, ...]:
        """Return all events, oldest first; raises ``SourceUnavailable`` naming the entry that cannot be used."""
        ...


class EventBook:
    """The packaged events under those of ``events.yaml`` and ``events.csv`` in a home folder, read at each use."""

    def __init__(self, home: Path) -> None:
        self._home = home

    def all(self) -> tuple[Event, ...]:
        """Return all events but the cancelled ones, oldest first.

        Raises:
            SourceUnavailable: when a file of the home folder cannot be used; one line names the entry.
        """
        merged = {event.key: event for event in packaged_events()}
        for name in _FILES:
            path = self._home / name
            if path.is_file():
                merged.update((event.key, event) for event in _read(path))
        kept = (event for event in merged.values() if event.status is not EventStatus.CANCELLED)
        return tuple(sorted(kept, key=lambda event: (event.day, event.time_kst or time(), event.title)))


@cache
def packaged_events() -> tuple[Event, ...]:
    """Return the events that ship with Daybook."""
    text = files("daybook.skills.market_data").joinpath("data", "events.yaml").read_text(encoding="utf-8")
    return tuple(_parsed(_yaml_rows(text, "events.yaml"), "the packaged events.yaml"))


def _read(path: Path) -> list[Event]:
    try:
        if path.stat().st_size > LARGEST_FILE_BYTES:
            raise SourceUnavailable(f"{path} is larger than {LARGEST_FILE_BYTES:,} bytes; keep only what is needed")
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise SourceUnavailable(f"{path} cannot be read ({type(error).__name__}); save it as UTF-8 text") from error
    rows = _yaml_rows(text, str(path)) if path.suffix == ".yaml" else _csv_rows(text)
    return _parsed(rows, str(path))


def _yaml_rows(text: str, name: str) -> Iterable[Any]:
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        line = getattr(getattr(error, "problem_mark", None), "line", -1) + 1
        raise SourceUnavailable(f"{name} is not YAML (line {line}); correct it") from error
    except (ValueError, RecursionError) as error:
        why = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise SourceUnavailable(f"{name} has a value that cannot be ({why}); correct it") from error
    rows = content.get("events") if isinstance(content, dict) else content
    if rows is None:
        return []
    if not isinstance(rows, list):
        raise SourceUnavailable(f"{name} must hold a list of events; see the packaged one for the form")
    return rows


def _csv_rows(text: str) -> Iterable[Any]:
    reader = csv.DictReader(StringIO(text))
    return [{name: value for name, value in row.items() if value not in (None, "")} for row in reader]


def _parsed(rows: Iterable[Any], name: str) -> list[Event]:
    events = []
    for number, row in enumerate(rows, 1):
        if number > MOST_EVENTS:
            raise SourceUnavailable(f"{name} has more than {MOST_EVENTS:,} entries; keep only what is needed")
        try:
            events.append(Event.model_validate(row))
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "entry"
            advice = 'put it into quotes, as in "005930"' if first["type"] == "string_type" else "correct it"
            raise SourceUnavailable(f"{name}, entry {number}: {place}: {first['msg']}; {advice}") from error
    return events
