"""What EDGAR sends, as typed rows: companies and their filings."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from daybook.filings.errors import FilingCode, FilingUnreadable

ARCHIVES_PATH = "/Archives/edgar/data"
NEW_YORK_BEHIND_UTC = timedelta(hours=5)
"""Standard time; in summer it is four hours, so counting five is never too early."""


@dataclass(frozen=True, slots=True)
class Company:
    """A company of EDGAR's ticker map."""

    cik: int
    ticker: str
    name: str


@dataclass(frozen=True, slots=True)
class Filing:
    """One filing. ``title`` is text from outside."""

    accession_number: str
    form: str
    filed_on: date
    report_date: date | None
    known_from: datetime
    """From when it counts as known, never too early.

    The acceptance time ends in ``Z`` but is New York's clock for about a fifth of all filers (measured 2026-09 against
    the SGML headers), so five hours are added; without one, the end of the filing day in New York.
    """
    title: str
    url: str
    items: str


def companies(body: Mapping[str, Any]) -> dict[str, Company]:
    """Return the ticker map by ticker.

    Raises:
        FilingUnreadable: when it is not the documented object.
    """
    try:
        found = [
            Company(int(row["cik_str"]), str(row["ticker"]).upper(), " ".join(str(row["title"]).split()))
            for row in body.values()
        ]
    except (KeyError, TypeError, ValueError):
        raise FilingUnreadable(FilingCode.UNREADABLE, "EDGAR's ticker map has another shape") from None
    return {company.ticker: company for company in found}


def filings(cik: int, page: Mapping[str, Any], www_base_url: str) -> list[Filing]:
    """Return the filings of one page (``filings.recent``, or an older page): parallel arrays, newest first.

    Raises:
        FilingUnreadable: when the arrays are not parallel, or a date is none.
    """
    try:
        numbers = page["accessionNumber"]
        columns = zip(
            numbers,
            page["form"],
            page["filingDate"],
            page["reportDate"],
            page["acceptanceDateTime"],
            page["primaryDocument"],
            page["primaryDocDescription"],
            page.get("items") or [""] * len(numbers),
            strict=True,
        )
        return [_filing(cik, www_base_url, *(str(value or "") for value in row)) for row in columns]
    except (KeyError, TypeError, ValueError):
        raise FilingUnreadable(FilingCode.UNREADABLE, "EDGAR's list of filings has another shape") from None


def older_pages(body: Mapping[str, Any]) -> list[str]:
    """Return the file names of the older pages of a submissions answer, newest first."""
    pages: Iterable[Any] = (body.get("filings") or {}).get("files") or ()
    names = [str(page.get("name", "")) for page in pages if isinstance(page, dict)]
    return [name for name in names if name.startswith("CIK") and name.endswith(".json") and "/" not in name]


def day_known_from(filed_on: date) -> datetime:
    """Return the end of a filing day in New York, in UTC: from then on the filing is known for certain."""
    return datetime(filed_on.year, filed_on.month, filed_on.day, tzinfo=UTC) + timedelta(days=1) + NEW_YORK_BEHIND_UTC


def _filing(
    cik: int,
    www_base_url: str,
    number: str,
    form: str,
    filed: str,
    reported: str,
    accepted: str,
    document: str,
    title: str,
    items: str,
) -> Filing:
    filed_on = date.fromisoformat(filed)
    folder = f"{www_base_url}{ARCHIVES_PATH}/{cik}/{number.replace('-', '')}"
    return Filing(
        accession_number=number,
        form=form,
        filed_on=filed_on,
        report_date=date.fromisoformat(reported) if reported else None,
        known_from=_accepted(accepted) or day_known_from(filed_on),
        title=" ".join(title.split())[:200],
        url=f"{folder}/{document}" if document else f"{folder}/",
        items=items,
    )


def _accepted(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC) + NEW_YORK_BEHIND_UTC
