from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.routing.numbers import number_at

WRITTEN = {
    "10": 10,
    "71,500": 71_500,
    "1.5만": 15_000,
    "7만": 70_000,
    "7만 1천": 71_000,
    "7만1500": 71_500,
    "7만 1500원": 71_500,
    "1억 2천5백만": 125_000_000,
    "3백만": 3_000_000,
    "20만": 200_000,
    "한": 1,
    "열": 10,
    "열두": 12,
    "스무": 20,
    "스물다섯": 25,
    "아흔아홉": 99,
    "백열": 110,
    "백": 100,
    "이십": 20,
    "오십만": 500_000,
    "만": 10_000,
    "백만": 1_000_000,
    "칠만 천오백": 71_500,
    "천이백삼십사": 1_234,
    "일억 이천만": 120_000_000,
    "ten": 10,
    "twenty-five": 25,
    "a hundred": 100,
    "two hundred fifty": 250,
    "one thousand two hundred": 1_200,
    "two dozen": 24,
    "70k": 70_000,
    "1m": 1_000_000,
    "1.2 million": 1_200_000,
}
NO_NUMBERS = ("", "매수", "주", "tencent", "a", "an apple", "onetwo", "kakao", ",", "-5", ".5", "won")


@pytest.mark.parametrize(("text", "value"), WRITTEN.items())
def test_number_when_written_as_people_do_then_its_value_is_read_to_the_end(text: str, value: int) -> None:
    found = number_at(text, 0)
    assert found is not None
    assert (found.whole, text[found.end :].strip("원 ")) == (value, "")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_number_when_there_is_none_then_none(text: str) -> None:
    assert number_at(text, 0) is None


@pytest.mark.parametrize(
    ("text", "first"), [("20만 10주", 200_000), ("7만원 10주", 70_000), ("10 20", 10), ("1,50", 1)]
)
def test_number_when_another_one_follows_then_the_two_are_not_joined(text: str, first: int) -> None:
    found = number_at(text, 0)
    assert found is None or found.whole == first


def test_number_when_it_has_a_fraction_then_it_is_not_whole() -> None:
    found = number_at("1.25", 0)
    assert found is not None
    assert (found.value, found.whole) == (Decimal("1.25"), None)


@given(st.integers(min_value=1, max_value=10**14))
def test_number_when_rendered_with_or_without_separators_then_the_same_value(value: int) -> None:
    for text in (str(value), f"{value:,}"):
        found = number_at(text, 0)
        assert found is not None
        assert (found.whole, found.end) == (value, len(text))


@given(st.integers(min_value=1, max_value=9_999), st.integers(min_value=0, max_value=9))
def test_number_when_rendered_in_units_of_ten_thousand_then_the_same_value(large: int, thousands: int) -> None:
    text = f"{large}만" + (f" {thousands}천" if thousands else "")
    found = number_at(text, 0)
    assert found is not None
    assert (found.whole, found.end) == (large * 10_000 + thousands * 1_000, len(text))


_DIGITS = ("", "일", "이", "삼", "사", "오", "육", "칠", "팔", "구")


def sino(value: int) -> str:
    """Write a number below a hundred million in Sino-Korean numerals."""
    large, rest = divmod(value, 10_000)
    parts = [f"{section(large)}만" if large else "", section(rest)]
    return "".join(parts)


def section(value: int) -> str:
    written = ""
    for unit, name in ((1_000, "천"), (100, "백"), (10, "십"), (1, "")):
        digit, value = divmod(value, unit)
        if digit:
            written += ("" if digit == 1 and name else _DIGITS[digit]) + name
    return written


@given(st.integers(min_value=1, max_value=99_999_999))
def test_number_when_written_in_sino_korean_then_the_same_value(value: int) -> None:
    text = sino(value)
    found = number_at(text, 0)
    assert found is not None
    assert (found.whole, found.end) == (value, len(text)), text


@given(st.text(max_size=60), st.integers(min_value=0, max_value=60))
def test_number_when_the_text_is_arbitrary_then_it_never_raises_and_moves_forward(text: str, start: int) -> None:
    found = number_at(text, start)
    assert found is None or start < found.end <= len(text)
