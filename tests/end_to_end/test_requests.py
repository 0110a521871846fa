"""Twelve requests in Korean and in English, answered end to end: with a model, and without any key."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from daybook.contracts.ask import AnswerKind, AskAnswer
from daybook.contracts.orders import FINAL_STATES, IntentState
from daybook.settings import LlmSettings
from daybook.storage.llm_call_records import CallRecord, CallStatus
from tests.end_to_end.analyst import analyst
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.house import House
from tests.end_to_end.llm import llm_settings, priced_micro_krw, tokens_of
from tests.end_to_end.observed import CASES, IDS, Observed, Request, ask_all, cost_micro_krw
from tests.end_to_end.threads import until
from tests.llm.stand_ins import StandIn

pytestmark = pytest.mark.temporal
LABELS = {"ko": "[규칙 기반 답변: 모델 키가 없습니다]", "en": "[rule-based answer: no model has a key]"}
IMPOSSIBLE = {
    "SK하이닉스 1주 1,000원에 매수해줘": "- 상한가와 하한가 밖의 가격입니다 (PRICE_LIMIT: ",
    "SK하이닉스 전부 시장가 매도": "- no share of 000660 can be sold now",
    "삼성전자 3주 170,000원에 매수해줘": "- 같은 종목의 같은 주문이 이미 진행 중입니다 (DUPLICATE_ORDER: ",
}
"""Exact orders that no ticket can be opened for, and the line that says why."""
PAIRS = tuple(zip(CASES, IDS, strict=True))


@dataclass(frozen=True)
class Day:
    """What was seen of a desk that was asked everything, and of two orders that were decided on."""

    seen: dict[str, Observed]
    ledger: tuple[CallRecord, ...]
    approved: IntentState | None = None
    rejected: IntentState | None = None
    sent_after_yes: int = 0
    sent_after_no: int = 0
    impossible: dict[str, AskAnswer] = field(default_factory=dict)


@pytest.fixture(scope="module")
def openai() -> Iterator[StandIn]:
    with StandIn.start("openai", script=analyst) as provider:
        yield provider


@pytest.fixture(scope="module")
def with_model(house_of: OpenHouse, openai: StandIn) -> Day:
    with house_of(llm=llm_settings({"openai": openai})) as house:
        seen = ask_all(house, openai)
        impossible = {question: house.ask(question) for question in IMPOSSIBLE}
        no, yes = (seen[f"exact order-{language}"].answer.tickets[0].intent_id for language in ("ko", "en"))
        house.decide(no, approve=False)
        rejected = until(lambda: state_in(house, no, *FINAL_STATES))
        sent_after_no = len(house.orders_at_the_exchange())
        house.decide(yes, approve=True)
        approved = until(lambda: state_in(house, yes, IntentState.WORKING, *FINAL_STATES))
        sent_after_yes = len(house.orders_at_the_exchange())
        return Day(seen, tuple(house.calls()), approved, rejected, sent_after_yes, sent_after_no, impossible)


@pytest.fixture(scope="module")
def without_key(house_of: OpenHouse, with_model: Day) -> Day:
    with house_of(llm=LlmSettings()) as house:
        return Day(ask_all(house), tuple(house.calls()))


def state_in(house: House, intent_id: str, *states: IntentState) -> IntentState | None:
    """Where an order stands, if it stands at one of these."""
    state = house.order(intent_id).state
    return state if state in states else None


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_request_when_a_model_is_there_then_it_is_answered_with_tools_sources_and_cost(
    case: tuple[Request, str], name: str, with_model: Day
) -> None:
    (request, language), seen = case, with_model.seen[name]
    answer = seen.answer
    assert (answer.kind, answer.problems) == (request.kind, ())
    assert answer.route is not None
    assert answer.route.language == language
    assert seen.tools == tuple(sorted(request.tools))
    assert answer.tool_calls == len(request.tools)
    for part in request.sources:
        assert any(part in source.name for source in answer.sources), answer.sources
    assert bool(seen.used) == request.needs_a_model == bool(answer.models)
    assert answer.cost_micro_krw == cost_micro_krw(seen.ledger)
    assert answer.cost_micro_krw == sum(priced_micro_krw(usage, model) for model, usage in seen.used)
    assert answer.input_tokens == sum(usage.input_tokens for _, usage in seen.used)
    assert answer.output_tokens == sum(usage.output_tokens for _, usage in seen.used)
    assert (seen.kept.answer, seen.kept.question) == (answer, seen.question)


@pytest.mark.parametrize(("case", "name"), PAIRS, ids=IDS)
def test_request_when_there_is_no_key_then_rules_answer_and_say_so_and_free_answers_stay(
    case: tuple[Request, str], name: str, with_model: Day, without_key: Day
) -> None:
    (request, language), seen = case, without_key.seen[name]
    answer = seen.answer
    assert (answer.model_calls, answer.cost_micro_krw, answer.models) == (0, 0, ())
    assert seen.tools == tuple(sorted(request.tools_without_a_model))
    if request.needs_a_model:
        assert answer.kind is AnswerKind.FALLBACK
        label, _, rest = answer.text.partition("\n")
        assert label == LABELS[language]
        assert rest.strip()
        assert ("아무것도 주문하지 않았습니다." in rest or "Nothing has been ordered." in rest) == (
            request.name == "negated order"
        )
    else:
        assert answer.kind is with_model.seen[name].answer.kind
    if request.kind in (AnswerKind.TEMPLATE, AnswerKind.CONFIRM):
        assert answer.text == with_model.seen[name].answer.text
    assert seen.kept.answer == answer


@pytest.mark.parametrize("name", ["exact order-ko", "exact order-en"])
def test_exact_order_when_asked_for_then_it_waits_for_a_person_and_nothing_was_sent(
    name: str, with_model: Day, without_key: Day
) -> None:
    for seen in (with_model.seen[name], without_key.seen[name]):
        assert seen.order is not None
        assert (seen.order.state, seen.sent) == (IntentState.AWAITING_APPROVAL, 0)
        assert (seen.used, seen.order.attempts, seen.order.shares) == ((), 0, seen.answer.tickets[0].shares)
        assert seen.answer.tickets[0].intent_id in seen.answer.text


def test_orders_when_vague_or_negated_then_there_is_no_ticket(with_model: Day, without_key: Day) -> None:
    for answers in (with_model, without_key):
        others = [name for name in IDS if not name.startswith("exact")]
        assert all(not answers.seen[name].answer.tickets for name in others)
        assert {one.sent for one in answers.seen.values()} == {0}


def test_ticket_when_decided_then_a_yes_sends_exactly_one_order_and_a_no_sends_none(with_model: Day) -> None:
    assert (with_model.rejected, with_model.sent_after_no) == (IntentState.DENIED, 0)
    assert with_model.approved in (IntentState.WORKING, IntentState.FILLED)
    assert with_model.sent_after_yes == 1


@pytest.mark.parametrize(("question", "reason"), list(IMPOSSIBLE.items()))
def test_exact_order_when_it_would_be_denied_then_no_ticket_is_opened_and_the_reason_is_told(
    with_model: Day, question: str, reason: str
) -> None:
    answer = with_model.impossible[question]
    assert (answer.kind, answer.tickets) == (AnswerKind.DRAFT, ())
    assert reason in answer.text
    assert "아무것도 주문하지 않았습니다." in answer.text


def test_ledger_when_everything_was_asked_then_it_is_what_the_provider_reported(
    openai: StandIn, with_model: Day, without_key: Day
) -> None:
    assert tokens_of(with_model.ledger) == openai.usage_total
    assert cost_micro_krw(with_model.ledger) == sum(
        priced_micro_krw(usage, asked.model) for asked, usage in zip(openai.asked, openai.usages, strict=True)
    )
    assert {row.status for row in with_model.ledger} == {CallStatus.SETTLED}
    assert without_key.ledger == ()
    assert openai.problems == []


def test_untrusted_results_when_told_to_the_model_then_the_request_carries_no_tools(with_model: Day) -> None:
    for name in ("news-ko", "news-en", "US filings-ko", "value chain-en"):
        first, last = with_model.seen[name].asked
        assert first.tools
        assert (last.tools, last.allowed) == ((), ())
        assert "<<<DATA" in last.question
