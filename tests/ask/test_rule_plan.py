from datetime import datetime

import pytest

from daybook.ask.rule_plan import days_of, forms_of, plan_by_rules, tickers_of
from daybook.contracts.ask import AskInput
from daybook.contracts.base import KST
from daybook.contracts.routing import AnswerPath, Intent, RouteDecision

TOOLS = ("search_news", "quote", "indicators", "prepare_order", "market_overview")
NAMES = {"005930": "삼성전자", "000660": "SK하이닉스"}


def ask(question: str) -> AskInput:
    return AskInput(run_id="r", question=question, asked_at=datetime(2026, 3, 9, 10, tzinfo=KST))


def route(intent: Intent, *symbols: str, language: str = "ko", tools: tuple[str, ...] = TOOLS) -> RouteDecision:
    return RouteDecision(
        intent=intent, confidence=0.9, path=AnswerPath.MODEL, tools=tools, symbols=symbols, language=language
    )


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("최근 1주일 삼성전자 뉴스", 7),
        ("3일간 뉴스", 3),
        ("2주 동안", 14),
        ("last 2 weeks of news", 14),
        ("한 달 뉴스", 30),
        ("6개월", 30),
        ("오늘 뉴스", 1),
        ("today's headlines", 1),
        ("뉴스", 7),
        ("0일", 1),
    ],
)
def test_days_when_a_period_is_named_then_it_is_read_and_kept_within_a_month(text: str, days: int) -> None:
    assert days_of(text) == days


def test_plan_when_news_of_two_companies_is_asked_then_each_is_searched_by_name() -> None:
    plan = plan_by_rules(ask("최근 3일 뉴스"), route(Intent.NEWS_ANALYSIS, "005930", "000660"), NAMES.__getitem__)
    assert [(call.name, call.arguments) for call in plan] == [
        ("search_news", {"keyword": "삼성전자", "days": 3}),
        ("search_news", {"keyword": "SK하이닉스", "days": 3}),
    ]
    assert len({call.id for call in plan}) == 2


@pytest.mark.parametrize("intent", list(Intent))
def test_plan_when_made_by_rules_then_it_has_tools_of_the_route_only_and_never_drafts_an_order(intent: Intent) -> None:
    for symbols in ((), ("005930",)):
        plan = plan_by_rules(ask("삼성전자 10주 매수"), route(intent, *symbols), NAMES.__getitem__)
        assert {call.name for call in plan} <= set(TOOLS) - {"prepare_order"}
    assert plan_by_rules(ask("x"), route(intent, "005930", tools=()), NAMES.__getitem__) == ()


def test_plan_when_suppliers_are_asked_for_then_they_are_the_answer() -> None:
    tools = ("quote", "indicators", "financial_ratios", "supply_chain")
    plan = plan_by_rules(
        ask("SK하이닉스 공급망"), route(Intent.MARKET_RESEARCH, "000660", tools=tools), NAMES.__getitem__
    )
    assert [(call.name, call.arguments) for call in plan] == [("supply_chain", {"symbol": "000660"})]


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("NVDA 미국 공시 보여줘", {"ticker": "NVDA"}),
        ("Show the latest 10-K filings of BRK-B at the SEC", {"ticker": "BRK-B", "forms": ["10-K"]}),
    ],
)
def test_plan_when_us_filings_are_asked_for_then_the_ticker_is_read_off_the_text(
    text: str, arguments: dict[str, object]
) -> None:
    tools = ("quote", "market_overview", "sec_filings")
    plan = plan_by_rules(ask(text), route(Intent.MARKET_RESEARCH, tools=tools), NAMES.__getitem__)
    assert [(call.name, call.arguments) for call in plan] == [("sec_filings", arguments)]


@pytest.mark.parametrize(
    ("text", "tickers"), [("SEC 10-K of AAPL and MSFT", ("AAPL", "MSFT")), ("미국 공시", ()), ("ETF PER", ())]
)
def test_tickers_when_looked_for_then_other_capitals_are_none(text: str, tickers: tuple[str, ...]) -> None:
    assert tickers_of(text) == tickers


def test_forms_when_written_in_any_way_then_they_are_the_secs() -> None:
    assert forms_of("10k, 8-K and 10-K") == ("10-K", "8-K")
