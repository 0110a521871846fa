import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.routing.spelling import fold_sound, mend, slips_between


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("카카오 메수해죠", "카카오 매수해줘"),
        ("백태스트 돌려", "백테스트 돌려"),
        ("byu 3", "buy 3"),
        ("amzn headlnes", "amzn headline"),
        ("stratgy", "strategy"),
        ("cancle it", "cancel it"),
        ("뉴쓰", "뉴스"),
    ],
)
def test_mend_when_a_word_has_a_slip_then_the_word_is_read(written: str, meant: str) -> None:
    assert mend(written) == meant


@pytest.mark.parametrize(
    "text", ["shared the story", "whole markets", "매주 월요일", "분식회계", "store prices", "thank you"]
)
def test_mend_when_a_word_is_right_then_it_stays(text: str) -> None:
    assert mend(text) == text


def test_slips_when_letters_are_swapped_then_it_is_one() -> None:
    assert slips_between("byu", "buy", 2) == 1
    assert slips_between("abcdef", "ghijkl", 2) == 3


@given(st.text(alphabet="abcde", max_size=8), st.text(alphabet="abcde", max_size=8))
def test_slips_when_words_trade_places_then_the_distance_is_the_same(left: str, right: str) -> None:
    assert slips_between(left, right, 10) == slips_between(right, left, 10)


def test_fold_when_vowels_sound_alike_then_they_are_one_and_the_length_stays() -> None:
    assert fold_sound("메수 매수") == "매수 매수"
    assert len(fold_sound("네이버 abc")) == len("네이버 abc")
