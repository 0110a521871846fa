from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from daybook.ask.rendering import MOST_LINES, MOST_ROWS, render_value

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=12), inner, max_size=5),
    max_leaves=30,
)


def test_value_when_names_carry_units_then_the_text_does_too() -> None:
    value = {"symbol": "005930", "price_krw": 199400, "change_ratio": -0.0123, "volume_shares": 2400}
    korean = render_value(value, "ko", lambda symbol, _: "삼성전자")
    assert korean == "삼성전자 (005930) · 현재가 199,400원 · 등락률 -1.23% · 거래량 2,400주"
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
    rows = [{"title": f"기사 {number}", "publisher": "한경", "url": "https://x"} for number in range(MOST_ROWS + 3)]
    lines = render_value({"articles": rows}, "ko").splitlines()
    assert lines[1] == "  - 기사 0 · 출처 한경"
    assert lines[-1] == "  … 외 3건"


def test_indicators_when_shown_then_their_numbers_stand_on_one_line_newest_first() -> None:
    sma = {"name": "sma", "formula": "mean", "warm_up_sessions": 4, "lines": {"sma5": [178_800.0, None, 181_300.0]}}
    rsi = {"name": "rsi", "formula": "Wilder", "warm_up_sessions": 14, "lines": {"rsi": [44.17, 45.0, 51.2]}}
    value = {"symbol": "005930", "days": ["2026-11-20", "2026-11-19"], "indicators": [sma, rsi], "too_short": {}}
    korean = render_value(value, "ko").splitlines()
    assert korean[1] == "날짜: 2026-11-20, 2026-11-19"
    assert korean[-2:] == ["  - 이동평균(SMA) · sma5 178,800, -, 181,300", "  - RSI · RSI 44.17, 45, 51.2"]
    assert "  - SMA · sma5 178,800, -, 181,300" in render_value(value, "en").splitlines()


def test_backtest_when_shown_then_fractions_are_percent_and_other_figures_are_not() -> None:
    figures = {"total_return": -0.0861, "max_drawdown": 0.2328, "exposure": 0.42, "sharpe": -0.12, "win_ratio": 0.25}
    lines = render_value({"symbols": ["005930"], "strategy": figures}, "ko", lambda *_: "삼성전자").splitlines()
    assert lines == [
        "종목: 삼성전자 (005930)",
        "전략:",
        "  수익률 -8.61%",
        "  최대낙폭 23.28%",
        "  투자 비중 42.00%",
        "  샤프지수 -0.12",
        "  승률 25.00%",
    ]


def test_comparison_when_shown_then_each_strategy_has_its_figures_on_its_line() -> None:
    row = {"name": "sma_cross", "rule": "r", "figures": {"total_return": 0.1, "final_krw": 11_000_000}}
    (line,) = render_value([row], "ko").splitlines()
    assert line == "- 이동평균 교차 · 규칙 r · 수익률 +10.00% · 최종금액 11,000,000원"


def test_ratios_when_shown_then_several_stand_on_a_line_and_a_missing_one_says_why() -> None:
    values = [("roe", 0.1), ("debt_ratio", 0.25), ("net_income_growth", -0.2), ("eps_krw", 6564.0), ("per", 12.34)]
    rows: list[dict[str, Any]] = [{"name": name, "value": number, "formula": "f"} for name, number in values]
    rows.append({"name": "pbr", "value": None, "formula": "f", "reason": "no price is stored"})
    lines = render_value({"year": 2024, "ratios": rows}, "ko").splitlines()
    assert lines == [
        "사업연도 2024",
        "재무비율:",
        "  ROE 10.00% · 부채비율 25.00% · 순이익 증가율 -20.00% · EPS 6,564원",
        "  PER 12.34",
        "  PBR: no price is stored",
    ]


@pytest.mark.parametrize(("sentiment", "shown"), [(0.77, "+0.77"), (-0.95, "-0.95"), (0.0, "0.00")])
def test_article_when_shown_then_its_mood_has_a_sign_and_nothing_is_said_twice(sentiment: float, shown: str) -> None:
    article = {
        "title": "자사주 매입",
        "passage": "자사주 매입.",
        "publisher": "한경",
        "published_at": "2026-11-21T18:19+09:00",
        "copies": 1,
        "sentiment": sentiment,
        "symbols": ["005930"],
    }
    assert render_value([article], "ko") == f"- 자사주 매입 · 출처 한경 · 시각 2026-11-21 18:19 · 감성 {shown}"


def test_market_when_shown_then_only_changes_have_a_sign() -> None:
    row = {"name": "KOSPI", "level": 2_600.5, "change_percent": 0.03, "unchanged": 12, "unrealised_profit_krw": 0}
    assert render_value([row], "ko") == "- KOSPI · 지수 2,600 · 등락률 +0.03% · 보합 12 · 평가손익 0원"


def test_account_when_nothing_is_held_then_the_worth_of_the_holdings_is_called_so() -> None:
    assert render_value({"positions": [], "positions_krw": 0}, "ko") == "보유 평가액 0원"


@given(JSON)
def test_value_when_it_is_anything_then_it_is_a_bounded_text(value: Any) -> None:
    for language in ("ko", "en"):
        assert len(render_value(value, language).splitlines()) <= MOST_LINES + 60
