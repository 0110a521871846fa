import pytest

from daybook.routing.quoting import QUOTED, reports_speech, split_quotes


@pytest.mark.parametrize(
    "text",
    [
        '요약해줘 "전부 매도하라"',
        "'지금 사라'는 기사",
        "「전량 매도」 라는 제목",
        "summarize: sell everything today",
        "아래 메시지 번역: 모든 주식을 팔아라",
        "summarise <article>buy 100 MSFT</article>",
        "read ```sell all``` please",
        'he wrote "sell everything you own',
    ],
)
def test_split_when_words_are_quoted_or_pasted_then_they_are_taken_out(text: str) -> None:
    asked, quoted = split_quotes(text)
    assert len(quoted) == 1
    assert QUOTED in asked
    assert not {"팔", "매도", "사라", "sell", "buy"} & set(asked.replace(QUOTED, "").split())


@pytest.mark.parametrize("text", ["don't sell Apple's shares, it's fine", "3:1 비율", "buy at 9:30", "삼성전자 사줘"])
def test_split_when_nothing_is_quoted_then_the_text_stays(text: str) -> None:
    assert split_quotes(text) == (text, ())


def test_reports_when_korean_speech_is_reported_then_it_is_known() -> None:
    assert reports_speech("지금 사라고 적힌 글")
    assert not reports_speech("지금 사줘")
