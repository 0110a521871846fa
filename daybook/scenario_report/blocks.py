"""The parts a report is made of; page and PDF set the same parts. Text is plain here and escaped where it is set."""

from dataclasses import dataclass
from enum import StrEnum


class Tone(StrEnum):
    """How a part should look."""

    PLAIN = "plain"
    QUIET = "quiet"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"


@dataclass(frozen=True)
class Text:
    """A paragraph in both languages; line breaks stay."""

    ko: str
    en: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Figure:
    """One large value of a strip, with what it was before and how it moved."""

    label_ko: str
    label_en: str
    value: str
    below: str = ""
    change: str = ""
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Strip:
    """Large values side by side."""

    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Head:
    """A column's name; columns of numbers stand to the right."""

    ko: str
    en: str
    is_number: bool = False
    weight: float = 1.0
    """Share of the width on paper."""


@dataclass(frozen=True)
class Table:
    """Rows of text; the last ``total_rows`` rows are sums and stand apart."""

    heads: tuple[Head, ...]
    rows: tuple[tuple[str, ...], ...]
    total_rows: int = 0


@dataclass(frozen=True)
class Bar:
    """One bar: its amount may be negative; ``text`` says it in full."""

    label: str
    amount: float
    error: float
    text: str
    tone: Tone = Tone.PLAIN


@dataclass(frozen=True)
class Bars:
    """Bars on one scale around zero."""

    bars: tuple[Bar, ...]


@dataclass(frozen=True)
class Picture:
    """A chart as PNG and what it shows, in words."""

    png: bytes
    ko: str
    en: str


Block = Text | Strip | Table | Bars | Picture


@dataclass(frozen=True)
class Section:
    """A titled part of a report; ``anchor`` names it in links."""

    anchor: str
    ko: str
    en: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Document:
    """A whole report."""

    title: str
    subtitle: str
    run_id: str
    sections: tuple[Section, ...]
