"""What DART sends, as typed rows: disclosures and the main accounts of periodic reports."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from daybook.contracts.base import KST
from daybook.filings.errors import FilingCode, FilingUnreadable

DART_VIEWER_URL = "https://dart.fss.or.kr/dsaf001/main.do?rcpNo="


class ReportCode(StrEnum):
    """``reprt_code``: which periodic report."""

    ANNUAL = "11011"
    HALF = "11012"
    FIRST_QUARTER = "11013"
    THIRD_QUARTER = "11014"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """One filing in DART's list. Title and filer are text from outside."""

    corp_code: str
    corp_name: str
    symbol: str
    """KRX short code; empty for a company that is not listed."""
    title: str
    receipt_number: str
    filer: str
    filed_on: date
    remark: str
    """Marks such as 정 (corrected later), 연 (consolidated), 유 and 코 (the exchange's own)."""

    @property
    def url(self) -> str:
        """The filing in DART's viewer."""
        return DART_VIEWER_URL + self.receipt_number


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One account of a statement, in won (or ``currency``). None where DART sends a blank or a dash.

    In an interim report ``amount`` of an income statement is the last three months' and ``cumulative`` the year's so
    far; in an annual report ``amount`` is the year's.
    """

    statement: str
    """``sj_div``: BS balance sheet, IS income statement."""
    account: str
    amount: int | None
    cumulative: int | None
    previous_amount: int | None
    previous_cumulative: int | None
    before_previous_amount: int | None
    period: str
    currency: str


@dataclass(frozen=True, slots=True)
class StatementLines:
    """The main accounts of one periodic report. ``filed_on`` is the day DART received this version."""

    corp_code: str
    year: int
    report: ReportCode
    is_consolidated: bool
    receipt_number: str
    filed_on: date
    lines: tuple[StatementLine, ...]

    @property
    def url(self) -> str:
        """The report in DART's viewer."""
        return DART_VIEWER_URL + self.receipt_number


@dataclass(frozen=True, slots=True)
class ShareCounts:
    """Shares of a company at the end of a report's period, from ``stockTotqySttus``. None where DART has a dash."""

    common_issued: int | None
    common_outstanding: int | None
    """Issued less treasury shares (``distb_stock_co``)."""
    total_issued: int | None
    total_outstanding: int | None
    receipt_number: str
    filed_on: date


def share_counts(rows: list[Mapping[str, Any]]) -> ShareCounts:
    """Return the common (보통주) and total (합계) rows; raises ``FilingUnreadable`` when there is no row at all."""
    if not rows:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent share counts without rows")
    by_class = {_text(row, "se").replace(" ", ""): row for row in rows}
    common = by_class.get("보통주", {})
    total = by_class.get("합계", {})
    receipt_number = _text(rows[0], "rcept_no")
    return ShareCounts(
        common_issued=parse_amount(common.get("istc_totqy")),
        common_outstanding=parse_amount(common.get("distb_stock_co")),
        total_issued=parse_amount(total.get("istc_totqy")),
        total_outstanding=parse_amount(total.get("distb_stock_co")),
        receipt_number=receipt_number,
        filed_on=received_on(receipt_number),
    )


def received_on(receipt_number: str) -> date:
    """Return the KST day a filing was received: the first eight digits of its receipt number."""
    return _day(receipt_number[:8])


def known_from(filed_on: date) -> datetime:
    """Return from when a filing of a day counts as known: the day's end in KST, for DART tells no time of day."""
    return datetime(filed_on.year, filed_on.month, filed_on.day, tzinfo=KST) + timedelta(days=1)


def parse_amount(text: object) -> int | None:
    """Return an amount of DART: commas, a leading minus or parentheses for a loss; blank or a dash is None.

    Raises:
        FilingUnreadable: for anything else.
    """
    value = str(text or "").replace(",", "").strip()
    if value in ("", "-"):
        return None
    is_negative = value.startswith("(") and value.endswith(")")
    digits = value.strip("()").strip()
    try:
        number = int(digits)
    except ValueError:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent an amount that is not a number") from None
    return -number if is_negative else number


def statement_lines(corp_code: str, year: int, report: ReportCode, rows: list[Mapping[str, Any]]) -> StatementLines:
    """Return the rows of ``fnlttSinglAcnt``: the consolidated ones when there are any, else the separate ones.

    Raises:
        FilingUnreadable: for rows that are not the documented ones.
    """
    consolidated = [row for row in rows if row.get("fs_div") == "CFS"]
    chosen = consolidated or [row for row in rows if row.get("fs_div") == "OFS"]
    if not chosen:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent a statement without accounts")
    receipt_number = _text(chosen[0], "rcept_no")
    return StatementLines(
        corp_code=corp_code,
        year=year,
        report=report,
        is_consolidated=bool(consolidated),
        receipt_number=receipt_number,
        filed_on=received_on(receipt_number),
        lines=tuple(_line(row) for row in chosen),
    )


def _line(row: Mapping[str, Any]) -> StatementLine:
    return StatementLine(
        statement=_text(row, "sj_div"),
        account=_text(row, "account_nm"),
        amount=parse_amount(row.get("thstrm_amount")),
        cumulative=parse_amount(row.get("thstrm_add_amount")),
        previous_amount=parse_amount(row.get("frmtrm_amount")),
        previous_cumulative=parse_amount(row.get("frmtrm_add_amount")),
        before_previous_amount=parse_amount(row.get("bfefrmtrm_amount")),
        period=_text(row, "thstrm_dt"),
        currency=_text(row, "currency") or "KRW",
    )


def disclosure(row: Mapping[str, Any]) -> Disclosure:
    """Return one row of ``list``; raises ``FilingUnreadable`` for a date that is none."""
    return Disclosure(
        corp_code=_text(row, "corp_code"),
        corp_name=_text(row, "corp_name"),
        symbol=_text(row, "stock_code"),
        title=_text(row, "report_nm"),
        receipt_number=_text(row, "rcept_no"),
        filer=_text(row, "flr_nm"),
        filed_on=_day(_text(row, "rcept_dt")),
        remark=_text(row, "rm"),
    )


def rows_of(body: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the rows of an answer; raises ``FilingUnreadable`` when they are not a list of objects."""
    rows = body.get("list", [])
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent a list that is none")
    return rows


def _text(row: Mapping[str, Any], name: str) -> str:
    return " ".join(str(row.get(name) or "").split())


def whole(value: object) -> int:
    """Return a count such as ``total_page``; 0 for anything else."""
    text = str(value or "0")
    return int(text) if text.isdigit() else 0


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%Y%m%d").replace(tzinfo=KST).date()
    except ValueError:
        raise FilingUnreadable(FilingCode.UNREADABLE, "DART sent a date that is none") from None
