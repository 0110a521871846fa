"""The trading room on a fake broker: broker errors become coded failures, and the watch wakes whom it should."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from temporalio.api.workflowservice.v1 import DescribeTaskQueueResponse
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.trading import TradingActivities
from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable, ModeLockError
from daybook.contracts.base import Mode
from daybook.contracts.calls import OBSERVE
from daybook.contracts.day import DayStart, PreflightRequest, WatchRequest
from daybook.contracts.desk import DeskConfig
from daybook.contracts.orders import FillNotice
from daybook.contracts.session import DayKind
from daybook.storage.database import Database
from tests.execution.bench import Bench
from tests.execution.fake_broker import COMMISSION_RATE
from tests.risk import facts


class FakeStream:
    """A stream that gives what a test puts in, until it is stopped."""

    def __init__(self) -> None:
        self.messages: list[Any] = []
        self.stopped = False

    def __enter__(self) -> "FakeStream":
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped = True

    def __iter__(self) -> Iterator[Any]:
        yield from self.messages

    def stop(self) -> None:
        self.stopped = True


class FakeClient:
    """Keeps the signals that would be sent."""

    def __init__(self) -> None:
        self.signals: asyncio.Queue[tuple[str, str, tuple[Any, ...]]] = asyncio.Queue()
        self.namespace = "default"
        self.workflow_service = SimpleNamespace(describe_task_queue=self._describe)

    async def _describe(self, request: Any, **_: Any) -> DescribeTaskQueueResponse:
        return DescribeTaskQueueResponse()

    def get_workflow_handle(self, workflow_id: str) -> "FakeClient":
        self._workflow_id = workflow_id
        return self

    async def signal(self, name: str, args: list[Any]) -> None:
        self.signals.put_nowait((self._workflow_id, name, tuple(args)))


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}") as database:
        database.upgrade()
        made = Bench(database, tmp_path)
        made.prepare()
        yield made


def room(bench: Bench, client: Any = None, stream: Any = None) -> TradingActivities:
    return TradingActivities(bench.desk, client or FakeClient(), stream or FakeStream, COMMISSION_RATE)


@pytest.mark.parametrize(
    ("error", "kind", "final"),
    [
        (BrokerUnavailable("maintenance", code="MAINT"), "BrokerUnavailable", False),
        (BrokerConfigurationError("wrong key", advice="set it"), "Configuration", True),
        (ModeLockError("other host"), "Configuration", True),
    ],
)
def test_activity_when_the_broker_raises_then_the_failure_is_coded(
    bench: Bench, error: Exception, kind: str, final: bool
) -> None:
    bench.broker.fail("account", error)  # type: ignore[arg-type]
    with pytest.raises(ApplicationError) as failed:
        room(bench).preflight(PreflightRequest(mode=Mode.PAPER, asked_at=bench.clock()))
    assert (failed.value.type, failed.value.non_retryable) == (kind, final)
    assert kind in (*OBSERVE.not_retryable, "BrokerUnavailable")


def test_begin_day_when_the_calendar_is_open_then_the_day_s_row_is_there(bench: Bench) -> None:
    start = DayStart(day=facts.DAY, desk=DeskConfig(), market_now=facts.NOW, workflow_id="day")
    session = room(bench).begin_day(start)
    assert (session.kind, bench.desk.days.get(facts.DAY, "main").mode) == (DayKind.REGULAR, Mode.PAPER)
    assert bench.broker.calls["is_market_open_day"] == 0


async def test_watch_when_a_notice_comes_then_it_is_kept_and_its_order_is_woken(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    stream, client = FakeStream(), FakeClient()
    notice: FillNotice = bench.notice("101", is_fill=True)
    stream.messages = [notice, notice, "something else"]
    request = WatchRequest(
        account="main",
        day=facts.DAY,
        mode=Mode.PAPER,
        day_workflow_id="day",
        until=bench.clock() + timedelta(hours=1),
    )
    watching = asyncio.create_task(
        ActivityEnvironment().run(room(bench, client, lambda: stream).watch_account, request)
    )
    async with asyncio.timeout(10):
        woken = await client.signals.get()
        bench.desk.kill_switch.engage("owner", "fire")
        halted = await client.signals.get()
        bench.clock.pass_s(3601)
        await watching
    assert woken == (f"order-{reference.ticket.intent_id}", "notice", ())
    assert (halted[:2], "fire" in halted[2][0]) == (("day", "halt"), True)
    assert (stream.stopped, client.signals.empty()) == (True, True)
    assert bench.desk.notices.fill_totals(facts.DAY, "101") == (10, 701_000)
