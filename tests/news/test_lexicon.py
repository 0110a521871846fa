import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.news.lexicon import read_sentiment
from tests.news.facts import DATA

FELT = 0.2


def accuracy(name: str) -> tuple[float, float, int]:
    """Return accuracy, the accuracy of always saying neutral, and how many got the opposite sign."""
    rows = [json.loads(line) for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    right = opposite = 0
    for row in rows:
        score = read_sentiment(row["text"]).sentiment
        said = "positive" if score > FELT else "negative" if score < -FELT else "neutral"
        right += said == row["label"]
        opposite += {said, row["label"]} == {"positive", "negative"}
    return right / len(rows), sum(row["label"] == "neutral" for row in rows) / len(rows), opposite


@pytest.mark.parametrize(("name", "least"), [("labelled_headlines.jsonl", 0.93), ("held_out_headlines.jsonl", 0.60)])
def test_lexicon_when_measured_then_it_beats_saying_nothing_and_is_seldom_opposite(name, least):
    share, baseline, opposite = accuracy(name)
    assert share >= least > baseline + 0.3
    assert opposite <= 2


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        ("가온전자 흑자전환", "가온전자 적자전환"),
        ("가온전자 적자 폭 축소", "가온전자 적자 폭 확대"),
        ("가온전자 대폭 상승", "가온전자 소폭 상승"),
        ("가온전자 유상증자 계획 철회", "가온전자 유상증자 결정"),
        ("가온전자 수주 계약", "가온전자 수주 계약 해지"),
        ("가온전자 상장폐지 모면", "가온전자 상장폐지"),
        ("가온전자 자사주 매입", "가온전자 유상 증자"),
        ("Shares not lower", "Shares lower"),
        ("Company averts bankruptcy", "Company files for bankruptcy"),
        ("Profit surges sharply", "Profit surges slightly"),
    ],
)
def test_headline_when_turned_round_then_the_score_follows(better, worse):
    assert read_sentiment(better).sentiment > read_sentiment(worse).sentiment


@pytest.mark.parametrize("spaced", ["유상증자", "유상 증자"])
def test_term_when_spaced_freely_then_it_counts(spaced):
    assert read_sentiment(f"가온전자 {spaced} 결정").sentiment < -FELT


def test_reading_when_it_has_terms_then_it_names_the_strongest_first():
    assert read_sentiment("가온전자 횡령 혐의에 하락", "").terms[0] == "횡령"


def test_passage_when_it_disagrees_then_the_title_weighs_more():
    assert read_sentiment("가온전자 급등", "한때 급락").sentiment > 0


def test_term_when_repeated_then_it_counts_once():
    assert read_sentiment("급등 " * 50).sentiment == read_sentiment("급등").sentiment


@pytest.mark.parametrize("text", ["", "삼성전자", "연기금 동향", "감사보고서 제출", "The South Korean won"])
def test_text_when_it_says_nothing_then_the_score_is_zero(text):
    assert read_sentiment(text) == read_sentiment("")


@given(
    st.text(alphabet="급등락 상승하유증자횡령흑적전환않없!.,abc surge fall not", max_size=200), st.text(max_size=100)
)
def test_any_text_when_read_then_the_score_is_bounded_and_steady(title, text):
    reading = read_sentiment(title, text)
    assert -1 <= reading.sentiment <= 1
    assert len(reading.terms) <= 6
    assert reading == read_sentiment(title, text)
