import itertools
import json
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.news import SourceKind
from daybook.news.copies import clusters, normal_title, stories
from daybook.news.fair_share import fair_share
from tests.news.facts import DATA, NOW, ago, article

TITLE = "한빛반도체 2100억 규모 공급계약 체결"


def measured(name: str) -> tuple[float, float]:
    """Return precision and recall over pairs of a hand-made set."""
    rows = [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    found = [
        article(
            row["title"], row["text"], host=f"p{number}.kr", language="en" if row["story"].startswith("en") else "ko"
        )
        for number, row in enumerate(rows)
    ]
    names = clusters(found)
    right = wrong = missed = 0
    for (one, first), (other, second) in itertools.combinations(zip(rows, found, strict=True), 2):
        same, together = one["story"] == other["story"], names[first.article_id] == names[second.article_id]
        right += same and together
        wrong += together and not same
        missed += same and not together
    return right / (right + wrong), right / (right + missed)


@pytest.mark.parametrize(
    ("name", "precision", "recall"),
    [("stories.jsonl", 0.99, 0.95), ("further_stories.jsonl", 0.95, 0.65), ("held_out_stories.jsonl", 0.95, 0.6)],
)
def test_copies_when_measured_then_few_stories_are_merged_and_most_copies_found(name, precision, recall):
    measured_precision, measured_recall = measured(name)
    assert measured_precision >= precision
    assert measured_recall >= recall


def test_articles_when_of_two_sources_and_one_address_then_they_are_one_story():
    one = article("제목이 서로", url="https://example.co.kr/1", source=SourceKind.NAVER)
    other = article("Titles differ", url="https://example.co.kr/1", source=SourceKind.NEWSAPI, language="en")
    assert len(set(clusters([one, other]).values())) == 1


@pytest.mark.parametrize(
    "copy",
    [
        f"[속보] {TITLE}",
        f"{TITLE}(종합)",
        f"{TITLE} - 가나일보",
        "한빛 반도체, 2,100억 규모 공급 계약 체결",
        "【단독】" + TITLE,
    ],
)
def test_title_when_only_dressed_differently_then_it_is_the_same_story(copy):
    assert normal_title(copy) == normal_title(TITLE)
    assert len(set(clusters([article(TITLE), article(copy, host="b.kr")]).values())) == 1


@pytest.mark.parametrize(
    "other",
    ["한빛반도체 1300억 규모 공급계약 체결", "[특징주] 가온전자 급등", "한빛반도체, 공급계약 해지"],
)
def test_title_when_numbers_or_events_differ_then_it_is_another_story(other):
    assert len(set(clusters([article(TITLE), article(other, host="b.kr")]).values())) == 2


def test_securities_when_they_differ_then_alike_titles_are_different_stories():
    one = article("삼성전자 외국인 순매수 1위 등극 소식", "같은 내용의 본문입니다 " * 5)
    other = article("현대차 외국인 순매수 1위 등극 소식", "같은 내용의 본문입니다 " * 5, host="b.kr")
    assert one.symbols
    assert len(set(clusters([one, other]).values())) == 2


def test_disclosures_when_worded_alike_then_each_is_a_story_of_its_own():
    same = [
        article("[삼성전자] 주요사항보고서", source=SourceKind.DART, url=f"https://dart.fss.or.kr/x?rcpNo={number}")
        for number in range(3)
    ]
    assert len(set(clusters([*same, article("[삼성전자] 주요사항보고서", host="b.kr")]).values())) == 4


def test_title_when_repeated_after_days_then_it_is_a_new_story():
    old = article(TITLE, published_at=ago(100), observed_at=ago(99))
    assert len(set(clusters([old, article(TITLE, host="b.kr")]).values())) == 2


def test_stories_when_listed_then_the_first_seen_leads_whatever_date_a_copy_claims():
    honest = article(TITLE, published_at=ago(3), observed_at=ago(2.9))
    copy = article(f"[속보] {TITLE}", host="b.kr", published_at=ago(9), observed_at=ago(1))
    (story,) = stories([copy, honest])
    assert [row.article_id for row in story] == [honest.article_id, copy.article_id]
    assert story[0].cluster == story[1].cluster != ""


WORDS = ("삼성전자", "실적", "급등", "급락", "공급계약", "체결", "3000억", "5%", "코스피", "유상증자", "결정", "리콜")


@st.composite
def floods(draw):
    count = draw(st.integers(2, 14))
    found = []
    for number in range(count):
        words = draw(st.lists(st.sampled_from(WORDS), min_size=2, max_size=6))
        minutes = draw(st.integers(1, 600))
        seen = draw(st.integers(1, 600))
        found.append(
            article(
                " ".join(words),
                " ".join(reversed(words)) * 3,
                host=f"p{number}.kr",
                published_at=NOW - timedelta(minutes=minutes),
                observed_at=NOW - timedelta(minutes=seen),
            )
        )
    return found


@settings(max_examples=60, deadline=None)
@given(floods(), st.integers(0, 1000))
def test_clusters_when_the_order_of_input_changes_then_they_stay(found, seed):
    shuffled = list(found)
    Random(seed).shuffle(shuffled)
    assert clusters(shuffled) == clusters(found)
    assert clusters(found + found) == clusters(found)


@settings(max_examples=60, deadline=None)
@given(floods(), st.integers(0, 14))
def test_clusters_when_later_articles_arrive_then_earlier_ones_stay_as_they_are(found, cut):
    ordered = sorted(found, key=lambda row: (row.observed_at, row.published_at, row.article_id))
    before = clusters(ordered[:cut])
    after = clusters(ordered)
    assert {name: after[name] for name in before} == before


def test_flood_when_one_publisher_sends_hundreds_then_others_are_still_looked_at():
    flood = [article(f"삼성전자 특종 {number}", host="flood.kr", published_at=ago(0.1)) for number in range(300)]
    honest = [article(f"삼성전자 소식 {number}", host=f"p{number}.kr", published_at=ago(5)) for number in range(20)]
    kept = fair_share([*flood, *honest], 100)
    assert len(kept) == 80
    assert {row.article_id for row in honest} <= {row.article_id for row in kept}
