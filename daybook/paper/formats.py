"""How KIS writes values: every leaf of a reply is a string, whatever it means."""

from datetime import date, datetime

from daybook.contracts.base import KST, Won

LIMIT_UP, UP, FLAT, LIMIT_DOWN, DOWN = "1", "2", "3", "4", "5"
"""Codes of ``prdy_vrss_sign``."""


def change_sign(price: float, base: float, upper: float = 0, lower: float = 0) -> str:
    """Return ``prdy_vrss_sign`` of a price against its base; limits of 0 are not looked at."""
    if upper and price >= upper:
        return LIMIT_UP
    if lower and price <= lower:
        return LIMIT_DOWN
    if price == base:
        return FLAT
    return UP if price > base else DOWN


def percent(part: float, whole: float, digits: int = 2) -> str:
    """Return ``part / whole`` in percent, ``0.00`` when there is no whole."""
    return fixed(100 * part / whole if whole else 0.0, digits)


def change_percent(price: float, base: float, digits: int = 2) -> str:
    """Return the signed change of ``price`` against ``base`` in percent; 0 when either is unknown."""
    return percent(price - base, base, digits) if price and base else fixed(0.0, digits)


def fixed(value: float, digits: int = 2) -> str:
    """Return a number with a fixed count of decimals, without a negative zero."""
    shown = f"{value:.{digits}f}"
    return shown.removeprefix("-") if not shown.strip("-0.") else shown


def short_decimal(value: float, digits: int = 4) -> str:
    """Return a number with as many decimals as it needs: ``249000``, ``70333.3333``."""
    return fixed(value, digits).rstrip("0").rstrip(".") if "." in fixed(value, digits) else fixed(value, digits)


def change(price_krw: Won, base_krw: Won) -> Won:
    """Return the change against the base in won; 0 when either is unknown."""
    return price_krw - base_krw if price_krw and base_krw else 0


def yyyymmdd(day: date) -> str:
    """Return a date as KIS writes it."""
    return day.strftime("%Y%m%d")


def hhmmss(moment: datetime) -> str:
    """Return the KST time of day as KIS writes it."""
    return moment.astimezone(KST).strftime("%H%M%S")


def parse_day(value: str) -> date | None:
    """Return a ``YYYYMMDD`` date, or None for anything else; the year 0000 (python-kis) is the earliest date."""
    if len(value) != 8 or not value.isascii() or not value.isdigit():
        return None
    if value.startswith("0000"):
        return date.min
    try:
        return date(int(value[:4]), int(value[4:6]), int(value[6:]))
    except ValueError:
        return None


def flag(value: bool) -> str:
    """Return a yes or no as KIS writes it."""
    return "Y" if value else "N"


def words(text: str) -> tuple[str, ...]:
    """Return the words of a text: a readable way to list field names."""
    return tuple(text.split())
