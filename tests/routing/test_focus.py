import pytest

from daybook.routing.focus import focus_of, last_clause


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("뉴스 말고 재무제표 보여줘", "재무제표 보여줘"),
        ("다 팔지 말고 절반만 매도해줘", "절반만 매도해줘"),
        ("don't buy, only tell me the headlines", "only tell me the headlines"),
        ("simulate only, no live orders", "simulate only"),
        ("skip the chart and give me the news", "give me the news"),
        ("사지 마", "사지 마"),
        ("don't buy anything", "don't buy anything"),
    ],
)
def test_focus_when_something_is_refused_then_the_rest_is_left(text: str, left: str) -> None:
    assert focus_of(text) == left


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("뉴스 확인하고 괜찮으면 ⓔ ⓝ주 매수", "ⓔ ⓝ주 매수"),
        ("read the news and if it's fine buy ⓝ", "if it's fine buy ⓝ"),
        ("after reading the news tell me if ⓔ is cheap", "tell me if ⓔ is cheap"),
        ("sell ⓔ, ⓝ shares", "sell ⓔ, ⓝ shares"),
        ("ⓔ 주가", "ⓔ 주가"),
    ],
)
def test_last_clause_when_there_are_steps_then_the_goal_is_the_last(text: str, last: str) -> None:
    assert last_clause(text) == last
