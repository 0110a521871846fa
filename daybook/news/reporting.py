"""Puts an analysis' report together and keeps it."""

import asyncio
from collections.abc import Sequence

from daybook.contracts.news import (
    Article,
    ArticleScore,
    CollectedNews,
    Headline,
    NewsReport,
    ScoredNews,
    SummariseNews,
)
from daybook.news.copies import stories as stories_of
from daybook.news.ports import Completer
from daybook.news.summary import Facts, summarise

MOST_HEADLINES = 30


def headlines(articles: Sequence[Article], scores: Sequence[ArticleScore]) -> tuple[Headline, ...]:
    """Return the stories as they are shown, newest first; instructions in a title are shown, as text."""
    by_article = {score.article_id: score for score in scores}
    shown: list[Headline] = []
    for story in stories_of(articles)[:MOST_HEADLINES]:
        first = story[0]
        score = by_article.get(first.article_id)
        shown.append(
            Headline(
                title=first.title,
                publisher=first.publisher,
                url=first.url,
                source=first.source,
                published_at=first.published_at,
                sentiment=score.sentiment if score else 0.0,
                symbols=first.symbols,
                copies=len(story),
            )
        )
    return tuple(shown)


async def write_report(request: SummariseNews, articles: Sequence[Article], completer: Completer | None) -> NewsReport:
    """Return the report of an analysis."""
    analysis, scored = request.analysis, request.scored
    lines = await asyncio.to_thread(headlines, articles, scored.scored)
    summary = await summarise(
        Facts(
            analysis=analysis,
            market_sentiment=scored.market_sentiment,
            symbols=scored.symbols,
            threats=scored.threats,
            headlines=lines,
            stories=scored.stories,
            articles=scored.articles,
        ),
        completer,
    )
    return NewsReport(
        run_id=analysis.run_id,
        as_of=analysis.as_of,
        days=analysis.days,
        keywords=analysis.keywords,
        market_sentiment=scored.market_sentiment,
        symbols=scored.symbols,
        threats=scored.threats,
        headlines=lines,
        summary=summary.text,
        summary_by=summary.by,
        scorer=scored.scorer,
        problems=_problems(request.collected, scored, summary.problem),
        stories=scored.stories,
        articles=scored.articles,
        refused_future=sum(row.refused_future for row in request.collected),
        cost_micro_krw=scored.cost_micro_krw + summary.cost_micro_krw,
    )


def _problems(collected: Sequence[CollectedNews], scored: ScoredNews, more: str) -> tuple[str, ...]:
    lines = [row.problem for row in collected if row.problem]
    lines += [line for line in (scored.note, more) if line]
    return tuple(dict.fromkeys(lines))
