"""Statements and ratios of Korean companies from DART, as they were known at the moment of the run."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from daybook.contracts.base import Message, Symbol
from daybook.contracts.layers import Layer
from daybook.contracts.tools import SourceRef
from daybook.filings.dart_corporations import Corporation
from daybook.filings.dart_rows import ReportCode, ShareCounts, known_from
from daybook.filings.dart_statements import Account, Statement, newest_statement
from daybook.filings.errors import FilingNotFound
from daybook.filings.ports import DartSource
from daybook.filings.ratios import Ratio, ratios
from daybook.filings.valuations import Closes, valuations
from daybook.skills.context import ToolContext
from daybook.skills.fundamental.filing_outcomes import as_tool_errors
from daybook.skills.result import Sourced
from daybook.skills.skill import Cost, Skill

financials = Skill(
    "fundamental.financials",
    "Financial statements and ratios of Korean listed companies from DART",
    layer=Layer.PIPELINE,
    cost=Cost.MEDIUM,
    keywords=("재무", "재무제표", "실적", "매출", "영업이익", "순이익", "financials", "earnings", "revenue"),
)


class Period(StrEnum):
    """Which report: the year's, or an interim one with the year so far."""

    ANNUAL = "annual"
    HALF = "half"
    Q1 = "q1"
    Q3 = "q3"


_REPORTS = {
    Period.ANNUAL: ReportCode.ANNUAL,
    Period.HALF: ReportCode.HALF,
    Period.Q1: ReportCode.FIRST_QUARTER,
    Period.Q3: ReportCode.THIRD_QUARTER,
}


class AccountValue(Message):
    """One account. ``previous``: same period a year ago (income) or last year's end (balance)."""

    account: str
    current: int | None
    previous: int | None


class FinancialStatements(Message):
    """The main accounts of one report, in units of ``currency``. ``missing``: accounts the report does not name."""

    symbol: Symbol
    name: str
    year: int
    period: Period
    basis: str
    currency: str
    filed_on: date
    accounts: tuple[AccountValue, ...]
    missing: tuple[str, ...]


class RatioValue(Message):
    """A ratio as a fraction (0.12 is 12 %), won per share, or a multiple; ``reason`` says why there is no value."""

    name: str
    value: float | None
    formula: str
    reason: str = ""


class FinancialRatios(Message):
    """Ratios of the newest annual report known. ``close_krw`` is the price of PER and PBR."""

    symbol: Symbol
    name: str
    year: int
    basis: str
    filed_on: date
    close_krw: int | None
    close_day: date | None
    ratios: tuple[RatioValue, ...]


@financials.tool(timeout_s=40, keywords=("손익계산서", "재무상태표", "분기 실적", "statements"))
async def financial_statements(
    symbol: Symbol,
    year: Annotated[int | None, Field(ge=2015, le=2100, description="business year; newest if left out")] = None,
    period: Period = Period.ANNUAL,
    *,
    dart: DartSource,
    context: ToolContext,
) -> Sourced[FinancialStatements]:
    """Main accounts (revenue, profit, assets, equity ...) of a KRX company's report, with the year before."""
    with as_tool_errors():
        company = await dart.corporation(symbol)
        statement = await newest_statement(
            dart, company.corp_code, _REPORTS[period], context.now, year=year, as_of=context.as_of
        )
    value = FinancialStatements(
        symbol=symbol,
        name=company.name,
        year=statement.year,
        period=period,
        basis=_basis(statement),
        currency=statement.currency,
        filed_on=statement.filed_on,
        accounts=tuple(
            AccountValue(account=account.value, current=figure.current, previous=figure.previous)
            for account, figure in statement.figures.items()
        ),
        missing=tuple(account.value for account in Account if account not in statement.figures),
    )
    return Sourced(value, (_source(company, statement, context.now),))


@financials.tool(timeout_s=40, keywords=("PER", "PBR", "ROE", "부채비율", "밸류에이션", "ratios", "valuation"))
async def financial_ratios(
    symbol: Symbol, *, dart: DartSource, closes: Closes, context: ToolContext
) -> Sourced[FinancialRatios]:
    """Margins, ROE, ROA, debt ratio, growth, EPS, BPS, PER and PBR of a KRX company, computed by code."""
    with as_tool_errors():
        company = await dart.corporation(symbol)
        statement = await newest_statement(dart, company.corp_code, ReportCode.ANNUAL, context.now, as_of=context.as_of)
        shares = await _shares(dart, statement)
    close = await closes.last_close(symbol, context.now)
    computed = (*ratios(statement), *valuations(statement, shares, close, context.as_of))
    value = FinancialRatios(
        symbol=symbol,
        name=company.name,
        year=statement.year,
        basis=_basis(statement),
        filed_on=statement.filed_on,
        close_krw=close.price_krw if close else None,
        close_day=close.day if close else None,
        ratios=tuple(_value(ratio) for ratio in computed),
    )
    return Sourced(value, (_source(company, statement, context.now),))


async def _shares(dart: DartSource, statement: Statement) -> ShareCounts | None:
    try:
        return await dart.share_counts(statement.corp_code, statement.year, statement.report)
    except FilingNotFound:
        return None


def _value(ratio: Ratio) -> RatioValue:
    return RatioValue(name=ratio.name, value=ratio.value, formula=ratio.formula, reason=ratio.reason)


def _basis(statement: Statement) -> str:
    return "consolidated" if statement.is_consolidated else "separate"


def _source(company: Corporation, statement: Statement, now: datetime) -> SourceRef:
    return SourceRef(
        name="DART",
        title=f"{company.name} {statement.year} {statement.report.name.lower()} report",
        url=statement.url,
        published_at=min(known_from(statement.filed_on), now),
        observed_at=now,
    )
