"""What the skills need of the filing clients; free of any HTTP library, so that declaring a tool needs none."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from daybook.filings.dart_corporations import Corporation
from daybook.filings.dart_rows import Disclosure, ReportCode, ShareCounts, StatementLines
from daybook.filings.edgar_facts import CompanyFacts
from daybook.filings.edgar_rows import Company, Filing


class DartSource(Protocol):
    """Korean filings from DART (key: DAYBOOK_NEWS__DART_API_KEY)."""

    async def corporation(self, symbol: str) -> Corporation:
        """Return the company behind a KRX short code."""
        ...

    async def disclosures(
        self, begin: date, end: date, corp_code: str | None = None, pages: int = 1
    ) -> list[Disclosure]:
        """Return the filings of ``[begin, end]``, newest first."""
        ...

    async def statements(self, corp_code: str, year: int, report: ReportCode) -> StatementLines:
        """Return the main accounts of a report."""
        ...

    async def share_counts(self, corp_code: str, year: int, report: ReportCode) -> ShareCounts:
        """Return how many shares a report counts."""
        ...

    async def document(self, receipt_number: str) -> str:
        """Return the text of a filing's main document, with its tags."""
        ...


class EdgarSource(Protocol):
    """U.S. filings from SEC EDGAR (contact: DAYBOOK_NEWS__SEC_USER_AGENT)."""

    async def company(self, ticker: str) -> Company:
        """Return the company of a U.S. ticker."""
        ...

    async def filings(
        self, cik: int, *, forms: Sequence[str] = (), count: int = 10, as_of: datetime | None = None
    ) -> list[Filing]:
        """Return filings, newest first."""
        ...

    async def company_facts(self, cik: int) -> CompanyFacts:
        """Return every XBRL fact of a company."""
        ...
