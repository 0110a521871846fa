import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from typing import Any

import pytest
from temporalio import activity
from temporalio.client import Client, WorkflowFailureError, WorkflowHandle
from temporalio.exceptions import ApplicationError
from temporalio.worker import UnsandboxedWorkflowRunner, Worker

from daybook.contracts.calls import ARCHIVE_SERIES, COLLECT_SERIES, PLAN_COLLECTION
from daybook.contracts.collection import (
    ArchiveSeries,
    CollectionPlan,
    CollectionPlanRequest,
    CollectionState,
    CollectMarketDataInput,
    SeriesKind,
    SeriesReport,
    SeriesTask,
)
from daybook.contracts.layers import Layer
from daybook.contracts.objects import ObjectKind, ObjectRef
from tests.workflows.scripted_layers import unique
from workers.hosting import worker_options
from workflows.collect_market_data import CollectMarketData

UNTIL = date(2026, 3, 5)
DIGEST = "ab" * 32


class Broker:
    """A trading and a pipeline layer that keep what they were asked."""

    def __init__(self) -> None:
        self.collected: list[SeriesTask] = []
        self.archived: list[SeriesTask] = []
        self.under_way = 0
        self.most_under_way = 0
        self.fails: set[str] = set()
        self.known: set[tuple[str, str]] = set()
        self.blocked: asyncio.Event | None = None
        self.asked = asyncio.Event()

    @activity.defn(name=PLAN_COLLECTION.name)
    async def plan(self, request: CollectionPlanRequest) -> CollectionPlan:
        return CollectionPlan(symbols=request.symbols or ("005930", "000660"), until=UNTIL)

    @activity.defn(name=COLLECT_SERIES.name)
    async def collect(self, task: SeriesTask) -> SeriesReport:
        self.collected.append(task)
        self.asked.set()
        self.under_way += 1
        self.most_under_way = max(self.most_under_way, self.under_way)
        try:
            await asyncio.sleep(0.01)
            if task.key in self.fails:
                raise ApplicationError("no such share", non_retryable=True)
            if self.blocked is not None:
                await self.blocked.wait()
        finally:
            self.under_way -= 1
        fetched = 0 if (task.kind.value, task.key) in self.known else 5
        return SeriesReport(kind=task.kind, key=task.key, fetched=fetched, sessions=5, last_day=UNTIL)

    @activity.defn(name=ARCHIVE_SERIES.name)
    async def archive(self, request: ArchiveSeries) -> ObjectRef:
        self.archived.append(request.task)
        return ObjectRef(digest=DIGEST, size_bytes=1, kind=ObjectKind.MARKET_DATA)


@pytest.fixture
def broker() -> Broker:
    return Broker()


@pytest.fixture
async def client(temporal: Client, broker: Broker) -> AsyncIterator[Client]:
    control = worker_options(Layer.CONTROL) | {"workflow_runner": UnsandboxedWorkflowRunner()}
    async with (
        Worker(temporal, workflows=[CollectMarketData], max_cached_workflows=0, **control),
        Worker(temporal, activities=[broker.plan, broker.collect], **worker_options(Layer.TRADING)),
        Worker(temporal, activities=[broker.archive], **worker_options(Layer.PIPELINE)),
    ):
        yield temporal


async def start(client: Client, **wanted: Any) -> WorkflowHandle[Any, CollectionState]:
    run_id = unique("collect").lower()
    collection = CollectMarketDataInput(run_id=run_id, **wanted)
    return await client.start_workflow(
        CollectMarketData.run, collection, id=f"collect-{run_id}", task_queue=Layer.CONTROL.value
    )


async def test_collection_when_run_then_every_series_is_collected_and_archived_once_indices_first(
    client: Client, broker: Broker
) -> None:
    state = await (await start(client)).result()
    assert [task.kind for task in broker.collected[:3]] == [SeriesKind.INDEX_BARS] * 3
    assert len(broker.collected) == len({(task.kind, task.key) for task in broker.collected}) == 3 + 2 + 2
    assert len(broker.archived) == state.total == len(state.done) == 7
    assert {report.archive.digest for report in state.done if report.archive} == {DIGEST}
    assert 1 < broker.most_under_way <= 4


async def test_collection_when_nothing_is_new_then_nothing_is_archived(client: Client, broker: Broker) -> None:
    broker.known = {(kind.value, key) for kind in SeriesKind for key in ("005930", "0001", "2001", "1001")}
    state = await (await start(client, symbols=("005930",))).result()
    assert broker.archived == []
    assert len(state.done) == 5


async def test_collection_when_one_series_fails_then_it_is_named_and_the_others_are_there(
    client: Client, broker: Broker
) -> None:
    broker.fails = {"000660"}
    state = await (await start(client, kinds=(SeriesKind.DAILY_BARS,))).result()
    problems = {report.key: report.problem for report in state.done}
    assert problems == {"005930": "", "000660": "no such share"}


async def test_collection_when_carried_over_then_done_series_are_not_collected_again(
    client: Client, broker: Broker
) -> None:
    done = SeriesReport(kind=SeriesKind.DAILY_BARS, key="005930", sessions=5)
    plan = CollectionPlan(symbols=("005930", "000660"), until=UNTIL)
    carried = CollectionState(plan=plan, done=(done,))
    state = await (await start(client, kinds=(SeriesKind.DAILY_BARS,), carried=carried)).result()
    assert [task.key for task in broker.collected] == ["000660"]
    assert [report.key for report in state.done] == ["005930", "000660"]


async def test_collection_when_cancelled_then_it_ends_and_its_progress_stood_in_the_query(
    client: Client, broker: Broker
) -> None:
    broker.blocked = asyncio.Event()
    handle = await start(client)
    await broker.asked.wait()
    assert (await handle.query(CollectMarketData.progress)).total == 7
    began = datetime.now(UTC)
    await handle.cancel()
    with pytest.raises(WorkflowFailureError):
        await handle.result()
    assert (datetime.now(UTC) - began).total_seconds() < 10
    broker.blocked.set()
