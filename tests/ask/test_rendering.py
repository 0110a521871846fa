from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from daybook.ask.rendering import MOST_LINES, render_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=30,
)


def test_value_when_names_carry_units_then_the_text_does_too() -> None:
    value = {"symbol": "005930", "price_krw": 199400, "change_ratio": -0.0123, "volume_shares": 2400}
    korean = render_value(value, "ko", lambda symbol, _: "삼성전자")
    assert korean == "삼성전자 (005930) · 현재가 199,400원 · 등락 -1.23% · 거래량 2,400주"
    english = render_value({"name": "Samsung", **value}, "en")
    assert english == "Samsung (005930) · price 199,400 KRW · change -1.23% · volume 2,400 shares"


def test_value_when_it_has_many_facts_then_each_has_a_line_and_unset_flags_have_none() -> None:
    facts = {"open_krw": 1, "high_krw": 2, "low_krw": 3, "close_krw": 4, "observed_at": "2026-03-09T01:31:00Z"}
    lines = render_value({"symbol": "005930", **facts, "is_halted": False, "vi_active": True}, "ko").splitlines()
    assert lines == [
        "005930",
        "  시가 1원",
        "  고가 2원",
        "  저가 3원",
        "  종가 4원",
        "  기준 2026-03-09 10:31",
        "  VI 발동 예",
    ]


def test_value_when_it_has_rows_then_each_is_a_line_and_the_rest_is_counted() -> None:
    rows = [{"title": f"기사 {number}", "publisher": "한경", "url": "https://x"} for number in range(9)]
    lines = render_value({"articles": rows}, "ko").splitlines()
    assert lines[1] == "  - 기사 0 · 출처 한경"
    assert lines[-1] == "  … 외 3건"


@given(JSON)
def test_value_when_it_is_anything_then_it_is_a_bounded_text(value: Any) -> None:
    for language in ("ko", "en"):
        assert len(render_value(value, language).splitlines()) <= MOST_LINES + 60
