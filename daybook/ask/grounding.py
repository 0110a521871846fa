"""Every number a model writes must stand in what the tools gave, or be reported as not found there."""

import re
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from typing import Any

_NUMBER = re.compile(r"(?<![\w.])[-+−]?\d[\d,]*(?:\.\d+)?(?![\d])")
_LIST_MARK = re.compile(r"^\s*(?:\d{1,2}[.)]|[-*•])\s+", re.MULTILINE)
_UNITS = {"조": Decimal(10) ** 12, "억": Decimal(10) ** 8, "만": Decimal(10) ** 4, "천": Decimal(1000)}
_SMALL_COUNT = Decimal(12)
"""Whole numbers up to this are counts of days, points or months in a sentence, not facts of the market."""


def ungrounded_numbers(text: str, facts: Iterable[Any]) -> tuple[str, ...]:
    """Return the numbers of ``text``, as written, that no fact holds, in order and each once.

    A number is found when a fact's number rounds to it at the digits it is written with; percentages may stand for
    ratios (0.0123 and 1.23 %), and Korean units (억, 만) are worked out. Small whole numbers and list marks do not
    count.

    Args:
        text: a model's answer.
        facts: JSON values: results of tools, the question's own text, the time.
    """
    known = {abs(number) for fact in facts for number in _numbers_of(fact)}
    known |= {number * 100 for number in known}
    found: dict[str, None] = {}
    plain = _LIST_MARK.sub("", text)
    for match in _NUMBER.finditer(plain):
        written = match.group()
        value = _decimal(written)
        if value is None or (value == value.to_integral_value() and abs(value) <= _SMALL_COUNT):
            continue
        unit = _UNITS.get(plain[match.end() : match.end() + 1], Decimal(1))
        if not _is_known(abs(value), written, unit, known):
            found[written] = None
    return tuple(found)


def _is_known(value: Decimal, written: str, unit: Decimal, known: set[Decimal]) -> bool:
    digits = len(written.partition(".")[2])
    step = Decimal(1).scaleb(-digits) * unit
    wanted = value * unit
    return any(abs(number - wanted) <= step / 2 for number in known)


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text.replace(",", "").replace("−", "-").lstrip("+"))
    except InvalidOperation:
        return None


def _numbers_of(value: Any) -> Iterable[Decimal]:
    if isinstance(value, bool) or value is None:
        return
    if isinstance(value, int | float):
        yield Decimal(str(value))
    elif isinstance(value, str):
        for match in _NUMBER.finditer(value):
            number = _decimal(match.group())
            if number is not None:
                yield number
        # Dates and times are written in other orders than they are kept in.
        for part in re.findall(r"\d+", value):
            yield Decimal(part)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _numbers_of(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _numbers_of(inner)
