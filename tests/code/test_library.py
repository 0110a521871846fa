from typing import Any

import pytest

from daybook.code.gate import check_script
from daybook.code.shipped import fitting, library
from daybook.contracts.layers import Effect
from daybook.contracts.routing import Intent
from daybook.skills.registry import registry
from sandbox.engine import JailEngine
from tests.code.running import Refusal, run

THREE = {"symbols": ["005930", "000660", "005380"], "names": ["삼성전자", "SK하이닉스", "현대차"]}
SCRIPTS = {script.name: script for script in library()}
SESSIONS = [f"2026-{month:02d}-{day:02d}" for month in range(1, 7) for day in range(1, 21)]
MOODS = {"삼성전자": (0.8, -0.2), "SK하이닉스": (-0.6,), "현대차": (0.05, 0.1, 0.3)}


def news(keyword: str, days: int = 7) -> list[dict[str, Any]]:
    if keyword not in MOODS:
        raise Refusal("no_data", f"no article of the last {days} days matches {keyword!r}")
    return [
        {"title": f"{keyword} {n}", "passage": "", "publisher": "p", "published_at": "2026-03-05T09:00+09:00",
         "url": "", "symbols": [], "copies": n + 1, "sentiment": mood}
        for n, mood in enumerate(MOODS[keyword])
    ]  # fmt: skip


def gain(symbols: list[str], sessions: int = 20) -> list[dict[str, Any]]:
    table = {"005930": 0.12, "000660": -0.08, "005380": 0.3}
    if symbols[0] not in table:
        raise Refusal("no_data", f"{symbols[0]}: too few sessions")
    return [{"symbol": symbols[0], "total": table[symbols[0]], "worst_day": -0.03, "first_day": "", "last_day": ""}]


def risk(symbols: list[str], sessions: int = 60) -> list[dict[str, Any]]:
    return [{"symbol": symbols[0], "annual": 0.3, "annual_recent": 0.2, "daily": 0.02}]


def ranking(by: str = "turnover", count: int = 10) -> dict[str, Any]:
    rows = [
        {"rank": n + 1, "symbol": symbol, "name": name, "price_krw": 1_000, "change_percent": 1.5 - n,
         "volume_shares": 1, "turnover_krw": 1}
        for n, (symbol, name) in enumerate(zip(THREE["symbols"], THREE["names"], strict=True))
    ]  # fmt: skip
    return {"by": by, "basis": "", "rows": rows[:count], "observed_at": "2026-03-06T09:59:00+09:00"}


def bars(symbol: str, count: int = 20) -> list[dict[str, Any]]:
    if symbol == "005380":
        raise Refusal("no_data", "no bars")
    closes = [100 - n if n < 90 else 10 + 4 * (n - 90) for n in range(count)]
    return [{"day": day, "close_krw": 1_000 * close} for day, close in zip(SESSIONS, closes, strict=False)]


def fall(symbol: str, sessions: int = 245) -> dict[str, Any]:
    depth = {"005930": -0.1, "000660": -0.4, "005380": -0.2}[symbol]
    return {"symbol": symbol, "last_day": "2026-03-05", "sessions": sessions, "depth": depth, "peak_day": "2025-10-01",
            "trough_day": "2025-12-01", "recovered_day": None, "now_below_high": depth / 2, "leaps": []}  # fmt: skip


def figures(symbol: str) -> dict[str, Any]:
    values = {"005930": (10.0, 1.0, 0.1), "000660": (20.0, None, 0.2), "005380": (5.0, 0.5, 0.05)}[symbol]
    rows = [
        {"name": name, "value": value, "formula": "", "reason": ""}
        for name, value in zip(("PER", "PBR", "roe"), values, strict=True)
    ]
    return {"symbol": symbol, "name": "", "year": 2025, "basis": "", "filed_on": "", "close_krw": 1_000, "ratios": rows}


def overview() -> list[dict[str, Any]]:
    index = {"code": "0001", "name": "KOSPI", "level": 2_700.5, "previous_close": 2_690.0, "change_percent": 0.39}
    return [{**index, "rising": 600, "falling": 200}, {**index, "name": "KOSPI200", "rising": None, "falling": None}]


def together(symbols: list[str], sessions: int = 120) -> dict[str, Any]:
    matrix = [[1.0, 0.8, 0.1], [0.8, 1.0, None], [0.1, None, 1.0]]
    return {"symbols": symbols, "matrix": matrix, "first_day": "a", "last_day": "b", "common_sessions": 128}


def account() -> dict[str, Any]:
    held = {"symbol": "000660", "sellable_shares": 7, "shares": 9}
    return {"orderable_cash_krw": 10_000_000, "positions": [held], "cash_krw": 10_000_000}


def price(symbol: str) -> dict[str, Any]:
    return {"symbol": symbol, "ask_krw": 70_100, "bid_krw": 70_000, "is_halted": False, "price_krw": 70_000}


TOOLS = {
    "search_news": news, "returns": gain, "volatility": risk, "rankings": ranking, "daily_bars": bars, "drawdown": fall,
    "financial_ratios": figures, "market_overview": overview, "correlation": together, "account_balance": account,
    "quote": price,
}  # fmt: skip


def result_of(engine: JailEngine, name: str, **inputs: Any) -> Any:
    return run(engine, SCRIPTS[name].code, TOOLS, {**SCRIPTS[name].inputs, **inputs}).result


def test_library_when_read_then_every_script_passes_the_gate_and_only_reads() -> None:
    assert len(SCRIPTS) >= 6
    for script in SCRIPTS.values():
        verdict = check_script(script.code, registry().tools)
        assert (verdict.problems, verdict.warnings, verdict.max_effect) == ((), (), Effect.READ), script.name
        assert verdict.reachable
        assert set(script.title) == {"ko", "en"}


def test_news_sentiment_when_run_then_securities_are_ranked_and_what_is_missing_is_told(engine: JailEngine) -> None:
    inputs = {"symbols": [*THREE["symbols"], "035720"], "names": [*THREE["names"], "카카오"], "days": 7}
    ended = run(engine, SCRIPTS["news_sentiment"].code, TOOLS, inputs)
    assert [[name for name, _ in batch] for batch in ended.batches] == [["search_news"] * 4]
    ranked = [
        (row["name"], row["sentiment"], row["articles"], row["positive"], row["negative"])
        for row in ended.result["ranking"]
    ]
    assert ranked == [("현대차", 0.19, 3, 1, 0), ("삼성전자", 0.13, 2, 1, 1), ("SK하이닉스", -0.6, 1, 0, 1)]
    assert [row["name"] for row in ended.result["missing"]] == ["카카오"]


def test_return_ranking_when_run_then_the_best_comes_first(engine: JailEngine) -> None:
    result = result_of(engine, "return_ranking", **THREE, days=90)
    assert [row["name"] for row in result["ranking"]] == ["현대차", "삼성전자", "SK하이닉스"]
    assert result["ranking"][0]["return_to_risk"] == round(0.3 * (245 / 64) / 0.3, 2)


def test_return_ranking_when_no_security_is_named_then_the_most_traded_are_ranked(engine: JailEngine) -> None:
    result = result_of(engine, "return_ranking")
    assert result["compared"] == "the most traded common shares"
    assert len(result["ranking"]) == 3


def test_return_ranking_when_a_security_has_no_history_then_it_is_told(engine: JailEngine) -> None:
    result = result_of(engine, "return_ranking", symbols=["005930", "999995"], names=["삼성전자", "새내기"])
    assert [row["name"] for row in result["missing"]] == ["새내기"]


def test_correlation_pairs_when_run_then_pairs_are_sorted_and_unknown_ones_left_out(engine: JailEngine) -> None:
    result = result_of(engine, "correlation_pairs", **THREE)
    assert result["closest"][0] == {"pair": "삼성전자 / SK하이닉스", "correlation": 0.8}
    assert result["most_independent"][0] == {"pair": "삼성전자 / 현대차", "correlation": 0.1}
    assert result["mean_correlation"] == 0.45


def test_moving_average_cross_when_run_then_the_last_cross_is_found(engine: JailEngine) -> None:
    result = result_of(engine, "moving_average_cross", **THREE, fast=5, slow=20)
    row = result["securities"][0]
    assert (row["is_fast_above"], row["last_cross"], row["close_krw"]) == (True, "golden", 126_000)
    assert row["last_cross_day"] in SESSIONS[90:110]
    assert [row["symbol"] for row in result["missing"]] == ["005380"]


def test_drawdown_comparison_when_run_then_the_deepest_comes_first(engine: JailEngine) -> None:
    result = result_of(engine, "drawdown_comparison", **THREE)
    assert [row["symbol"] for row in result["deepest_first"]] == ["000660", "005380", "005930"]


def test_valuation_comparison_when_run_then_places_are_counted_over_known_ratios(engine: JailEngine) -> None:
    result = result_of(engine, "valuation_comparison", **THREE)
    assert [(row["symbol"], row["mean_place"]) for row in result["best_first"]] == [
        ("005380", 1.7), ("005930", 2.0), ("000660", 2.0)
    ]  # fmt: skip


def test_market_breadth_when_run_then_the_share_of_rising_issues_is_told(engine: JailEngine) -> None:
    result = result_of(engine, "market_breadth")
    assert [row["rising_ratio"] for row in result["indices"]] == [0.75, None]
    assert [row["name"] for row in result["gainers"]] == THREE["names"]


def test_rotation_intents_when_run_then_the_worst_is_sold_and_the_best_bought_within_the_cash(
    engine: JailEngine,
) -> None:
    result = result_of(engine, "rotation_intents", **THREE)
    sell, buy = result["intents"]
    assert (sell["symbol"], sell["side"], sell["shares"], sell["limit_price_krw"]) == ("000660", "sell", 7, 70_000)
    assert (buy["symbol"], buy["side"], buy["shares"], buy["limit_price_krw"]) == ("005380", "buy", 14, 70_100)


@pytest.mark.parametrize(
    ("task", "intent", "inputs", "name"),
    [
        ("최근 1주일 삼성전자 뉴스 감성 비교", Intent.NEWS_ANALYSIS, THREE, "news_sentiment"),
        ("compare news sentiment of these", Intent.NEWS_ANALYSIS, THREE, "news_sentiment"),
        ("변동성 순위 보여줘", Intent.MARKET_RESEARCH, {}, "return_ranking"),
        ("삼성전자와 SK하이닉스 상관관계", Intent.MARKET_RESEARCH, THREE, "correlation_pairs"),
        ("골든크로스 났어?", Intent.MARKET_RESEARCH, THREE, "moving_average_cross"),
        ("고점 대비 얼마나 빠졌어", Intent.MARKET_RESEARCH, THREE, "drawdown_comparison"),
        ("PER PBR 비교해줘", Intent.MARKET_RESEARCH, THREE, "valuation_comparison"),
        ("오늘 코스피 시황", Intent.MARKET_RESEARCH, {}, "market_breadth"),
        ("세 종목으로 리밸런싱 제안해줘", Intent.STRATEGY_GENERATION, THREE, "rotation_intents"),
    ],
)
def test_fitting_when_a_task_is_usual_then_its_script_is_chosen(
    task: str, intent: Intent, inputs: dict[str, Any], name: str
) -> None:
    fit = fitting(task, intent, inputs)
    assert fit is not None
    assert fit.script.name == name
    assert fit.words


@pytest.mark.parametrize(
    ("task", "inputs"),
    [
        ("파이썬으로 소수를 구해줘", {}),
        ("뉴스 감성", {}),
        ("my experience with performers", THREE),
        ("상관관계", {"symbols": ["005930"]}),
    ],
)
def test_fitting_when_nothing_fits_then_nothing_is_chosen(task: str, inputs: dict[str, Any]) -> None:
    assert fitting(task, Intent.GENERAL_QUERY, inputs) is None
