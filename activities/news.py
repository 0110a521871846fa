"""Activities of the pipeline layer: news."""

from activities.serving import serves
from daybook.contracts.calls import COLLECT_NEWS, SCORE_NEWS, SUMMARISE_NEWS
from daybook.contracts.news import CollectedNews, CollectNews, NewsReport, ScoredNews, ScoreNews, SummariseNews
from daybook.news.room import NewsRoom


class NewsActivities:
    """The pipeline layer's news."""

    def __init__(self, room: NewsRoom) -> None:
        self._room = room

    @serves(COLLECT_NEWS)
    async def collect_news(self, request: CollectNews) -> CollectedNews:
        """Collect one source into the store; repeating it changes nothing that was seen before."""
        return await self._room.collect(request)

    @serves(SCORE_NEWS)
    async def score_news(self, request: ScoreNews) -> ScoredNews:
        """Remove copies and score; scores a model gave are kept, so that a repeat does not pay for them again."""
        return await self._room.score(request)

    @serves(SUMMARISE_NEWS)
    async def summarise_news(self, request: SummariseNews) -> NewsReport:
        """Write the summary and keep the report; repeating it replaces the run's own report."""
        return await self._room.summarise(request)
