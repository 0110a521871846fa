"""Disclosures of DART as articles.

DART tells the day of a filing but no time. A filing counts as published at the end of its day in KST, or when the desk
saw it, whichever is earlier: at either moment it certainly was public, so a point-in-time run never uses it too early.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from daybook.contracts.base import KST
from daybook.contracts.news import Article, SourceKind
from daybook.filings.dart_corporations import Corporation
from daybook.filings.dart_rows import Disclosure, known_from
from daybook.filings.errors import (
    FilingConfigurationError,
    FilingError,
    FilingLimited,
    FilingNotFound,
    FilingRequestError,
    FilingUnreadable,
)
from daybook.news.articles import make_article
from daybook.news.errors import BadReply, NewsError, QuotaSpent, SourceDown, SourceRefused
from daybook.news.ports import SourceQuery

PAGES_OF_MARKET = 3
PAGES_OF_COMPANY = 2
_LONGEST_SPAN = timedelta(days=88)


class DartReader(Protocol):
    """What is needed of a client of DART."""

    async def disclosures(
        self, begin: date, end: date, corp_code: str | None = None, pages: int = 1
    ) -> list[Disclosure]:
        """Return the filings of some KST days, newest first."""
        ...

    async def corporation(self, symbol: str) -> Corporation:
        """Return the company behind a KRX short code."""
        ...


def _now() -> datetime:
    return datetime.now(UTC)


class DartDisclosures:
    """The filings of a company, or the newest ones of listed companies."""

    def __init__(self, client: DartReader, *, now: Callable[[], datetime] = _now) -> None:
        self._client = client
        self._now = now

    @property
    def kind(self) -> SourceKind:
        """DART."""
        return SourceKind.DART

    async def search(self, query: SourceQuery) -> list[Article]:
        """Return filings of the query's symbol, newest first; no symbol: of all listed companies.

        A symbol without a company at DART, such as an ETF, has none.

        Raises:
            NewsError: no usable answer.
        """
        end = query.until.astimezone(KST).date()
        begin = max(query.since.astimezone(KST).date(), end - _LONGEST_SPAN)
        try:
            if query.symbol:
                company = await self._client.corporation(query.symbol)
                filings = await self._client.disclosures(begin, end, company.corp_code, PAGES_OF_COMPANY)
            else:
                filings = await self._client.disclosures(begin, end, None, PAGES_OF_MARKET)
        except FilingNotFound:
            return []
        except FilingError as error:
            raise self._error(error) from None
        articles = [self._article(filing, query.symbol) for filing in filings if filing.symbol]
        return [article for article in articles if article is not None][: query.limit]

    def _error(self, error: FilingError) -> NewsError:
        kinds: tuple[tuple[type[FilingError], type[NewsError]], ...] = (
            (FilingLimited, QuotaSpent),
            (FilingUnreadable, BadReply),
            (FilingConfigurationError, SourceRefused),
            (FilingRequestError, SourceRefused),
        )
        kind = next((ours for theirs, ours in kinds if isinstance(error, theirs)), SourceDown)
        return kind(self.kind, str(error))

    def _article(self, filing: Disclosure, symbol: str) -> Article | None:
        observed_at = self._now()
        article = make_article(
            self.kind,
            title=f"[{filing.corp_name}] {filing.title}",
            text=f"{filing.corp_name} {filing.title}, 제출 {filing.filer}, 접수 {filing.filed_on}",
            url=filing.url,
            published_at=min(known_from(filing.filed_on), observed_at),
            observed_at=observed_at,
            publisher="DART",
        )
        return article.model_copy(update={"symbols": (symbol or filing.symbol,)}) if article is not None else None
