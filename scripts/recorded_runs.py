"""The part of the recorded scenario in which market data is collected and a threat scenario is run."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from recorded_questions import Recording, scheduled, stopped

from daybook.contracts.collection import CollectionState, CollectMarketDataInput
from daybook.front.calls import CONTROL_QUEUE
from daybook.front.desk import Desk
from daybook.stack.local import LocalStack

Until = Callable[[Callable[[], Awaitable[Any]]], Awaitable[Any]]


async def runs(stack: LocalStack, desk: Desk, recorder: Recording, until: Until) -> None:
    """Record a collection, while it waits for the broker and when it is done."""
    await collection(stack, desk, recorder, until)


async def collection(stack: LocalStack, desk: Desk, recorder: Recording, until: Until) -> None:
    """Record a collection of two symbols."""
    wanted = CollectMarketDataInput(
        run_id="recorded", symbols=("005930", "000660"), sessions=60, until=date(2026, 3, 5)
    )
    with stopped(stack, "pipeline"):
        handle = await desk.client.start_workflow(
            "CollectMarketData", wanted, id="collect-recorded", task_queue=CONTROL_QUEUE, result_type=CollectionState
        )
        await until(lambda: scheduled(desk.client, handle.id, "pipeline.archive_series"))
        await recorder.record("CollectMarketData", "archive-suspended", handle.id)
    state: CollectionState = await handle.result()
    problems = [report.problem for report in state.done if report.problem]
    if problems or len(state.done) != state.total:
        raise SystemExit(f"the collection has problems: {problems}")
    await recorder.record("CollectMarketData", "completed", handle.id)
