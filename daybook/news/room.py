"""The news room of a process: sources, store, names and models, put together from the settings."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from daybook.contracts.news import (
    Article,
    CollectedNews,
    CollectNews,
    NewsReport,
    ScoredNews,
    ScoreNews,
    Scorer,
    SourceKind,
    SummariseNews,
)
from daybook.filings.dart import DartClient
from daybook.llm.completion import CompletionDesk
from daybook.llm.redaction import Redactor, known_secrets
from daybook.news.collecting import Collector
from daybook.news.dart import DartDisclosures
from daybook.news.fair_share import fair_share
from daybook.news.keys import MISSING, NaverAccess
from daybook.news.models import NewsModels
from daybook.news.names import SecurityNames
from daybook.news.naver import NaverNews
from daybook.news.newsapi import NewsApi
from daybook.news.ports import Completer, NameFinder, NewsSource
from daybook.news.reporting import write_report
from daybook.news.scoring import score_stories
from daybook.news.sentiment import market_sentiment, symbol_sentiments
from daybook.news.threats import threat_signals
from daybook.routing.securities import Securities
from daybook.settings import NewsSettings, Settings
from daybook.storage.articles import ArticleStore
from daybook.storage.database import Database
from daybook.storage.news_reports import NewsReportStore

MOST_ARTICLES = 1_500
_MOST_SYMBOLS = 50
_LONGEST_NOTE = 300


def configured_sources(settings: NewsSettings, home: Path | None = None) -> dict[SourceKind, NewsSource]:
    """Return the sources that have keys."""
    sources: dict[SourceKind, NewsSource] = {}
    access = NaverAccess.of(settings)
    if access is not None:
        sources[SourceKind.NAVER] = NaverNews(access, timeout_s=settings.timeout_s)
    if key := settings.newsapi_key.get_secret_value():
        sources[SourceKind.NEWSAPI] = NewsApi(settings.newsapi_base_url, key, timeout_s=settings.timeout_s)
    if settings.dart_api_key.get_secret_value():
        client = DartClient(
            settings.dart_api_key, home=home, base_url=settings.dart_base_url, timeout_s=settings.timeout_s
        )
        sources[SourceKind.DART] = DartDisclosures(client)
    return sources


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class NewsRoom:
    """Collects, scores and reports; what the pipeline layer's news activities call.

    Attributes:
        database: the desk's.
        sources: the configured ones by kind.
        names: finds securities.
        redactor: knows the process's secrets.
        completer: asks a model; None: the lexicon and templates alone.
        now: real time.
    """

    database: Database
    sources: Mapping[SourceKind, NewsSource]
    names: NameFinder
    redactor: Redactor
    completer: Completer | None = None
    now: Callable[[], datetime] = _now

    @classmethod
    def of(cls, settings: Settings, database: Database, models: CompletionDesk | None = None) -> "NewsRoom":
        """Return the news room of a process with these settings; ``models`` None: the lexicon and templates alone."""
        return cls(
            database=database,
            sources=configured_sources(settings.news, settings.home),
            names=SecurityNames(Securities.shipped()),
            redactor=Redactor(known_secrets(settings)),
            completer=NewsModels(models) if models is not None else None,
        )

    async def collect(self, request: CollectNews) -> CollectedNews:
        """Collect one source; a dead one is a problem in the result, never an error."""
        collector = Collector(
            self.sources, MISSING, ArticleStore(self.database), self.names, self.redactor, now=self.now
        )
        return await collector.collect(request)

    async def score(self, request: ScoreNews) -> ScoredNews:
        """Remove copies and score the stories.

        A point-in-time run asks no model: one trained later knows what came after. It uses the scores models had given
        by then.
        """
        analysis = request.analysis
        moment = analysis.as_of if analysis.point_in_time else None
        store = ArticleStore(self.database)
        articles = await self._articles(request.collected, moment)
        known = await asyncio.to_thread(
            store.model_scores, [article.article_id for article in articles], known_at=moment
        )
        scored = await score_stories(
            articles,
            self.names,
            known=known,
            completer=None if analysis.point_in_time else self.completer,
            run_id=analysis.run_id,
        )
        if not analysis.point_in_time:
            await asyncio.to_thread(store.set_clusters, scored.clusters)
            await asyncio.to_thread(store.save_scores, scored.scores, self.now())
        symbols = symbol_sentiments(scored.stories, analysis.as_of, analysis.days, self.names, asked=analysis.symbols)
        return ScoredNews(
            stories=len(scored.stories),
            articles=len(articles),
            scored=scored.scores,
            symbols=symbols[:_MOST_SYMBOLS],
            market_sentiment=market_sentiment(scored.stories, analysis.as_of, analysis.days),
            threats=threat_signals(scored.stories),
            scorer=Scorer.MODEL if scored.by_model else Scorer.LEXICON,
            cost_micro_krw=scored.cost_micro_krw,
            note="; ".join(scored.notes)[:_LONGEST_NOTE],
        )

    async def summarise(self, request: SummariseNews) -> NewsReport:
        """Write the report and keep it under its run."""
        moment = request.analysis.as_of if request.analysis.point_in_time else None
        articles = await self._articles(request.collected, moment)
        report = await write_report(request, articles, None if moment else self.completer)
        await asyncio.to_thread(NewsReportStore(self.database).save, report, self.now())
        return report

    async def _articles(self, collected: tuple[CollectedNews, ...], moment: datetime | None) -> list[Article]:
        wanted = [name for row in collected for name in row.article_ids]
        found = await asyncio.to_thread(ArticleStore(self.database).get, wanted)
        known = [article for article in found if moment is None or article.known_at(moment)]
        return fair_share(known, MOST_ARTICLES)
