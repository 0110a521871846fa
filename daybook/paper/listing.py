"""The listing: the real KRX securities of the generated exchange, with plausible levels to start prices from.

``listing.csv`` holds names, markets, sectors (KRX 업종) and shares outstanding as facts; price level, usual daily
volume and annual volatility are round values near those of spring 2026 and only seed the generator. ``index_multiple``
is -1 for a fund that moves against KOSPI200 each day and 0 for everything else.
"""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from daybook.contracts.base import Won
from daybook.contracts.market import Market, SecurityKind
from daybook.paper.model import Security

_ISSUE_DIGITS = {"0": "0", "5": "1", "7": "2", "9": "3"}
"""Last character of a short code to the issue digit of the ISIN: common, first, second, third preferred."""


@dataclass(frozen=True, slots=True)
class ListedSecurity:
    """A security with the numbers that seed its generated prices."""

    security: Security
    price_krw: Won
    daily_volume_shares: int
    annual_volatility: float


def isin_of(symbol: str) -> str:
    """Return the ISIN of a KRX short code (KR7 + code + issue + check digit), or "" where it cannot be derived."""
    issue = _ISSUE_DIGITS.get(symbol[-1]) if len(symbol) == 6 and symbol.isdigit() else None
    if issue is None:
        return ""
    body = f"KR7{symbol[:5]}{issue}00"
    return body + _check_digit(body)


@cache
def packaged_listing() -> tuple[ListedSecurity, ...]:
    """Return the packaged listing; read once."""
    text = files("daybook.paper").joinpath("listing.csv").read_text(encoding="utf-8")
    return tuple(_parse(csv.DictReader(text.splitlines())))


def _parse(rows: Iterable[dict[str, str]]) -> Iterable[ListedSecurity]:
    for row in rows:
        security = Security(
            symbol=row["symbol"],
            name=row["name"],
            market=Market(row["market"]),
            sector=row["sector"],
            kind=SecurityKind(row["kind"]),
            shares_outstanding=int(row["shares_outstanding"]),
            english_name=row["english_name"],
            isin=isin_of(row["symbol"]),
            index_multiple=int(row["index_multiple"]),
        )
        yield ListedSecurity(
            security=security,
            price_krw=int(row["price_krw"]),
            daily_volume_shares=int(row["daily_volume_shares"]),
            annual_volatility=float(row["annual_volatility"]),
        )


def _check_digit(body: str) -> str:
    """Return the ISO 6166 check digit: letters as two digits, then the modulus-10 double-add-double rule."""
    digits = "".join(str(int(character, 36)) for character in body)
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled
    return str(-total % 10)
