"""Numbers as people write them in orders: 1,500, 7만 1천, 2.5k, 열다섯, 오십만, twenty-five, a hundred."""

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

_NATIVE_ONES: Final = {
    "하나": 1, "한": 1, "둘": 2, "두": 2, "셋": 3, "세": 3, "석": 3, "넷": 4, "네": 4, "넉": 4,
    "다섯": 5, "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS: Final = {
    "열": 10, "스물": 20, "스무": 20, "서른": 30, "마흔": 40, "쉰": 50,
    "예순": 60, "일흔": 70, "여든": 80, "아흔": 90,
}  # fmt: skip
_SINO_DIGITS: Final = {"일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "륙": 6, "칠": 7, "팔": 8, "구": 9}
_SMALL_UNITS: Final = {"십": 10, "백": 100, "천": 1_000}
_LARGE_UNITS: Final = {"만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}
_ENGLISH_UNITS: Final = {"k": 1_000, "m": 1_000_000, "mil": 1_000_000, "mn": 1_000_000, "bn": 1_000_000_000,
                         "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}  # fmt: skip
_ENGLISH_ONES: Final = {
    word: number
    for number, word in enumerate(
        [
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
            *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
        ],
        start=1,
    )
}
_ENGLISH_TENS: Final = {
    word: 10 * number
    for number, word in enumerate(
        ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"), start=2
    )
}

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d{1,15})(?:\.\d{1,4})?"
_MIXED_KOREAN = re.compile(rf"({_DIGITS})?\s?([십백천])?([만억조])?")
_PLAIN = re.compile(rf"{_DIGITS}(?![\d,.]*\d)")
_ENGLISH_SUFFIX = re.compile(r"\s?(thousand|million|billion|mil|mn|bn|k|m)(?![a-z가-힣])", re.IGNORECASE)
_BEFORE_WON = re.compile(r"\s?(?:원|won|krw)", re.IGNORECASE)
_NATIVE = re.compile(
    rf"(백)?({'|'.join(sorted(_NATIVE_TENS, key=len, reverse=True))})?"
    rf"({'|'.join(sorted(_NATIVE_ONES, key=len, reverse=True))})?"
)
_SINO_SECTION = re.compile(
    r"(?:([일이삼사오육륙칠팔구])?(천)\s?)?(?:([일이삼사오육륙칠팔구])?(백)\s?)?"
    r"(?:([일이삼사오육륙칠팔구])?(십)\s?)?([일이삼사오육륙칠팔구])?"
)
_ENGLISH_FIRST = re.compile(r"([a-z]+)(?![a-z])", re.IGNORECASE)
_ENGLISH_WORD = re.compile(r"[\s-]?([a-z]+)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class NumberFound:
    """A number in a text: its value and where it stands.

    ``is_native`` says that it is written with native Korean numerals, which count things (열 주) and never money.
    """

    value: Decimal
    start: int
    end: int
    is_native: bool = False

    @property
    def whole(self) -> int | None:
        """The value as an integer; None when it has a fraction."""
        return int(self.value) if self.value == self.value.to_integral_value() else None


def number_at(text: str, start: int) -> NumberFound | None:
    """Return the longest number that begins at ``start``, or None.

    The text is expected in NFKC form. Recognised are digits with or without thousands separators, digits with Korean
    units (7만 1천, 1.5억), Korean numerals of both kinds, digits with English units (70k, 1.2 million) and English
    number words. A number never begins inside another one: the caller asks at the beginning of a token.
    """
    found = [reader(text, start) for reader in (_digits, _native, _sino, _english_words)]
    return max((number for number in found if number is not None), key=lambda number: number.end, default=None)


def _digits(text: str, start: int) -> NumberFound | None:
    plain = _PLAIN.match(text, start)
    if plain is None:
        return None
    korean = _digits_with_korean_units(text, start)
    if korean is not None:
        return korean
    value, end = Decimal(plain[0].replace(",", "")), plain.end()
    suffix = _ENGLISH_SUFFIX.match(text, end)
    if suffix is not None:
        return NumberFound(value * _ENGLISH_UNITS[suffix[1].lower()], start, suffix.end())
    return NumberFound(value, start, end)


def _digits_with_korean_units(text: str, start: int) -> NumberFound | None:
    """Read 7만 1천, 1억 2천만, 3백만, 2천5백: parts with falling units, a bare rest (7만 1500) at the end."""
    total, section = Decimal(0), Decimal(0)
    large_before, small_before = 10**16, 10_000
    position, parts = start, 0
    while parts < 8:
        begin = position
        if parts and position < len(text) and text[position] == " ":
            begin = position + 1
        part = _MIXED_KOREAN.match(text, begin)
        if part is None or part[1] is None:
            break
        small = _SMALL_UNITS.get(part[2] or "", 1)
        large = _LARGE_UNITS.get(part[3] or "", 1)
        value = Decimal(part[1].replace(",", ""))
        is_bare = small == 1 and large == 1
        if is_bare and (parts == 0 or not _fits(value, large_before, small_before)):
            break
        if is_bare and begin > position and not _BEFORE_WON.match(text, part.start() + len(part[1])):
            break  # 20만 10주: two numbers
        if small >= small_before or large >= large_before:
            break
        section += value * small
        small_before = small
        position, parts = part.end() if not is_bare else part.start() + len(part[1]), parts + 1
        if large > 1:
            total, section, large_before, small_before = total + section * large, Decimal(0), large, 10_000
        if is_bare:
            break
    return NumberFound(total + section, start, position) if parts else None


def _fits(value: Decimal, large_before: int, small_before: int) -> bool:
    """Whether a bare rest is smaller than the unit before it, as in 7만 1500."""
    unit = small_before if small_before < 10_000 else large_before
    return value < unit


def _native(text: str, start: int) -> NumberFound | None:
    found = _NATIVE.match(text, start)
    if found is None or (found[2] is None and found[3] is None):
        return None
    value = (100 if found[1] else 0) + _NATIVE_TENS.get(found[2] or "", 0) + _NATIVE_ONES.get(found[3] or "", 0)
    return NumberFound(Decimal(value), start, found.end(), is_native=True)


def _sino(text: str, start: int) -> NumberFound | None:
    """Read 칠만 천오백, 오십만, 백, 이십: sections below 10,000 with falling large units."""
    total, position, large_before, parts = 0, start, 10**16, 0
    while parts < 4:
        begin = position + 1 if parts and text[position : position + 1] == " " else position
        section = _SINO_SECTION.match(text, begin)
        assert section is not None  # every part of it is optional
        value = _section_value(section)
        end = begin + len(section[0].rstrip())
        unit = _LARGE_UNITS.get(text[end : end + 1], 1)
        if (value == 0 and (unit == 1 or parts)) or unit >= large_before:
            break
        total += max(value, 1) * unit
        position, large_before, parts = end + (1 if unit > 1 else 0), unit, parts + 1
        if unit == 1:
            break
    return NumberFound(Decimal(total), start, position) if parts else None


def _section_value(section: re.Match[str]) -> int:
    value = 0
    for digit, unit in ((1, 2), (3, 4), (5, 6)):
        if section[unit]:
            value += _SINO_DIGITS.get(section[digit] or "", 1) * _SMALL_UNITS[section[unit]]
    return value + _SINO_DIGITS.get(section[7] or "", 0)


def _english_words(text: str, start: int) -> NumberFound | None:
    """Read twenty-five, a hundred, one thousand two hundred: at most 12 words."""
    total, current, position, words = 0, 0, start, 0
    while words < 12:
        found = (
            _ENGLISH_WORD.match(text, position) if words else re.compile(r"([a-z]+)(?![a-z])", re.I).match(text, start)
        )
        if found is None:
            break
        word = found[1].lower()
        if word in ("a", "an") and words == 0:
            following = _ENGLISH_WORD.match(text, found.end())
            if following is None or following[1].lower() not in ("hundred", "thousand", "million", "dozen"):
                return None
        elif word in _ENGLISH_ONES and current % 10 == 0 and (current % 100 == 0 or _ENGLISH_ONES[word] < 10):
            current += _ENGLISH_ONES[word]
        elif word in _ENGLISH_TENS and current % 100 == 0:
            current += _ENGLISH_TENS[word]
        elif word == "dozen" and current < 100:
            current = max(current, 1) * 12
        elif word == "hundred" and current < 100:
            current = max(current, 1) * 100
        elif word in ("thousand", "million", "billion") and (current or words):
            total, current = total + max(current, 1) * _ENGLISH_UNITS[word], 0
        else:
            break
        position, words = found.end(), words + 1
    return NumberFound(Decimal(total + current), start, position) if total + current else None
