"""The part of the recorded scenario in which questions are asked, news looked at and scripts run."""

import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from temporalio.client import Client

from daybook.contracts.ask import AskInput
from daybook.contracts.base import KST
from daybook.contracts.code import CodeLimits, CodeOutcome, CodeRunInput, CodeRunResult
from daybook.contracts.news import NewsAnalysisInput
from daybook.contracts.tool_runs import ToolCallInput
from daybook.contracts.tools import ToolRequest, ToolStatus
from daybook.front.calls import CONTROL_QUEUE
from daybook.front.desk import Desk
from daybook.settings import Settings
from daybook.skills.policy import policy_row
from daybook.skills.registry import registry
from daybook.stack.local import LocalStack

SCRIPT = """
prices = await gather(*(quote(symbol) for symbol in ("005930", "000660")))
sessions = await trading_sessions(first="2026-03-02", last="2026-03-06")
print(len(sessions))
result = {"symbols": [price["symbol"] for price in prices], "sessions": len(sessions)}
"""
LONG_SCRIPT = """
from datetime import date, timedelta

first = date(2024, 1, 2)
days = [str(first + timedelta(days=number)) for number in range({calls})]
found = await gather(*(trading_sessions(first=day, last=day) for day in days), return_exceptions=True)
last = await trading_sessions(first="2026-03-02", last="2026-03-06")
result = {{"asked": len(found), "last": len(last)}}
"""
"""More calls than one history takes; how many that is depends on how many end within one workflow task."""
LONG_SCRIPT_CALLS = (560, 650, 740, 900)


class Recording(Protocol):
    """What this needs of the recorder."""

    async def record(self, workflow: str, case: str, workflow_id: str, run_id: str | None = None) -> None:
        """Fetch and write one history."""
        ...


async def questions(
    stack: LocalStack, desk: Desk, recorder: Recording, until: Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]
) -> None:
    """Record a question, a look at the news, a tool and scripts; the two that call tools also while they wait."""
    client, settings = desk.client, stack.client_settings()
    await tool(client, recorder)
    await news(client, recorder)
    with stopped(stack, "trading"):
        asked = await start_question(client, settings)
        await until(lambda: scheduled(client, asked, "trading.tool.quote"))
        await recorder.record("Ask", "tool-suspended", asked)
        run = await start_script(client, settings, "recorded", SCRIPT)
        await until(lambda: scheduled(client, run, "trading.tool.quote"))
        await recorder.record("CodeRun", "calls-suspended", run)
    await client.get_workflow_handle(asked).result()
    await recorder.record("Ask", "completed", asked)
    await done(client, run)
    await recorder.record("CodeRun", "completed", run)
    await carried_over(client, settings, recorder)


async def carried_over(client: Client, settings: Settings, recorder: Recording) -> None:
    """Record the second history of a script whose calls did not fit into one."""
    for calls in LONG_SCRIPT_CALLS:
        run = await start_script(client, settings, f"recorded-{calls}", LONG_SCRIPT.format(calls=calls))
        first = (await client.get_workflow_handle(run).describe()).run_id
        await done(client, run)
        last = (await client.get_workflow_handle(run).describe()).run_id
        if last != first:
            await recorder.record("CodeRun", "carried-over", run, last)
            return
    raise SystemExit("no script was carried over; nothing more is recorded")


async def tool(client: Client, recorder: Recording) -> None:
    """Record one tool."""
    row = policy_row(registry().get("trading_sessions"))
    request = ToolRequest(
        tool=row.name, arguments={"first": "2026-03-02", "last": "2026-03-06"}, run_id="recorded", number=1
    )
    asked = ToolCallInput(row=row, request=request, asked_by="owner")
    await client.execute_workflow("ToolCall", asked, id="tool-call-recorded", task_queue=CONTROL_QUEUE)
    await recorder.record("ToolCall", "completed", "tool-call-recorded")


async def news(client: Client, recorder: Recording) -> None:
    """Record an analysis that the schedule's workflow started; without keys its sources say so."""
    now = datetime(2026, 3, 6, 12, tzinfo=KST)
    template = NewsAnalysisInput(run_id="recorded", symbols=("005930",), as_of=now, point_in_time=True)
    starter = "start-news-analysis"
    analysis: str = await client.execute_workflow(
        "StartNewsAnalysis", template, id=starter, task_queue=CONTROL_QUEUE, result_type=str
    )
    await recorder.record("StartNewsAnalysis", "started", starter)
    await client.get_workflow_handle(analysis).result()
    await recorder.record("NewsAnalysis", "completed", analysis)


async def start_question(client: Client, settings: Settings) -> str:
    """Ask for a price and return the workflow's id."""
    ask = AskInput(
        run_id="recorded", question="삼성전자 현재가 알려줘", asked_at=_now(), by="owner", desk=settings.desk_config()
    )
    handle = await client.start_workflow("Ask", ask, id="ask-recorded", task_queue=CONTROL_QUEUE)
    return handle.id


async def start_script(client: Client, settings: Settings, run_id: str, code: str) -> str:
    """Run a script and return the workflow's id."""
    run = CodeRunInput(
        run_id=run_id,
        code=code,
        by="owner",
        asked_at=_now(),
        limits=CodeLimits(calls=1_000),
        desk=settings.desk_config(),
    )
    handle = await client.start_workflow("CodeRun", run, id=f"code-{run_id}", task_queue=CONTROL_QUEUE)
    return handle.id


async def done(client: Client, workflow_id: str) -> None:
    """Wait for a script that must end well."""
    result: CodeRunResult = await client.get_workflow_handle(workflow_id, result_type=CodeRunResult).result()
    if result.outcome is not CodeOutcome.DONE or any(
        record.status is ToolStatus.UNAVAILABLE for record in result.calls
    ):
        raise SystemExit(f"{workflow_id} ended {result.outcome.value} {result.reason} {result.message}")
    print(f"{workflow_id}: {len(result.calls)} calls, {result.turns} turns, {result.result}")


async def scheduled(client: Client, workflow_id: str, activity: str) -> bool:
    """Return whether a workflow waits for an activity."""
    description = await client.get_workflow_handle(workflow_id).describe()
    pending = description.raw_description.pending_activities
    return any(entry.activity_type.name == activity for entry in pending)


@contextmanager
def stopped(stack: LocalStack, name: str) -> Iterator[None]:
    """Hold a worker still while the block runs."""
    pid = next(process.pid for process in stack.supervisor.processes if process.name == name)
    os.kill(pid, signal.SIGSTOP)
    try:
        time.sleep(0.2)
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _now() -> datetime:
    return datetime.now(UTC)
