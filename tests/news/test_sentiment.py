from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.news.sentiment import (
    MOST_BY_MODEL,
    MOST_BY_PUBLISHER,
    MOST_BY_STORY,
    market_sentiment,
    recency,
    symbol_sentiments,
)
from tests.news.facts import NAMES, NOW, ago, story

SYMBOL = "005930"
scores = st.floats(-1, 1, allow_nan=False)


def felt(stories) -> float:
    return symbol_sentiments(stories, NOW, 1, NAMES, asked=(SYMBOL,))[0].sentiment


@st.composite
def honest(draw):
    of = st.sampled_from(["a.kr", "b.kr", "c.kr", "d.kr", "e.kr"])
    return [
        story(draw(scores), number=number, publisher=draw(of), weight=draw(st.floats(0.15, 1)))
        for number in range(draw(st.integers(0, 12)))
    ]


@settings(max_examples=200, deadline=None)
@given(honest(), scores, st.sampled_from(["a.kr", "new.kr"]))
def test_one_story_when_added_then_it_moves_a_symbol_by_its_bound_at_most(stories, score, publisher):
    more = [*stories, story(score, number=99, publisher=publisher)]
    assert abs(felt(more) - felt(stories)) <= MOST_BY_STORY + 1e-3


@settings(max_examples=200, deadline=None)
@given(honest(), st.lists(scores, min_size=1, max_size=30))
def test_one_publisher_when_it_floods_then_it_moves_a_symbol_by_its_bound_at_most(stories, flood):
    more = [*stories, *(story(score, number=100 + number, publisher="flood.kr") for number, score in enumerate(flood))]
    assert abs(felt(more) - felt(stories)) <= MOST_BY_PUBLISHER + 1e-3


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(scores, scores, st.floats(0.15, 1)), max_size=15))
def test_model_when_it_says_anything_then_a_symbol_stays_near_the_lexicon(answers):
    by_model = [
        replace(story(lexicon, number=number, weight=weight), sentiment=model)
        for number, (lexicon, model, weight) in enumerate(answers)
    ]
    by_lexicon = [story(lexicon, number=number) for number, (lexicon, _, _) in enumerate(answers)]
    assert abs(felt(by_model) - felt(by_lexicon)) <= MOST_BY_MODEL + 1e-3
    assert -1 <= felt(by_model) <= 1


def test_bounds_when_stated_then_they_are_what_the_documents_say():
    assert (MOST_BY_STORY, MOST_BY_PUBLISHER, MOST_BY_MODEL) == (0.2541, 0.3432, 0.15)


def test_bound_when_reached_then_the_statement_is_tight():
    reached = abs(
        felt([story(1.0, number=1), story(-1, number=2, weight=0.5)]) - felt([story(-1, number=2, weight=0.5)])
    )
    assert MOST_BY_STORY - 0.05 < reached <= MOST_BY_STORY


def test_sentiment_when_there_is_no_story_then_it_is_zero():
    (row,) = symbol_sentiments([], NOW, 1, NAMES, asked=(SYMBOL,))
    assert (row.sentiment, row.stories, row.name) == (0.0, 0, "삼성전자")


def test_stories_when_many_agree_then_the_sentiment_grows_with_them():
    grown = [felt([story(0.8, number=number) for number in range(count)]) for count in (1, 3, 8)]
    assert grown == sorted(grown)
    assert grown[-1] > 0.5


def test_story_when_old_then_it_weighs_less():
    assert recency(ago(12), NOW, 1) == pytest.approx(0.5)
    assert recency(ago(84), NOW, 7) == pytest.approx(0.5)
    assert recency(NOW + timedelta(hours=5), NOW, 1) == 1.0


def test_story_when_it_only_mentions_a_symbol_then_it_weighs_half():
    assert felt([story(1.0, title_symbols=())]) < felt([story(1.0)])


def test_symbols_when_listed_then_asked_ones_come_first_and_then_the_most_told():
    stories = [story(0.5, "000660", number=1), story(0.5, "000660", number=2), story(0.5, "035420", number=3)]
    rows = symbol_sentiments(stories, NOW, 1, NAMES, asked=("005930",))
    assert [row.symbol for row in rows] == ["005930", "000660", "035420"]


def test_market_when_all_stories_are_bad_then_it_is_bad_and_bounded():
    assert -1 < market_sentiment([story(-1.0, number=number) for number in range(50)], NOW, 1) < -0.8
