"""Collects one source for an analysis: asks, refuses what is dated in the future, redacts, names symbols, stores."""

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from daybook.contracts.news import Article, CollectedNews, CollectNews, NewsAnalysisInput, SourceKind
from daybook.llm.redaction import Redactor
from daybook.news.errors import NewsError, QuotaSpent, SourceRefused
from daybook.news.planning import plan_queries, search_words, window
from daybook.news.ports import NameFinder, NewsSource, SourceQuery
from daybook.storage.articles import ArticleStore

AT_ONCE = 3
"""Requests to one source under way at the same time."""
_MOST_STORED = 500
_LONGEST_PROBLEM = 300


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class _Harvest:
    articles: list[Article]
    problem: str


class Collector:
    """Collects sources into the store.

    Args:
        sources: the configured ones.
        missing: for each other source, what to set to have it.
        store: where articles are kept.
        names: finds securities.
        redactor: takes secrets and personal data out before anything is stored.
        now: real time.
    """

    def __init__(
        self,
        sources: Mapping[SourceKind, NewsSource],
        missing: Mapping[SourceKind, str],
        store: ArticleStore,
        names: NameFinder,
        redactor: Redactor,
        *,
        now: Callable[[], datetime] = _now,
    ) -> None:
        self._sources = dict(sources)
        self._missing = dict(missing)
        self._store = store
        self._names = names
        self._redactor = redactor
        self._now = now

    async def collect(self, request: CollectNews) -> CollectedNews:
        """Return the ids of a source's articles, newest first; a source without an answer gives the stored ones.

        A point-in-time run asks nobody: it gets what was published and first seen before its moment.
        """
        analysis, kind = request.analysis, request.source
        if analysis.point_in_time:
            stored = await asyncio.to_thread(self._stored, kind, analysis, analysis.as_of)
            return CollectedNews(source=kind, article_ids=_ids(stored))
        source = self._sources.get(kind)
        if source is None:
            stored = await asyncio.to_thread(self._stored, kind, analysis, None)
            return CollectedNews(source=kind, article_ids=_ids(stored), problem=self._missing.get(kind, "no key"))
        harvest = await self._harvest(source, plan_queries(kind, analysis, self._names))
        kept, refused = self._in_time(harvest.articles, analysis)
        prepared = await asyncio.to_thread(self._prepared, kept)
        await asyncio.to_thread(self._store.add, prepared)
        found = await asyncio.to_thread(self._store.get, [article.article_id for article in prepared])
        if harvest.problem:
            found += await asyncio.to_thread(self._stored, kind, analysis, None)
        return CollectedNews(
            source=kind, article_ids=_ids(found), refused_future=refused, problem=harvest.problem[:_LONGEST_PROBLEM]
        )

    async def _harvest(self, source: NewsSource, queries: list[SourceQuery]) -> _Harvest:
        """Ask the queries in turn, a few at once; a refused key or a spent quota ends the asking."""
        found: list[Article] = []
        problem = ""
        for start in range(0, len(queries), AT_ONCE):
            answers = await asyncio.gather(
                *(source.search(query) for query in queries[start : start + AT_ONCE]), return_exceptions=True
            )
            for answer in answers:
                if isinstance(answer, list):
                    found += answer
                elif isinstance(answer, NewsError):
                    problem = problem or str(answer)
                else:
                    raise answer
            if any(isinstance(answer, SourceRefused | QuotaSpent) for answer in answers):
                break
        return _Harvest(found, problem)

    def _in_time(self, found: Iterable[Article], analysis: NewsAnalysisInput) -> tuple[list[Article], int]:
        """Return the articles of the analysis' time and how many were dated after it and after their own sight."""
        since = analysis.as_of - window(analysis)
        kept: dict[str, Article] = {}
        refused: set[str] = set()
        for article in found:
            if article.published_at > max(analysis.as_of, article.observed_at):
                refused.add(article.article_id)
            elif article.published_at >= since:
                kept.setdefault(article.article_id, article)
        return list(kept.values()), len(refused)

    def _prepared(self, found: list[Article]) -> list[Article]:
        return [self._prepare(article) for article in found]

    def _prepare(self, article: Article) -> Article:
        title, text = self._redactor.redact(article.title), self._redactor.redact(article.text)
        named = self._names.symbols_in(f"{title}. {text}")
        return article.model_copy(
            update={
                "title": title[:400],
                "text": text[:4_000],
                "symbols": tuple(dict.fromkeys((*article.symbols, *named))),
            }
        )

    def _stored(self, kind: SourceKind, analysis: NewsAnalysisInput, known_at: datetime | None) -> list[Article]:
        return self._store.find(
            analysis.as_of - window(analysis),
            analysis.as_of,
            known_at=known_at,
            sources=(kind,),
            symbols=analysis.symbols,
            words=search_words(analysis, self._names),
            limit=_MOST_STORED,
        )


def _ids(found: Iterable[Article]) -> tuple[str, ...]:
    ordered = sorted(found, key=lambda article: (article.published_at, article.article_id), reverse=True)
    return tuple(dict.fromkeys(article.article_id for article in ordered))
