"""Client of the U.S. Securities and Exchange Commission's EDGAR (data.sec.gov, www.sec.gov).

Facts (SEC, "Accessing EDGAR data"): no key; every request names the caller and a contact e-mail in its User-Agent; at
most ten requests a second over all machines of a caller. Who asks faster gets a block page for ten minutes, longer if
he goes on; so after one, this client sends nothing for that time.
"""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import httpx

from daybook.filings.cache import ExpiringCache
from daybook.filings.edgar_facts import CompanyFacts, Concept
from daybook.filings.edgar_rows import Company as Company
from daybook.filings.edgar_rows import Filing as Filing
from daybook.filings.edgar_rows import companies, filings, older_pages
from daybook.filings.errors import (
    FilingCode,
    FilingConfigurationError,
    FilingError,
    FilingLimited,
    FilingNotFound,
    FilingUnavailable,
)
from daybook.filings.http import FilingHttp, Reply
from daybook.filings.pace import Pace

SEC_DATA_BASE_URL = "https://data.sec.gov"
SEC_WWW_BASE_URL = "https://www.sec.gov"
USER_AGENT_VARIABLE = "DAYBOOK_NEWS__SEC_USER_AGENT"
BLOCK_PAUSE_S = 600.0

_CALLS_PER_S = 8
"""Of the ten allowed; the rest is for whatever else the person runs."""

_MAP_TTL_S = 24 * 3600.0
_COMPANY_TTL_S = 15 * 60.0
_FACTS_KEPT = 3
_PAGES_KEPT = 32
_MOST_OLDER_PAGES = 5


class EdgarClient:
    """Reads companies, filings and XBRL facts. One client a process, so that all calls share its pace.

    Args:
        user_agent: ``"Name mail@example.com"``; empty: every call raises ``USER_AGENT_MISSING``.
        data_base_url: address of the JSON services.
        www_base_url: address of the ticker map and of the documents.
        timeout_s: of one HTTP attempt.
        calls_per_s: most calls in any second.
        clock: monotonic seconds.
    """

    def __init__(
        self,
        user_agent: str,
        *,
        data_base_url: str = SEC_DATA_BASE_URL,
        www_base_url: str = SEC_WWW_BASE_URL,
        timeout_s: float = 10.0,
        calls_per_s: int = _CALLS_PER_S,
        backoff_s: float = 0.5,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        declared = user_agent.strip()
        self._user_agent = declared if "@" in declared and declared.isascii() and declared.isprintable() else ""
        self._data_base_url = data_base_url.rstrip("/")
        self._www_base_url = www_base_url.rstrip("/")
        self._clock = clock
        client = httpx.AsyncClient(
            headers={"User-Agent": self._user_agent or "unset", "Accept-Encoding": "gzip"}, timeout=timeout_s
        )
        self._http = FilingHttp("EDGAR", client, Pace(calls_per_s), backoff_s=backoff_s)
        self._blocked_until = 0.0
        self._map: ExpiringCache[str, dict[str, Company]] = ExpiringCache(1, _MAP_TTL_S)
        self._pages: ExpiringCache[str, dict[str, Any]] = ExpiringCache(_PAGES_KEPT, _COMPANY_TTL_S)
        self._facts: ExpiringCache[int, CompanyFacts] = ExpiringCache(_FACTS_KEPT, _COMPANY_TTL_S)

    async def company(self, ticker: str) -> Company:
        """Return the company of a U.S. ticker (``BRK.B`` and ``BRK-B`` are one).

        Raises:
            FilingNotFound: ``UNKNOWN_COMPANY``.
            FilingError: see the room's errors.
        """
        url = f"{self._www_base_url}/files/company_tickers.json"

        async def load() -> dict[str, Company]:
            return companies(await self._read(url))

        found = (await self._map.get("map", load)).get(ticker.strip().upper().replace(".", "-"))
        if found is None:
            raise FilingNotFound(FilingCode.UNKNOWN_COMPANY, f"EDGAR has no company with the ticker {ticker[:20]}")
        return found

    async def filings(
        self, cik: int, *, forms: Sequence[str] = (), count: int = 10, as_of: datetime | None = None
    ) -> list[Filing]:
        """Return up to ``count`` filings, newest first; of these forms only (amendments ``10-K/A`` are forms too).

        Older pages are read only while too few are found, five at most. With ``as_of`` nothing that may have become
        known later is returned.

        Raises:
            FilingError: see the room's errors.
        """
        wanted = {form.upper() for form in forms}
        body = await self._page(f"CIK{cik:010d}.json")
        page: Any = (body.get("filings") or {}).get("recent") or {}
        older = older_pages(body)[:_MOST_OLDER_PAGES]
        found: list[Filing] = []
        while True:
            found += [
                filing
                for filing in filings(cik, page, self._www_base_url)
                if (not wanted or filing.form.upper() in wanted) and (as_of is None or filing.known_from <= as_of)
            ]
            if len(found) >= count or not older:
                return sorted(found, key=lambda filing: filing.filed_on, reverse=True)[:count]
            page = await self._page(older.pop(0))

    async def company_facts(self, cik: int) -> CompanyFacts:
        """Return every XBRL fact of a company.

        Raises:
            FilingNotFound: ``NO_DATA`` for a company without XBRL facts.
            FilingError: see the room's errors.
        """

        async def load() -> CompanyFacts:
            url = f"{self._data_base_url}/api/xbrl/companyfacts/CIK{cik:010d}.json"
            return CompanyFacts.of(await self._read(url))

        return await self._facts.get(cik, load)

    async def company_concept(self, cik: int, taxonomy: str, tag: str) -> Concept:
        """Return the facts of one concept, for instance ``us-gaap`` and ``Assets``; errors as of ``company_facts``."""
        url = f"{self._data_base_url}/api/xbrl/companyconcept/CIK{cik:010d}/{taxonomy}/{tag}.json"
        body = await self._read(url)
        return Concept.of(taxonomy, tag, body)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def _page(self, name: str) -> dict[str, Any]:
        return await self._pages.get(name, lambda: self._read(f"{self._data_base_url}/submissions/{name}"))

    async def _read(self, url: str) -> dict[str, Any]:
        if not self._user_agent:
            text = f'EDGAR wants a name and an e-mail: set {USER_AGENT_VARIABLE}="Your Name mail@example.com" (ASCII)'
            raise FilingConfigurationError(FilingCode.USER_AGENT_MISSING, text)
        left_s = self._blocked_until - self._clock()
        if left_s > 0:
            raise FilingLimited(FilingCode.TOO_FAST, f"EDGAR has blocked this address; ask again in {left_s:.0f} s")
        reply = await self._http.get(url)
        if reply.status == 200 and not reply.is_html:
            return reply.json_object("EDGAR")
        raise self._refusal(reply)

    def _refusal(self, reply: Reply) -> FilingError:
        if reply.status == 404:
            return FilingNotFound(FilingCode.NO_DATA, "EDGAR has no such data")
        text = reply.text()
        if "Undeclared Automated Tool" in text and "Request Rate Threshold Exceeded" not in text:
            return FilingConfigurationError(
                FilingCode.USER_AGENT_REFUSED,
                f"EDGAR refuses the User-Agent; set {USER_AGENT_VARIABLE} to your own name and e-mail",
            )
        if reply.status in (403, 429) or reply.is_html:
            self._blocked_until = self._clock() + BLOCK_PAUSE_S
            text = f"EDGAR has blocked this address for its rate; ask again in {BLOCK_PAUSE_S:.0f} s"
            return FilingLimited(FilingCode.TOO_FAST, text)
        return FilingUnavailable(FilingCode.SERVER_ERROR, f"EDGAR answered HTTP {reply.status}")
