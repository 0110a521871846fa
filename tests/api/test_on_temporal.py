"""The API on a real Temporal server, with real workflows and a trading layer that answers from memory."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from temporalio import activity
from temporalio.client import Client
from temporalio.worker import Worker

from api.app import create_app
from daybook.contracts.base import KST, TradingState
from daybook.contracts.calls import (
    CHANGE_STATE,
    CHECK_ORDER,
    RECONCILE,
    RECORD_APPROVAL,
    RECORD_INTENT,
    UPDATE_INTENT,
    Layer,
)
from daybook.contracts.clock import MarketClock
from daybook.contracts.desk import DeskConfig
from daybook.contracts.execution import (
    AccountEvidence,
    ApprovalRecord,
    CheckedOrder,
    CheckOrderRequest,
    IntentStatus,
    IntentToRecord,
    IntentUpdate,
    OrderSummary,
    PlaceOrderInput,
)
from daybook.contracts.orders import IntentState
from daybook.contracts.reconciliation import ReconcileReport, ReconcileRequest
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.front.desk import Desk
from daybook.settings import Settings, TemporalSettings
from tests.api.conftest import TOKENS, key
from tests.report.order_story import ticket
from tests.temporal_environment import TemporalServer
from workflows.place_order import PlaceOrder
from workflows.reconciliation import Reconciliation
from workflows.state_change import StateChange

pytestmark = pytest.mark.temporal


class Trading:
    """The trading layer's answers; counts what it was asked to do."""

    def __init__(self) -> None:
        self.changes: list[StateChangeRequest] = []
        self.reconciliations: list[ReconcileRequest] = []

    def activities(self) -> Sequence[Callable[..., Any]]:
        @activity.defn(name=CHANGE_STATE.name)
        async def change_state(request: StateChangeRequest) -> StateChangeResult:
            self.changes.append(request)
            is_halt = request.action is StateAction.HALT
            token = uuid.uuid4().hex if request.action is StateAction.REQUEST_RESUME else ""
            state = TradingState.HALTED if is_halt else TradingState.ACTIVE
            return StateChangeResult(state=state, accepted=True, text=request.reason, token=token)

        @activity.defn(name=RECONCILE.name)
        async def reconcile(request: ReconcileRequest) -> ReconcileReport:
            self.reconciliations.append(request)
            return ReconcileReport(
                moment=request.moment,
                signed_off=True,
                ledger_cash_krw=1,
                broker_cash_krw=1,
                positions_checked=0,
                orders_checked=0,
            )

        @activity.defn(name=RECORD_INTENT.name)
        async def record_intent(order: IntentToRecord) -> IntentStatus:
            return IntentStatus(intent_id=order.intent_id, state=IntentState.RECORDED, is_new=True)

        @activity.defn(name=CHECK_ORDER.name)
        async def check_order(_request: CheckOrderRequest) -> CheckedOrder:
            return CheckedOrder(
                approval_reasons=("APPROVAL_MISSING",),
                last_price_krw=70_000,
                checked_at=datetime.now(UTC),
                evidence=AccountEvidence(orderable_cash_krw=0, sellable_shares=0),
            )

        @activity.defn(name=RECORD_APPROVAL.name)
        async def record_approval(record: ApprovalRecord) -> IntentStatus:
            return IntentStatus(intent_id=record.ticket.intent_id, state=IntentState.AWAITING_APPROVAL)

        @activity.defn(name=UPDATE_INTENT.name)
        async def update_intent(update: IntentUpdate) -> IntentStatus:
            return IntentStatus(intent_id=update.intent_id, state=update.state)

        return [change_state, reconcile, record_intent, check_order, record_approval, update_intent]


@asynccontextmanager
async def working(client: Client, trading: Trading) -> AsyncIterator[None]:
    """Workers of the control and the trading layer."""
    control = Worker(client, task_queue=Layer.CONTROL.value, workflows=[StateChange, Reconciliation, PlaceOrder])
    async with control, Worker(client, task_queue=Layer.TRADING.value, activities=trading.activities()):
        yield


@pytest.fixture
def settings(settings: Settings, temporal_server: TemporalServer) -> Settings:
    return settings.model_copy(update={"temporal": TemporalSettings(address=temporal_server.address)})


@pytest.fixture
def app(settings: Settings) -> FastAPI:
    return create_app(settings, Desk.connect)


@pytest.fixture
def client(app: FastAPI) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://desk",
        headers={"Authorization": f"Bearer {TOKENS['all']}"},
        timeout=90,
    )


async def executions(temporal: Client, workflow_id: str) -> int:
    return len([run async for run in temporal.list_workflows(f"WorkflowId='{workflow_id}'")])


async def eventually(check: Callable[[], Any]) -> None:
    """Visibility is updated a little after the start."""
    for _ in range(600):
        if await check():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("it did not come true")


async def end_day(temporal: Client, workflow_id: str) -> None:
    """Terminate a day and wait until no other test can find it running."""
    await temporal.get_workflow_handle(workflow_id).terminate()
    query = f"WorkflowId='{workflow_id}' AND ExecutionStatus='Terminated'"

    async def is_listed() -> bool:
        return bool([run async for run in temporal.list_workflows(query)])

    await eventually(is_listed)


async def test_day_when_started_by_many_at_once_then_one_workflow_and_keys_are_kept(
    client: httpx.AsyncClient, temporal: Client
) -> None:
    body = {"date": "2099-01-05"}
    answers = await asyncio.gather(*(client.post("/v1/days", json=body, headers=key("day-1")) for _ in range(10)))
    assert {(answer.status_code, answer.json()["workflow_id"]) for answer in answers} == {
        (202, "trading-day-2099-01-05")
    }
    rivals = await asyncio.gather(
        *(client.post("/v1/days", json=body, headers=key(f"rival-{number}")) for number in range(5))
    )
    assert {(answer.status_code, answer.json()["code"]) for answer in rivals} == {(409, "refused")}

    async def is_visible() -> bool:
        return await executions(temporal, "trading-day-2099-01-05") == 1

    await eventually(is_visible)
    other = {"date": "2099-01-05", "clock": MarketClock.real_time().model_dump(mode="json")}
    for changed in (other, {"date": "2099-01-06"}):
        response = await client.post("/v1/days", json=changed, headers=key("day-1"))
        assert (response.status_code, response.json()["code"]) == (422, "idempotency_key_reused")
    assert await executions(temporal, "trading-day-2099-01-06") == 0
    await end_day(temporal, "trading-day-2099-01-05")
    again = await client.post("/v1/days", json=body, headers=key("day-1"))
    assert (again.status_code, again.json()) == (202, answers[0].json())
    assert await executions(temporal, "trading-day-2099-01-05") == 1


async def test_day_when_rivals_start_it_at_once_then_exactly_one_wins(
    client: httpx.AsyncClient, temporal: Client
) -> None:
    answers = await asyncio.gather(
        *(client.post("/v1/days", json={"date": "2099-01-07"}, headers=key(f"r-{number}")) for number in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [202, 409, 409, 409, 409, 409]
    await end_day(temporal, "trading-day-2099-01-07")


async def test_halt_when_workers_are_away_then_it_is_kept_until_they_are_back(
    client: httpx.AsyncClient, temporal: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.routes.trading_state.ANSWER_TIMEOUT_S", 0.3)
    response = await client.post("/v1/halt", json={"reason": "fire"}, headers=key("halt-1"))
    assert (response.status_code, response.json()["durable"]) == (202, "workflow")
    assert settings.kill_switch_path.exists()
    monkeypatch.undo()
    trading = Trading()
    async with working(temporal, trading):
        again = await client.post("/v1/halt", json={"reason": "fire"}, headers=key("halt-1"))
    assert again.json()["workflow_id"] == response.json()["workflow_id"]
    assert (again.json()["state"], again.json()["text"]) == ("halted", "fire")
    assert [(change.by, change.reason) for change in trading.changes] == [("all", "fire")]


async def test_resume_when_retried_with_its_key_then_the_same_token(
    client: httpx.AsyncClient, temporal: Client
) -> None:
    trading = Trading()
    async with working(temporal, trading):
        answers = await asyncio.gather(*(client.post("/v1/resume", headers=key("resume-1")) for _ in range(4)))
        other = await client.post("/v1/resume", headers=key("resume-2"))
        reused = await client.post("/v1/resume/confirm", json={"token": "x"}, headers=key("resume-1"))
    assert len({answer.json()["token"] for answer in answers}) == 1
    assert other.json()["token"] != answers[0].json()["token"]
    assert (reused.status_code, reused.json()["code"]) == (422, "idempotency_key_reused")
    assert len(trading.changes) == 2


async def test_reconciliation_when_retried_with_its_key_then_one(client: httpx.AsyncClient, temporal: Client) -> None:
    trading = Trading()
    async with working(temporal, trading):
        first = await client.post("/v1/reconcile", json={"accept": True}, headers=key("reconcile-1"))
        again = await client.post("/v1/reconcile", json={"accept": True}, headers=key("reconcile-1"))
        other = await client.post("/v1/reconcile", json={"accept": False}, headers=key("reconcile-1"))
    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert other.status_code == 422
    assert [request.accept_by for request in trading.reconciliations] == ["all"]


async def test_order_when_it_waits_for_a_person_then_one_answer_counts(
    client: httpx.AsyncClient, temporal: Client
) -> None:
    order = ticket("order-on-temporal", day=date(2099, 1, 5), valid_until=datetime.now(KST) + timedelta(hours=1))
    async with working(temporal, Trading()):
        handle = await temporal.start_workflow(
            PlaceOrder.run,
            PlaceOrderInput(ticket=order, clock=MarketClock.real_time(), desk=DeskConfig()),
            id=f"order-{order.intent_id}",
            task_queue=Layer.CONTROL.value,
        )
        path = f"/v1/orders/{order.intent_id}"

        async def is_waiting() -> bool:
            summary: OrderSummary = await handle.query("status", result_type=OrderSummary)
            return summary.state is IntentState.AWAITING_APPROVAL

        await eventually(is_waiting)
        stale = await client.post(f"{path}/approve", json={"digest": "0123456789abcdef"})
        assert (stale.status_code, stale.json()["code"]) == (409, "refused")
        assert "changed since it was shown" in stale.json()["message"]
        early = await client.post(f"{path}/resolve", json={"order_number": None})
        assert early.status_code == 409
        answers = await asyncio.gather(*(client.post(f"{path}/reject", headers=key("answer-1")) for _ in range(4)))
        assert {(answer.status_code, answer.json()["text"]) for answer in answers} == {(200, "rejected")}
        result: OrderSummary = await handle.result()
        assert result.state is IntentState.DENIED
        retried = await client.post(f"{path}/reject", headers=key("answer-1"))
        assert (retried.status_code, retried.json()) == (200, answers[0].json())
        late = await client.post(f"{path}/approve")
        assert (late.status_code, late.json()["code"]) == (404, "not_found")
        unknown = await client.post("/v1/orders/nobody/approve")
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


@pytest.fixture
def own_server(tmp_path: Path, temporal_server: TemporalServer) -> Iterator[TemporalServer]:
    """A server that no other test's workers have polled."""
    server = TemporalServer.start(tmp_path / "temporal.log")
    yield server
    server.stop()


async def test_ready_when_workers_poll_then_only_the_others_are_missing(
    settings: Settings, own_server: TemporalServer
) -> None:
    here = settings.model_copy(update={"temporal": TemporalSettings(address=own_server.address)})
    client = httpx.AsyncClient(transport=httpx.ASGITransport(create_app(here, Desk.connect)), base_url="http://desk")
    sandbox_and_pipeline = ["worker:sandbox", "worker:pipeline"]
    async with client, working(await own_server.client(), Trading()):

        async def is_seen() -> bool:
            missing: list[str] = (await client.get("/ready")).json()["missing"]
            return missing == sandbox_and_pipeline

        await eventually(is_seen)
        assert (await client.get("/health")).status_code == 200


async def test_desk_when_the_server_is_away_then_unreachable_and_never_a_raw_error(settings: Settings) -> None:
    away = settings.model_copy(update={"temporal": TemporalSettings(address="127.0.0.1:1")})
    app = create_app(away, Desk.connect)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app),
        base_url="http://desk",
        headers={"Authorization": f"Bearer {TOKENS['all']}"},
        timeout=30,
    ) as client:
        answers = await asyncio.gather(
            client.post("/v1/days", json={"date": "2099-01-05"}, headers=key()),
            client.post("/v1/reconcile", headers=key()),
            client.get("/v1/days/2099-01-05"),
            client.post("/v1/orders/x/approve"),
        )
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(503, "temporal_unreachable")}
