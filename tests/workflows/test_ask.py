from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import Client

from daybook.contracts.ask import (
    MOST_TOOL_CALLS,
    MOST_TURNS,
    AnswerKind,
    AskAnswer,
    AskInput,
    ComposeAnswer,
    Refusal,
    RoutedQuestion,
    Turn,
    TurnRequest,
)
from daybook.contracts.base import KST, Side
from daybook.contracts.calls import COMPOSE_ANSWER, FILL_PRICES, RECORD_INTENT, ROUTE_QUESTION, SUBMIT_ORDER, TAKE_TURN
from daybook.contracts.drafts import DryCheck, TicketDraft
from daybook.contracts.llm import Completion, FallbackReason, ModelToolCall
from daybook.contracts.orders import OrderKind, TicketOrigin
from daybook.contracts.routing import AnswerPath, DirectCall, Intent, OrderDraft, RouteDecision
from daybook.contracts.tools import ToolReply, ToolStatus, tool_call
from tests.workflows import facts
from tests.workflows.scripted_layers import TOOLS, ScriptedLayers, eventually, unique
from workflows.ask import Ask

QUOTE, NEWS, ORDER = (tool_call(TOOLS[name]) for name in ("quote", "search_news", "prepare_order"))
DRAFT = TicketDraft(
    symbol="005930",
    side=Side.BUY,
    kind=OrderKind.LIMIT,
    shares=10,
    limit_price_krw=70_000,
    price_rule="as given",
    last_price_krw=70_000,
    ask_krw=70_000,
    bid_krw=69_900,
    lower_limit_krw=49_000,
    upper_limit_krw=91_000,
    notional_krw=700_000,
    commission_krw=98,
    tax_krw=0,
    cash_change_krw=-700_098,
    check=DryCheck(would_pass=True),
    drafted_at=datetime(2026, 3, 9, 10, tzinfo=KST),
).model_dump(mode="json")


def routed(path: AnswerPath = AnswerPath.MODEL, **changes: Any) -> RoutedQuestion:
    tools = changes.pop("tools", ("quote", "search_news"))
    route = RouteDecision(intent=Intent.MARKET_RESEARCH, confidence=0.9, path=path, tools=tools, model="m", **changes)
    rows = tuple(TOOLS[name] for name in ({*tools, "prepare_order"} if path is AnswerPath.ORDER_TICKET else tools))
    return RoutedQuestion(route=route, tools=rows)


def turn(*calls: tuple[str, dict[str, Any]], **changes: Any) -> Turn:
    wanted = tuple(ModelToolCall(id=f"c{n}", name=name, arguments=args) for n, (name, args) in enumerate(calls))
    return Turn(completion=Completion(text="" if wanted else "done", attempts=1, model="m", **changes), calls=wanted)


def composed(request: ComposeAnswer) -> AskAnswer:
    kind = AnswerKind.TICKET if request.tickets else AnswerKind.MODEL
    return AskAnswer(
        run_id=request.ask.run_id,
        kind=kind,
        text="text",
        tickets=request.tickets,
        tool_calls=len(request.exchanges),
        answered_at=request.answered_at,
    )


async def ask(client: Client, layers: ScriptedLayers, question: str = "삼성전자 어때?", **changes: Any) -> AskAnswer:
    layers.script(COMPOSE_ANSWER, composed)
    run_id = unique("q")
    clock = facts.clock_at("10:00")
    asked = AskInput(
        run_id=run_id,
        question=question,
        asked_at=datetime(2026, 3, 9, 10, tzinfo=KST),
        clock=clock,
        by="cli:kim",
        **changes,
    )
    return await client.execute_workflow(Ask.run, asked, id=f"ask-{run_id}", task_queue="control")


async def test_question_when_the_model_calls_tools_then_they_run_on_their_layers_and_it_answers(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    calls = [("quote", {"symbol": "005930"}), ("search_news", {"keyword": "삼성전자"})]
    layers.script(TAKE_TURN, turn(*calls), turn())
    answer = await ask(control, layers)
    assert (answer.kind, answer.tool_calls) == (AnswerKind.MODEL, 2)
    assert layers.requests(QUOTE)[0].arguments == {"symbol": "005930"}
    assert [request.number for request in (*layers.requests(QUOTE), *layers.requests(NEWS))] == [1, 2]
    second: TurnRequest = layers.requests(TAKE_TURN)[1]
    assert [exchange.call.name for exchange in second.exchanges] == ["quote", "search_news"]


async def test_question_when_the_model_never_stops_then_turns_and_calls_are_bounded(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    numbers = iter(range(1000))

    def greedy(_request: TurnRequest) -> Turn:
        return turn(*(("quote", {"symbol": f"{next(numbers):06d}"}) for _ in range(9)))

    layers.script(TAKE_TURN, greedy)
    answer = await ask(control, layers)
    assert answer.tool_calls == MOST_TOOL_CALLS == layers.count(QUOTE)
    turns: list[TurnRequest] = layers.requests(TAKE_TURN)
    assert len(turns) <= MOST_TURNS
    assert [request.final for request in turns] == [False] * (len(turns) - 1) + [True]


async def test_question_when_a_tool_is_not_of_its_route_then_it_is_never_run(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed(tools=("quote",)))
    wanted = [("prepare_order", DRAFT), ("submit_order", {}), ("search_news", {"keyword": "x"})]
    layers.script(TAKE_TURN, turn(*wanted), turn())
    answer = await ask(control, layers)
    assert answer.tickets == ()
    assert layers.count(ORDER) == layers.count(NEWS) == layers.count(SUBMIT_ORDER) == 0
    second: TurnRequest = layers.requests(TAKE_TURN)[1]
    assert {exchange.reply.status for exchange in second.exchanges} == {ToolStatus.UNKNOWN_TOOL}


async def test_question_when_the_same_call_is_made_twice_then_it_runs_once(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    again = turn(("quote", {"symbol": "005930"}))
    layers.script(TAKE_TURN, again, again, turn())
    assert (await ask(control, layers)).tool_calls == 2
    assert layers.count(QUOTE) == 1


async def test_question_when_its_budget_is_spent_then_the_next_turn_is_the_answer(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    layers.script(TAKE_TURN, turn(("quote", {"symbol": "005930"}), cost_micro_krw=5_000_000), turn())
    await ask(control, layers, budget_krw=5)
    assert [request.final for request in layers.requests(TAKE_TURN)] == [False, True]


async def test_question_when_no_model_answers_then_planned_tools_run_once_and_rules_answer(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    planned = (ModelToolCall(id="rule-1", name="quote", arguments={"symbol": "005930"}),)
    layers.script(TAKE_TURN, Turn(completion=Completion(fallback=FallbackReason.NO_KEY), calls=planned))
    assert (await ask(control, layers)).tool_calls == 1
    assert layers.count(TAKE_TURN) == 1


async def test_question_when_a_tool_fails_then_its_reason_is_an_exchange(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(ROUTE_QUESTION, routed())
    layers.script(QUOTE, RuntimeError("the layer broke"))
    layers.script(TAKE_TURN, turn(("quote", {"symbol": "005930"})), turn())
    await ask(control, layers)
    reply = layers.requests(TAKE_TURN)[1].exchanges[0].reply
    assert (reply.status, "the layer broke" in reply.message) == (ToolStatus.UNAVAILABLE, True)


async def test_question_when_it_reads_one_fact_then_no_model_is_asked(control: Client, layers: ScriptedLayers) -> None:
    direct = DirectCall(tool="quote", arguments={"symbol": "005930"})
    layers.script(ROUTE_QUESTION, routed(AnswerPath.DIRECT_TOOL, direct=direct, tools=("quote",)))
    assert (await ask(control, layers)).tool_calls == 1
    assert layers.count(TAKE_TURN) == 0


@pytest.mark.parametrize("path", [AnswerPath.TEMPLATE, AnswerPath.GLOSSARY, AnswerPath.CONFIRM_ORDER])
async def test_question_when_a_template_answers_then_nothing_is_run(
    control: Client, layers: ScriptedLayers, path: AnswerPath
) -> None:
    order = OrderDraft(side=Side.BUY, missing=("shares",))
    layers.script(ROUTE_QUESTION, routed(path, tools=(), order=order, text="text"))
    answer = await ask(control, layers)
    assert (answer.tool_calls, answer.tickets) == (0, ())
    assert layers.count(TAKE_TURN) == layers.count(RECORD_INTENT) == 0


async def test_question_when_it_is_refused_then_the_reason_is_kept(control: Client, layers: ScriptedLayers) -> None:
    layers.script(ROUTE_QUESTION, RoutedQuestion(refusal=Refusal(code="EMPTY", text="write a question")))
    await ask(control, layers, question="")
    kept: ComposeAnswer = layers.requests(COMPOSE_ANSWER)[0]
    assert kept.routed.refusal is not None
    assert kept.routed.refusal.code == "EMPTY"


def _draft_reply(**changes: Any) -> Callable[[Any], ToolReply]:
    return lambda request: ToolReply(tool="prepare_order", status=ToolStatus.OK, value={**DRAFT, **changes})


async def test_order_text_when_it_is_exact_then_a_ticket_waits_for_a_person_and_nothing_is_sent(
    control: Client, layers: ScriptedLayers
) -> None:
    order = OrderDraft(symbol="005930", side=Side.BUY, shares=10, limit_price_krw=70_000)
    layers.script(ROUTE_QUESTION, routed(AnswerPath.ORDER_TICKET, order=order, exposes_write=True, tools=()))
    layers.script(ORDER, _draft_reply())
    answer = await ask(control, layers, question="삼성전자 10주 7만원 매수")
    assert layers.requests(ORDER)[0].arguments == {
        "symbol": "005930",
        "side": "buy",
        "shares": 10,
        "limit_price_krw": 70_000,
    }
    card = answer.tickets[0]
    assert (card.shares, card.limit_price_krw, card.estimated_cost_krw) == (10, 70_000, 700_098)
    recorded = (await eventually(lambda: layers.requests(RECORD_INTENT)))[0]
    assert (recorded.origin, recorded.shares, recorded.intent_id) == (
        TicketOrigin.QUESTION,
        10,
        card.intent_id,
    )
    assert (recorded.decision_id, recorded.decided_at is not None) == (f"ask-{answer.run_id}", True)
    assert "7만원" not in recorded.rationale
    assert answer.run_id in recorded.rationale


@pytest.mark.parametrize(
    ("changes", "route"),
    [
        ({"check": {"would_pass": False, "denials": [{"code": "TICK_INVALID", "text": "x"}]}}, {"exposes_write": True}),
        ({}, {"exposes_write": False}),
    ],
)
async def test_draft_when_it_may_not_become_a_ticket_then_no_order_is_opened(
    control: Client, layers: ScriptedLayers, changes: dict[str, Any], route: dict[str, Any]
) -> None:
    layers.script(ROUTE_QUESTION, routed(tools=("prepare_order",), **route))
    layers.script(TAKE_TURN, turn(("prepare_order", {"symbol": "005930"})), turn())
    layers.script(ORDER, _draft_reply(**changes))
    answer = await ask(control, layers, question="사줘")
    assert answer.tickets == ()
    assert layers.count(RECORD_INTENT) == 0


async def test_tool_when_it_reads_prices_then_the_missing_ones_are_fetched_first(
    control: Client, layers: ScriptedLayers
) -> None:
    row = TOOLS["quote"].model_copy(update={"price_arguments": ("symbol", "symbols"), "price_sessions": 300})
    route = routed(tools=("quote",)).model_copy(update={"tools": (row,)})
    layers.script(ROUTE_QUESTION, route)
    calls = [("quote", {"symbol": "005930"}), ("quote", {"symbols": ["000660", "nonsense"]}), ("quote", {"symbol": 5})]
    layers.script(TAKE_TURN, turn(*calls), turn())
    assert (await ask(control, layers)).tool_calls == 3
    filled = layers.requests(FILL_PRICES)
    assert [(request.symbols, request.sessions) for request in filled] == [(("005930",), 380)]
