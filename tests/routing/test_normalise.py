import unicodedata

import pytest

from daybook.routing.normalise import LONGEST_VIEW, clean, language_of, normalise
from daybook.routing.securities import Securities


@pytest.mark.parametrize(
    ("text", "marked"),
    [
        ("삼성전자 71,500원에 10주 사줘", "ⓔ ⓝ원에 ⓝ주 사줘"),
        ("포스코 열주 매수헤줘", "ⓔ ⓝ주 매수해줘"),
        ("오십만 원어치 카카오 담아", "ⓝ원 ⓔ 담아"),
        ("buy ten shares of ZZZZ at $5.20", "buy ⓝ shares of ⓔ at ⓝ원"),
        ("get Nintendo news", "get ⓔ news"),
        ("byu 3 tsla", "buy ⓝ ⓔ"),
        ("가나다전자 매수", "ⓔ 매수"),
        ("RSI가 30 아래", "rsi가 ⓝ 아래"),
        ("현대차 52주 최고가", "ⓔ ⓝ주 최고가"),
    ],
)
def test_normalise_when_names_and_numbers_are_written_then_they_are_marked(text: str, marked: str) -> None:
    assert normalise(text, Securities.shipped()).marked == marked


def test_normalise_when_two_texts_differ_in_name_and_number_then_their_canonical_form_is_one() -> None:
    texts = ("카카오 5주 사줘", "SK하이닉스 1,200주 사줘", "가나다화학 열두 주 사줘")
    assert len({normalise(text, Securities.shipped()).canonical for text in texts}) == 1


def test_normalise_when_an_order_is_quoted_then_it_is_not_asked() -> None:
    views = normalise('이 글 요약해줘: "카카오 10주 매수해줘"', Securities.shipped())
    assert "매수" not in views.marked
    assert views.quoted == ('"카카오 10주 매수해줘"',)
    assert views.mentions[0].symbol == "035720"


def test_normalise_when_the_text_is_huge_then_its_views_are_short_and_keep_the_tail() -> None:
    views = normalise("가나 " * 5_000 + "마지막", Securities.shipped())
    assert len(views.cleaned) <= LONGEST_VIEW + 5
    assert views.cleaned.endswith("마지막")


def test_clean_when_the_text_is_decomposed_full_width_or_hidden_then_it_is_plain() -> None:
    assert clean(unicodedata.normalize("NFD", "매수")) == "매수"
    assert clean("ＢＵＹ　１０") == "BUY 10"
    assert clean("bu\u200by  now!!!!") == "buy now!"
    assert clean("ㅋㅋㅋㅋ soooooo") == "ㅋ soo"


@pytest.mark.parametrize(
    ("text", "language"),
    [("삼성전자", "ko"), ("buy Kakao", "en"), ("TSLA earnings 컨센서스 알려줘", "ko"), ("반도체 sector outlook", "en"),
     ("ㅇㅋ ㄳ", "ko"), ("123", "en")],
)  # fmt: skip
def test_language_when_scripts_are_mixed_then_the_stronger_one_counts(text: str, language: str) -> None:
    assert language_of(text) == language
