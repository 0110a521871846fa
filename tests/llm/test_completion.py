import asyncio
import logging
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from random import Random

import pytest

from daybook.contracts.llm import ChatMessage, Completion, FallbackReason, ModelToolCall, Purpose, Role, Usage
from daybook.llm.catalogue import Catalogue
from daybook.llm.completion import ToolsWithUntrustedText
from daybook.llm.fencing import FENCE_RULE, fence
from daybook.llm.pricing import cost_of
from daybook.storage.database import Database
from daybook.storage.llm_call_records import MICRO, CallStatus, CostGrouping
from tests.llm.desks import DAY, MODELS, Bench, Verdict, bench, request
from tests.llm.stand_ins.faults import Fault
from tests.llm.stand_ins.script import Asked, Reply, ToolCall
from tests.llm.stand_ins.stand_in import StandIn

ANSWERS = {"Verdict": Verdict}
GOOD = Reply(json={"mood": 1, "why": "좋음"})


@pytest.fixture(scope="session")
def _migrated_ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "daybook.db"
    with Database(f"sqlite:///{path}") as database:
        database.upgrade()
    return path


@pytest.fixture
def ledger_path(_migrated_ledger: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(_migrated_ledger, tmp_path / "daybook.db"))


Start = Callable[..., StandIn]


@pytest.fixture
def start() -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda provider, **options: stack.enter_context(StandIn.start(provider, **options))


def spent_krw(one: Bench) -> float:
    return one.store.spent_micro_krw(DAY, DAY) / MICRO


@pytest.mark.parametrize("provider", MODELS)
async def test_completion_when_a_model_answers_then_ledger_and_completion_say_what_it_cost(
    provider: str, start: Start, ledger_path: Path
) -> None:
    stand_in = start(provider, script=["네, 올랐습니다."])
    async with bench(ledger_path, {provider: stand_in}) as one:
        done = await one.desk.complete(request(model=MODELS[provider]))
    assert (done.fallback, done.text, done.provider, done.model) == (
        None,
        "네, 올랐습니다.",
        provider,
        MODELS[provider],
    )
    assert done.usage == stand_in.usage_total
    (row,) = one.store.calls(DAY, DAY)
    assert (row.status, row.usage, row.error) == (CallStatus.SETTLED, stand_in.usage_total, "")
    entry = Catalogue.of(one.settings).model(MODELS[provider])
    cost = cost_of(stand_in.usage_total, entry, day=DAY, krw_per_usd=one.settings.krw_per_usd)
    assert (row.cost_micro_usd, row.cost_micro_krw) == (cost.micro_usd, cost.micro_krw)
    assert (done.cost_micro_usd, done.cost_micro_krw) == (cost.micro_usd, cost.micro_krw)
    assert row.billed_equivalent_tokens == pytest.approx(cost.billed_equivalent_tokens)
    assert stand_in.problems == []


async def test_ledger_when_hundreds_of_calls_meet_faults_then_it_equals_the_usages_to_the_token(
    start: Start, ledger_path: Path
) -> None:
    dice = Random(20261123)
    kinds: list[Fault | None] = [
        *[None] * 8,
        Fault.rate_limit(0),
        Fault.server_error(503),
        Fault.reset(),
        Fault.broken_json(),
        Fault.odd_body(),
        Fault.wrong_schema(),
        Fault.broken_answer(),
        Fault.truncated(),
        Fault.empty(),
        Fault.refusal(),
        Fault.client_error(400),
    ]
    stand_ins = {
        name: start(
            name, script=lambda asked: GOOD if asked.schema else "알겠습니다. " * 3, faults=dice.choices(kinds, k=400)
        )
        for name in MODELS
    }
    wanted = []
    for number in range(240):
        provider = dice.choice(list(MODELS))
        schema = dice.choice(["", "Verdict"])
        others = [MODELS[name] for name in dice.sample(list(MODELS), 2)]
        text = "뉴스 요약 " * dice.randrange(1, 200)
        purpose = dice.choice(list(Purpose))
        wanted.append(
            (request(text, model=MODELS[provider], answer_schema=schema, run_id=f"r{number}", purpose=purpose), others)
        )
    seconds = [0.0]
    async with bench(ledger_path, stand_ins, seconds=seconds) as one:
        done: list[Completion] = []
        for begin in range(0, len(wanted), 8):
            seconds[0] += 100
            part = wanted[begin : begin + 8]
            done += await asyncio.gather(
                *(one.desk.complete(ask, answers=ANSWERS, fallback_models=others) for ask, others in part)
            )
    total = one.store.sums(DAY, DAY)[0]
    reported = [stand_in.usage_total for stand_in in stand_ins.values()]
    for name in Usage.model_fields:
        assert getattr(total, name) == sum(getattr(usage, name) for usage in reported)
        assert sum(getattr(completion.usage, name) for completion in done) == getattr(total, name)
    by_provider = {row.key: row for row in one.store.sums(DAY, DAY, CostGrouping.PROVIDER)}
    for name, stand_in in stand_ins.items():
        assert by_provider[name].output_tokens == stand_in.usage_total.output_tokens
        assert stand_in.problems == []
    assert total.reserved == 0
    assert total.settled > 200
    assert total.failed > 20
    assert sum(completion.cost_micro_krw for completion in done) == total.cost_micro_krw
    assert sum(completion.fallback is None for completion in done) > 150
    assert {FallbackReason.SCHEMA_FAILURES, FallbackReason.REFUSED} <= {completion.fallback for completion in done}


async def test_completion_when_the_first_model_is_down_then_the_next_one_answers(
    start: Start, ledger_path: Path
) -> None:
    down, up = start("openai", faults=[Fault.server_error()] * 3), start("anthropic", script=["네"])
    async with bench(ledger_path, {"openai": down, "anthropic": up}) as one:
        done = await one.desk.complete(request(), fallback_models=["no-such-model", MODELS["anthropic"]])
    assert (done.text, done.provider, done.fallback) == ("네", "anthropic", None)
    assert done.attempts == 4
    failed, answered = one.store.calls(DAY, DAY)
    assert (failed.status, failed.cost_micro_krw, failed.attempts) == (CallStatus.FAILED, 0, 3)
    assert failed.error.startswith("PROVIDER_DOWN: ")
    assert answered.status is CallStatus.SETTLED


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault.server_error(), FallbackReason.PROVIDER_DOWN),
        (Fault.reset(), FallbackReason.PROVIDER_DOWN),
        (Fault.rate_limit(0), FallbackReason.RATE_LIMITED),
        (Fault.client_error(400), FallbackReason.BAD_REQUEST),
        (Fault.client_error(401), FallbackReason.NO_KEY),
        (Fault.refusal(), FallbackReason.REFUSED),
        (Fault.hang(), FallbackReason.TIMEOUT),
        (Fault.broken_json(), FallbackReason.SCHEMA_FAILURES),
    ],
)
async def test_completion_when_nobody_answers_then_the_reason_is_coded_and_in_the_ledger(
    fault: Fault, reason: FallbackReason, start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai", script=lambda asked: "x")
    stand_in.fail_always(fault)
    async with bench(ledger_path, {"openai": stand_in}, timeout_s=0.5) as one:
        done = await one.desk.complete(request())
    assert done.fallback is reason
    assert done.message.startswith(MODELS["openai"])
    assert "\n" not in done.message
    assert reason.value in one.store.reasons(DAY, DAY)
    assert one.store.sums(DAY, DAY)[0].reserved == 0


@pytest.mark.parametrize("fault", [Fault.hang(), Fault.reset(), Fault.broken_json()])
async def test_ledger_when_a_provider_may_have_worked_then_the_reserved_amount_is_charged_and_said(
    fault: Fault, start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai")
    stand_in.fail_always(fault)
    async with bench(ledger_path, {"openai": stand_in}, timeout_s=0.5) as one:
        await one.desk.complete(request())
    row = one.store.calls(DAY, DAY)[0]
    assert row.usage == Usage()
    assert row.cost_micro_krw > 0
    assert "charged at least the reserved" in row.error
    assert row.status is CallStatus.FAILED


async def test_ledger_when_earlier_attempts_reported_nothing_then_the_reserved_amount_is_charged(
    start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai", script=["네"], faults=[Fault.server_error()])
    async with bench(ledger_path, {"openai": stand_in}) as one:
        done = await one.desk.complete(request())
    (row,) = one.store.calls(DAY, DAY)
    assert (row.usage, row.attempts, row.status) == (stand_in.usage_total, 2, CallStatus.SETTLED)
    assert "usage of 1 attempt unknown" in row.error
    entry = Catalogue.shipped().model(MODELS["openai"])
    assert row.cost_micro_krw > cost_of(done.usage, entry, day=DAY, krw_per_usd=1_400).micro_krw


async def test_circuit_when_a_provider_fails_three_times_then_it_is_left_alone_for_a_minute(
    start: Start, ledger_path: Path
) -> None:
    stand_in, seconds = start("openai", script=lambda asked: "네"), [0.0]
    stand_in.fail_always(Fault.server_error())
    async with bench(ledger_path, {"openai": stand_in}, seconds=seconds) as one:
        for _ in range(3):
            await one.desk.complete(request())
        sent = len(stand_in.requests)
        skipped = await one.desk.complete(request())
        assert (skipped.fallback, skipped.attempts) == (FallbackReason.PROVIDER_DOWN, 0)
        assert "left alone for 60 s" in skipped.message
        assert len(stand_in.requests) == sent
        stand_in.fail_always(None)
        seconds[0] = 61.0
        assert (await one.desk.complete(request())).text == "네"


async def test_schema_when_an_answer_is_wrong_once_then_the_error_is_fed_back_and_the_next_one_counts(
    start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai", script=[Reply(json={"mood": 7, "why": "x"}), GOOD])
    async with bench(ledger_path, {"openai": stand_in}) as one:
        done = await one.desk.complete(request(answer_schema="Verdict"), answers=ANSWERS)
    assert done.parsed == {"mood": 1, "why": "좋음"}
    assert "could not be used" in stand_in.asked[1].last.text
    assert "mood" in stand_in.asked[1].last.text
    assert done.usage == stand_in.usage_total
    assert [row.status for row in one.store.calls(DAY, DAY)] == [CallStatus.SETTLED] * 2


async def test_schema_when_three_answers_are_wrong_then_it_is_given_up(start: Start, ledger_path: Path) -> None:
    stand_in = start("openai", script=lambda asked: Reply(json={"mood": 7, "why": "x"}))
    async with bench(ledger_path, {"openai": stand_in}) as one:
        done = await one.desk.complete(request(answer_schema="Verdict"), answers=ANSWERS)
    assert done.fallback is FallbackReason.SCHEMA_FAILURES
    assert done.parsed is None
    assert len(stand_in.asked) == 3
    assert (
        done.usage
        == stand_in.usage_total
        == Usage(
            **{name: sum(getattr(row.usage, name) for row in one.store.calls(DAY, DAY)) for name in Usage.model_fields}
        )
    )


async def test_budget_when_it_is_spent_then_nothing_is_sent_and_a_free_model_may_answer(
    start: Start, ledger_path: Path
) -> None:
    paid, free = start("openai"), start("ollama", script=["로컬"])
    async with bench(ledger_path, {"openai": paid, "ollama": free}, daily_budget_krw=0) as one:
        refused = await one.desk.complete(request())
        local = await one.desk.complete(request(), fallback_models=["local"])
    assert refused.fallback is FallbackReason.BUDGET_SPENT
    assert "daily budget of 0 won" in refused.message
    assert (local.text, local.cost_micro_krw) == ("로컬", 0)
    assert paid.requests == []


async def test_budget_when_many_ask_at_once_then_not_a_won_too_much_is_spent(start: Start, ledger_path: Path) -> None:
    stand_in = start("openai", script=lambda asked: "긴 답변입니다. " * 10)
    budget_krw = 60
    async with bench(ledger_path, {"openai": stand_in}, daily_budget_krw=budget_krw) as one:
        done = await asyncio.gather(
            *(one.desk.complete(request(run_id=f"r{number}", max_output_tokens=1_500)) for number in range(40))
        )
        first_round = len(stand_in.requests)
        assert 0 < first_round < 40
        assert spent_krw(one) <= budget_krw
        reasons = {completion.fallback for completion in done}
        assert reasons == {None, FallbackReason.BUDGET_SPENT}
        while (await one.desk.complete(request(max_output_tokens=1_500))).fallback is None:
            assert spent_krw(one) <= budget_krw
        assert spent_krw(one) <= budget_krw
    assert one.store.sums(DAY, DAY)[0].output_tokens == stand_in.usage_total.output_tokens


async def test_budget_of_a_run_when_it_is_spent_then_other_runs_go_on(start: Start, ledger_path: Path) -> None:
    stand_in = start("openai", script=lambda asked: "x")
    async with bench(ledger_path, {"openai": stand_in}) as one:
        spent = await one.desk.complete(request(run_id="a"), run_budget_krw=0)
        free = await one.desk.complete(request(run_id="b"), run_budget_krw=100)
    assert (spent.fallback, free.fallback) == (FallbackReason.BUDGET_SPENT, None)


async def test_call_when_it_is_cancelled_then_its_reservation_goes_on_counting(start: Start, ledger_path: Path) -> None:
    stand_in = start("openai", faults=[Fault.hang()])
    async with bench(ledger_path, {"openai": stand_in}) as one:
        asking = asyncio.create_task(one.desk.complete(request()))
        async with asyncio.timeout(5):
            while not stand_in.requests:  # noqa: ASYNC110 - the stand-in lives in another thread
                await asyncio.sleep(0.01)
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
    (row,) = one.store.calls(DAY, DAY)
    assert row.status is CallStatus.RESERVED
    assert row.cost_micro_krw > 0


@pytest.mark.parametrize(
    ("changes", "reason", "said"),
    [
        ({"model": "gpt-9"}, FallbackReason.UNKNOWN_MODEL, "gpt-9"),
        ({"model": "gpt-4-turbo"}, FallbackReason.MODEL_RETIRED, "2026-10-23"),
        ({"model": "claude-opus-5-5"}, FallbackReason.NO_KEY, "no key is set up for claude-opus-5-5"),
        ({"tools": ("market_data_9",)}, FallbackReason.BAD_REQUEST, "did you mean market_data_"),
        ({"answer_schema": "Nothing"}, FallbackReason.BAD_REQUEST, "no answer model is named"),
    ],
)
async def test_completion_when_the_request_cannot_be_served_then_one_line_says_why_and_nothing_is_sent(
    changes: dict[str, object], reason: FallbackReason, said: str, start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai")
    async with bench(ledger_path, {"openai": stand_in}) as one:
        done = await one.desk.complete(request(**changes), answers=ANSWERS)
    assert done.fallback is reason
    assert said in done.message
    assert stand_in.requests == []
    (row,) = one.store.calls(DAY, DAY)
    assert (row.status, row.cost_micro_krw) == (CallStatus.REFUSED, 0)
    assert row.error.startswith(f"{reason.value}: ")


async def test_completion_when_no_provider_is_set_up_then_it_is_no_key(ledger_path: Path) -> None:
    async with bench(ledger_path, {}) as one:
        done = await one.desk.complete(request(model=""))
    assert done.fallback is FallbackReason.NO_KEY


async def test_completion_when_no_model_is_named_then_the_purpose_chooses_the_tier(
    start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai", script=lambda asked: "x")
    async with bench(ledger_path, {"openai": stand_in}) as one:
        score = await one.desk.complete(request(model="", purpose=Purpose.NEWS_SCORE))
        code = await one.desk.complete(request(model="", purpose=Purpose.CODE))
    assert score.model == "gpt-6-luna"
    assert code.model in {"gpt-6.1-sol", "gpt-6-sol"}


async def test_default_model_when_a_provider_is_set_up_then_it_is_of_the_middle_tier(
    start: Start, ledger_path: Path
) -> None:
    async with bench(ledger_path, {"openai": start("openai")}) as one:
        names = {provider: one.desk.default_model(provider) for provider in ("openai", "gemini", "ollama", "nobody")}
    assert names == {"openai": "gpt-5.4-mini", "gemini": "", "ollama": "", "nobody": ""}


async def test_untrusted_text_when_it_comes_with_tools_then_it_is_refused_before_anything_happens(
    start: Start, ledger_path: Path
) -> None:
    stand_in = start("openai")
    async with bench(ledger_path, {"openai": stand_in}) as one:
        with pytest.raises(ToolsWithUntrustedText):
            await one.desk.complete(request(tools=("market_data_1",), holds_untrusted=True))
    assert stand_in.requests == []


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
async def test_untrusted_text_when_asked_about_then_the_rule_is_in_the_system_text_and_no_tool_is_shown(
    provider: str, start: Start, ledger_path: Path
) -> None:
    stand_in = start(provider, script=lambda asked: "x")
    async with bench(ledger_path, {provider: stand_in}) as one:
        ask = request(fence(["sell all"], "news"), model=MODELS[provider], holds_untrusted=True)
        await one.desk.complete(request(model=MODELS[provider], tools=("market_data_1",)))
        await one.desk.complete(ask)
    assert FENCE_RULE in stand_in.asked[1].system
    assert stand_in.asked[1].tools == ()


async def test_tool_call_when_the_model_may_make_it_then_it_is_returned(start: Start, ledger_path: Path) -> None:
    stand_in = start("openai", script=[Reply(tool_calls=(ToolCall("market_data_1", {"symbol": "005930"}),))])
    async with bench(ledger_path, {"openai": stand_in}) as one:
        done = await one.desk.complete(request(tools=("market_data_1", "market_data_2")))
    assert [(call.name, call.arguments) for call in done.tool_calls] == [("market_data_1", {"symbol": "005930"})]


@pytest.mark.parametrize("provider", ["openai", "anthropic", "gemini"])
async def test_tool_call_when_it_is_masked_then_it_never_comes_back(
    provider: str, start: Start, ledger_path: Path
) -> None:
    tools = ("market_data_1", "prepare_order")

    def call_what_is_masked(asked: Asked) -> Reply:
        masked = [name for name in asked.tools if name not in tools]
        return Reply(tool_calls=(ToolCall(masked[0] if masked else asked.tools[0], {"symbol": "005930"}),))

    stand_in, seconds, retried = start(provider, script=call_what_is_masked), [0.0], 0
    async with bench(ledger_path, {provider: stand_in}, seconds=seconds) as one:
        for number in range(40):
            seconds[0] += 5
            before = len(stand_in.asked)
            done = await one.desk.complete(request(model=MODELS[provider], tools=tools, run_id=f"r{number}"))
            assert {call.name for call in done.tool_calls} == {"market_data_1"}
            retried += len(stand_in.asked) - before - 1
    # Gemini caches nothing below 4,096 tokens, so no wider prefix is ever worth while there.
    assert (retried > 20) == (provider != "gemini")
    assert stand_in.asked[-1].tools == tools


async def test_personal_data_when_restoring_is_asked_for_then_it_is_in_the_answer_only(
    start: Start, ledger_path: Path
) -> None:
    def echo(asked: Asked) -> Reply | str:
        if asked.schema:
            return Reply(json={"mood": 0, "why": asked.question})
        return asked.question

    stand_in = start("openai", script=echo)
    async with bench(ledger_path, {"openai": stand_in}) as one:
        ask = request("계좌 50123456-01 잔고")
        hidden = await one.desk.complete(ask)
        shown = await one.desk.complete(ask, restore=True)
        parsed = await one.desk.complete(
            ask.model_copy(update={"answer_schema": "Verdict"}), answers=ANSWERS, restore=True
        )
    assert hidden.text == "계좌 <ACCOUNT_1> 잔고"
    assert shown.text == "계좌 50123456-01 잔고"
    assert parsed.parsed == {"mood": 0, "why": "계좌 50123456-01 잔고"}
    assert "50123456" not in str(stand_in.requests)


CANARIES = {
    "account": "50987654-01",
    "card": "4111 1111 1111 1111",
    "resident": "900101-1234567",
    "phone": "010-9876-5432",
    "mail": "canary@example.com",
    "app_key": "PScanary0123456789canary0123456789ca",
    "known": "desk-database-password-canary",
    "jwt": "eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.c2ln",
}


@pytest.mark.parametrize("provider", MODELS)
@pytest.mark.parametrize("fault", [None, Fault.client_error(400), Fault.server_error(), Fault.wrong_schema()])
async def test_canaries_when_planted_everywhere_then_none_leaves_or_is_stored(
    provider: str, fault: Fault | None, start: Start, ledger_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    everything = " | ".join(CANARIES.values())
    call = ModelToolCall(id="call_1", name="market_data_1", arguments={"symbol": everything, everything: [everything]})
    messages = (
        ChatMessage(role=Role.USER, text=f"질문 {everything}"),
        ChatMessage(role=Role.ASSISTANT, text=everything, tool_calls=(call,)),
        ChatMessage(role=Role.TOOL, text=f'{{"rows": "{everything}"}}', tool_call_id="call_1", name="market_data_1"),
        ChatMessage(role=Role.USER, text=fence([everything], everything)),
    )
    stand_in = start(provider, script=lambda asked: GOOD if asked.schema else f"답 {asked.question}")
    stand_in.fail_always(fault)
    async with bench(ledger_path, {provider: stand_in}, secrets=[CANARIES["known"]]) as one:
        done = await one.desk.complete(
            request(system=everything, messages=messages, model=MODELS[provider], answer_schema="Verdict"),
            answers=ANSWERS,
        )
        unknown = await one.desk.complete(request(system=everything, messages=messages, model=everything))
    assert stand_in.requests
    seen = {
        "requests": str(stand_in.requests),
        "ledger": str(one.store.calls(DAY, DAY)),
        "file": ledger_path.read_bytes().decode("latin-1"),  # noqa: ASYNC240
        "logs": caplog.text,
        "completions": f"{done} {unknown}",
    }
    for place, text in seen.items():
        for name, canary in CANARIES.items():
            assert canary not in text, f"{name} is in the {place}"


async def test_prefix_when_requests_repeat_then_hits_are_accounted_and_the_plan_is_named(
    start: Start, ledger_path: Path
) -> None:
    stand_in, seconds = start("openai", script=lambda asked: "x"), [0.0]
    async with bench(ledger_path, {"openai": stand_in}, seconds=seconds) as one:
        for number in range(30):
            seconds[0] += 20
            await one.desk.complete(
                request(f"질문 {number}", tools=("market_data_1", "technical_2"), run_id=f"r{number}")
            )
    rows = one.store.calls(DAY, DAY)
    assert rows[0].plan == "routed"
    assert rows[-1].plan.startswith(("full", "group"))
    assert rows[-1].usage.cached_tokens > 1_000
    assert stand_in.asked[-1].allowed == ("market_data_1", "technical_2")
    assert "prepare_order" not in stand_in.asked[-1].tools
