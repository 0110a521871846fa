"""Periods a task names: a week, three months, 30 days."""

import re
from collections.abc import Callable
from typing import Final

LONGEST_DAYS: Final = 3_650
_WORDS: Final = {"a": 1, "one": 1, "two": 2, "three": 3, "four": 4, "six": 6, "twelve": 12, "한": 1, "두": 2, "세": 3}
_COUNT = r"(\d{1,4}|a|one|two|three|four|six|twelve)[ -]?"
_UNIT = "(day|week|month|year)"
_ENGLISH: Final = {"day": 1, "week": 7, "month": 30, "year": 365}


def _number(text: str) -> int:
    return int(text) if text.isdigit() else _WORDS[text.lower()]


_RULES: Final[tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], int]], ...]] = (
    (
        re.compile(
            r"(?<![\d.,])(\d{1,4})\s?(?:거래|영업)?일(?:간|동안)?(?!\s*(?:이동|이평|선|평균|봉|[1-9가-힣]*평균))"
        ),
        lambda found: int(found[1]),
    ),
    (re.compile(r"(?<![\d.,])(\d{1,3})\s?주(?:일간|일|간)"), lambda found: 7 * int(found[1])),
    (re.compile(r"(?:최근|지난)\s*(\d{1,3})\s?주(?![가-힣])"), lambda found: 7 * int(found[1])),
    (re.compile(r"일주일(?:간)?|(?:최근|지난)?\s*한\s?주(?:간)?(?![가-힣])|지난\s?주(?![가-힣])"), lambda _: 7),
    (re.compile(r"(?<![\d.,])(\d{1,3})\s?(?:개월|달)(?:간)?"), lambda found: 30 * int(found[1])),
    (re.compile(r"(한|두|세)\s?달(?:간)?|지난\s?달"), lambda found: 30 * _number(found[1] or "한")),
    (re.compile(r"(?<![\d.,])(\d{1,2})\s?년(?:간|동안)?(?!\s*\d|[도생차월])"), lambda found: 365 * int(found[1])),
    (
        re.compile(
            rf"\b{_COUNT}(?:trading |calendar )?(day|week|month|year)s?\b(?!\s*(?:moving|average|sma|ema|ma\b))", re.I
        ),
        lambda found: _number(found[1]) * _ENGLISH[found[2].lower()],
    ),
    (
        re.compile(r"\b(?:last|past|this|the|recent) (week|month|year)\b", re.I),
        lambda found: _ENGLISH[found[1].lower()],
    ),
)


def periods(text: str) -> tuple[tuple[int, int, int], ...]:
    """Return the periods of a text as ``(start, end, calendar days)``, left to right, without overlap."""
    found: list[tuple[int, int, int]] = []
    for pattern, days in _RULES:
        for match in pattern.finditer(text):
            begin = match.start() + (len(match[0]) - len(match[0].lstrip()))
            if all(match.end() <= start or begin >= end for start, end, _ in found):
                found.append((begin, match.end(), min(max(days(match), 1), LONGEST_DAYS)))
    return tuple(sorted(found))
