"""News as one bounded feature: it may move a score by so much and no more, and the ranking without it is kept."""

from collections.abc import Sequence

from daybook.contracts.advice import Recommendation, Recommendations
from daybook.contracts.news import SymbolSentiment


def with_news(
    ranking: Recommendations, sentiments: Sequence[SymbolSentiment], weight: float, *, min_score: float | None = None
) -> Recommendations:
    """Return the ranking with ``weight`` x sentiment added to each score, ranked anew.

    A sentiment lies within -1 and 1, so no text can move a score by more than ``weight``. Symbols without stories
    keep their score. Equal scores rank by symbol. With a weight of 0, or no sentiment, nothing is changed.

    A symbol that news alone lifts over ``min_score``, above which symbols are bought, is marked ``only_by_news``.
    """
    known = {row.symbol: row.sentiment for row in sentiments if row.stories > 0}
    if weight <= 0 or not any(row.symbol in known for row in ranking.ranked):
        return ranking
    tilted = [_tilted(row, known.get(row.symbol), weight, min_score) for row in ranking.ranked]
    tilted.sort(key=lambda row: (-row.score, row.symbol))
    ranked = tuple(row.model_copy(update={"rank": place}) for place, row in enumerate(tilted, start=1))
    return ranking.model_copy(update={"ranked": ranked, "advisor": f"{ranking.advisor} with news"})


def _tilted(row: Recommendation, sentiment: float | None, weight: float, min_score: float | None) -> Recommendation:
    if sentiment is None:
        return row.model_copy(update={"rank_without_news": row.rank})
    tilt = weight * min(1.0, max(-1.0, sentiment))
    return row.model_copy(
        update={
            "score": row.score + tilt,
            "news_tilt": tilt,
            "rank_without_news": row.rank,
            "only_by_news": min_score is not None and row.score <= min_score < row.score + tilt,
            "reasons": (
                *row.reasons,
                f"news {sentiment:+.2f} moves the score by {tilt:+.2f}; rank without it {row.rank}",
            ),
        }
    )
