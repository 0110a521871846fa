"""One question through each provider's own SDK, then through everything a provider can do wrong; and the budget."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from daybook.contracts.ask import AnswerKind
from daybook.contracts.llm import FallbackReason, Usage
from daybook.storage.llm_call_records import CallRecord, CallStatus
from tests.end_to_end.analyst import analyst
from tests.end_to_end.conftest import OpenHouse
from tests.end_to_end.house import House
from tests.end_to_end.llm import MODELS, llm_settings, priced_micro_krw, tokens_of
from tests.end_to_end.observed import Observed, ask_and_look, cost_micro_krw
from tests.llm.stand_ins import Fault, StandIn

pytestmark = pytest.mark.temporal
QUESTION = "삼성전자 기술적 지표 알려줘"
TOOLS = (("indicators", "pipeline"),)
AT_ONCE = 0.01
"""Seconds a provider asks to wait before the next try."""
FAULTS: dict[str, tuple[tuple[Fault, ...], str]] = {
    "rate limit once": ((Fault.rate_limit(AT_ONCE),), ""),
    "server error once": ((Fault.server_error(503, AT_ONCE),), ""),
    "broken JSON once": ((Fault.broken_json(),), ""),
    "server errors": ((Fault.server_error(500, AT_ONCE),) * 3, "모델 제공자가 응답하지 않습니다"),
    "rate limits": ((Fault.rate_limit(AT_ONCE),) * 3, "모델 호출 한도에 걸렸습니다"),
    "broken JSON": ((Fault.broken_json(),) * 3, "모델의 답을 읽을 수 없었습니다"),
    "timeout": ((Fault.hang(),), "모델이 제때 답하지 않았습니다"),
}
"""What goes wrong with a question's first call, and the label of the answer; empty: a later try is answered."""


@dataclass(frozen=True)
class Tried:
    """What was seen of one provider."""

    name: str
    clean: Observed
    faulty: dict[str, Observed]
    ledger: tuple[CallRecord, ...]
    reported: Usage
    problems: tuple[str, ...]


@pytest.fixture(scope="module")
def all_tried(house_of: OpenHouse) -> dict[str, Tried]:
    """Every provider, all at the same time on one desk."""
    with ExitStack() as stack:
        providers = {name: stack.enter_context(StandIn.start(name, script=analyst)) for name in MODELS}
        house = stack.enter_context(house_of(llm=llm_settings(providers, timeout_s=3)))
        with ThreadPoolExecutor(len(providers)) as pool:
            tries = [pool.submit(try_out, house, name, provider) for name, provider in providers.items()]
        return {tried.name: tried for tried in (one.result() for one in tries)}


@pytest.fixture(params=sorted(MODELS))
def tried(request: pytest.FixtureRequest, all_tried: dict[str, Tried]) -> Tried:
    return all_tried[request.param]


def try_out(house: House, name: str, provider: StandIn) -> Tried:
    """Ask once in peace, then once for each fault."""
    clean = ask_and_look(house, QUESTION, provider, model=MODELS[name])
    faulty = {}
    for what, (faults, _) in FAULTS.items():
        provider.fail_next(*faults)
        faulty[what] = ask_and_look(house, QUESTION, model=MODELS[name])
    ledger = tuple(row for row in house.calls() if row.provider == name)
    return Tried(name, clean, faulty, ledger, provider.usage_total, tuple(provider.problems))


def test_provider_when_it_works_then_its_model_calls_a_tool_and_answers(tried: Tried) -> None:
    seen = tried.clean
    assert (seen.answer.kind, seen.answer.models, seen.answer.problems) == (
        AnswerKind.MODEL,
        (MODELS[tried.name],),
        (),
    )
    assert (seen.tools, seen.answer.model_calls) == (TOOLS, 2)
    assert "rsi" not in seen.answer.text.partition("\n")[0]
    assert tokens_of(seen.ledger) == tokens_of_usages(seen)
    assert seen.answer.cost_micro_krw == sum(priced_micro_krw(usage, MODELS[tried.name]) for _, usage in seen.used)
    assert (seen.answer.cost_micro_krw > 0) == (tried.name != "ollama")


@pytest.mark.parametrize("what", [what for what, (_, label) in FAULTS.items() if not label])
def test_provider_when_a_fault_passes_then_the_question_is_answered_by_the_model(tried: Tried, what: str) -> None:
    seen = tried.faulty[what]
    assert (seen.answer.kind, seen.tools, seen.answer.problems) == (AnswerKind.MODEL, TOOLS, ())
    assert sum(row.attempts for row in seen.ledger) == 3
    if what == "broken JSON once":
        assert [row.status for row in seen.ledger] == [CallStatus.FAILED, CallStatus.SETTLED, CallStatus.SETTLED]
        assert seen.ledger[0].error.startswith(FallbackReason.SCHEMA_FAILURES.value)
    else:
        assert [row.status for row in seen.ledger] == [CallStatus.SETTLED] * 2
    assert seen.answer.cost_micro_krw == cost_micro_krw(seen.ledger)


@pytest.mark.parametrize("what", [what for what, (_, label) in FAULTS.items() if label])
def test_provider_when_a_fault_stays_then_rules_answer_and_the_label_says_why(tried: Tried, what: str) -> None:
    seen, label = tried.faulty[what], FAULTS[what][1]
    assert (seen.answer.kind, seen.answer.text.partition("\n")[0]) == (
        AnswerKind.FALLBACK,
        f"[규칙 기반 답변: {label}]",
    )
    assert "현재가" in seen.answer.text
    assert any(problem.startswith("model: ") for problem in seen.answer.problems)
    assert {row.status for row in seen.ledger} == {CallStatus.FAILED}
    assert tokens_of(seen.ledger) == Usage()
    may_be_billed = what in ("timeout", "broken JSON") and tried.name != "ollama"
    assert (seen.answer.cost_micro_krw > 0) == may_be_billed
    assert seen.answer.cost_micro_krw == cost_micro_krw(seen.ledger)


def test_ledger_when_faults_are_over_then_its_tokens_are_those_the_provider_reported(tried: Tried) -> None:
    assert tokens_of(tried.ledger) == tried.reported
    assert CallStatus.RESERVED not in {row.status for row in tried.ledger}
    assert tried.problems == ()


def tokens_of_usages(seen: Observed) -> Usage:
    usages = [usage for _, usage in seen.used]
    return Usage(**{name: sum(getattr(usage, name) for usage in usages) for name in Usage.model_fields})


def test_budget_when_it_is_spent_then_rules_answer_and_it_is_never_exceeded(house_of: OpenHouse) -> None:
    budget_krw = 25
    with (
        StandIn.start("openai", script=analyst) as provider,
        house_of(llm=llm_settings({"openai": provider}, daily_budget_krw=budget_krw)) as house,
    ):
        kinds: list[AnswerKind] = []
        while AnswerKind.FALLBACK not in kinds:
            assert len(kinds) < 20
            kinds.append(ask_and_look(house, QUESTION, provider, model="gpt-5.4-mini").answer.kind)
            assert cost_micro_krw(house.calls()) <= budget_krw * 1_000_000
        assert kinds[0] is AnswerKind.MODEL
        asked = len(provider.requests)
        last = ask_and_look(house, QUESTION, provider, model="gpt-5.4-mini")
        assert last.answer.text.startswith("[규칙 기반 답변: 모델 예산을 다 썼습니다]")
        assert [(row.status, row.error.split(":")[0]) for row in last.ledger] == [
            (CallStatus.REFUSED, FallbackReason.BUDGET_SPENT.value)
        ]
        assert (len(provider.requests), last.answer.cost_micro_krw) == (asked, 0)
        assert tokens_of(house.calls()) == provider.usage_total
        assert cost_micro_krw(house.calls()) == sum(
            priced_micro_krw(usage, one.model) for one, usage in zip(provider.asked, provider.usages, strict=True)
        )
