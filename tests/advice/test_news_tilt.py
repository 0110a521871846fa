from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.advice.news_tilt import with_news
from daybook.contracts.advice import Recommendation, Recommendations
from daybook.contracts.news import SymbolSentiment

SYMBOLS = [f"{number:06d}" for number in range(1, 9)]
SCORES = st.lists(st.floats(-5, 5), min_size=1, max_size=8)


def ranking(*scores: float) -> Recommendations:
    rows = sorted(zip(scores, SYMBOLS, strict=False), key=lambda row: (-row[0], row[1]))
    return Recommendations(
        day=date(2026, 3, 9),
        advisor="momentum",
        ranked=tuple(
            Recommendation(
                rank=place,
                symbol=symbol,
                score=score,
                momentum_ratio=0.1,
                annual_volatility=0.3,
                last_close_krw=10_000,
                average_turnover_krw=1,
                sessions_used=20,
            )
            for place, (score, symbol) in enumerate(rows, start=1)
        ),
    )


def news(symbol: str, sentiment: float, stories: int = 3) -> SymbolSentiment:
    return SymbolSentiment(symbol=symbol, sentiment=sentiment, stories=stories, articles=stories)


def test_ranking_when_news_is_good_then_the_symbol_rises_and_its_rank_without_news_is_kept() -> None:
    tilted = with_news(ranking(1.0, 0.9), [news(SYMBOLS[1], 0.8)], 0.25)
    assert [(row.symbol, row.rank, row.rank_without_news) for row in tilted.ranked] == [
        (SYMBOLS[1], 1, 2),
        (SYMBOLS[0], 2, 1),
    ]
    assert tilted.ranked[0].score == pytest.approx(0.9 + 0.25 * 0.8)


@given(SCORES, st.lists(st.floats(-1, 1), min_size=8, max_size=8), st.floats(0, 0.5))
def test_ranking_when_news_says_anything_then_no_score_moves_by_more_than_the_weight(
    scores: list[float], sentiments: list[float], weight: float
) -> None:
    before = ranking(*scores)
    after = with_news(before, [news(symbol, value) for symbol, value in zip(SYMBOLS, sentiments, strict=True)], weight)
    for row in after.ranked:
        original = before.of(row.symbol)
        assert original is not None
        assert abs(row.score - original.score) <= weight + 1e-12
    assert sorted(row.rank for row in after.ranked) == list(range(1, len(scores) + 1))
    assert all(a.score >= b.score for a, b in zip(after.ranked, after.ranked[1:], strict=False))


@pytest.mark.parametrize(("sentiments", "weight"), [([], 0.25), ([news("999999", 1)], 0.25), ([news("000001", 1)], 0)])
def test_ranking_when_there_is_no_news_or_no_weight_then_it_is_untouched(
    sentiments: list[SymbolSentiment], weight: float
) -> None:
    before = ranking(1.0, 0.5)
    assert with_news(before, sentiments, weight) is before


def test_ranking_when_a_symbol_has_no_story_then_its_score_stays() -> None:
    tilted = with_news(ranking(1.0, 0.5), [news(SYMBOLS[0], 0.9, stories=0), news(SYMBOLS[1], -0.9)], 0.25)
    first = tilted.of(SYMBOLS[0])
    assert first is not None
    assert (first.score, first.news_tilt) == (1.0, 0.0)


def test_ranking_when_news_alone_lifts_a_symbol_over_the_score_of_a_buy_then_it_is_marked() -> None:
    before = ranking(0.3, 0.1, -0.1)
    sentiments = [news(SYMBOLS[0], 1.0), news(SYMBOLS[1], -1.0), news(SYMBOLS[2], 1.0)]
    after = {row.symbol: row for row in with_news(before, sentiments, 0.25, min_score=0.0).ranked}
    assert [after[symbol].only_by_news for symbol in SYMBOLS[:3]] == [False, False, True]
    assert after[SYMBOLS[2]].score == pytest.approx(0.15)
    assert not any(row.only_by_news for row in with_news(before, sentiments, 0.25).ranked)
