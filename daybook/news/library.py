"""Reads news for tools: the sources now, the store for the past."""

import asyncio
from datetime import datetime

from daybook.contracts.news import CollectNews, NewsAnalysisInput, SourceKind
from daybook.news.copies import stories as stories_of
from daybook.news.lexicon import read_sentiment
from daybook.news.reading import FoundNews, FoundStory
from daybook.news.room import NewsRoom
from daybook.storage.articles import ArticleStore


class NewsLibrary:
    """The NewsReader on a process's news room."""

    def __init__(self, room: NewsRoom) -> None:
        self._room = room

    async def read(
        self, *, run_id: str, now: datetime, days: int, keyword: str = "", symbol: str = "", is_past: bool = False
    ) -> FoundNews:
        """Return the stories of the last days before ``now``; of the past: only what the desk had seen by then."""
        analysis = NewsAnalysisInput(
            run_id=run_id[:80],
            keywords=(keyword,) if keyword else (),
            symbols=(symbol,) if symbol else (),
            days=days,
            as_of=now,
            point_in_time=is_past,
        )
        collected = await asyncio.gather(
            *(self._room.collect(CollectNews(source=kind, analysis=analysis)) for kind in SourceKind)
        )
        names = [name for row in collected for name in row.article_ids]
        articles = await asyncio.to_thread(ArticleStore(self._room.database).get, names)
        wanted = [
            article
            for article in articles
            if (not symbol or symbol in article.symbols) and (not is_past or article.known_at(now))
        ]
        stories = tuple(
            FoundStory(story[0], len(story), read_sentiment(story[0].title, story[0].text).sentiment)
            for story in stories_of(wanted)
        )
        return FoundNews(stories, tuple(row.problem for row in collected if row.problem))
