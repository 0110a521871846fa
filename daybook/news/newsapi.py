"""NewsAPI.org: English articles. It has no Korean, and the free plan is a day late with 100 requests a day."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from daybook.contracts.news import Article, SourceKind
from daybook.news.articles import make_article
from daybook.news.errors import BadReply, NewsError, QuotaSpent, SourceDown, SourceRefused
from daybook.news.http import JsonHttp, JsonReply
from daybook.news.ports import SourceQuery

PAGE_SIZE = 100
LONGEST_QUERY = 500
VARIABLE = "DAYBOOK_NEWS__NEWSAPI_KEY"
_OK = 200
_REMOVED = "[Removed]"
_QUOTA = {"rateLimited", "apiKeyExhausted"}
_KEY = {"apiKeyMissing", "apiKeyInvalid", "apiKeyDisabled"}


def _now() -> datetime:
    return datetime.now(UTC)


class NewsApi:
    """English news by keyword, newest first."""

    def __init__(
        self,
        base_url: str,
        key: str,
        http: JsonHttp | None = None,
        *,
        timeout_s: float = 10,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._http = http or JsonHttp(SourceKind.NEWSAPI, base_url, headers={"X-Api-Key": key}, timeout_s=timeout_s)
        self._now = now

    @property
    def kind(self) -> SourceKind:
        """NewsAPI."""
        return SourceKind.NEWSAPI

    async def search(self, query: SourceQuery) -> list[Article]:
        """Return articles that match the keyword; paging ends where the plan ends.

        Raises:
            NewsError: no usable answer; of a later page only when nothing was read before it.
        """
        found: list[Article] = []
        page = 1
        while len(found) < query.limit:
            try:
                items, total = await self._page(query, page)
            except NewsError:
                if found:
                    break
                raise
            articles = [article for article in map(self._article, items) if article is not None]
            found += articles
            page += 1
            if len(items) < PAGE_SIZE or (page - 1) * PAGE_SIZE >= total:
                break
        return found[: query.limit]

    async def _page(self, query: SourceQuery, page: int) -> tuple[list[Any], int]:
        reply = await self._http.get(
            "/v2/everything",
            {
                "q": query.keyword[:LONGEST_QUERY],
                "from": _stamp(query.since),
                "to": _stamp(query.until),
                "language": "en",
                "sortBy": "publishedAt",
                "pageSize": min(PAGE_SIZE, query.limit),
                "page": page,
            },
        )
        items, total = reply.body.get("articles"), reply.body.get("totalResults")
        if reply.status != _OK or reply.body.get("status") != "ok" or not isinstance(items, list):
            raise self._refusal(reply)
        return items, total if isinstance(total, int) else 0

    def _refusal(self, reply: JsonReply) -> NewsError:
        code = str(reply.body.get("code", ""))[:40]
        if reply.status == 429 or code in _QUOTA:
            return QuotaSpent(self.kind, f"the plan's requests are used up ({code or reply.status})")
        if reply.status == 426 or code == "maximumResultsReached":
            return QuotaSpent(self.kind, f"the plan gives no more results ({code or reply.status})")
        if reply.status == 401 or code in _KEY:
            return SourceRefused(self.kind, f"the key is refused ({code or reply.status}); check {VARIABLE}")
        if code == "unexpectedError":
            return SourceDown(self.kind, "it fails (unexpectedError)")
        if code:
            return SourceRefused(self.kind, f"the query is refused (HTTP {reply.status}, {code})")
        return BadReply(self.kind, f"HTTP {reply.status} without articles and without an error code")

    def _article(self, item: Any) -> Article | None:
        if not isinstance(item, dict):
            return None
        title, url, published_at = item.get("title"), item.get("url"), _moment(item.get("publishedAt"))
        if not isinstance(title, str) or not isinstance(url, str) or published_at is None or title == _REMOVED:
            return None
        texts = [part for part in (item.get("description"), item.get("content")) if isinstance(part, str)]
        return make_article(
            self.kind,
            title=title,
            text=texts[0] if texts else "",
            url=url,
            published_at=published_at,
            observed_at=self._now(),
        )


def _stamp(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")


def _moment(text: Any) -> datetime | None:
    """Return an ISO time with its offset; None when it is not one."""
    try:
        moment = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
