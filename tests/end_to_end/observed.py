"""The requests that a desk is asked, and everything that can be seen of each answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from daybook.contracts.ask import AnswerKind, AskAnswer
from daybook.contracts.execution import OrderSummary
from daybook.contracts.llm import Usage
from daybook.storage.answers import AnswerRecord
from daybook.storage.llm_call_records import CallRecord
from tests.end_to_end.house import House
from tests.end_to_end.threads import until
from tests.llm.stand_ins import Asked, StandIn

PIPELINE, TRADING = "pipeline", "trading"


@dataclass(frozen=True)
class Request:
    """A question and how it is to be answered.

    ``tools`` are those a model calls, with their layers; ``by_rules`` those of an answer without a model, where they
    differ. ``sources`` are parts of the names of what is cited.
    """

    name: str
    korean: str
    english: str
    kind: AnswerKind
    tools: tuple[tuple[str, str], ...] = ()
    by_rules: tuple[tuple[str, str], ...] | None = None
    sources: tuple[str, ...] = ()

    @property
    def needs_a_model(self) -> bool:
        """Whether a model answers when there is one."""
        return self.kind is AnswerKind.MODEL

    @property
    def tools_without_a_model(self) -> tuple[tuple[str, str], ...]:
        """The tools of an answer by rules."""
        return self.tools if self.by_rules is None else self.by_rules


REQUESTS = (
    Request(
        "news",
        "최근 1주일 삼성전자 뉴스 분석해줘",
        "Analyze Samsung Electronics news from the last week",
        AnswerKind.MODEL,
        (("search_news", PIPELINE),),
        sources=(".example",),
    ),
    Request(
        "quote",
        "삼성전자 현재가 알려줘",
        "What is Samsung Electronics trading at?",
        AnswerKind.DIRECT,
        (("quote", TRADING),),
    ),
    Request(
        "account", "내 계좌 잔고 보여줘", "Show my account balance", AnswerKind.DIRECT, (("account_balance", TRADING),)
    ),
    Request(
        "research",
        "삼성전자 기술적 지표랑 재무비율 분석해줘",
        "Give me technical indicators and financial ratios for Samsung Electronics",
        AnswerKind.MODEL,
        (("financial_ratios", PIPELINE), ("indicators", PIPELINE)),
        (("financial_ratios", PIPELINE), ("indicators", PIPELINE), ("quote", TRADING)),
        ("daily_bars", "DART"),
    ),
    Request(
        "backtest",
        "삼성전자 이동평균 교차 전략 백테스트해줘",
        "Backtest an SMA crossover on Samsung Electronics",
        AnswerKind.MODEL,
        (("backtest_strategy", PIPELINE),),
        sources=("daily_bars",),
    ),
    Request("glossary", "PER이 뭐야?", "What does PER mean?", AnswerKind.TEMPLATE),
    Request("greeting", "안녕하세요", "Hello", AnswerKind.TEMPLATE),
    Request(
        "exact order",
        "삼성전자 3주 {samsung:,}원에 매수해줘",
        "Buy 2 shares of Kakao at {kakao:,} won",
        AnswerKind.TICKET,
        (("prepare_order", TRADING),),
    ),
    Request("vague order", "삼성전자 좀 사줘", "Buy some Samsung Electronics", AnswerKind.CONFIRM),
    Request(
        "negated order",
        "삼성전자 10주 팔지 마",
        "Do not sell my Samsung Electronics shares",
        AnswerKind.MODEL,
        (("open_orders", TRADING),),
        (("account_balance", TRADING),),
    ),
    Request(
        "US filings",
        "ACME 10-K 미국 공시 보여줘",
        "Show the latest 10-K SEC filings of ACME",
        AnswerKind.MODEL,
        (("sec_filings", PIPELINE),),
        sources=("SEC EDGAR",),
    ),
    Request(
        "value chain",
        "SK하이닉스 공급망 알려줘",
        "Show the supply chain of SK hynix",
        AnswerKind.MODEL,
        (("supply_chain", PIPELINE),),
        sources=("value-chain table",),
    ),
)
CASES = tuple((request, language) for request in REQUESTS for language in ("ko", "en"))
IDS = tuple(f"{request.name}-{language}" for request, language in CASES)


@dataclass(frozen=True)
class Observed:
    """One question, its answer, and what it left behind.

    ``used`` are the models and usages the provider reported while it was answered; ``order`` how its ticket stood,
    ``sent`` how many orders the exchange had then.
    """

    question: str
    answer: AskAnswer
    tools: tuple[tuple[str, str], ...]
    kept: AnswerRecord
    ledger: tuple[CallRecord, ...]
    used: tuple[tuple[str, Usage], ...]
    asked: tuple[Asked, ...]
    order: OrderSummary | None
    sent: int


def ask_all(house: House, provider: StandIn | None = None) -> dict[str, Observed]:
    """Ask every question in both languages, one after the other."""
    symbols = {"samsung": "005930", "kakao": "035720"}
    asks_krw = {name: house.broker.quote(symbol, with_book=True).ask_krw for name, symbol in symbols.items()}
    return {
        name: ask_and_look(house, _text(request, language).format(**asks_krw), provider)
        for name, (request, language) in zip(IDS, CASES, strict=True)
    }


def ask_and_look(house: House, question: str, provider: StandIn | None = None, *, model: str = "") -> Observed:
    """Ask one question and look at everything it left."""
    before = len(provider.usages) if provider else 0
    asked_before = len(provider.asked) if provider else 0
    answer = house.ask(question, model=model)
    asked = tuple(provider.asked[asked_before:]) if provider else ()
    usages = tuple(provider.usages[before:]) if provider else ()
    order = None
    if answer.tickets:
        intent_id = answer.tickets[0].intent_id
        order = until(lambda: _awaiting(house, intent_id))
    return Observed(
        question=question,
        answer=answer,
        tools=tuple(sorted(house.tools_of(answer))),
        kept=house.kept(answer.run_id),
        ledger=tuple(house.calls(answer.run_id)),
        used=tuple(zip((one.model for one in asked), usages, strict=True)),
        asked=asked,
        order=order,
        sent=len(house.orders_at_the_exchange()),
    )


def cost_micro_krw(rows: Iterable[CallRecord]) -> int:
    """Return what ledger rows cost together."""
    return sum(row.cost_micro_krw for row in rows)


def _text(request: Request, language: str) -> str:
    return request.korean if language == "ko" else request.english


def _awaiting(house: House, intent_id: str) -> OrderSummary | None:
    summary = house.order(intent_id)
    return summary if summary.state.value == "awaiting_approval" or summary.state.is_final else None
