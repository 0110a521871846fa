"""Numbers as people write them: ``1,234,567원``, ``1억 2,345만 원``, ``12.3 %``, ``KRW 1.2 billion``, ``10~20 %``."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum

_SCALES = {
    "조": 1e12, "천억": 1e11, "백억": 1e10, "십억": 1e9, "억": 1e8, "천만": 1e7, "백만": 1e6, "십만": 1e5, "만": 1e4,
    "천": 1e3, "백": 1e2, "trillion": 1e12, "billion": 1e9, "bn": 1e9, "b": 1e9, "million": 1e6, "mn": 1e6, "m": 1e6,
    "thousand": 1e3, "k": 1e3, "hundred": 1e2,
}  # fmt: skip
_KOREAN_SCALE = "천억|백억|십억|천만|백만|십만|조|억|만|천|백"
_ENGLISH_SCALE = r"(?:trillion|billion|million|thousand|hundred|bn|mn|[bmk])(?![A-Za-z])"
_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?"
_PART = rf"{_DIGITS}\s?(?:{_KOREAN_SCALE})"
_UNITS = (
    ("points", r"%\s?p(?![A-Za-z])|%\s?포인트|percentage[\s-]?points?|pp(?![A-Za-z])|bps?(?![A-Za-z])|basis points?"),
    ("percent", r"%|％|퍼센트|프로(?![가-힣])|percent(?![A-Za-z])|per cent(?![A-Za-z])"),
    ("won", r"(?:대한민국\s)?원|won(?![A-Za-z])|KRW(?![A-Za-z])|₩"),
    ("days", r"거래일|영업일|일(?!부|반|정|관|치|단|종)|(?:trading|business)?[\s-]?(?:days?|sessions?)(?![A-Za-z])"),
    ("year", r"년(?!\s?(?:간|동안))"),
    ("other", r"개월|시간|분(?!의|산|석|포|기)|초(?!과|기)|달러|주일|"
              r"(?:months?|weeks?|hours?|minutes?|seconds?|years?|dollars?|"
              r"USD|EUR|JPY)(?![A-Za-z])|년\s?(?:간|동안)|\$|°|‰"),
    ("times", r"배(?![가-힣]*당)|times(?![A-Za-z])|x(?![A-Za-z])"),
)  # fmt: skip
_UNIT = "|".join(f"(?P<{name}>{pattern})" for name, pattern in _UNITS)
_TOKEN = re.compile(
    rf"(?P<sign>[-−–+△▲▼]\s?)?(?P<before>(?:KRW|₩|\$|USD)\s?)?(?P<inner>[-−+]\s?)?"
    rf"(?P<number>{_PART}(?:\s?{_PART})*(?:\s?{_DIGITS}(?=\s?원))?|{_DIGITS}(?:\s?{_ENGLISH_SCALE})?)"
    rf"(?:\s?(?:{_UNIT}))?",
    re.IGNORECASE,
)
_PIECE = re.compile(rf"({_DIGITS})\s?({_KOREAN_SCALE}|{_ENGLISH_SCALE})?", re.IGNORECASE)
_JOINER = re.compile(r"\s*(?:~|∼|〜|-|–|—|−|±|\+/-|\+/−|에서|내지|to)\s*", re.IGNORECASE)
_MINUSES = frozenset("-−–△▼")


class Unit(StrEnum):
    """What a written number says it measures."""

    NONE = ""
    WON = "won"
    PERCENT = "percent"
    POINTS = "points"
    DAYS = "days"
    YEAR = "year"
    TIMES = "times"
    OTHER = "other"


@dataclass(frozen=True)
class WrittenNumber:
    """A number as it stands in a text; ``step`` is worth one of its last written digit."""

    text: str
    value: float
    step: float
    scaled: bool
    unit: Unit
    sign: int
    """-1 or 1 as written, 0 for none."""
    start: int
    end: int


def written_numbers(text: str) -> tuple[WrittenNumber, ...]:
    """Return the numbers of a text, left to right; the first of a range takes the unit of its end."""
    found: list[WrittenNumber] = []
    for match in _TOKEN.finditer(text):
        found.append(_read(match, text, found[-1].end if found else 0))
    return tuple(_joined(found, text))


def _read(match: re.Match[str], text: str, last_end: int) -> WrittenNumber:
    value, step, scaled = _worth(match["number"])
    unit = next((Unit(name) for name, _ in _UNITS if match[name]), Unit.NONE)
    before = (match["before"] or "").strip().upper()
    if before in {"KRW", "₩"} and unit is Unit.NONE:
        unit = Unit.WON
    elif before:
        unit = Unit.OTHER
    mark = (match["sign"] or "").strip()
    # A dash that touches the number before it, or stands free between two, joins them; any other is a sign.
    between = text[last_end : match.start()]
    after = text[match.end("sign") - 1 : match.end("sign")] if mark else ""
    is_joined = bool(mark) and last_end > 0 and not between.strip() and (not between or after.isspace())
    inner = (match["inner"] or "").strip()
    mark = inner or ("" if is_joined else mark)
    sign = 0 if not mark else -1 if mark in _MINUSES else 1
    return WrittenNumber(match.group().strip(), value, step, scaled, unit, sign, match.start(), match.end())


def _worth(number: str) -> tuple[float, float, bool]:
    value, step, scaled = 0.0, 1.0, False
    for digits, name in _PIECE.findall(number):
        scale = _SCALES[name.lower()] if name else 1.0
        scaled = scaled or scale > 1
        value += float(digits.replace(",", "")) * scale
        step = scale * 10.0 ** -len(digits.partition(".")[2])
    return value, step, scaled


def _joined(found: list[WrittenNumber], text: str) -> Iterator[WrittenNumber]:
    for place, number in enumerate(found):
        if number.unit is not Unit.NONE or place + 1 == len(found):
            yield number
            continue
        follower = found[place + 1]
        between = text[number.end : follower.start]
        if follower.sign == 0 and not between.strip():
            between = text[number.end : follower.end].removesuffix(follower.text)
            between += follower.text[: len(follower.text) - len(follower.text.lstrip("-−–+ "))]
        if not _JOINER.fullmatch(between) or follower.unit is Unit.NONE:
            yield number
            continue
        factor = _tail_scale(follower) if not number.scaled else 1.0
        yield replace(
            number,
            text=text[number.start : follower.end].strip(),
            value=number.value * factor,
            step=number.step * factor,
            scaled=number.scaled or factor > 1,
            unit=follower.unit,
        )


def _tail_scale(number: WrittenNumber) -> float:
    """Return the scale a range's start takes over: ``1~3억 원`` is 100 to 300 million won."""
    scales = [_SCALES[name.lower()] for _, name in _PIECE.findall(number.text) if name]
    return scales[-1] if scales else 1.0
