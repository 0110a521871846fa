import pytest
from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from daybook.contracts.calls import ADVANCE_SCRIPT, EXPLAIN_RUN
from daybook.contracts.code import (
    LONGEST_SCRIPT,
    AdvancedScript,
    AdvanceScript,
    AdvanceStatus,
    CodeOutcome,
    CodeRunInput,
    CodeRunResult,
    ExplainRun,
)
from daybook.contracts.layers import Layer
from daybook.front.calls import TemporalCalls
from daybook.front.code import run_code
from daybook.front.desk import Desk
from daybook.front.errors import DeskError, DeskNoAnswer
from daybook.settings import Settings
from tests.workflows.scripted_layers import eventually
from workers.hosting import worker_options

SHOWN = {"task", "code", "inputs", "tools", "model", "by", "language"}


@workflow.defn(name="CodeRun")
class EchoingCodeRun:
    """Ends at once, with what it was asked."""

    @workflow.run
    async def run(self, asked: CodeRunInput) -> CodeRunResult:
        return CodeRunResult(
            run_id=asked.run_id,
            outcome=CodeOutcome.DONE,
            result=asked.model_dump(
                mode="json", include={"task", "code", "inputs", "tools", "model", "by", "language"}
            ),
            ended_at=asked.asked_at,
        )


@activity.defn(name=EXPLAIN_RUN.name)
async def explain(request: ExplainRun) -> CodeRunResult:
    raise AssertionError("the front asks no activity")


@activity.defn(name=ADVANCE_SCRIPT.name)
async def advance(request: AdvanceScript) -> AdvancedScript:
    return AdvancedScript(status=AdvanceStatus.FAILED)


async def test_run_when_the_workers_run_then_the_result_comes_back(temporal: Client, settings: Settings) -> None:
    control = Worker(
        temporal,
        **worker_options(Layer.CONTROL),
        workflows=[EchoingCodeRun],
        workflow_runner=UnsandboxedWorkflowRunner(),
    )
    pipeline = Worker(temporal, **worker_options(Layer.PIPELINE), activities=[explain])
    sandbox = Worker(temporal, **worker_options(Layer.SANDBOX), activities=[advance])
    async with control, pipeline, sandbox:
        calls = TemporalCalls(temporal, settings.temporal.address)
        for layer in (Layer.CONTROL, Layer.PIPELINE, Layer.SANDBOX):
            await eventually(lambda layer=layer: calls.is_polled(layer))
        result = await run_code(
            Desk(temporal, settings),
            settings,
            by="me",
            task="뉴스",
            inputs={"days": 3},
            tools=("quote",),
            model="m",
            language="en",
        )
    asked = {"task": "뉴스", "code": "", "inputs": {"days": 3}, "tools": ["quote"]}
    assert result.result == asked | {"model": "m", "by": "me", "language": "en"}
    assert result.run_id.startswith("c-")


async def test_run_when_no_sandbox_worker_runs_then_it_is_refused_before_anything_starts(
    temporal: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def is_polled(calls: TemporalCalls, layer: Layer) -> bool:
        return layer is not Layer.SANDBOX

    monkeypatch.setattr(TemporalCalls, "is_polled", is_polled)
    with pytest.raises(DeskNoAnswer, match="no sandbox worker is running; start the desk with: daybook up"):
        await run_code(Desk(temporal, settings), settings, by="me", task="뉴스")
    assert [one async for one in temporal.list_workflows("WorkflowType='CodeRun' AND ExecutionStatus='Running'")] == []


@pytest.mark.parametrize("asked", [{"task": "x" * 4_001}, {"code": "x" * (LONGEST_SCRIPT + 1)}])
async def test_run_when_the_text_is_too_long_then_it_is_refused_at_once(
    asked: dict[str, str], temporal: Client, settings: Settings
) -> None:
    with pytest.raises(DeskError, match="at most"):
        await run_code(Desk(temporal, settings), settings, by="me", **asked)
