"""KIS text fields to numbers and times. Every value on the wire is a text: padded, blank, or signed.

A value that must be there and is not raises :class:`UnreadableReply`: no caller may mistake it for zero.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import KST

_SYMBOL = re.compile(r"[0-9A-Z]{6,7}", re.ASCII)

Row = Mapping[str, str]
"""One record: lower-case keys, stripped texts. KIS varies the case of keys between services and documents."""


class UnreadableReply(BrokerUnavailable):
    """A reply arrived but cannot be understood; it proves nothing."""

    def __init__(self, message: str, *, code: str = "UNREADABLE", advice: str = "") -> None:
        super().__init__(message, code=code, advice=advice or "ask again; if it stays, report the field")


def as_row(value: object) -> Row:
    """Return a record with lower-case keys and stripped texts; anything but an object is an empty record."""
    if not isinstance(value, dict):
        return {}
    return {
        str(key).lower(): "" if item is None else str(item).strip()
        for key, item in value.items()
        if item is None or isinstance(item, str | int | float)
    }


def record(body: Mapping[str, object], block: str) -> Row:
    """Return the block as one record, whether it came as an object or as an array of one."""
    value = body.get(block)
    if isinstance(value, list):
        value = value[0] if value else None
    return as_row(value)


def records(body: Mapping[str, object], block: str) -> list[Row]:
    """Return the block as records without the empty ones that pad short pages."""
    value = body.get(block)
    items = value if isinstance(value, list) else [value]
    return [row for row in map(as_row, items) if any(row.values())]


def decimal_of(row: Row, key: str) -> Decimal | None:
    """Return a number, or None when the field is missing, blank or not a number."""
    text = row.get(key, "").replace(",", "").strip()
    if not text or not text.isascii():
        return None
    try:
        number = Decimal(text)
    except InvalidOperation:
        return None
    return number if number.is_finite() and abs(number) < Decimal(10) ** 18 else None


def whole(row: Row, key: str, default: int = 0) -> int:
    """Return a whole number (fractions are cut off), or ``default`` when there is none."""
    number = decimal_of(row, key)
    return default if number is None else int(number)


def count(row: Row, key: str) -> int:
    """Return a number that cannot be negative, 0 when there is none."""
    return max(0, whole(row, key))


def required(row: Row, key: str) -> int:
    """Return a whole number that must be there; raises ``UnreadableReply``."""
    number = decimal_of(row, key)
    if number is None:
        raise UnreadableReply(f"the field {key} is missing or blank")
    return int(number)


def required_count(row: Row, key: str) -> int:
    """Return a whole number that must be there and not be negative; raises ``UnreadableReply``."""
    number = required(row, key)
    if number < 0:
        raise UnreadableReply(f"the field {key} is negative")
    return number


def real(row: Row, key: str) -> float:
    """Return a number that is not money, 0.0 when there is none."""
    number = decimal_of(row, key)
    return 0.0 if number is None else float(number)


def is_yes(row: Row, key: str) -> bool:
    """Whether a flag is ``Y``."""
    return row.get(key, "").upper() == "Y"


def is_symbol(text: str) -> bool:
    """Whether a text is a KRX short code (six characters, ETN with a leading ``Q`` seven)."""
    return _SYMBOL.fullmatch(text) is not None


def day_of(row: Row, key: str) -> date | None:
    """Return a date (YYYYMMDD), or None."""
    text = row.get(key, "")
    if len(text) != 8 or not text.isascii() or not text.isdigit():
        return None
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def moment_of(day: date, hhmmss: str) -> datetime | None:
    """Return a KST time on ``day``, or None when the text is not HHMMSS."""
    if len(hhmmss) != 6 or not hhmmss.isascii() or not hhmmss.isdigit():
        return None
    try:
        return datetime(day.year, day.month, day.day, int(hhmmss[:2]), int(hhmmss[2:4]), int(hhmmss[4:]), tzinfo=KST)
    except ValueError:
        return None
