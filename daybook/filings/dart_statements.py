"""The main accounts of a DART report as named figures.

Which names stand for what: the wording of ``fnlttSinglAcnt`` (fourteen main accounts), with the variants companies and
industries use. Names are compared without spaces and without what stands in parentheses. An account that is not among
them stays None: nothing is derived or guessed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from daybook.filings.dart_rows import ReportCode, StatementLine, StatementLines, known_from
from daybook.filings.errors import FilingCode, FilingNotFound
from daybook.filings.ports import DartSource

_PARENTHESES = re.compile(r"\([^)]*\)|\s")
_NEWEST_REPORTS_TRIED = 3
_REPORT_ENDS = {
    ReportCode.FIRST_QUARTER: (3, 31),
    ReportCode.HALF: (6, 30),
    ReportCode.THIRD_QUARTER: (9, 30),
    ReportCode.ANNUAL: (12, 31),
}


class Account(StrEnum):
    """The accounts the desk knows by name."""

    REVENUE = "revenue"
    OPERATING_INCOME = "operating_income"
    PRETAX_INCOME = "pretax_income"
    NET_INCOME = "net_income"
    ASSETS = "assets"
    CURRENT_ASSETS = "current_assets"
    LIABILITIES = "liabilities"
    CURRENT_LIABILITIES = "current_liabilities"
    EQUITY = "equity"
    CAPITAL = "capital"


_NAMES: dict[Account, tuple[str, ...]] = {
    Account.REVENUE: ("매출액", "매출", "수익", "영업수익", "매출및지분법손익", "보험료수익"),
    Account.OPERATING_INCOME: ("영업이익", "영업손익", "영업손실"),
    Account.PRETAX_INCOME: ("법인세차감전순이익", "법인세비용차감전순이익", "법인세비용차감전계속영업이익"),
    Account.NET_INCOME: ("당기순이익", "당기순손익", "당기순손실", "연결당기순이익", "반기순이익", "분기순이익"),
    Account.ASSETS: ("자산총계",),
    Account.CURRENT_ASSETS: ("유동자산",),
    Account.LIABILITIES: ("부채총계",),
    Account.CURRENT_LIABILITIES: ("유동부채",),
    Account.EQUITY: ("자본총계",),
    Account.CAPITAL: ("자본금",),
}
_BALANCE_SHEET = frozenset(
    {
        Account.ASSETS,
        Account.CURRENT_ASSETS,
        Account.LIABILITIES,
        Account.CURRENT_LIABILITIES,
        Account.EQUITY,
        Account.CAPITAL,
    }
)


@dataclass(frozen=True, slots=True)
class Figure:
    """One account: now, and in the comparable period (flows) or at the last year's end (balances). Won."""

    current: int | None
    previous: int | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A report's main accounts. Flows of an interim report are the year's so far, never the last quarter alone."""

    corp_code: str
    year: int
    report: ReportCode
    is_consolidated: bool
    currency: str
    receipt_number: str
    filed_on: date
    url: str
    figures: dict[Account, Figure]

    def current(self, account: Account) -> int | None:
        """Return an account's value of this period, None when the report does not name it."""
        return self.figures.get(account, _NOTHING).current

    def previous(self, account: Account) -> int | None:
        """Return an account's comparative value, None when the report does not name it."""
        return self.figures.get(account, _NOTHING).previous


_NOTHING = Figure(None, None)


def read_statement(lines: StatementLines) -> Statement:
    """Return the named figures of a report; of two lines for one account the first with a value counts."""
    figures: dict[Account, Figure] = {}
    for account, names in _NAMES.items():
        statement = "BS" if account in _BALANCE_SHEET else "IS"
        found = [line for line in lines.lines if _is(line, statement, names)]
        figure = _figure(found, is_flow=statement == "IS", is_annual=lines.report is ReportCode.ANNUAL)
        if figure is not None:
            figures[account] = figure
    return Statement(
        corp_code=lines.corp_code,
        year=lines.year,
        report=lines.report,
        is_consolidated=lines.is_consolidated,
        currency=lines.lines[0].currency,
        receipt_number=lines.receipt_number,
        filed_on=lines.filed_on,
        url=lines.url,
        figures=figures,
    )


async def newest_statement(
    dart: DartSource,
    corp_code: str,
    report: ReportCode,
    now: datetime,
    *,
    year: int | None = None,
    as_of: datetime | None = None,
) -> Statement:
    """Return the report of ``year``, or the newest that can be there at ``now``, as known at ``as_of``.

    DART gives the last corrected version of a report only. When that one was filed after ``as_of``, the report is
    left out, for what an earlier version said is not known here.

    Raises:
        FilingNotFound: ``NO_DATA`` with why there is none.
        FilingError: see the room's errors.
    """
    years = [year] if year is not None else _candidate_years(report, now)
    too_late: list[str] = []
    for candidate in years:
        try:
            lines = await dart.statements(corp_code, candidate, report)
        except FilingNotFound:
            continue
        if as_of is None or known_from(lines.filed_on) <= as_of:
            return read_statement(lines)
        too_late.append(f"the report of {candidate} that DART has was filed on {lines.filed_on}, after the moment")
    name = report.name.lower().replace("_", " ")
    reason = "; ".join(too_late) or f"DART has no {name} report of {', '.join(map(str, years))} with main accounts"
    raise FilingNotFound(FilingCode.NO_DATA, reason)


def _candidate_years(report: ReportCode, now: datetime) -> list[int]:
    month, day = _REPORT_ENDS[report]
    newest = now.year if (now.month, now.day) > (month, day) else now.year - 1
    return [newest - back for back in range(_NEWEST_REPORTS_TRIED)]


def _is(line: StatementLine, statement: str, names: Iterable[str]) -> bool:
    is_income = line.statement in ("IS", "CIS")
    return (is_income if statement == "IS" else line.statement == statement) and (
        _PARENTHESES.sub("", line.account) in names
    )


def _figure(lines: list[StatementLine], *, is_flow: bool, is_annual: bool) -> Figure | None:
    for line in lines:
        if not is_flow or is_annual:
            figure = Figure(line.amount, line.previous_amount)
        else:
            # In a first-quarter report the year so far is the quarter, and DART may leave the sum blank.
            figure = Figure(
                line.cumulative if line.cumulative is not None else line.amount,
                line.previous_cumulative if line.previous_cumulative is not None else line.previous_amount,
            )
        if figure.current is not None or figure.previous is not None:
            return figure
    return None
