"""A bound on how many articles of one publisher an analysis looks at, so that a flood pushes nobody else out."""

from collections import Counter
from collections.abc import Iterable

from daybook.contracts.news import Article, SourceKind

ARTICLES_OF_A_PUBLISHER = 60


def fair_share(articles: Iterable[Article], most: int, of_a_publisher: int = ARTICLES_OF_A_PUBLISHER) -> list[Article]:
    """Return at most ``most`` articles, newest first, and of each publisher but DART at most ``of_a_publisher``."""
    counts: Counter[str] = Counter()
    kept: list[Article] = []
    for article in sorted(articles, key=lambda row: (row.published_at, row.article_id), reverse=True):
        counts[article.publisher] += 1
        if article.source is SourceKind.DART or counts[article.publisher] <= of_a_publisher:
            kept.append(article)
    return kept[:most]
