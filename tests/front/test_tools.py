import pytest
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from activities.tools import tool_activities
from daybook.contracts.layers import Layer
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import ToolStatus
from daybook.front.calls import TemporalCalls
from daybook.front.errors import DeskError, DeskNoAnswer
from daybook.front.tools import call_tool
from daybook.skills.policy import policy_row
from daybook.skills.registry import Registry
from daybook.skills.toolbox import ToolBox
from tests.skills.sample import Archive, archive, article, request, sample
from tests.temporal_environment import TemporalServer
from tests.workflows.scripted_layers import eventually, unique
from workers.hosting import worker_options
from workflows.tool_call import ToolCall

BOX = ToolBox(Layer.PIPELINE, Registry((sample,)), {Archive: archive(article())})
CALL = ToolCallInput(row=policy_row(sample.spec("find_articles")), request=request("find_articles", keyword="x"))


def control(client: Client) -> Worker:
    runner = UnsandboxedWorkflowRunner()
    return Worker(client, **worker_options(Layer.CONTROL), workflows=[ToolCall], workflow_runner=runner)


def pipeline(client: Client) -> Worker:
    return Worker(client, **worker_options(Layer.PIPELINE), activities=tool_activities(BOX))


async def both_poll(client: Client, address: str) -> None:
    calls = TemporalCalls(client, address)
    await eventually(lambda: calls.is_polled(Layer.CONTROL))
    await eventually(lambda: calls.is_polled(Layer.PIPELINE))


async def test_call_when_the_workers_run_then_the_reply_comes_back(
    temporal: Client, temporal_server: TemporalServer
) -> None:
    async with control(temporal), pipeline(temporal):
        await both_poll(temporal, temporal_server.address)
        reply = await call_tool(temporal, temporal_server.address, CALL)
    assert (reply.status, reply.tool) == (ToolStatus.OK, "find_articles")


async def test_call_when_the_request_is_refused_then_the_error_is_one_line(
    temporal: Client, temporal_server: TemporalServer
) -> None:
    mismatched = CALL.model_copy(update={"request": request("echo", value=1)})
    async with control(temporal), pipeline(temporal):
        await both_poll(temporal, temporal_server.address)
        with pytest.raises(DeskError, match="the row is of find_articles, the request of echo"):
            await call_tool(temporal, temporal_server.address, mismatched)


async def test_call_when_no_worker_of_the_layer_runs_then_it_is_refused_before_anything_starts(
    temporal: Client, temporal_server: TemporalServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_polled(calls: TemporalCalls, layer: Layer) -> bool:
        return layer is Layer.CONTROL

    monkeypatch.setattr(TemporalCalls, "is_polled", is_polled)
    named = CALL.model_copy(update={"row": CALL.row.model_copy(update={"skill": unique("skill")})})
    with pytest.raises(DeskNoAnswer, match=r"no pipeline worker is running; start the desk with: daybook up"):
        await call_tool(temporal, temporal_server.address, named)
    assert [one async for one in temporal.list_workflows("WorkflowType='ToolCall' AND ExecutionStatus='Running'")] == []
