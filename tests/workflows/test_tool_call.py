from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.tools import tool_activities
from daybook.contracts.layers import Effect, Layer
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import ToolReply, ToolRequest, ToolRow, ToolStatus
from daybook.skills.policy import policy_row
from daybook.skills.registry import Registry
from daybook.skills.toolbox import ToolBox
from tests.skills.sample import Archive, archive, article, request, sample
from tests.workflows.scripted_layers import unique
from workers.hosting import worker_options
from workflows.tool_call import ToolCall

REGISTRY = Registry((sample,))


@asynccontextmanager
async def tools_at_work(client: Client, layer: Layer, *, in_sandbox: bool = False) -> AsyncIterator[None]:
    box = ToolBox(layer, REGISTRY, {Archive: archive(article())})
    runner = {} if in_sandbox else {"workflow_runner": UnsandboxedWorkflowRunner()}
    async with (
        Worker(client, **worker_options(Layer.CONTROL), workflows=[ToolCall], max_cached_workflows=0, **runner),  # type: ignore[arg-type]
        Worker(client, **worker_options(layer), activities=tool_activities(box)),
    ):
        yield


def asked(tool: str, row: ToolRow | None = None, **arguments: object) -> ToolCallInput:
    row = row or policy_row(REGISTRY.get(tool))
    return ToolCallInput(row=row, request=request(tool, run_id=unique("run"), **arguments), asked_by="kim")


async def run(client: Client, call: ToolCallInput) -> ToolReply:
    reply: ToolReply = await client.execute_workflow(ToolCall.run, call, id=unique("tool-call"), task_queue="control")
    return reply


@pytest.mark.parametrize("in_sandbox", [False, True])
async def test_tool_call_when_the_tool_answers_then_its_reply_is_the_result(temporal: Client, in_sandbox: bool) -> None:
    async with tools_at_work(temporal, Layer.PIPELINE, in_sandbox=in_sandbox):
        reply = await run(temporal, asked("find_articles", keyword="삼성"))
    assert (reply.status, reply.is_untrusted, len(reply.sources)) == (ToolStatus.OK, True, 1)


async def test_tool_call_when_of_the_trading_layer_then_it_runs_there(temporal: Client) -> None:
    async with tools_at_work(temporal, Layer.TRADING):
        reply = await run(temporal, asked("prepare_something", shares=3, side="buy"))
    assert reply.value == "buy 3"


async def test_tool_call_when_arguments_are_wrong_then_the_reply_says_so_and_nothing_fails(temporal: Client) -> None:
    async with tools_at_work(temporal, Layer.PIPELINE):
        reply = await run(temporal, asked("find_articles"))
    assert (reply.status, "keyword is missing" in reply.message) == (ToolStatus.BAD_ARGUMENTS, True)


async def test_tool_call_when_the_row_names_a_layer_that_does_not_have_the_tool_then_it_is_unavailable(
    temporal: Client,
) -> None:
    forged = policy_row(REGISTRY.get("find_articles")).model_copy(update={"layer": Layer.TRADING})
    async with tools_at_work(temporal, Layer.TRADING):
        reply = await run(temporal, asked("find_articles", forged, keyword="x"))
    assert (reply.status, reply.is_untrusted) == (ToolStatus.UNAVAILABLE, True)
    assert reply.message.startswith("the trading worker did not answer")


async def test_tool_call_when_the_worker_fails_then_it_is_asked_twice_and_the_reply_says_so(temporal: Client) -> None:
    attempts: list[int] = []

    @activity.defn(name="pipeline.tool.echo")
    async def broken(request: ToolRequest) -> ToolReply:
        attempts.append(activity.info().attempt)
        raise ApplicationError("the disk is full\nand more", type="Odd")

    control = Worker(
        temporal,
        **worker_options(Layer.CONTROL),
        workflows=[ToolCall],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    async with control, Worker(temporal, **worker_options(Layer.PIPELINE), activities=[broken]):
        reply = await run(temporal, asked("echo", value=1))
    assert (reply.status, attempts) == (ToolStatus.UNAVAILABLE, [1, 2])
    assert reply.message == "the pipeline worker did not answer: Odd: the disk is full"


@pytest.mark.parametrize(
    "call",
    [
        ToolCallInput(row=ToolRow(name="echo", skill="s", layer=Layer.PIPELINE), request=request("lie")),
        ToolCallInput(
            row=ToolRow(name="echo", skill="s", layer=Layer.TRADING, effect=Effect.ORDER),
            request=request("echo", value=1),
        ),
    ],
)
async def test_tool_call_when_row_and_request_differ_or_it_would_order_then_it_is_refused(
    temporal: Client, call: ToolCallInput
) -> None:
    async with tools_at_work(temporal, Layer.PIPELINE):
        with pytest.raises(WorkflowFailureError) as caught:
            await run(temporal, call)
    assert isinstance(caught.value.cause, ApplicationError)
    assert caught.value.cause.type == "BadRequest"
