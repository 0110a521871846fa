"""Client of Open DART, the Financial Supervisory Service's disclosure system (opendart.fss.or.kr).

Facts (developers' guide): one key of 40 characters, about 20,000 requests a day; disclosures carry a date but no time
of day; the first eight digits of a receipt number (``rcept_no``) are the day the filing was received, in KST.
"""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx
from pydantic import SecretStr

from daybook.filings.cache import ExpiringCache
from daybook.filings.dart_corporations import Corporation, CorporationTable, CorporationTableFile, read_zip
from daybook.filings.dart_documents import first_file
from daybook.filings.dart_rows import Disclosure as Disclosure
from daybook.filings.dart_rows import ReportCode as ReportCode
from daybook.filings.dart_rows import ShareCounts as ShareCounts
from daybook.filings.dart_rows import StatementLines as StatementLines
from daybook.filings.dart_rows import disclosure, rows_of, share_counts, statement_lines, whole
from daybook.filings.dart_status import DART_KEY_VARIABLE, raise_for_status, raise_for_xml
from daybook.filings.errors import (
    FilingCode,
    FilingConfigurationError,
    FilingRequestError,
    FilingUnavailable,
)
from daybook.filings.http import FilingHttp, KeyedTransport
from daybook.filings.pace import Pace

DART_BASE_URL = "https://opendart.fss.or.kr"
FIRST_STATEMENT_YEAR = 2015
"""Statements as data begin with the business year 2015."""
LONGEST_SPAN_WITHOUT_COMPANY = timedelta(days=89)
"""Without a company a list may span three months; 89 days are never more."""

_CALLS_PER_S = 8
_PAGE_ROWS = 100
_MOST_PAGES = 50
_STATEMENTS_KEPT = 256
_STATEMENTS_TTL_S = 6 * 3600.0
_DIGITS_8 = re.compile(r"\d{8}")
_DIGITS_14 = re.compile(r"\d{14}")


def _utc_now() -> datetime:
    return datetime.now(UTC)


class DartClient:
    """Reads disclosures, statements and the table of companies. One client a process; close it at the end.

    Args:
        api_key: the key; empty: every call raises ``KEY_MISSING``. It is added on the wire only (``KeyedTransport``).
        home: the desk's home folder, for the company table (``filings/dart_corporations.json``); None: memory only.
        base_url: DART's address.
        timeout_s: of one HTTP attempt; the company table may take three times as long.
        now: real time, for the age of the company table.
    """

    def __init__(
        self,
        api_key: SecretStr | str,
        *,
        home: Path | None = None,
        base_url: str = DART_BASE_URL,
        timeout_s: float = 10.0,
        now: Callable[[], datetime] = _utc_now,
        backoff_s: float = 0.5,
    ) -> None:
        key = api_key.get_secret_value() if isinstance(api_key, SecretStr) else api_key
        self._has_key = bool(key)
        self._base_url = base_url.rstrip("/")
        client = httpx.AsyncClient(
            transport=KeyedTransport("crtfc_key", key), timeout=httpx.Timeout(timeout_s, read=timeout_s * 3)
        )
        self._http = FilingHttp("DART", client, Pace(_CALLS_PER_S), backoff_s=backoff_s)
        self._table_file = CorporationTableFile(home / "filings" / "dart_corporations.json" if home else None, now)
        self._shares: ExpiringCache[tuple[str, int, ReportCode], ShareCounts] = ExpiringCache(
            _STATEMENTS_KEPT, _STATEMENTS_TTL_S
        )
        self._statements: ExpiringCache[tuple[str, int, ReportCode], StatementLines] = ExpiringCache(
            _STATEMENTS_KEPT, _STATEMENTS_TTL_S
        )

    async def disclosures(
        self, begin: date, end: date, corp_code: str | None = None, pages: int = 1
    ) -> list[Disclosure]:
        """Return the filings of ``[begin, end]`` (KST days), newest first, 100 a page, at most ``pages`` pages.

        No filings at all is an empty list. ``last_reprt_at`` is N: corrected reports stay in the list, so that a
        look at a past moment sees what was there then.

        Raises:
            FilingRequestError: ``begin`` after ``end``, or more than three months without a company; nothing is sent.
            FilingError: see the room's errors.
        """
        if begin > end:
            raise FilingRequestError(FilingCode.BAD_REQUEST, f"{begin} is after {end}")
        if corp_code is None and end - begin > LONGEST_SPAN_WITHOUT_COMPANY:
            raise FilingRequestError(FilingCode.BAD_REQUEST, "without a company DART lists three months at most")
        query = {
            "bgn_de": f"{begin:%Y%m%d}",
            "end_de": f"{end:%Y%m%d}",
            "last_reprt_at": "N",
            "sort": "date",
            "sort_mth": "desc",
            "page_count": str(_PAGE_ROWS),
        }
        if corp_code is not None:
            query["corp_code"] = _checked_corp_code(corp_code)
        found: dict[str, Disclosure] = {}
        for page in range(1, min(pages, _MOST_PAGES) + 1):
            body = await self._read("list.json", {**query, "page_no": str(page)}, none_is_empty=True)
            for row in rows_of(body):
                filing = disclosure(row)
                found.setdefault(filing.receipt_number, filing)
            if page >= whole(body.get("total_page")):
                break
        return list(found.values())

    async def statements(self, corp_code: str, year: int, report: ReportCode) -> StatementLines:
        """Return the main accounts of a report, consolidated when the company files so, else separate.

        Raises:
            FilingNotFound: ``NO_DATA`` when that report was not filed (yet), or lies before 2015.
            FilingError: see the room's errors.
        """
        key = (_checked_corp_code(corp_code), year, report)

        async def load() -> StatementLines:
            query = {"corp_code": corp_code, "bsns_year": f"{year:04d}", "reprt_code": report.value}
            return statement_lines(corp_code, year, report, rows_of(await self._read("fnlttSinglAcnt.json", query)))

        return await self._statements.get(key, load)

    async def share_counts(self, corp_code: str, year: int, report: ReportCode) -> ShareCounts:
        """Return how many shares a report counts; errors as of ``statements``."""
        key = (_checked_corp_code(corp_code), year, report)

        async def load() -> ShareCounts:
            query = {"corp_code": corp_code, "bsns_year": f"{year:04d}", "reprt_code": report.value}
            return share_counts(rows_of(await self._read("stockTotqySttus.json", query)))

        return await self._shares.get(key, load)

    async def document(self, receipt_number: str) -> str:
        """Return the text of a filing's main document, with its tags: the first file of DART's archive.

        Raises:
            FilingNotFound: ``NO_DATA`` when DART keeps no document under the number.
            FilingError: see the room's errors.
        """
        if not _DIGITS_14.fullmatch(receipt_number):
            raise FilingRequestError(FilingCode.BAD_REQUEST, "a DART receipt number has fourteen digits")
        self._require_key()
        reply = await self._http.get(f"{self._base_url}/api/document.xml", {"rcept_no": receipt_number})
        self._refuse_http_error(reply.status)
        if not reply.content.startswith(b"PK"):
            raise_for_xml(reply.content)
        return first_file(reply.content)

    async def corporations(self) -> CorporationTable:
        """Return the table of listed companies, from memory, the home folder or DART, in this order."""
        return await self._table_file.table(self._load_table)

    async def corporation(self, symbol: str) -> Corporation:
        """Return the company behind a KRX short code; a preferred share is its company's.

        Raises:
            FilingNotFound: ``UNKNOWN_COMPANY`` when DART lists no company under the code.
            FilingError: see the room's errors.
        """
        return (await self.corporations()).of_symbol(symbol)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _load_table(self) -> CorporationTable:
        self._require_key()
        reply = await self._http.get(f"{self._base_url}/api/corpCode.xml")
        self._refuse_http_error(reply.status)
        if not reply.content.startswith(b"PK"):
            raise_for_xml(reply.content)
        return read_zip(reply.content)

    async def _read(self, service: str, query: Mapping[str, str], *, none_is_empty: bool = False) -> dict[str, Any]:
        self._require_key()
        reply = await self._http.get(f"{self._base_url}/api/{service}", query)
        self._refuse_http_error(reply.status)
        body = reply.json_object("DART")
        status = str(body.get("status", ""))
        if none_is_empty and status == "013":
            return {}
        raise_for_status(status)
        return body

    def _require_key(self) -> None:
        if not self._has_key:
            text = f"DART needs a key: get one at opendart.fss.or.kr and set {DART_KEY_VARIABLE}"
            raise FilingConfigurationError(FilingCode.KEY_MISSING, text)

    @staticmethod
    def _refuse_http_error(status: int) -> None:
        if status != 200:
            raise FilingUnavailable(FilingCode.SERVER_ERROR, f"DART answered HTTP {status}")


def _checked_corp_code(corp_code: str) -> str:
    if not _DIGITS_8.fullmatch(corp_code):
        raise FilingRequestError(FilingCode.BAD_REQUEST, "a DART company code has eight digits")
    return corp_code
