"""A script runs as a workflow: its calls, its repairs, what it proposes, and how it ends when it does not end well."""

import asyncio
from datetime import datetime
from typing import Any

import pytest
from temporalio.client import Client
from temporalio.common import SearchAttributeKey
from temporalio.exceptions import ApplicationError

from daybook.contracts.base import KST
from daybook.contracts.calls import ADVANCE_SCRIPT, EXPLAIN_RUN, RECORD_INTENT, SUBMIT_ORDER, WRITE_SCRIPT
from daybook.contracts.code import (
    MOST_REPAIRS,
    CodeOutcome,
    CodeProblem,
    CodeReason,
    ExplainRun,
    ScriptOrigin,
    WrittenScript,
)
from daybook.contracts.llm import Completion, FallbackReason, Usage
from daybook.contracts.orders import OrderTicket, TicketOrigin
from daybook.contracts.tools import SourceRef, ToolReply, ToolRequest, ToolStatus, tool_call
from tests.workflows.scripted_layers import TOOLS, ScriptedLayers, eventually
from tests.workflows.scripted_scripts import (
    ASKED_AT,
    CODE,
    ScriptedSandbox,
    execute,
    failing,
    planned,
    quotes,
    run_input,
    script_layers,
    start,
    written,
)
from workflows.code_run import CodeRun

QUOTE, NEWS, PREPARE = (tool_call(TOOLS[name]) for name in ("quote", "search_news", "prepare_order"))


def answered(request: ToolRequest) -> ToolReply:
    return ToolReply(tool=request.tool, status=ToolStatus.OK, value={"of": request.arguments}, elapsed_ms=7)


# --- calls ----------------------------------------------------------------------------------------------------------


async def test_run_when_the_script_needs_no_tool_then_its_result_is_explained(
    control: Client, layers: ScriptedLayers
) -> None:
    script_layers(layers, ScriptedSandbox(planned(result={"n": 2}, stdout="seen")))
    result = await execute(control)
    assert (result.outcome, result.result, result.explanation) == (CodeOutcome.DONE, {"n": 2}, "explained")
    assert (result.stdout, result.turns, result.repairs, result.tier) == ("seen", 1, 0, 3)


async def test_run_when_the_script_gathers_then_its_calls_run_at_the_same_time_on_their_layers(
    control: Client, layers: ScriptedLayers
) -> None:
    under_way, together = 0, asyncio.Event()

    async def meets(request: ToolRequest) -> ToolReply:
        nonlocal under_way
        under_way += 1
        if under_way == 3:
            together.set()
        await asyncio.wait_for(together.wait(), 5)
        return answered(request)

    layers.script(QUOTE, meets)
    layers.script(NEWS, meets)
    batch = [*quotes("005930", "000660"), ("search_news", {"keyword": "삼성"})]
    sandbox = ScriptedSandbox(planned(batch, quotes("035420")))
    script_layers(layers, sandbox)
    result = await execute(control)
    assert [(record.number, record.tool, record.arguments) for record in result.calls] == [
        (number, tool, arguments) for number, (tool, arguments) in enumerate([*batch, *quotes("035420")], start=1)
    ]
    assert [record.is_untrusted for record in result.calls] == [False, False, True, False]
    assert [len(journal) for journal in sandbox.journals] == [0, 3, 4]
    assert [entry.value for entry in sandbox.journals[-1]] == [{"of": record.arguments} for record in result.calls]
    requests = [*layers.requests(QUOTE), *layers.requests(NEWS)]
    assert {request.run_id for request in requests} == {result.run_id}
    assert sorted(request.number for request in requests) == [1, 2, 3, 4]


async def test_run_when_a_tool_gives_an_error_then_the_script_can_catch_it(
    control: Client, layers: ScriptedLayers
) -> None:
    no_data = ToolReply(tool="quote", status=ToolStatus.NO_DATA, message="no such symbol")
    layers.script(QUOTE, no_data)
    layers.script(NEWS, RuntimeError("the layer broke"))
    sandbox = ScriptedSandbox(planned([*quotes("1"), ("search_news", {"keyword": "x"})]))
    script_layers(layers, sandbox)
    result = await execute(control)
    first, second = sandbox.journals[-1]
    assert (first.ok, first.error_code, first.error_message) == (False, "no_data", "no such symbol")
    assert (second.ok, second.error_code) == (False, "unavailable")
    assert "the layer broke" in second.error_message
    assert [record.status for record in result.calls] == [ToolStatus.NO_DATA, ToolStatus.UNAVAILABLE]
    assert result.outcome is CodeOutcome.DONE


@pytest.mark.parametrize(
    ("value", "code"),
    [("x" * 61_000, "too_large"), ({"text": "\x00"}, "failed")],
    ids=["larger than a reply may be", "text no script is given"],
)
async def test_run_when_a_tool_answers_what_a_script_cannot_take_then_it_is_an_error(
    control: Client, layers: ScriptedLayers, value: Any, code: str
) -> None:
    layers.script(QUOTE, ToolReply(tool="quote", status=ToolStatus.OK, value=value))
    sandbox = ScriptedSandbox(planned(quotes("1")))
    script_layers(layers, sandbox)
    result = await execute(control)
    assert (sandbox.journals[-1][0].ok, sandbox.journals[-1][0].error_code) == (False, code)
    assert result.calls[0].status == code


async def test_run_when_arguments_are_too_large_then_the_script_is_told_and_no_tool_runs(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned([("quote", {"symbol": "x" * 17_000})]))
    script_layers(layers, sandbox)
    await execute(control)
    assert sandbox.journals[-1][0].error_code == "bad_arguments"
    assert layers.count(QUOTE) == 0


async def test_run_when_a_call_is_repeated_then_it_is_made_once(control: Client, layers: ScriptedLayers) -> None:
    layers.script(QUOTE, answered)
    sandbox = ScriptedSandbox(planned(quotes("1", "2", "1"), quotes("2")))
    script_layers(layers, sandbox)
    result = await execute(control)
    assert (layers.count(QUOTE), len(result.calls)) == (2, 2)
    assert [entry.value for entry in sandbox.journals[-1]] == [{"of": {"symbol": each}} for each in "1212"]


async def test_run_when_a_call_failed_then_the_script_may_try_it_again(control: Client, layers: ScriptedLayers) -> None:
    layers.script(QUOTE, ToolReply(tool="quote", status=ToolStatus.UNAVAILABLE, message="later"), answered)
    sandbox = ScriptedSandbox(planned(quotes("1"), quotes("1")))
    script_layers(layers, sandbox)
    await execute(control)
    assert [entry.ok for entry in sandbox.journals[-1]] == [False, True]


async def test_run_when_many_calls_wait_then_no_more_than_sixteen_are_under_way(
    control: Client, layers: ScriptedLayers
) -> None:
    under_way, most, full = 0, 0, asyncio.Event()

    async def counted(request: ToolRequest) -> ToolReply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        if under_way >= 16:
            full.set()
        await asyncio.wait_for(full.wait(), 5)
        await asyncio.sleep(0.02)
        under_way -= 1
        return answered(request)

    layers.script(QUOTE, counted)
    sandbox = ScriptedSandbox(planned(quotes(*(str(number) for number in range(70)))))
    script_layers(layers, sandbox)
    result = await execute(control, limits={"calls": 70})
    assert (len(result.calls), len(sandbox.journals), most) == (70, 2, 16)


async def test_run_when_it_has_a_point_in_time_then_tools_and_script_stand_there(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1")))
    script_layers(layers, sandbox)
    await execute(control, inputs={"as_of": "2026-03-05T15:30:00+09:00"})
    then = datetime(2026, 3, 5, 15, 30, tzinfo=KST)
    assert [request.as_of for request in layers.requests(QUOTE)] == [then]
    assert sandbox.requests[0].frozen_at == then


async def test_run_when_it_stands_in_the_present_then_the_clock_is_frozen_when_it_was_asked_for(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1")))
    script_layers(layers, sandbox)
    await execute(control)
    assert [request.as_of for request in layers.requests(QUOTE)] == [None]
    assert {(request.frozen_at, request.seed) for request in sandbox.requests} == {(ASKED_AT, sandbox.requests[0].seed)}


async def test_run_when_tools_name_sources_then_the_record_holds_each_once(
    control: Client, layers: ScriptedLayers
) -> None:
    source = SourceRef(name="KRX", title="prices")
    layers.script(QUOTE, ToolReply(tool="quote", status=ToolStatus.OK, value=1, sources=(source,)))
    script_layers(layers, ScriptedSandbox(planned(quotes("1", "2"))))
    assert (await execute(control)).sources == (source,)


# --- the journal is sent in parts -----------------------------------------------------------------------------------


async def test_journal_when_the_worker_remembers_then_only_new_entries_are_sent(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1"), quotes("2"), quotes("3")))
    script_layers(layers, sandbox)
    await execute(control)
    assert [(len(each.journal), each.known_entries) for each in sandbox.requests] == [(0, 0), (1, 0), (1, 1), (1, 2)]
    assert [bool(request.code) for request in sandbox.requests] == [True, False, False, False]


async def test_journal_when_the_worker_has_forgotten_it_then_all_of_it_is_sent_once(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1"), quotes("2"), quotes("3")))

    def forgetful(request: Any) -> Any:
        if len(sandbox.requests) == 2:
            sandbox.memory = type(sandbox.memory)()
        return sandbox(request)

    script_layers(layers, forgetful)
    result = await execute(control)
    assert [len(request.journal) for request in sandbox.requests] == [0, 1, 1, 2, 1]
    assert sandbox.requests[3].code == CODE
    assert (result.outcome, len(result.calls), result.turns) == (CodeOutcome.DONE, 3, 4)


async def test_journal_when_it_is_asked_for_again_and_again_then_the_run_ends(
    control: Client, layers: ScriptedLayers
) -> None:
    script_layers(layers, lambda request: {"status": "needs_journal"})
    result = await execute(control)
    assert (result.outcome, result.reason) == (CodeOutcome.FAILED, CodeReason.PROTOCOL)
    assert layers.count(ADVANCE_SCRIPT) == 1


# --- repairs --------------------------------------------------------------------------------------------------------


def gate(message: str = "imports are not allowed", reason: CodeReason = CodeReason.FORBIDDEN) -> CodeProblem:
    return CodeProblem(reason=reason, message=message, line=2)


async def test_repair_when_the_gate_finds_problems_then_the_script_is_written_again_before_it_runs(
    control: Client, layers: ScriptedLayers
) -> None:
    bad = written("import os", problems=(gate(), gate("os is unknown")))
    script_layers(layers, ScriptedSandbox(planned()), bad, written())
    result = await execute(control)
    first, second = layers.requests(WRITE_SCRIPT)
    assert (first.attempt, first.problem, first.previous_code) == (1, None, "")
    assert (second.attempt, second.previous_code) == (2, "import os")
    assert (second.problem.reason, second.problem.line) == (CodeReason.FORBIDDEN, 2)
    assert second.problem.message == "imports are not allowed\nos is unknown (line 2)"
    assert (result.outcome, result.repairs, result.code, layers.count(ADVANCE_SCRIPT)) == ("done", 1, CODE, 1)


async def test_repair_when_the_script_fails_then_its_journal_starts_anew_and_made_calls_are_not_made_again(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(QUOTE, answered)

    def breaks(journal: Any) -> Any:
        return quotes("1", "2") if not journal else failing()(journal)

    sandbox = ScriptedSandbox(planned(quotes("2"), quotes("3"), quotes("1")), {"bad": breaks})
    script_layers(layers, sandbox, written("bad"), written("good"))
    result = await execute(control)
    problem = layers.requests(WRITE_SCRIPT)[1].problem
    assert (problem.reason, problem.message, problem.line) == (CodeReason.SCRIPT_ERROR, "KeyError: 'x'", 3)
    assert sorted(request.arguments["symbol"] for request in layers.requests(QUOTE)) == ["1", "2", "3"]
    assert [len(journal) for journal in sandbox.journals] == [0, 2, 0, 1, 2, 3]
    assert [entry.value["of"]["symbol"] for entry in sandbox.journals[-1]] == ["2", "3", "1"]
    assert (result.outcome, result.repairs, result.turns, len(result.calls)) == ("done", 1, 6, 3)


async def test_repair_when_every_script_fails_another_way_then_three_repairs_are_made(
    control: Client, layers: ScriptedLayers
) -> None:
    codes = [f"code {number}" for number in range(9)]
    sandbox = ScriptedSandbox(planned(), {code: failing(message=f"problem of {code}") for code in codes})
    script_layers(layers, sandbox, *(written(code) for code in codes))
    result = await execute(control)
    assert (result.outcome, result.reason, result.repairs) == ("failed", CodeReason.SCRIPT_ERROR, MOST_REPAIRS)
    assert result.message == "problem of code 3"
    assert layers.count(WRITE_SCRIPT) == 1 + MOST_REPAIRS


async def test_repair_when_the_same_problem_comes_twice_then_no_more_is_tried(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(failing(), {"2": failing(message="another"), "3": failing(line=9)})
    script_layers(layers, sandbox, written("1"), written("2"), written("3"))
    result = await execute(control)
    assert (result.reason, result.repairs) == (CodeReason.SAME_ERROR_TWICE, 2)
    assert "KeyError: 'x'" in result.message


@pytest.mark.parametrize("origin", [ScriptOrigin.GIVEN, ScriptOrigin.STORE, ScriptOrigin.LIBRARY])
@pytest.mark.parametrize("at_the_gate", [True, False])
async def test_repair_when_no_model_wrote_the_script_then_it_is_never_rewritten(
    control: Client, layers: ScriptedLayers, origin: ScriptOrigin, at_the_gate: bool
) -> None:
    script = written(origin=origin, problems=(gate(),) if at_the_gate else ())
    script_layers(layers, ScriptedSandbox(failing()), script)
    result = await execute(control, code=CODE)
    assert layers.count(WRITE_SCRIPT) == 1
    if at_the_gate:
        assert (result.outcome, result.reason) == (CodeOutcome.REFUSED, CodeReason.FORBIDDEN)
        assert layers.count(ADVANCE_SCRIPT) == 0
    else:
        assert (result.outcome, result.reason) == (CodeOutcome.FAILED, CodeReason.SCRIPT_ERROR)


def paid(tokens: int = 0, krw: int = 0, **changes: Any) -> Completion:
    usage = Usage(input_tokens=tokens - tokens // 4, output_tokens=tokens // 4)
    return Completion(text=CODE, model="m", usage=usage, cost_micro_krw=krw * 1_000_000, **changes)


@pytest.mark.parametrize(
    ("spent", "limits", "reason"),
    [
        ({"tokens": 600}, {"tokens": 1_000}, CodeReason.TOKENS_SPENT),
        ({"krw": 30}, {"budget_krw": 50}, CodeReason.BUDGET_SPENT),
    ],
)
async def test_repair_when_tokens_or_money_are_spent_then_the_reason_says_so_and_names_the_problem(
    control: Client, layers: ScriptedLayers, spent: dict[str, int], limits: dict[str, int], reason: CodeReason
) -> None:
    sandbox = ScriptedSandbox(planned(), {code: failing(message=f"problem of {code}") for code in "12"})
    scripts = [written(code, completion=paid(**spent)) for code in "123"]
    script_layers(layers, sandbox, *scripts)
    result = await execute(control, limits=limits)
    assert (result.reason, result.repairs) == (reason, 1)
    assert "problem of 2" in result.message
    record: ExplainRun = layers.requests(EXPLAIN_RUN)[0]
    assert [entry.usage for entry in record.completions] == [paid(**spent).usage] * 2
    assert {entry.text for entry in record.completions} == {""}


@pytest.mark.parametrize(
    ("script", "reason", "tries"),
    [
        (WrittenScript(completion=Completion(fallback=FallbackReason.NO_KEY)), CodeReason.NO_MODEL, 1),
        (WrittenScript(completion=Completion(fallback=FallbackReason.BUDGET_SPENT)), CodeReason.BUDGET_SPENT, 1),
        (WrittenScript(), CodeReason.NO_CODE, 1),
        (WrittenScript(completion=paid(), origin=ScriptOrigin.MODEL), CodeReason.SAME_ERROR_TWICE, 2),
        (WrittenScript(origin="model", problems=(gate("no key", CodeReason.NO_MODEL),)), CodeReason.NO_MODEL, 1),
        (written("#" * 40_001, origin=ScriptOrigin.STORE), CodeReason.CODE_TOO_LARGE, 1),
        (written(inputs={"x": "y" * 100_001}), CodeReason.BAD_ARGUMENTS, 1),
        (written(inputs={"x": 2**70}), CodeReason.BAD_ARGUMENTS, 1),
        (ApplicationError("no database", type="BadRequest", non_retryable=True), CodeReason.NO_CODE, 1),
    ],
    ids=["no key", "no budget", "none", "none twice", "no model", "too long", "inputs", "big integer", "writer broke"],
)
async def test_run_when_there_is_no_script_to_run_then_it_is_refused_with_the_reason(
    control: Client, layers: ScriptedLayers, script: Any, reason: CodeReason, tries: int
) -> None:
    script_layers(layers, ScriptedSandbox(planned()), script)
    result = await execute(control)
    assert (result.outcome, result.reason, layers.count(WRITE_SCRIPT)) == (CodeOutcome.REFUSED, reason, tries)
    assert (layers.count(ADVANCE_SCRIPT), layers.count(EXPLAIN_RUN)) == (0, 1)


@pytest.mark.parametrize(
    "inputs",
    [{"x": "y" * 100_001}, {"as_of": "2026-03-05"}, {"as_of": "yesterday"}, {"x": [[2**64]]}],
    ids=["too large", "no offset", "no time", "too big a number"],
)
async def test_run_when_its_inputs_cannot_be_taken_then_nobody_is_asked_for_a_script(
    control: Client, layers: ScriptedLayers, inputs: dict[str, Any]
) -> None:
    script_layers(layers, ScriptedSandbox(planned()))
    result = await execute(control, inputs=inputs)
    assert (result.outcome, result.reason) == (CodeOutcome.REFUSED, CodeReason.BAD_ARGUMENTS)
    assert (layers.count(WRITE_SCRIPT), layers.count(EXPLAIN_RUN)) == (0, 1)


# --- what a script proposes -----------------------------------------------------------------------------------------

BUY = {"symbol": "005930", "side": "buy", "shares": 10, "limit_price_krw": 70_000, "rationale": "cheap"}


async def test_intents_when_a_script_proposes_orders_then_each_becomes_a_ticket_that_waits_for_a_person(
    control: Client, layers: ScriptedLayers
) -> None:
    sell = {**BUY, "side": "sell", "shares": 3}
    script_layers(layers, ScriptedSandbox(planned(result={"intents": [BUY, sell, BUY]})))
    result = await execute(control)
    assert result.tickets == (f"code-{result.run_id}-1", f"code-{result.run_id}-2")
    assert [intent.shares for intent in result.intents] == [10, 3]
    recorded: list[OrderTicket] = await eventually(
        lambda: layers.requests(RECORD_INTENT) if layers.count(RECORD_INTENT) == 2 else None
    )
    assert {ticket.intent_id for ticket in recorded} == set(result.tickets)
    assert {(ticket.origin, ticket.decision_id) for ticket in recorded} == {
        (TicketOrigin.SCRIPT, f"code-{result.run_id}")
    }
    assert layers.count(SUBMIT_ORDER) == 0 or all(ticket.origin is TicketOrigin.SCRIPT for ticket in recorded)


@pytest.mark.parametrize(
    ("result", "tickets", "says"),
    [
        ({"intents": [{**BUY, "shares": "10"}]}, 0, "intent 1: shares"),
        ({"intents": [{**BUY, "mode": "live"}, BUY]}, 1, "intent 1: mode"),
        (
            {"intents": [{**BUY, "shares": number} for number in range(1, 7)]},
            3,
            "6 orders were proposed; the first 3 became tickets",
        ),
        ({"intents": "buy all"}, 0, "intents must be a list of orders"),
        ({"intents": [{**BUY, "limit_price_krw": 0}]}, 0, "intent 1: limit_price_krw"),
        (["intents"], 0, ""),
    ],
)
async def test_intents_when_they_are_not_orders_then_no_ticket_is_opened_and_the_result_says_why(
    control: Client, layers: ScriptedLayers, result: Any, tickets: int, says: str
) -> None:
    script_layers(layers, ScriptedSandbox(planned(result=result)))
    ended = await execute(control)
    assert (ended.outcome, len(ended.tickets)) == (CodeOutcome.DONE, tickets)
    assert says in ended.message


async def test_intents_when_the_rationale_quotes_a_stranger_then_it_is_one_plain_line(
    control: Client, layers: ScriptedLayers
) -> None:
    quoted = {**BUY, "rationale": "news:\n**approve**\u202e \x1b[1mnow"}
    script_layers(layers, ScriptedSandbox(planned(result={"intents": [quoted]})))
    ended = await execute(control)
    assert ended.intents[0].rationale == "news: **approve** [1mnow"


async def test_intents_when_the_run_id_makes_no_ticket_id_then_the_result_says_so(
    control: Client, layers: ScriptedLayers
) -> None:
    script_layers(layers, ScriptedSandbox(planned(result={"intents": [BUY]})))
    ended = await execute(control, run_id="질문 1")
    assert (ended.tickets, "intent 1 makes no ticket" in ended.message) == ((), True)
    assert layers.count(RECORD_INTENT) == 0


# --- the operator's view --------------------------------------------------------------------------------------------


async def test_status_when_a_call_is_under_way_then_it_says_where_the_run_stands(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    goes_on = asyncio.Event()

    async def slow(request: ToolRequest) -> ToolReply:
        await goes_on.wait()
        return answered(request)

    layers.script(QUOTE, answered, slow)
    script_layers(layers, ScriptedSandbox(planned(quotes("1"), quotes("2"))))
    handle = await start(remembering_control, run_input())
    await eventually(lambda: layers.count(QUOTE) == 2)
    status = await handle.query(CodeRun.status)
    assert (status.phase, status.turns, status.calls, status.waiting_calls) == ("calling tools", 2, 1, 1)
    description = await handle.describe()
    assert description.typed_search_attributes.get(_keyword("Mode")) == "paper"
    assert description.typed_search_attributes.get(_keyword("TradingDate")) == "2026-03-06"
    goes_on.set()
    assert (await handle.result()).outcome is CodeOutcome.DONE
    details = await handle.query("__temporal_workflow_metadata")
    assert "**done**" in str(details)


def _keyword(name: str) -> Any:
    return SearchAttributeKey.for_keyword(name)


async def test_explanation_when_it_cannot_be_had_then_the_run_still_has_its_result(
    control: Client, layers: ScriptedLayers
) -> None:
    script_layers(layers, ScriptedSandbox(planned(quotes("1"), result=5)), written(completion=paid(tokens=40, krw=1)))
    layers.script(EXPLAIN_RUN, ApplicationError("disk full", type="BadRequest", non_retryable=True))
    result = await execute(control)
    assert (result.outcome, result.result, len(result.calls), result.code) == (CodeOutcome.DONE, 5, 1, CODE)
    assert (result.model_calls, result.input_tokens, result.output_tokens) == (1, 30, 10)
    assert "not recorded: BadRequest: disk full" in result.message
