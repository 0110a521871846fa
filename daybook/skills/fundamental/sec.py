"""Filings and XBRL facts of U.S. listed companies from SEC EDGAR, as they were known at the moment of the run."""

from datetime import date
from typing import Annotated

from pydantic import Field

from daybook.contracts.base import Message
from daybook.contracts.layers import Layer
from daybook.contracts.tools import SourceRef
from daybook.filings.edgar_facts import CompanyFacts, Concept
from daybook.filings.ports import EdgarSource
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData
from daybook.skills.fundamental.filing_outcomes import as_tool_errors
from daybook.skills.result import Sourced
from daybook.skills.skill import Cost, Skill

sec = Skill(
    "fundamental.sec",
    "SEC EDGAR filings and reported figures of U.S. listed companies",
    layer=Layer.PIPELINE,
    cost=Cost.MEDIUM,
    keywords=("미국 공시", "SEC", "EDGAR", "10-K", "10-Q", "8-K", "20-F", "filing"),
)

Ticker = Annotated[str, Field(pattern=r"^[A-Za-z0-9.\-]{1,10}$", description="U.S. ticker, e.g. NVDA")]
Form = Annotated[str, Field(pattern=r"^[A-Za-z0-9 /\-]{1,12}$")]
Tag = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9]{0,119}$")]

_DEFAULTS: dict[str, tuple[str, ...]] = {
    "revenue": ("RevenueFromContractWithCustomerExcludingAssessedTax", "Revenues", "SalesRevenueNet", "Revenue"),
    "operating income": ("OperatingIncomeLoss", "ProfitLossFromOperatingActivities"),
    "net income": ("NetIncomeLoss", "ProfitLoss"),
    "assets": ("Assets",),
    "equity": (
        "StockholdersEquity",
        "StockholdersEquityIncludingPortionAttributableToNoncontrollingInterest",
        "Equity",
    ),
}
"""Each line of the summary and the tags (us-gaap, then ifrs-full) it may be reported under.

Companies change tags over the years, so the tag with the newest year counts; of equals the first.
"""


class FilingRow(Message):
    """One filing; title and items are as filed."""

    form: str
    filed_on: date
    report_date: date | None
    accession: str
    title: str
    items: str = ""
    url: str


class SecFilings(Message):
    """Filings, newest first."""

    ticker: str
    name: str
    cik: int
    filings: tuple[FilingRow, ...]


class YearRow(Message):
    """A fiscal year's value in the version filed last; ``restated_from`` is the first version when it differed."""

    fiscal_year: int
    end: date
    value: int | float
    form: str
    filed: date
    accession: str
    restated_from: int | float | None = None


class FactRow(Message):
    """One concept's fiscal years, newest first."""

    concept: str
    tag: str
    unit: str
    years: tuple[YearRow, ...]


class SecFacts(Message):
    """Reported annual figures. ``missing``: concepts without an annual value known at the moment."""

    ticker: str
    name: str
    cik: int
    facts: tuple[FactRow, ...]
    missing: tuple[str, ...] = ()


@sec.tool(untrusted=True, timeout_s=40)
async def sec_filings(
    ticker: Ticker,
    forms: Annotated[tuple[Form, ...], Field(max_length=8, description="e.g. 10-K, 8-K; all if empty")] = (),
    count: Annotated[int, Field(ge=1, le=20)] = 5,
    *,
    edgar: EdgarSource,
    context: ToolContext,
) -> Sourced[SecFilings]:
    """Newest SEC filings of a U.S. listed company with links."""
    with as_tool_errors():
        company = await edgar.company(ticker)
        found = await edgar.filings(company.cik, forms=forms, count=count, as_of=context.as_of)
    if not found:
        raise NoData(f"EDGAR has no {' or '.join(forms) or 'filing'} of {company.ticker} known at the moment")
    rows = tuple(
        FilingRow(
            form=filing.form,
            filed_on=filing.filed_on,
            report_date=filing.report_date,
            accession=filing.accession_number,
            title=filing.title,
            items=filing.items,
            url=filing.url,
        )
        for filing in found
    )
    sources = tuple(
        SourceRef(
            name="SEC EDGAR",
            title=f"{company.name} {filing.form} {filing.filed_on}",
            url=filing.url,
            published_at=min(filing.known_from, context.now),
            observed_at=context.now,
        )
        for filing in found
    )
    return Sourced(SecFilings(ticker=company.ticker, name=company.name, cik=company.cik, filings=rows), sources)


@sec.tool(untrusted=True, timeout_s=60, keywords=("미국 재무제표", "company facts", "XBRL"))
async def sec_company_facts(
    ticker: Ticker,
    concepts: Annotated[tuple[Tag, ...], Field(max_length=8, description="XBRL tags; main figures if empty")] = (),
    years: Annotated[int, Field(ge=1, le=10)] = 2,
    *,
    edgar: EdgarSource,
    context: ToolContext,
) -> Sourced[SecFacts]:
    """Annual figures a U.S. listed company reported (revenue, income, assets ...), restatements considered."""
    wanted = {tag: (tag,) for tag in concepts} or _DEFAULTS
    with as_tool_errors():
        company = await edgar.company(ticker)
        facts = await edgar.company_facts(company.cik)
        rows = {name: _row(facts, name, tags, years, context) for name, tags in wanted.items()}
    found = tuple(row for row in rows.values() if row is not None)
    if not found:
        raise NoData(f"{company.ticker} reported no annual value of {', '.join(wanted)} known at the moment")
    value = SecFacts(
        ticker=company.ticker,
        name=company.name,
        cik=company.cik,
        facts=found,
        missing=tuple(name for name, row in rows.items() if row is None),
    )
    source = SourceRef(
        name="SEC EDGAR",
        title=f"{company.name} company facts (XBRL)",
        url=f"https://data.sec.gov/api/xbrl/companyfacts/CIK{company.cik:010d}.json",
        observed_at=context.now,
    )
    return Sourced(value, (source,))


def _row(facts: CompanyFacts, name: str, tags: tuple[str, ...], years: int, context: ToolContext) -> FactRow | None:
    best: tuple[Concept, FactRow] | None = None
    for tag in tags:
        concept = facts.concept(tag)
        if concept is None:
            continue
        unit, values = concept.yearly(years, context.as_of)
        if values and (best is None or values[0].fact.end > best[1].years[0].end):
            rows = tuple(
                YearRow(
                    fiscal_year=value.fiscal_year,
                    end=value.fact.end,
                    value=value.fact.value,
                    form=value.fact.form,
                    filed=value.fact.filed_on,
                    accession=value.fact.accession_number,
                    restated_from=value.restated_from,
                )
                for value in values
            )
            best = concept, FactRow(concept=name, tag=f"{concept.taxonomy}:{concept.tag}", unit=unit, years=rows)
    return best[1] if best else None
