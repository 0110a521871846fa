"""News search and the latest articles of a security."""

from typing import Annotated

from pydantic import BaseModel, Field

from daybook.contracts.base import KST, Symbol
from daybook.contracts.layers import Layer
from daybook.contracts.tools import SourceRef
from daybook.news.reading import FoundNews, NewsReader
from daybook.skills.context import ToolContext
from daybook.skills.errors import NoData, SourceUnavailable
from daybook.skills.result import Sourced
from daybook.skills.skill import Skill

MOST_FOUND = 20
_PASSAGE = 240
_LATEST_DAYS = 14

news = Skill(
    "market_data.news",
    "News search and latest articles",
    layer=Layer.PIPELINE,
    keywords=("뉴스", "기사", "소식", "보도", "공시", "악재", "호재", "news", "article", "headline", "press"),
)


class NewsItem(BaseModel):
    """One story; title and passage are text from outside."""

    title: str
    passage: str
    publisher: str
    published_at: str
    url: str
    symbols: list[str]
    copies: int
    sentiment: float


@news.tool(untrusted=True, timeout_s=45)
async def search_news(
    keyword: Annotated[str, Field(min_length=1, max_length=60, description="search word")],
    days: Annotated[int, Field(ge=1, le=30)] = 7,
    *,
    reader: NewsReader,
    context: ToolContext,
) -> Sourced[list[NewsItem]]:
    """Search articles by keyword, newest first."""
    found = await reader.read(
        run_id=context.run_id, now=context.now, days=days, keyword=keyword, is_past=context.as_of is not None
    )
    return _items(found, MOST_FOUND, f"no article of the last {days} days matches {keyword!r}")


@news.tool(untrusted=True, timeout_s=45)
async def latest_news(
    symbol: Symbol,
    count: Annotated[int, Field(ge=1, le=MOST_FOUND)] = 5,
    *,
    reader: NewsReader,
    context: ToolContext,
) -> Sourced[list[NewsItem]]:
    """Latest articles and disclosures of a security, newest first."""
    found = await reader.read(
        run_id=context.run_id, now=context.now, days=_LATEST_DAYS, symbol=symbol, is_past=context.as_of is not None
    )
    return _items(found, count, f"no article of the last {_LATEST_DAYS} days names {symbol}")


def _items(found: FoundNews, count: int, nothing: str) -> Sourced[list[NewsItem]]:
    if not found.stories:
        if found.problems:
            raise SourceUnavailable(f"{nothing}; {'; '.join(found.problems)}")
        raise NoData(nothing)
    stories = found.stories[:count]
    items = [
        NewsItem(
            title=story.article.title,
            passage=story.article.text[:_PASSAGE],
            publisher=story.article.publisher,
            published_at=story.article.published_at.astimezone(KST).isoformat(timespec="minutes"),
            url=story.article.url,
            symbols=list(story.article.symbols),
            copies=story.copies,
            sentiment=round(story.sentiment, 2),
        )
        for story in stories
    ]
    sources = tuple(
        SourceRef(
            name=story.article.publisher,
            title=story.article.title,
            url=story.article.url,
            published_at=story.article.published_at,
            observed_at=story.article.observed_at,
        )
        for story in stories
    )
    return Sourced(items, sources)
