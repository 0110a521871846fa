"""What a reader of news is given: one article a story, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from daybook.contracts.news import Article


@dataclass(frozen=True, slots=True)
class FoundStory:
    """A story's first article, how often it was copied, and how the lexicon reads it (-1 to 1)."""

    article: Article
    copies: int
    sentiment: float


@dataclass(frozen=True, slots=True)
class FoundNews:
    """Stories newest first, and why some source gave nothing."""

    stories: tuple[FoundStory, ...]
    problems: tuple[str, ...] = ()


class NewsReader(Protocol):
    """Finds news by word or symbol."""

    async def read(
        self, *, run_id: str, now: datetime, days: int, keyword: str = "", symbol: str = "", is_past: bool = False
    ) -> FoundNews:
        """Return the stories of the last days before ``now``; of the past: only what the desk had seen by then."""
        ...
