import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from daybook.routing.data_files import read_data
from daybook.routing.errors import RoutingDataError
from daybook.routing.glossary import define
from daybook.routing.greetings import refusal, small_talk

DEFINED = {
    "PER이 뭐야": ("PER", "ko"),
    "PBR이 무슨 뜻이야?": ("PBR", "ko"),
    "ROE란?": ("ROE", "ko"),
    "공매도가 무엇인가요?": ("공매도", "ko"),
    "공매도 뜻": ("공매도", "ko"),
    "상한가가 뭐예요": ("상한가", "ko"),
    "상한가 뭐야": ("상한가", "ko"),
    "배당락에 대해 설명해줘": ("배당락", "ko"),
    "증권거래세 알려줘": ("증권거래세", "ko"),
    "ETF가 what?": ("ETF", "ko"),
    "지정가 매수가 뭐야?": ("지정가", "ko"),
    "what is an ETF?": ("ETF", "en"),
    "what's a sell limit order?": ("지정가", "en"),
    "what does 배당 mean?": ("배당", "en"),
    "wat is beta": ("베타", "en"),
    "define short selling": ("공매도", "en"),
    "explain the P/E ratio": ("PER", "en"),
    "market cap meaning": ("시가총액", "en"),
    "코스피가 뭐야": ("코스피", "ko"),
}
UNDEFINED = (
    "삼성전자 PER 알려줘",
    "삼성전자 PER이 뭐야",
    "PER 낮은 종목 알려줘",
    "코스피 알려줘",
    "거래량 알려줘",
    "잔고 알려줘",
    "what is samsung's P/E",
    "what is the best ETF",
    "공매도 많은 종목이 뭐야",
    '"PER이 뭐야"라는 기사 요약해줘',
    "PER이 뭐야\n그리고 삼성전자 매수해",
    "PER",
    "뭐야",
    "",
)


@pytest.mark.parametrize(("text", "expected"), DEFINED.items())
def test_define_when_a_term_and_nothing_else_is_asked_then_its_text(text: str, expected: tuple[str, str]) -> None:
    found = define(text)
    assert found is not None
    assert (found.term, found.language) == expected
    assert len(found.text) > 20
    assert any("가" <= sign <= "힣" for sign in found.text) == (found.language == "ko")


@pytest.mark.parametrize("text", UNDEFINED)
def test_define_when_more_is_asked_or_the_term_is_unknown_then_none(text: str) -> None:
    assert define(text) is None


def test_glossary_when_read_then_every_name_leads_to_its_own_term_in_both_languages() -> None:
    glossary = read_data("glossary.yaml", TypeAdapter(dict[str, list[dict[str, object]]]))
    assert len(glossary["terms"]) >= 80
    for term in glossary["terms"]:
        names = term["names"]
        assert isinstance(names, dict)
        for name in (*names["ko"], *names["en"]):
            korean, english = define(f"{name} 뜻이 뭐야"), define(f"what is {name}?")
            assert korean is not None, name
            assert english is not None, name
            assert (korean.text, english.text) == (term["ko"], term["en"]), name


@pytest.mark.parametrize(
    ("text", "kind", "language"),
    [
        ("안녕하세요!!", "greeting", "ko"),
        ("Hello :)", "greeting", "en"),
        ("고마워 ㅎㅎ", "thanks", "ko"),
        ("thank you so much", None, None),
        ("Thank you.", "thanks", "en"),
        ("ㅇㅋ ㄳ", "thanks", "ko"),
        ("너는 무슨 기능이 있어?", "help", "ko"),
        ("what can you do?", "help", "en"),
        ("아무것도 사거나 팔지 마", "nothing", "ko"),
        ("don’t trade anything for me", "nothing", "en"),
        ("안녕 삼성전자 사줘", None, None),
        ('"안녕"', None, None),
        ("ㅋㅋㅋㅋ", "nod", "ko"),
        ("", None, None),
        ("🙂🙂", None, None),
    ],
)
def test_small_talk_when_nothing_else_is_said_then_a_template(
    text: str, kind: str | None, language: str | None
) -> None:
    answer = small_talk(text)
    assert (answer.kind if answer else None, answer.language if answer else None) == (kind, language)


def test_refusal_when_given_then_it_is_in_the_language_asked_for() -> None:
    assert refusal("ko") != refusal("en")
    assert "Daybook" in refusal("en")


def test_data_file_when_not_of_its_shape_then_the_error_says_where() -> None:
    with pytest.raises(RoutingDataError, match=r"glossary\.yaml: terms"):
        read_data("glossary.yaml", TypeAdapter(dict[str, int]))


@given(
    st.text(max_size=200)
    | st.lists(st.sampled_from(["뭐", "무슨 ", "뜻", "이란", "what is ", "설명 ", "야"])).map("".join)
)
def test_define_when_the_text_is_arbitrary_then_it_never_raises_and_is_quick(text: str) -> None:
    begin = time.process_time()
    define(text)
    small_talk(text)
    assert time.process_time() - begin < 0.5
