"""XBRL facts of a company, read into yearly series as they stood at a moment.

Facts of EDGAR: the same period is reported again as a comparative in later filings, and may be restated there, so the
version filed last (and not after the moment) is the one that counts. ``fy`` is the fiscal year of the *filing*, not of
the period; the period's own year is found from the newest period of the same filing.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from daybook.filings.edgar_rows import day_known_from
from daybook.filings.errors import FilingCode, FilingUnreadable

ANNUAL_FORMS = frozenset({"10-K", "10-K/A", "10-KT", "10-KT/A", "20-F", "20-F/A", "40-F", "40-F/A"})

_SHORTEST_YEAR_DAYS = 350
_LONGEST_YEAR_DAYS = 380
"""Fiscal years of 52 and 53 weeks lie between."""

_DAYS_PER_YEAR = 365.25


@dataclass(frozen=True, slots=True)
class Fact:
    """One reported value. ``start`` is None for a moment's value, such as assets."""

    start: date | None
    end: date
    value: int | float
    accession_number: str
    filing_fiscal_year: int | None
    form: str
    filed_on: date

    @property
    def is_annual(self) -> bool:
        """Whether it is a year's value, or a moment's value, of an annual report."""
        if self.form not in ANNUAL_FORMS:
            return False
        return self.start is None or _SHORTEST_YEAR_DAYS <= (self.end - self.start).days <= _LONGEST_YEAR_DAYS


@dataclass(frozen=True, slots=True)
class YearValue:
    """A fiscal year's value in the version that counts. ``restated_from`` is the first version when it differed."""

    fiscal_year: int
    fact: Fact
    restated_from: int | float | None


@dataclass(frozen=True, slots=True)
class Concept:
    """All facts of one concept by unit."""

    taxonomy: str
    tag: str
    label: str
    facts: Mapping[str, tuple[Fact, ...]]

    @classmethod
    def of(cls, taxonomy: str, tag: str, body: Mapping[str, Any]) -> "Concept":
        """Read ``companyconcept``, or one entry of ``companyfacts``.

        Raises:
            FilingUnreadable: when it is not the documented object.
        """
        try:
            units = {str(unit): tuple(_fact(row) for row in rows) for unit, rows in body["units"].items()}
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FilingUnreadable(FilingCode.UNREADABLE, f"EDGAR's facts of {tag} have another shape") from None
        return cls(taxonomy, tag, " ".join(str(body.get("label") or tag).split()), units)

    def yearly(self, years: int, as_of: datetime | None = None) -> tuple[str, list[YearValue]]:
        """Return the unit and the newest ``years`` fiscal years, newest first, as known at ``as_of``.

        Of several units the one with the newest year counts, of equals the one with more facts (a company that files
        in won adds dollars for convenience). ("", []) when no annual value was known.
        """
        best: tuple[date, int, str, list[YearValue]] | None = None
        for unit, facts in self.facts.items():
            series = _yearly(facts, as_of)
            if series and (best is None or (series[0].fact.end, len(facts)) > best[:2]):
                best = (series[0].fact.end, len(facts), unit, series)
        return (best[2], best[3][:years]) if best is not None else ("", [])


@dataclass(frozen=True, slots=True)
class CompanyFacts:
    """A company's facts by taxonomy (``us-gaap``, ``ifrs-full``, ``dei``) and tag, read when they are asked for."""

    cik: int
    name: str
    raw: Mapping[str, Mapping[str, Any]]

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "CompanyFacts":
        """Read ``companyfacts``; raises ``FilingUnreadable`` when it is not the documented object."""
        try:
            raw = {str(taxonomy): dict(tags) for taxonomy, tags in body["facts"].items()}
            return cls(int(body["cik"]), " ".join(str(body.get("entityName") or "").split()), raw)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise FilingUnreadable(FilingCode.UNREADABLE, "EDGAR's company facts have another shape") from None

    def concept(self, tag: str, taxonomy: str | None = None) -> Concept | None:
        """Return a concept, looked for in all taxonomies unless one is named; None when it was never reported."""
        for name in (taxonomy,) if taxonomy else tuple(self.raw):
            entry = self.raw.get(name, {}).get(tag)
            if isinstance(entry, Mapping):
                return Concept.of(name, tag, entry)
        return None


def _yearly(facts: Iterable[Fact], as_of: datetime | None) -> list[YearValue]:
    known = [fact for fact in facts if fact.is_annual and (as_of is None or day_known_from(fact.filed_on) <= as_of)]
    newest_end_of: dict[str, date] = {}
    for fact in known:
        newest_end_of[fact.accession_number] = max(fact.end, newest_end_of.get(fact.accession_number, fact.end))
    versions: dict[date, list[Fact]] = defaultdict(list)
    for fact in known:
        versions[fact.end].append(fact)
    values = []
    for end in sorted(versions, reverse=True):
        ordered = sorted(versions[end], key=lambda fact: (fact.filed_on, fact.accession_number))
        first, last = ordered[0], ordered[-1]
        values.append(
            YearValue(
                fiscal_year=_fiscal_year(first, newest_end_of[first.accession_number]),
                fact=last,
                restated_from=first.value if first.value != last.value else None,
            )
        )
    return values


def _fiscal_year(first: Fact, newest_end: date) -> int:
    if first.filing_fiscal_year is None:
        return first.end.year
    return first.filing_fiscal_year - round((newest_end - first.end).days / _DAYS_PER_YEAR)


def _fact(row: Mapping[str, Any]) -> Fact:
    value = row["val"]
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError("a value that is no number")
    start = row.get("start")
    return Fact(
        start=date.fromisoformat(start) if start else None,
        end=date.fromisoformat(row["end"]),
        value=value,
        accession_number=str(row["accn"]),
        filing_fiscal_year=int(row["fy"]) if row.get("fy") is not None else None,
        form=str(row["form"]),
        filed_on=date.fromisoformat(row["filed"]),
    )
