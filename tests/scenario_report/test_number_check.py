"""Numbers a model writes: known ones in any dress, unknown ones in none."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue

from daybook.scenario_report.facts import facts_of
from daybook.scenario_report.number_check import unmatched_numbers
from tests.scenario_report.results import result

FACTS: dict[str, JsonValue] = {
    "budget_krw": 100_000_000,
    "gain_krw": {"value": 1_234_567.4, "standard_error": 12_345.6},
    "down_krw": -2_500_000,
    "p_ratio": 0.1234,
    "ruin_ratio": 0.0,
    "horizon_days": 60,
    "level": 2,
    "rate": 0.7,
    "id": "T06_holding_breach",
    "code": "005930",
    "name": "KODEX 200",
    "day": "2026-01-02",
    "return_ratio": -0.0877,
    "bad": "수익 99% 보장 123,456원",
    "label": "2008년 금융위기 (05-16~10-24)",
}
GOOD = (
    "1,234,567원", "123만 원", "123.5만원", "1.2백만 원", "12.3 %", "12.34%", "0.1234", "12퍼센트", "1억 원",
    "100,000,000 won", "KRW 1.23 million", "₩1,234,567", "-2,500,000원", "손실 250만 원", "60일", "60 trading days",
    "level 2", "2026년 1월 2일", "January 2, 2026", "2 January 2026", "2026-01-02",
    "T06", "T06_holding_breach", "005930",
    "KODEX 200", "-8.77 %", "8.8% 하락", "2008년 금융위기", "in 2008", "연 0.7회",
    "1,234,567 ± 12,346원", "123만 4,567원",
    "1.2M won", "0 %", "1. 예산은 1억 원\n2. 기간 60일", "또한 위한 한국", "one more won", "이 원칙은 일부 조건", "",
)  # fmt: skip
BAD = (
    "1,234,568원", "123억 원", "1234만 원", "12.3 %p", "12.3 percentage points", "-12.3 %", "+2,500,000원",
    "2,500,000원", "다섯 배", "두 배", "절반", "half", "twice", "12.5%", "1,234,567%", "60%", "60원", "2원", "10~20%",
    "10만~123만 원", "1~12.3 %", "99%", "123,456원", "2027-01-02", "3 January 2026", "T07", "005931", "Ⅳ", "½", "１２",
    "五",
    "3/4", "2009년", "two", "2억 원", "십이 퍼센트", "오백만 원", "0억 원", "0만 원", "3 days", "level 3", "60 months",
    "1,234,567달러", "$1,234,567", "A4", "1e6", "61일", "1.3억 원", "1.4억 원", "12 345", "8.77 %", "123\u200b4567원",
    "millions of won", "수백만 원", "1234567.8만 원", "100배", "doubled", "12.3bp", "2:1", "1. 1억 원\n3. 60일",
)  # fmt: skip


@pytest.mark.parametrize("text", GOOD)
def test_numbers_when_known_in_any_dress_then_none_is_unmatched(text: str) -> None:
    assert unmatched_numbers(text, FACTS) == ()


@pytest.mark.parametrize("text", BAD)
def test_numbers_when_invented_changed_or_disguised_then_unmatched(text: str) -> None:
    assert unmatched_numbers(text, FACTS)


DRESSES: tuple[Callable[[int], str], ...] = (
    lambda won: f"{won:,}원",
    lambda won: f"{won} won",
    lambda won: f"KRW {won:,}",
    lambda won: f"{Decimal(won) / 10_000:,.4f}만 원",
    lambda won: f"{Decimal(won) / 100_000_000:,.8f}억 원",
    lambda won: f"{Decimal(won) / 1_000_000:,.6f} million won",
    lambda won: f"{won // 10_000}만 {won % 10_000}원",
)


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**12), st.sampled_from(DRESSES))
def test_amount_when_written_in_any_unit_then_known(won: int, dress: Callable[[int], str]) -> None:
    assert unmatched_numbers(dress(won), {"gain_krw": won}) == ()


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**12), st.integers(10_000, 10**12), st.sampled_from(DRESSES))
def test_amount_when_another_one_then_unmatched(fact: int, written: int, dress: Callable[[int], str]) -> None:
    assume(fact != written)
    assert unmatched_numbers(dress(written), {"gain_krw": fact})


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**12), st.sampled_from((-10, -1, 1, 10)), st.sampled_from(DRESSES))
def test_amount_when_off_by_a_won_then_unmatched(fact: int, off: int, dress: Callable[[int], str]) -> None:
    assume(fact + off >= 10_000)
    assert unmatched_numbers(dress(fact + off), {"gain_krw": fact})


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**11), st.sampled_from((10, 100, 1_000, 10_000, 10**8)), st.sampled_from(DRESSES[:3]))
def test_amount_when_its_unit_is_changed_then_unmatched(won: int, factor: int, dress: Callable[[int], str]) -> None:
    assert unmatched_numbers(dress(won * factor), {"gain_krw": won})


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 9_999), st.integers(0, 2))
def test_ratio_when_written_as_per_cent_then_known_and_never_as_points_or_won(basis: int, digits: int) -> None:
    ratio = basis / 10_000
    facts: dict[str, JsonValue] = {"loss_ratio": ratio}
    text = f"{basis / 100:.{digits}f}"
    assume(float(text) > 0 and abs(float(text) / 100 - ratio) <= 0.2 * ratio)
    assert unmatched_numbers(f"{text} %", facts) == ()
    for wrong in (f"-{text} %", f"{text} %p", f"{text}%포인트", f"{text}원", f"{text}일", f"{text} bp"):
        assert unmatched_numbers(wrong, facts)


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**10), st.booleans())
def test_sign_when_swapped_then_unmatched(won: int, is_loss: bool) -> None:
    written = f"{won:,}원" if is_loss else f"-{won:,}원"
    assert unmatched_numbers(f"변화는 {written}", {"change_krw": -won if is_loss else won})


@settings(deadline=None, max_examples=60)
@given(st.integers(10_000, 10**9), st.integers(10_000, 10**9), st.sampled_from(("~", "-", "–", " to ", "에서 ", " ± ")))
def test_range_when_one_end_is_unknown_then_unmatched(known: int, other: int, joiner: str) -> None:
    assume(known != other)
    assert unmatched_numbers(f"{other:,}{joiner}{known:,}원", {"gain_krw": known})
    assert unmatched_numbers(f"{known:,}{joiner}{other:,}원", {"gain_krw": known})
    assert unmatched_numbers(f"{known:,}{joiner}{other:,}원", {"gain_krw": [known, other]}) == ()


@settings(deadline=None, max_examples=60)
@given(st.text(alphabet="가나다 0123456789,.%원만억-~±½Ⅳ/abk\n", max_size=40))
def test_check_when_facts_are_empty_then_no_digit_passes_but_list_marks(text: str) -> None:
    rest = "\n".join(line for line in text.splitlines())
    has_digits = any(character.isdigit() for character in rest)
    is_list = any(line.lstrip()[:1].isdigit() for line in rest.splitlines())
    if has_digits and not is_list:
        assert unmatched_numbers(text, {})


def test_name_when_it_carries_an_amount_then_it_is_no_source() -> None:
    facts = facts_of(result(name="수익률 345 % 확정"))
    assert unmatched_numbers("수익률 345 % 확정", facts)
