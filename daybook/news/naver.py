"""Naver news search, on the older host and on NAVER API HUB.

developers.naver.com stopped issuing keys on 2026-07-31, and its keys end on 2027-06-30; the hub takes over with the
same query and reply, other headers and another error shape. Which one is used depends on which key pair is set.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from daybook.contracts.news import Article, SourceKind
from daybook.news.articles import make_article
from daybook.news.errors import BadReply, NewsError, QuotaSpent, SourceDown, SourceRefused
from daybook.news.http import JsonHttp, JsonReply
from daybook.news.keys import NaverAccess
from daybook.news.ports import SourceQuery

PAGE_SIZE = 100
LAST_START = 1_000
_OK = 200
_TOO_MANY = 429
_GATEWAY_QUOTA = {"400", "410", "420"}
_GATEWAY_BROKEN = {"500", "510", "900"}
_LEGACY_QUOTA = {"010", "012"}


def _now() -> datetime:
    return datetime.now(UTC)


class NaverNews:
    """Korean news by keyword, newest first."""

    def __init__(
        self,
        access: NaverAccess,
        http: JsonHttp | None = None,
        *,
        timeout_s: float = 10,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._access = access
        self._http = http or JsonHttp(SourceKind.NAVER, access.base_url, headers=access.headers, timeout_s=timeout_s)
        self._now = now

    @property
    def kind(self) -> SourceKind:
        """Naver."""
        return SourceKind.NAVER

    async def search(self, query: SourceQuery) -> list[Article]:
        """Return articles that match the keyword, page after page until the asked time or the limit is reached.

        Raises:
            NewsError: no usable answer; of a later page only when nothing was read before it.
        """
        found: list[Article] = []
        start = 1
        while start <= LAST_START and len(found) < query.limit:
            try:
                items, total = await self._page(query.keyword, start, min(PAGE_SIZE, query.limit))
            except NewsError:
                if found:
                    break
                raise
            articles = [article for article in map(self._article, items) if article is not None]
            if items and not articles:
                raise BadReply(self.kind, "no item of the reply has a title, an address and a date")
            found += articles
            oldest = min((article.published_at for article in articles), default=query.since)
            start += PAGE_SIZE
            if len(items) < PAGE_SIZE or start > total or oldest < query.since:
                break
        return found[: query.limit]

    async def _page(self, keyword: str, start: int, display: int) -> tuple[list[Any], int]:
        reply = await self._http.get(
            self._access.path, {"query": keyword, "display": display, "start": start, "sort": "date"}
        )
        items, total = reply.body.get("items"), reply.body.get("total")
        if reply.status != _OK or not isinstance(items, list):
            raise self._refusal(reply)
        return items, total if isinstance(total, int) else 0

    def _refusal(self, reply: JsonReply) -> NewsError:
        gateway = reply.body.get("error")
        if isinstance(gateway, dict):
            return self._gateway_refusal(reply.status, str(gateway.get("errorCode", "")))
        code = str(reply.body.get("errorCode", ""))[:8]
        if reply.status == _TOO_MANY or code in _LEGACY_QUOTA:
            return QuotaSpent(self.kind, f"{'the day' if code == '010' else 'the second'} has no request left ({code})")
        if reply.status in {401, 403} or code == "024":
            return SourceRefused(
                self.kind, f"the key is refused ({code or reply.status}); check {self._access.variables}"
            )
        if code == "SE99":
            return SourceDown(self.kind, "its system fails (SE99)")
        if code:
            return SourceRefused(self.kind, f"the query is refused (HTTP {reply.status}, {code})")
        return BadReply(self.kind, f"HTTP {reply.status} without items and without an error code")

    def _gateway_refusal(self, status: int, code: str) -> NewsError:
        if status == _TOO_MANY or code in _GATEWAY_QUOTA:
            return QuotaSpent(self.kind, f"no request left for now (gateway {code[:4]})")
        if code in _GATEWAY_BROKEN:
            return SourceDown(self.kind, f"the gateway's endpoint fails ({code})")
        return SourceRefused(self.kind, f"the key is refused (gateway {code[:4]}); check {self._access.variables}")

    def _article(self, item: Any) -> Article | None:
        if not isinstance(item, dict):
            return None
        published_at = _moment(item.get("pubDate"))
        title, text = item.get("title"), item.get("description")
        if published_at is None or not isinstance(title, str):
            return None
        for url in (item.get("originallink"), item.get("link")):
            if isinstance(url, str) and url:
                article = make_article(
                    self.kind,
                    title=title,
                    text=text if isinstance(text, str) else "",
                    url=url,
                    published_at=published_at,
                    observed_at=self._now(),
                )
                if article is not None:
                    return article
        return None


def _moment(text: Any) -> datetime | None:
    """Return an RFC-822 date with its offset; None when it is not one."""
    try:
        moment = parsedate_to_datetime(text) if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None
    return moment if moment is not None and moment.tzinfo is not None else None
