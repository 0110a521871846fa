"""Every number of a text must stand in the facts: same unit, same sign, rounded at the digits it is written with.

What this cannot see is a known number said of the wrong thing; the table beside the text shows what is whose.
"""

import re

from pydantic import JsonValue

from daybook.scenario_report.known_numbers import Kind, KnownNumbers, known_numbers
from daybook.scenario_report.number_tokens import Unit, WrittenNumber, written_numbers
from daybook.scenario_report.number_words import disguised_number

_LIST_MARK = re.compile(r"^[ \t]*(\d{1,2})[.)][ \t]+(?=\D)", re.MULTILINE)
_ISO = re.compile(r"(?<!\d)(\d{4})\s?[-./]\s?(\d{1,2})\s?[-./]\s?(\d{1,2})\.?(?!\d)")
_KOREAN_DATE = re.compile(r"(?<!\d)(\d{4})년\s?(\d{1,2})월\s?(\d{1,2})일")
_MONTHS = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
    "December",
)  # fmt: skip
_MONTH = "|".join(f"{name}|{name[:3]}" for name in _MONTHS)
_ENGLISH_DATE = re.compile(
    rf"\b(?:(?P<month>{_MONTH})\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?,? (?P<year>\d{{4}})"
    rf"|(?P<day2>\d{{1,2}})(?:st|nd|rd|th)? (?P<month2>{_MONTH})\.?,? (?P<year2>\d{{4}}))\b"
)
_WORD = re.compile(
    r"(?<![\w.-])(?:[A-Za-z][A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*\d[A-Za-z0-9_]*(?:-[A-Za-z0-9_]+)*|"
    r"\d+[A-Za-z_][A-Za-z0-9_]*|\d[0-9A-Z]{5,6})(?![A-Za-z0-9_.,]\d)(?![A-Za-z0-9_])"
)
_SCALED_WORD = re.compile(r"^\d+(?:k|m|mn|bn|b|x|won|krw|days?|p|pp|bps?|th|st|nd|rd)$", re.IGNORECASE)
_OPERATOR = re.compile(r"\d\s?[/:^*×]\s?\d|\d[eE][+-]?\d")
_FALL = re.compile(
    r"감소|하락|손실|잃|줄|낮|축소|악화|마이너스|적자|밑돌|떨어|손해|fall|fell|drop|los[est]|lower|less|reduc|declin|decreas|"
    r"worse|minus|negative|below|down",
    re.IGNORECASE,
)
_NEAR = 28
_KINDS = {
    Unit.WON: (Kind.WON,),
    Unit.PERCENT: (Kind.RATIO,),
    Unit.DAYS: (Kind.DAYS,),
    Unit.TIMES: (Kind.COUNT, Kind.RATIO),
    Unit.NONE: (Kind.WON, Kind.RATIO, Kind.DAYS, Kind.COUNT),
}
_LOOSEST = 0.05
_LOOSEST_PERCENT = 0.20
"""Rounding may move a number this far of itself at most: ``1억`` does not stand for 140 million."""
_TOUCH = 1e-9
"""Share of a rounding step given to floating point; never a share of the number, which may be large."""


def unmatched_numbers(text: str, facts: JsonValue | KnownNumbers) -> tuple[str, ...]:
    """Return what a text writes as a number and the facts do not hold, as written, each once, in order of discovery.

    Known numbers may be rounded and written in won, 만, 억, million, per cent or as a plain ratio. Numbers in words,
    other scripts, fractions and percentage points are never known.
    """
    known = facts if isinstance(facts, KnownNumbers) else known_numbers(facts)
    found: dict[str, None] = {}
    if disguise := disguised_number(text):
        found[disguise] = None
    rest = text
    for name in known.names:
        rest = re.sub(rf"(?<![\w.,]){re.escape(name)}(?![\d.,]*\d)(?!\s?[%％])", " ▢ ", rest)
    rest = _without_dates(rest, known, found)
    rest = _without_identifiers(rest, known, found)
    rest = _without_list_marks(rest)
    for match in _OPERATOR.finditer(rest):
        found[match.group()] = None
    for number in written_numbers(rest):
        if not _is_known(number, rest, known):
            found[number.text] = None
    return tuple(found)


def _without_dates(text: str, known: KnownNumbers, found: dict[str, None]) -> str:
    def checked(match: re.Match[str]) -> str:
        parts = match.groupdict()
        if parts:
            month = parts["month"] or parts["month2"]
            day, year = parts["day"] or parts["day2"], parts["year"] or parts["year2"]
            key = (int(year), 1 + [name[:3] for name in _MONTHS].index(month[:3]), int(day))
        else:
            key = (int(match[1]), int(match[2]), int(match[3]))
        if key not in known.dates:
            found[match.group()] = None
        return " ▢ "

    for pattern in (_ISO, _KOREAN_DATE, _ENGLISH_DATE):
        text = pattern.sub(checked, text)
    return text


def _without_identifiers(text: str, known: KnownNumbers, found: dict[str, None]) -> str:
    def checked(match: re.Match[str]) -> str:
        word = match.group()
        if word.lower() in known.identifiers:
            return " ▢ "
        if word.isdigit() or _SCALED_WORD.match(word):
            return word
        found[word] = None
        return " ▢ "

    return _WORD.sub(checked, text)


def _without_list_marks(text: str) -> str:
    """Take out marks 1., 2., 3. at the start of lines while they count up from 1."""
    expected = 1

    def checked(match: re.Match[str]) -> str:
        nonlocal expected
        if int(match[1]) != expected:
            return match.group()
        expected += 1
        return " "

    return _LIST_MARK.sub(checked, text)


def _is_known(number: WrittenNumber, text: str, known: KnownNumbers) -> bool:
    if number.unit is Unit.YEAR or (number.unit is Unit.NONE and number.value in known.years and number.step == 1):
        return "," not in number.text and number.value in known.years
    kinds = _KINDS.get(number.unit)
    if kinds is None:
        return False
    if number.scaled and number.unit is Unit.NONE:
        kinds = (Kind.WON, Kind.COUNT)
    per_cent = 100.0 if number.unit is Unit.PERCENT else 1.0
    step, value = number.step / per_cent, number.value / per_cent
    around = text[max(0, number.start - _NEAR) : number.end + _NEAR]
    return any(
        _agrees(fact, value, step, number, is_ratio=per_cent > 1) and _sign_agrees(fact, number.sign, around)
        for fact in known.of(kinds)
    )


def _agrees(fact: float, value: float, step: float, number: WrittenNumber, *, is_ratio: bool) -> bool:
    size = abs(fact)
    gap = abs(size - value)
    if gap > step / 2 * (1 + _TOUCH) + 1e-15 * size:
        return False
    if value == 0:
        return size == 0 or (
            not number.scaled and step <= (0.001 if is_ratio else 1.0) and number.unit is not Unit.NONE
        )
    return gap <= (_LOOSEST_PERCENT if is_ratio else _LOOSEST) * size


def _sign_agrees(fact: float, sign: int, around: str) -> bool:
    if sign < 0:
        return fact < 0
    if fact < 0:
        return sign == 0 and _FALL.search(around) is not None
    return True
