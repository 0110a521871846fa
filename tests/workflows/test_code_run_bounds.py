"""What a code run does not believe, what it does not exceed, and how it is stopped and carried over."""

import asyncio
from typing import Any

import pytest
from temporalio.api.enums.v1 import EventType
from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.exceptions import ApplicationError

from activities.journal_memory import JournalMemory
from daybook.contracts.calls import ADVANCE_SCRIPT, EXPLAIN_RUN, WRITE_SCRIPT
from daybook.contracts.code import (
    AdvancedScript,
    AdvanceStatus,
    CodeOutcome,
    CodeReason,
    ExplainRun,
    ScriptOrigin,
)
from daybook.contracts.tools import ToolReply, ToolRequest, ToolStatus, tool_call
from tests.workflows.scripted_layers import TOOLS, ScriptedLayers, eventually
from tests.workflows.scripted_scripts import (
    CODE,
    ScriptedSandbox,
    calls_of,
    execute,
    failing,
    planned,
    quotes,
    run_input,
    script_layers,
    start,
    written,
)

QUOTE, NEWS, PREPARE = (tool_call(TOOLS[name]) for name in ("quote", "search_news", "prepare_order"))
MOST_EVENTS = 4_096


# --- the sandbox's layer is only half trusted -----------------------------------------------------------------------

ONE = calls_of(quotes("1"))[0]


def forged(**changes: Any) -> dict[str, Any]:
    return {"status": "pending", "calls": [{**ONE.model_dump(), **changes}]}


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (forged(number=2), CodeReason.PROTOCOL),
        (forged(number=0), CodeReason.PROTOCOL),
        (forged(number="one"), CodeReason.PROTOCOL),
        (forged(digest="0" * 64), CodeReason.PROTOCOL),
        (forged(arguments={"symbol": "2"}), CodeReason.PROTOCOL),
        (forged(arguments={"symbol": 2**80}), CodeReason.PROTOCOL),
        (forged(arguments=["1"]), CodeReason.PROTOCOL),
        (forged(tool="submit_order"), CodeReason.UNKNOWN_TOOL),
        (forged(tool="prepare_order"), CodeReason.UNKNOWN_TOOL),
        (forged(tool="Quote"), CodeReason.UNKNOWN_TOOL),
        ({"status": "pending", "calls": [ONE.model_dump(), ONE.model_dump()]}, CodeReason.PROTOCOL),
        ({"status": "pending", "calls": []}, CodeReason.PROTOCOL),
        ({"status": "pending", "calls": [{"number": 1}]}, CodeReason.PROTOCOL),
        ({"status": "done", "result": 1, "journal_digest": "0" * 64}, CodeReason.PROTOCOL),
        ({"status": "done", "result": 1, "tier": 0}, CodeReason.NO_SANDBOX),
        ({**forged(), "tier": 0}, CodeReason.NO_SANDBOX),
        ({"status": "approved", "result": 1}, CodeReason.PROTOCOL),
        ({"status": "done", "result": 1, "approved": True}, CodeReason.PROTOCOL),
        ({"status": "failed"}, CodeReason.PROTOCOL),
        (["done"], CodeReason.PROTOCOL),
        (None, CodeReason.PROTOCOL),
    ],
)
async def test_answer_when_it_is_not_what_the_sandbox_may_say_then_the_run_ends_and_no_tool_runs(
    control: Client, layers: ScriptedLayers, answer: Any, reason: CodeReason
) -> None:
    memory = JournalMemory()

    def lies(request: Any) -> Any:
        run = memory.complete(request)
        assert run is not None
        return {"tier": 3, "journal_digest": run.digest, **answer} if isinstance(answer, dict) else answer

    script_layers(layers, lies)
    result = await execute(control)
    assert result.reason is reason
    assert result.outcome is (CodeOutcome.REFUSED if reason is CodeReason.NO_SANDBOX else CodeOutcome.FAILED)
    assert layers.count(QUOTE) == layers.count(PREPARE) == 0
    assert layers.count(WRITE_SCRIPT) == 1


async def test_answer_when_a_later_batch_holds_one_forged_call_then_none_of_it_runs(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1"), [*quotes("2"), ("prepare_order", {"symbol": "3"}), *quotes("4")]))
    script_layers(layers, sandbox)
    result = await execute(control)
    assert (result.reason, layers.count(QUOTE), layers.count(PREPARE)) == (CodeReason.UNKNOWN_TOOL, 1, 0)


async def test_tools_when_the_script_is_handed_over_then_those_that_prepare_orders_are_not_among_them(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned())
    script_layers(layers, sandbox)
    await execute(control)
    assert [tool.name for tool in sandbox.requests[0].tools] == ["quote", "search_news"]


async def test_run_when_the_script_does_something_else_than_before_then_it_ends_and_says_so(
    control: Client, layers: ScriptedLayers
) -> None:
    plan = failing(CodeReason.NOT_DETERMINISTIC, "call 1 is quote now, but was search_news in an earlier turn")
    sandbox = ScriptedSandbox(lambda journal: plan(journal) if journal else quotes("1"))
    script_layers(layers, sandbox, written(origin=ScriptOrigin.GIVEN))
    result = await execute(control)
    assert (result.outcome, result.reason) == (CodeOutcome.FAILED, CodeReason.NOT_DETERMINISTIC)


@pytest.mark.parametrize(
    ("answer", "reason", "outcome"),
    [
        (
            AdvancedScript(status=AdvanceStatus.FAILED, reason=CodeReason.NO_SANDBOX, message="no seccomp here"),
            CodeReason.NO_SANDBOX,
            CodeOutcome.REFUSED,
        ),
        (
            ApplicationError("the socket is gone", type="SandboxUnavailable", non_retryable=True),
            CodeReason.NO_SANDBOX,
            CodeOutcome.REFUSED,
        ),
        (ApplicationError("odd", type="Odd", non_retryable=True), CodeReason.DIED, CodeOutcome.FAILED),
    ],
    ids=["refused", "away", "broken"],
)
async def test_sandbox_when_it_cannot_run_scripts_then_the_run_says_so_and_no_model_is_asked_again(
    control: Client, layers: ScriptedLayers, answer: Any, reason: CodeReason, outcome: CodeOutcome
) -> None:
    script_layers(layers, lambda request: answer)
    result = await execute(control)
    assert (result.outcome, result.reason, layers.count(WRITE_SCRIPT)) == (outcome, reason, 1)
    assert layers.count(EXPLAIN_RUN) == 1


# --- caps -----------------------------------------------------------------------------------------------------------


async def test_cap_when_a_script_calls_too_much_at_once_then_nothing_is_called_and_it_may_be_repaired(
    control: Client, layers: ScriptedLayers
) -> None:
    sandbox = ScriptedSandbox(planned(quotes("1")), {"greedy": planned(quotes(*"123456"))})
    script_layers(layers, sandbox, written("greedy"), written())
    result = await execute(control, limits={"calls": 5})
    assert layers.requests(WRITE_SCRIPT)[1].problem.reason is CodeReason.TOO_MANY_CALLS
    assert (result.outcome, layers.count(QUOTE)) == (CodeOutcome.DONE, 1)


async def test_cap_when_all_attempts_together_call_too_much_then_the_run_ends(
    control: Client, layers: ScriptedLayers
) -> None:
    def breaks(journal: Any) -> Any:
        return quotes(*"1234") if not journal else failing()(journal)

    sandbox = ScriptedSandbox(planned(quotes(*"1256"), quotes("7")), {"bad": breaks})
    script_layers(layers, sandbox, written("bad"), written("next"), written("next"))
    result = await execute(control, limits={"calls": 5})
    assert result.reason is CodeReason.SAME_ERROR_TWICE
    assert "TOO_MANY_CALLS" in result.message
    assert layers.count(QUOTE) == 4


async def test_cap_when_turns_are_used_up_then_the_run_ends(control: Client, layers: ScriptedLayers) -> None:
    numbers = iter(range(1_000))
    script_layers(layers, ScriptedSandbox(lambda journal: quotes(str(len(journal) or next(numbers)))))
    result = await execute(control, limits={"turns": 3})
    assert (result.outcome, result.reason, result.turns) == (CodeOutcome.FAILED, CodeReason.TOO_MANY_TURNS, 3)
    assert layers.count(ADVANCE_SCRIPT) == 3


async def test_cap_when_the_answers_are_too_large_together_then_the_run_ends(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(QUOTE, ToolReply(tool="quote", status=ToolStatus.OK, value="x" * 900))
    script_layers(layers, ScriptedSandbox(planned(quotes("1"), quotes("2"), quotes("3"))))
    result = await execute(control, limits={"journal_bytes": 2_000})
    assert (result.reason, len(result.calls)) == (CodeReason.JOURNAL_TOO_LARGE, 3)
    assert "at most 2,000" in result.message


async def test_cap_when_a_script_and_its_answers_would_not_fit_a_message_then_the_run_ends_instead_of_hanging(
    control: Client, layers: ScriptedLayers
) -> None:
    layers.script(QUOTE, ToolReply(tool="quote", status=ToolStatus.OK, value="가" * 19_000))
    plan = planned(quotes(*(str(number) for number in range(40))), result="never")
    script_layers(layers, ScriptedSandbox(plan))
    result = await execute(control, limits={"journal_bytes": 1_900_000})
    assert (result.outcome, result.reason) == (CodeOutcome.FAILED, CodeReason.JOURNAL_TOO_LARGE)


@pytest.mark.parametrize("size", [1_001, 900_000])
async def test_cap_when_the_result_is_too_large_then_it_is_refused(
    control: Client, layers: ScriptedLayers, size: int
) -> None:
    script_layers(layers, ScriptedSandbox(planned(result="x" * size)), written(origin=ScriptOrigin.GIVEN))
    result = await execute(control, limits={"result_bytes": 1_000})
    assert (result.outcome, result.reason, result.result) == (CodeOutcome.FAILED, CodeReason.RESULT_TOO_LARGE, None)


async def test_cap_when_all_of_a_record_is_as_large_as_it_may_be_then_it_still_fits_one_message(
    control: Client, layers: ScriptedLayers
) -> None:
    result_text, printed, code = "r" * 990_000, "s" * 600_000, "# " + "가" * 39_000
    inputs = {"text": "i" * 99_000}
    script = written(code, origin=ScriptOrigin.GIVEN, inputs=inputs)
    script_layers(layers, ScriptedSandbox(planned(result=result_text, stdout=printed)), script)
    limits = {"result_bytes": 1_000_000, "stdout_bytes": 1_000_000}
    result = await execute(control, code=code, inputs=inputs, limits=limits)
    assert (result.outcome, len(str(result.result)), len(result.stdout)) == (CodeOutcome.DONE, 990_000, 4_000)


async def test_cap_when_more_is_printed_than_may_be_then_its_beginning_is_kept(
    control: Client, layers: ScriptedLayers
) -> None:
    script_layers(layers, ScriptedSandbox(planned(stdout="가" * 100)))
    assert (await execute(control, limits={"stdout_bytes": 31})).stdout == "가" * 10


async def test_cap_when_the_run_takes_too_long_then_what_is_under_way_is_given_up(
    control: Client, layers: ScriptedLayers
) -> None:
    given_up = asyncio.Event()

    async def hangs(request: ToolRequest) -> ToolReply:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            given_up.set()
            raise
        raise AssertionError("nobody gave it up")

    layers.script(QUOTE, hangs)
    script_layers(layers, ScriptedSandbox(planned(quotes("1"))))
    result = await execute(control, limits={"run_s": 1.5})
    assert (result.outcome, result.reason) == (CodeOutcome.FAILED, CodeReason.TIME_SPENT)
    await asyncio.wait_for(given_up.wait(), 10)


async def test_cap_when_no_sandbox_worker_answers_then_the_runs_time_ends_it(
    control: Client, layers: ScriptedLayers
) -> None:
    async def silent(request: Any) -> AdvancedScript:
        await asyncio.sleep(60)
        raise AssertionError("nobody gave it up")

    script_layers(layers, silent)
    assert (await execute(control, limits={"run_s": 1})).reason is CodeReason.TIME_SPENT


# --- stopping -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", ["writing", "running", "calling"])
async def test_cancel_when_the_run_is_under_way_then_it_ends_cancelled_and_on_record(
    control: Client, layers: ScriptedLayers, stage: str
) -> None:
    async def waits(request: Any) -> Any:
        await asyncio.sleep(60)

    script_layers(layers, ScriptedSandbox(planned(quotes("1"))))
    entry = {"writing": WRITE_SCRIPT, "running": ADVANCE_SCRIPT, "calling": QUOTE}[stage]
    layers.script(entry, waits)
    handle = await start(control, run_input())
    await eventually(lambda: layers.count(entry))
    await handle.cancel()
    result = await handle.result()
    assert result.reason is CodeReason.CANCELLED
    record: ExplainRun = layers.requests(EXPLAIN_RUN)[0]
    assert (record.reason, record.outcome) == (CodeReason.CANCELLED, CodeOutcome.FAILED)


async def test_cancel_when_the_run_is_being_recorded_then_the_record_is_finished_and_no_ticket_opened(
    control: Client, layers: ScriptedLayers
) -> None:
    asked, goes_on = asyncio.Event(), asyncio.Event()
    script_layers(layers, ScriptedSandbox(planned(result={"intents": []})))

    async def slow(request: ExplainRun) -> Any:
        asked.set()
        await goes_on.wait()
        return {"run_id": "x", "outcome": "done", "explanation": "whole", "ended_at": request.ended_at}

    layers.script(EXPLAIN_RUN, slow)
    handle = await start(control, run_input())
    await asked.wait()
    await handle.cancel()
    await asyncio.sleep(0.3)
    goes_on.set()
    assert (await handle.result()).explanation == "whole"


# --- long runs ------------------------------------------------------------------------------------------------------


async def histories(client: Client, workflow_id: str) -> list[tuple[int, int]]:
    """Return events and bytes of every run of a workflow, the first one first."""
    found = []
    async for execution in client.list_workflows(f"WorkflowId='{workflow_id}'"):
        handle = client.get_workflow_handle(workflow_id, run_id=execution.run_id)
        history = await handle.fetch_history()
        carried = EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CONTINUED_AS_NEW
        assert (execution.status is WorkflowExecutionStatus.CONTINUED_AS_NEW) == (
            history.events[-1].event_type == carried
        )
        size = sum(event.ByteSize() for event in history.events)
        found.append((execution.start_time, len(history.events), size))
    return [(events, size) for _, events, size in sorted(found)]


def one_after_the_other(count: int) -> Any:
    return planned(*(quotes(f"{number:06d}") for number in range(count)), result={"calls": count})


@pytest.mark.parametrize(("calls", "runs"), [(20, 1), (300, 2)])
async def test_history_when_a_script_makes_calls_one_after_the_other_then_it_stays_far_below_the_limits(
    remembering_control: Client, layers: ScriptedLayers, calls: int, runs: int
) -> None:
    layers.script(QUOTE, lambda request: ToolReply(tool="quote", status=ToolStatus.OK, value="x" * 1_000))
    sandbox = ScriptedSandbox(one_after_the_other(calls))
    script_layers(layers, sandbox)
    run = run_input(limits={"calls": calls})
    result = await (await start(remembering_control, run)).result()
    assert (result.outcome, result.result, len(result.calls)) == (CodeOutcome.DONE, {"calls": calls}, calls)
    assert layers.count(QUOTE) == calls
    found = await histories(remembering_control, f"code-{run.run_id}")
    print(f"{calls} calls: {found}")
    assert len(found) == runs
    assert all(events < MOST_EVENTS and size < 4_000_000 for events, size in found)
    whole = [request for request in sandbox.requests if request.code]
    assert len(whole) == 1


async def test_history_when_one_batch_is_very_long_then_the_run_is_carried_over_in_its_middle(
    remembering_control: Client, layers: ScriptedLayers, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox = ScriptedSandbox(planned(quotes(*(str(number) for number in range(900))), quotes("last")))
    script_layers(layers, sandbox)
    run = run_input(limits={"calls": 1_000})
    result = await (await start(remembering_control, run)).result()
    assert (len(result.calls), layers.count(QUOTE)) == (901, 901)
    assert [record.number for record in result.calls] == list(range(1, 902))
    assert [len(journal) for journal in sandbox.journals] == [0, 900, 901]
    found = await histories(remembering_control, f"code-{run.run_id}")
    print(f"900 calls at once: {found}")
    assert len(found) >= 2
    assert all(events < MOST_EVENTS for events, _ in found)


async def test_history_when_a_run_was_carried_over_then_calls_repairs_and_time_go_on_from_there(
    remembering_control: Client, layers: ScriptedLayers
) -> None:
    count = 0

    def breaks(journal: Any) -> Any:
        return quotes(f"{len(journal):06d}") if len(journal) < 180 else failing()(journal)

    def counted(request: ToolRequest) -> ToolReply:
        nonlocal count
        count += 1
        return ToolReply(tool="quote", status=ToolStatus.OK, value={"count": count})

    layers.script(QUOTE, counted)
    again = planned(quotes(*(f"{number:06d}" for number in range(180))), result="again")
    sandbox = ScriptedSandbox(again, {"breaks": breaks})
    script_layers(layers, sandbox, written("breaks"), written())
    run = run_input(limits={"calls": 200})
    result = await (await start(remembering_control, run)).result()
    assert (result.outcome, result.result, result.repairs, result.turns) == (CodeOutcome.DONE, "again", 1, 183)
    assert (count, len(result.calls), result.code) == (180, 180, CODE)
    assert [entry.value for entry in sandbox.journals[-1]] == [{"count": number} for number in range(1, 181)]
    assert len(await histories(remembering_control, f"code-{run.run_id}")) == 2
