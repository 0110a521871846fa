"""Scores the stories of an analysis: the lexicon always, a model where there is one, both within bounds."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

from daybook.contracts.news import Article, ArticleScore, Scorer
from daybook.news.copies import stories as stories_of
from daybook.news.lexicon import Reading, read_sentiment
from daybook.news.model_scores import ModelScores, score_by_model
from daybook.news.ports import Completer, NameFinder
from daybook.news.sentiment import Story
from daybook.news.suspicion import is_suspicious

MOST_STORIES = 300
MOST_BY_MODEL_PER_RUN = 60
"""Stories a run sends to a model, newest first; the others are read by the lexicon."""
DISAGREEMENT = 0.7
"""A model's score is held this near to the lexicon's; beyond it the story also weighs less."""
_DOUBTED = 0.5
_LEAST_RELEVANCE = 0.3
_CONTRADICTION = 0.2
_LIST_OF = 5
_LIST_WEIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Scored:
    """The stories with their scores, the scores to keep, and what it cost."""

    stories: tuple[Story, ...]
    scores: tuple[ArticleScore, ...]
    clusters: dict[str, str]
    by_model: int
    cost_micro_krw: int
    notes: tuple[str, ...]


async def score_stories(
    articles: Sequence[Article],
    names: NameFinder,
    *,
    known: dict[str, ArticleScore],
    completer: Completer | None,
    run_id: str,
) -> Scored:
    """Return the stories of the articles with their scores.

    Args:
        articles: any order; copies are found here.
        names: finds securities in titles.
        known: scores a model gave in earlier runs; those articles are not sent again.
        completer: asks a model; None: the lexicon alone.
        run_id: of the analysis.
    """
    grouped = (await asyncio.to_thread(stories_of, articles))[:MOST_STORIES]
    firsts = [story[0] for story in grouped]
    fit = [article for article in firsts if not is_suspicious(article.title, article.text)]
    model = ModelScores()
    if completer is not None:
        unknown = [article for article in fit if article.article_id not in known]
        model = await score_by_model(unknown[:MOST_BY_MODEL_PER_RUN], completer, run_id=run_id)
    allowed = {article.article_id for article in fit}
    usable = {name: score for name, score in known.items() if name in allowed}
    results = await asyncio.to_thread(lambda: [_scored(story, names, usable, model) for story in grouped])
    return Scored(
        stories=tuple(story for story, _ in results),
        scores=tuple(score for _, score in results),
        clusters={article.article_id: article.cluster for story in grouped for article in story},
        by_model=sum(1 for _, score in results if score.scorer is Scorer.MODEL),
        cost_micro_krw=model.cost_micro_krw,
        notes=tuple(dict.fromkeys(model.notes)),
    )


def _scored(
    members: list[Article], names: NameFinder, known: dict[str, ArticleScore], model: ModelScores
) -> tuple[Story, ArticleScore]:
    first = members[0]
    reading = _reading(members)
    score = _article_score(first, reading, known, model)
    # Kept as it counts, so that no headline shows more than the bound allows.
    doubted = abs(score.sentiment - reading.sentiment) > DISAGREEMENT
    low, high = reading.sentiment - DISAGREEMENT, reading.sentiment + DISAGREEMENT
    score = score.model_copy(update={"sentiment": max(-1.0, min(1.0, high, max(low, score.sentiment)))})
    weight = max(_LEAST_RELEVANCE, score.relevance) * (_DOUBTED if doubted else 1.0)
    in_title = names.symbols_in(first.title)
    symbols = tuple(dict.fromkeys((*in_title, *first.symbols)))
    if len(symbols) > _LIST_OF:
        weight *= _LIST_WEIGHT
    story = Story(
        article=first,
        copies=len(members),
        lexicon=reading.sentiment,
        sentiment=score.sentiment,
        weight=weight,
        symbols=symbols,
        title_symbols=in_title or (first.symbols if len(first.symbols) == 1 and first.source.value == "dart" else ()),
    )
    return story, score


def _reading(members: list[Article]) -> Reading:
    """Return how a story reads: as its first article, or as nothing where its copies say the opposite."""
    readings = [read_sentiment(article.title, article.text) for article in members]
    first = readings[0]
    if any(one.sentiment * first.sentiment < 0 and abs(one.sentiment) > _CONTRADICTION for one in readings[1:]):
        return Reading(0.0, ("copies contradict each other",))
    return first


def _article_score(
    article: Article, reading: Reading, known: dict[str, ArticleScore], model: ModelScores
) -> ArticleScore:
    fresh = model.by_article.get(article.article_id)
    if fresh is not None:
        return ArticleScore(
            article_id=article.article_id,
            sentiment=fresh.sentiment,
            relevance=fresh.relevance,
            scorer=Scorer.MODEL,
            model=fresh.model,
            terms=reading.terms,
        )
    if article.article_id in known:
        return known[article.article_id]
    return ArticleScore(
        article_id=article.article_id, sentiment=reading.sentiment, scorer=Scorer.LEXICON, terms=reading.terms
    )
