"""Articles, names and a store for tests; a test changes one fact at a time."""

import hashlib
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from daybook.contracts.base import KST
from daybook.contracts.news import Article, CollectNews, NewsAnalysisInput, ScoreNews, SourceKind, SummariseNews
from daybook.llm.redaction import Redactor
from daybook.news.articles import article_id
from daybook.news.names import SecurityNames
from daybook.news.ports import Completer, NewsSource
from daybook.news.room import NewsRoom
from daybook.news.sentiment import Story
from daybook.routing.securities import Securities
from daybook.storage.database import Database

NOW = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
DATA = Path(__file__).parent / "data"
NAMES = SecurityNames(Securities.shipped())


async def no_wait(seconds: float) -> None:
    """Pause for no time."""


def ago(hours: float) -> datetime:
    return NOW - timedelta(hours=hours)


def article(title: str, text: str = "", **changes: Any) -> Article:
    """Return an article published and seen an hour ago at an address of its own."""
    kind = changes.pop("source", SourceKind.NAVER)
    digest = hashlib.sha256(f"{title}{text}{changes}".encode()).hexdigest()[:12]
    url = changes.pop("url", f"https://{changes.pop('host', 'example.co.kr')}/news/{digest}")
    values: dict[str, Any] = {
        "article_id": article_id(kind, url),
        "source": kind,
        "publisher": url.split("/")[2],
        "title": title,
        "text": text,
        "url": url,
        "language": "ko",
        "published_at": ago(1),
        "observed_at": ago(0.9),
        "symbols": NAMES.symbols_in(f"{title}. {text}"),
    }
    return Article(**{**values, **changes})


def story(sentiment: float, symbol: str = "005930", **changes: Any) -> Story:
    """Return a story whose lexicon and score agree."""
    number = changes.pop("number", 0)
    publisher = changes.pop("publisher", f"p{number}.kr")
    values: dict[str, Any] = {
        "article": article(f"기사 {number}", url=f"https://{publisher}/{number}", publisher=publisher),
        "copies": 1,
        "lexicon": sentiment,
        "sentiment": sentiment,
        "weight": 1.0,
        "symbols": (symbol,),
        "title_symbols": (symbol,),
    }
    return Story(**{**values, **changes})


def analysis(**changes: Any) -> NewsAnalysisInput:
    values: dict[str, Any] = {"run_id": "t-1", "days": 1, "as_of": NOW, "symbols": ("005930",)}
    return NewsAnalysisInput(**{**values, **changes})


def room(
    database: Database,
    sources: dict[SourceKind, NewsSource] | None = None,
    completer: Completer | None = None,
    now: datetime = NOW,
    redactor: Redactor | None = None,
) -> NewsRoom:
    return NewsRoom(database, sources or {}, NAMES, redactor or Redactor(), completer, now=lambda: now)


async def run(room: NewsRoom, asked: NewsAnalysisInput) -> Any:
    """Run an analysis as the workflow does; returns what was collected, scored and reported."""
    collected = tuple([await room.collect(CollectNews(source=kind, analysis=asked)) for kind in SourceKind])
    scored = await room.score(ScoreNews(analysis=asked, collected=collected))
    report = await room.summarise(SummariseNews(analysis=asked, collected=collected, scored=scored))
    return collected, scored, report
