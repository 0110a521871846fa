"""News as one bounded number a symbol: stories published until 15:20 KST of the day and before the decision."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime

from daybook.advice.panel_build import NEWS_CUT_OFF
from daybook.contracts.base import KST
from daybook.contracts.factors import FactorSettings, NewsScore

NEUTRAL_STORIES = 2.0
"""The mean is taken as if there were two further stories that say nothing."""


def news_values(
    scores: Iterable[NewsScore], symbols: Sequence[str], since: date, decided_at: datetime
) -> tuple[dict[str, float], datetime | None]:
    """Return each symbol's mean sentiment weighted by stories, -1 to 1, and the time of the latest story used.

    A story counts when it was published after 15:20 KST of ``since`` and not after the decision, nor after 15:20 KST
    of the decision's day.
    """
    first = datetime.combine(since, NEWS_CUT_OFF, KST)
    last = min(decided_at, datetime.combine(decided_at.astimezone(KST).date(), NEWS_CUT_OFF, KST))
    asked = frozenset(symbols)
    used = [row for row in scores if row.symbol in asked and first < row.published_at <= last]
    sums: dict[str, tuple[float, int]] = {}
    for row in sorted(used, key=lambda row: (row.symbol, row.published_at, row.sentiment, row.stories)):
        total, count = sums.get(row.symbol, (0.0, 0))
        sums[row.symbol] = (total + row.sentiment * row.stories, count + row.stories)
    values = {symbol: total / (count + NEUTRAL_STORIES) for symbol, (total, count) in sums.items()}
    return values, max((row.published_at for row in used), default=None)


def news_points(values: dict[str, float], settings: FactorSettings) -> dict[str, float]:
    """Return the points of each symbol's news, at most half the cap either way."""
    limit = settings.opinion_cap_points / 2
    return {symbol: limit * min(1.0, max(-1.0, value)) for symbol, value in values.items()}
