"""Sentiment of symbols and of the market from scored stories, within bounds that no text can leave.

A symbol's sentiment is a weighted mean of its stories, pulled to zero by ``PRIOR_WEIGHT`` imaginary neutral ones:
``sum(w s) / (sum(w) + PRIOR_WEIGHT)``. A story weighs at most 1, less with age and when the symbol is only mentioned;
a publisher's stories weigh at most ``PUBLISHER_WEIGHT`` together. Hence, whatever texts say:

- one story more or less moves a symbol by at most ``MOST_BY_STORY``,
- one publisher, with any number of stories, by at most ``MOST_BY_PUBLISHER``,
- a model's answers move it by at most ``MOST_BY_MODEL`` away from what the lexicon alone says.

With weight w against an honest weight W, the first two follow from w (2W + P) / ((W + P)(W + w + P)), whose maximum
over W is taken in ``_most_by``.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from daybook.contracts.news import Article, SymbolSentiment
from daybook.news.ports import NameFinder

PRIOR_WEIGHT = 3.0
PUBLISHER_WEIGHT = 1.5
MENTION_WEIGHT = 0.5
"""Weight of a story that names the symbol in its passage only."""
MOST_BY_MODEL = 0.15


def _most_by(weight: float) -> float:
    honest = (step / 200 for step in range(4_000))
    return max(weight * (2 * w + PRIOR_WEIGHT) / ((w + PRIOR_WEIGHT) * (w + weight + PRIOR_WEIGHT)) for w in honest)


MOST_BY_STORY = round(_most_by(1.0) + 1e-4, 4)
MOST_BY_PUBLISHER = round(_most_by(PUBLISHER_WEIGHT) + 1e-4, 4)


@dataclass(frozen=True, slots=True)
class Story:
    """One story: its first article, its copies, and how it reads.

    Attributes:
        lexicon: sentiment by the lexicon, -1 to 1; 0 where the copies contradict each other.
        sentiment: the score that counts, by a model or the lexicon.
        weight: 0 to 1, lowered where model and lexicon disagree.
        title_symbols: securities the title names; the other symbols are mentioned.
    """

    article: Article
    copies: int
    lexicon: float
    sentiment: float
    weight: float
    symbols: tuple[str, ...]
    title_symbols: tuple[str, ...]


def recency(published_at: datetime, as_of: datetime, days: int) -> float:
    """Return the weight of age: halved every 12 hours for a look at one day, every half of the look for longer ones."""
    half_life = max(timedelta(hours=12), timedelta(days=days) / 2)
    age = max(timedelta(0), as_of - published_at)
    return float(0.5 ** (age / half_life))


def symbol_sentiments(
    stories: Sequence[Story], as_of: datetime, days: int, names: NameFinder, *, asked: Iterable[str] = ()
) -> tuple[SymbolSentiment, ...]:
    """Return the sentiment of each symbol the stories name, most stories first; asked symbols come before all."""
    by_symbol: dict[str, list[Story]] = defaultdict(list)
    for story in stories:
        for symbol in story.symbols:
            by_symbol[symbol].append(story)
    wanted = list(dict.fromkeys(asked))
    order = [*wanted, *sorted(by_symbol.keys() - set(wanted), key=lambda one: (-len(by_symbol[one]), one))]
    return tuple(_of_symbol(symbol, by_symbol[symbol], as_of, days, names) for symbol in order)


def market_sentiment(stories: Sequence[Story], as_of: datetime, days: int) -> float:
    """Return the sentiment over all stories, with the same bounds."""
    return _bounded(stories, lambda story: story.weight * recency(story.article.published_at, as_of, days))


def _of_symbol(symbol: str, stories: list[Story], as_of: datetime, days: int, names: NameFinder) -> SymbolSentiment:
    def weight(story: Story) -> float:
        named = 1.0 if symbol in story.title_symbols else MENTION_WEIGHT
        return story.weight * named * recency(story.article.published_at, as_of, days)

    return SymbolSentiment(
        symbol=symbol,
        name=next(iter(names.names_of(symbol)), ""),
        sentiment=_bounded(stories, weight),
        stories=len(stories),
        articles=sum(story.copies for story in stories),
    )


def _bounded(stories: Sequence[Story], weight: Callable[[Story], float]) -> float:
    weights = [weight(story) for story in stories]
    # The lexicon's mean is taken with its own weights: a model's doubts must not move what bounds the model.
    whole = [weight(story) / story.weight if story.weight else 0.0 for story in stories]
    by_lexicon = _mean(stories, whole, [story.lexicon for story in stories])
    mean = _mean(stories, weights, [story.sentiment for story in stories])
    return round(min(by_lexicon + MOST_BY_MODEL, max(by_lexicon - MOST_BY_MODEL, mean)), 4)


def _mean(stories: Sequence[Story], weights: Sequence[float], scores: Sequence[float]) -> float:
    by_publisher: Mapping[str, list[float]] = defaultdict(list)
    for story, weight in zip(stories, weights, strict=True):
        by_publisher[story.article.publisher].append(weight)
    scale = {
        publisher: min(1.0, PUBLISHER_WEIGHT / total) if (total := sum(all_weights)) else 0.0
        for publisher, all_weights in by_publisher.items()
    }
    scaled = [weight * scale[story.article.publisher] for story, weight in zip(stories, weights, strict=True)]
    return sum(w * s for w, s in zip(scaled, scores, strict=True)) / (sum(scaled) + PRIOR_WEIGHT)
