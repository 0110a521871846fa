"""Numbers, times and table cells as reports show them."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from daybook.contracts.base import KST

UNKNOWN = "–"
"""Shown for a value that is not known or does not apply."""

MINUS = "−"


def won(amount_krw: int | float | None) -> str:
    """Return an amount with thousands separators, rounded to whole won: ``1,234,567``."""
    return UNKNOWN if amount_krw is None else f"{amount_krw:,.0f}".replace("-", MINUS)


def signed_won(amount_krw: int | None) -> str:
    """Return a change with its sign: ``+1,234``; zero has none."""
    if amount_krw is None:
        return UNKNOWN
    return won(amount_krw) if amount_krw == 0 else f"{amount_krw:+,}".replace("-", MINUS)


def price(price_krw: float | None) -> str:
    """Return a price per share; an average that is no whole won keeps one decimal."""
    if price_krw is None:
        return UNKNOWN
    return f"{price_krw:,.0f}" if float(price_krw).is_integer() else f"{price_krw:,.1f}"


def percent(ratio: float | None, digits: int = 2) -> str:
    """Return a signed percentage: ``+0.12 %``."""
    if ratio is None:
        return UNKNOWN
    text = f"{ratio * 100:+.{digits}f} %".replace("-", MINUS)
    return text if any(digit in text for digit in "123456789") else text[1:]


def clock(moment: datetime | None) -> str:
    """Return a market time of the day: ``09:05:30``."""
    return UNKNOWN if moment is None else f"{moment.astimezone(KST):%H:%M:%S}"


def cell(text: str) -> str:
    """Return text of others as one harmless table cell: no line breaks, no pipes, no markup, no HTML."""
    flat = " ".join(text.split())
    for mark in ("\\", "|", "`", "*", "_", "[", "]", "~"):
        flat = flat.replace(mark, f"\\{mark}")
    return flat.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") or UNKNOWN


def code(text: str) -> str:
    """Return a code of others as code, which shows its underscores as they are."""
    kept = " ".join(text.split()).replace("`", "'").replace("|", "/")
    return f"`{kept}`" if kept else UNKNOWN


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table. A head that ends in ``>`` marks a column of numbers, aligned to the right."""
    names = [head.removesuffix(">") for head in heads]
    rule = ["---:" if head.endswith(">") else "---" for head in heads]
    return "\n".join("| " + " | ".join(row) + " |" for row in (names, rule, *rows))
