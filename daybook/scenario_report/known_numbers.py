"""The numbers a text may use, each with what it measures, read from facts whose keys carry units."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from pydantic import JsonValue

_DATE = re.compile(r"(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)")
_WORD = re.compile(r"[A-Za-z][A-Za-z0-9_-]*\d[A-Za-z0-9_-]*|\d+[A-Za-z][A-Za-z0-9_-]*")
_CODE = re.compile(r"^[0-9A-Z]{6,7}$")
_TROJAN = re.compile(
    r"\d[\d,.]{3,}|\d\s*(?:%|％|퍼센트|프로|원|만|억|조|배|won|krw|million|billion|percent)", re.IGNORECASE
)
_YEAR_OF_NAME = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")


class Kind(StrEnum):
    """What a number measures."""

    WON = "won"
    RATIO = "ratio"
    DAYS = "days"
    COUNT = "count"


@dataclass(frozen=True)
class KnownNumbers:
    """Numbers by kind, and the dates, names and identifiers that hold digits."""

    numbers: tuple[tuple[Kind, float], ...]
    dates: frozenset[tuple[int, int, int]]
    years: frozenset[int]
    identifiers: frozenset[str]
    names: tuple[str, ...]

    def of(self, kinds: Iterable[Kind]) -> list[float]:
        """Return the numbers of these kinds."""
        wanted = frozenset(kinds)
        return [number for kind, number in self.numbers if kind in wanted]


def known_numbers(facts: JsonValue) -> KnownNumbers:
    """Return the numbers of facts; a nested number takes the unit of the nearest key that has one."""
    numbers: set[tuple[Kind, float]] = set()
    texts: set[str] = set()
    for kind, value in _leaves(facts, Kind.COUNT):
        if isinstance(value, str):
            texts.add(value)
        else:
            numbers.add((kind, float(value)))
    dates = {(int(y), int(m), int(d)) for text in texts for y, m, d in _DATE.findall(text)}
    identifiers = {word.lower() for text in texts for word in _WORD.findall(text) if is_harmless(text)}
    identifiers |= {text.lower() for text in texts if _CODE.match(text)}
    # T06_holding_breach is also called T06.
    identifiers |= {word.partition("_")[0] for word in set(identifiers)}
    names = {text for text in texts if any(c.isdigit() for c in text) and len(text) > 2 and is_harmless(text)}
    return KnownNumbers(
        tuple(sorted(numbers)),
        frozenset(dates),
        frozenset({year for year, _, _ in dates} | {int(y) for n in names for y in _YEAR_OF_NAME.findall(n)}),
        frozenset(word for word in identifiers if any(c.isdigit() for c in word)),
        tuple(sorted(names, key=lambda name: (-len(name), name))),
    )


def is_harmless(name: str) -> bool:
    """Whether a name with digits says no amount: a person's name of a thing is no source of figures."""
    if _CODE.match(name):
        return True
    rest = _YEAR_OF_NAME.sub("", _DATE.sub("", name))
    return len(name) <= 60 and _TROJAN.search(rest) is None


def _kind_of(key: str, above: Kind) -> Kind:
    if key.endswith("_krw"):
        return Kind.WON
    if key.endswith("_ratio"):
        return Kind.RATIO
    if key.endswith("_days") or key == "sessions":
        return Kind.DAYS
    return above


def _leaves(value: JsonValue, kind: Kind) -> Iterator[tuple[Kind, str | int | float]]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, _kind_of(key, kind))
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, kind)
    else:
        yield kind, value
