"""What a person or a program can ask of the desk. Used by the CLI, the API and later the MCP servers."""

import asyncio
import uuid
from datetime import date, datetime, timedelta

from temporalio.client import Client, WorkflowExecutionStatus
from temporalio.contrib.pydantic import pydantic_data_converter
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from daybook.contracts.base import KST
from daybook.contracts.calls import Layer
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayResult, DayState, TradingDayInput
from daybook.contracts.execution import ApprovalDecision, OrderResolution, OrderSummary
from daybook.contracts.orders import BrokerOrderId
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport, ReconcileRequest, ReconciliationInput
from daybook.contracts.state import StateAction, StateChangeInput, StateChangeRequest, StateChangeResult
from daybook.execution.kill_switch import KillSwitch
from daybook.front.calls import ANSWER_TIMEOUT_S, CONTROL_QUEUE, TemporalCalls, keyed_id
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable, IdempotencyConflict
from daybook.settings import Settings

__all__ = [
    "CONTROL_QUEUE",
    "Desk",
    "DeskError",
    "DeskNoAnswer",
    "DeskNotFound",
    "DeskUnreachable",
    "IdempotencyConflict",
    "day_workflow_id",
]


def day_workflow_id(day: date, account: str = "main") -> str:
    """Return the id of a day's workflow."""
    return f"trading-day-{day.isoformat()}" if account == "main" else f"trading-day-{account}-{day.isoformat()}"


class Desk:
    """The desk as its users see it."""

    def __init__(self, client: Client, settings: Settings) -> None:
        self._client = client
        self._settings = settings
        self._kill_switch = KillSwitch(settings.kill_switch_path)
        self._calls = TemporalCalls(client, settings.temporal.address)

    @classmethod
    async def connect(cls, settings: Settings, *, timeout_s: float = 5) -> "Desk":
        """Connect to Temporal.

        Raises:
            DeskUnreachable: when no server answers in time.
        """
        try:
            client = await asyncio.wait_for(
                Client.connect(
                    settings.temporal.address,
                    namespace=settings.temporal.namespace,
                    data_converter=pydantic_data_converter,
                ),
                timeout_s,
            )
        except (RPCError, RuntimeError, OSError, TimeoutError) as error:
            raise DeskUnreachable(
                f"no Temporal server at {settings.temporal.address}; start the desk with: daybook up"
            ) from error
        return cls(client, settings)

    @property
    def client(self) -> Client:
        """The Temporal client."""
        return self._client

    # --- days -------------------------------------------------------------------------------------------------

    async def start_day(
        self, day: date, clock: MarketClock | None = None, *, idempotency_key: str = "", body_digest: str = ""
    ) -> str:
        """Start a day's workflow and return its id; a day that runs or has run is not started again.

        With an ``idempotency_key`` a repeat of the same request (``body_digest``) returns the same id.

        Raises:
            DeskError: when the day already exists.
            IdempotencyConflict: when the key was used for another request.
        """
        workflow_id = day_workflow_id(day, self._settings.account)
        if idempotency_key:
            await self._calls.refuse_key_of_another_day(workflow_id, idempotency_key)
        try:
            await self._calls.start_once(
                "TradingDay",
                TradingDayInput(day=day, clock=clock or MarketClock.real_time(), desk=self._settings.desk_config()),
                workflow_id=workflow_id,
                idempotency_key=idempotency_key,
                body_digest=body_digest,
                execution_timeout=timedelta(hours=20),
                task_timeout=timedelta(seconds=5),
                static_summary=f"KRX {day} ({self._settings.mode.value})",
                static_details="One trading day: calendar, reconcile, plan, trade, close, reconcile, report.",
            )
        except WorkflowAlreadyStartedError:
            raise DeskError(f"{day} was already started; look at it with: daybook day status {day}") from None
        return workflow_id

    async def day_result(self, day: date) -> DayResult:
        """Wait for a day to end and return its result.

        Raises:
            DeskUnreachable: when the server goes away meanwhile; the day itself goes on with the server.
        """
        handle = self._client.get_workflow_handle(day_workflow_id(day, self._settings.account), result_type=DayResult)
        with self._calls.reaching(f"no day {day}"):
            result: DayResult = await handle.result()
        return result

    async def day_state(self, day: date) -> DayState:
        """Return a day's state.

        Raises:
            DeskError: when the day was never started.
        """
        return await self._day_state(day_workflow_id(day, self._settings.account), f"no day {day}")

    async def _day_state(self, workflow_id: str, absent: str) -> DayState:
        state: DayState = await self._calls.query(
            workflow_id, "status", DayState, absent=f"{absent}; list days with: daybook day list"
        )
        return state

    async def running_day(self) -> str:
        """Return the id of the running day's workflow, "" when none runs."""
        query = "WorkflowType='TradingDay' AND ExecutionStatus='Running'"
        async for execution in self._client.list_workflows(query, page_size=5):
            return execution.id
        today = day_workflow_id(datetime.now(KST).date(), self._settings.account)
        return today if await self._is_running(today) else ""

    async def _is_running(self, workflow_id: str) -> bool:
        try:
            description = await self._client.get_workflow_handle(workflow_id).describe()
        except RPCError:
            return False
        return description.status is WorkflowExecutionStatus.RUNNING

    # --- trading state ----------------------------------------------------------------------------------------

    def engage_kill_switch(self, by: str, reason: str) -> None:
        """Create the kill-switch file: stops every POST even with Temporal and the database down."""
        self._kill_switch.engage(by, reason)

    async def change_state(
        self,
        action: StateAction,
        *,
        by: str,
        reason: str = "",
        token: str = "",
        idempotency_key: str = "",
        body_digest: str = "",
    ) -> StateChangeResult:
        """Halt, reduce or resume, durably, and tell the running day.

        Raises:
            DeskError: when the trading worker does not answer within a minute.
        """
        workflow_id = await self.begin_state_change(
            action, by=by, reason=reason, token=token, idempotency_key=idempotency_key, body_digest=body_digest
        )
        return await self.state_change_result(workflow_id)

    async def begin_state_change(
        self,
        action: StateAction,
        *,
        by: str,
        reason: str = "",
        token: str = "",
        idempotency_key: str = "",
        body_digest: str = "",
    ) -> str:
        """Start a change of the trading state and return its workflow's id; from then on it will be made.

        With an ``idempotency_key`` a repeat of the same request (``body_digest``) returns the same id.

        Raises:
            DeskUnreachable: when no server answers.
            IdempotencyConflict: when the key was used for another request.
        """
        request = StateChangeRequest(account=self._settings.account, action=action, by=by, reason=reason, token=token)
        with self._calls.reaching():
            return await self._calls.start_once(
                "StateChange",
                StateChangeInput(request=request, day_workflow_id=await self.running_day()),
                workflow_id=keyed_id("state-change", idempotency_key or f"{action.value}-{uuid.uuid4().hex}"),
                idempotency_key=idempotency_key,
                body_digest=body_digest,
                static_summary=f"{action.value} by {by}",
            )

    async def state_change_result(self, workflow_id: str, *, timeout_s: float = ANSWER_TIMEOUT_S) -> StateChangeResult:
        """Wait for a change of the trading state.

        Raises:
            DeskNoAnswer: when the workers do not answer in time; the change stays queued.
        """
        result: StateChangeResult = await self._calls.result(
            self._client.get_workflow_handle(workflow_id, result_type=StateChangeResult),
            otherwise="the change is queued and will be made as soon as the workers run",
            timeout_s=timeout_s,
        )
        return result

    async def reconcile(
        self,
        *,
        accept_by: str = "",
        day: date | None = None,
        idempotency_key: str = "",
        body_digest: str = "",
    ) -> ReconcileReport:
        """Reconcile now; ``accept_by`` adopts unexplained differences in that person's name.

        With an ``idempotency_key`` a repeat of the same request (``body_digest``) returns the same report.

        Raises:
            DeskNoAnswer: when the workers do not answer within a minute.
            IdempotencyConflict: when the key was used for another request.
        """
        now = datetime.now(KST)
        with self._calls.reaching():
            running = await self.running_day()
            if day is None and running:
                day = (await self._day_state(running, "no day")).day
            workflow_id = await self._calls.start_once(
                "Reconciliation",
                ReconciliationInput(
                    request=ReconcileRequest(
                        account=self._settings.account,
                        day=day or now.date(),
                        moment=ReconcileMoment.START if accept_by else ReconcileMoment.DURING,
                        market_now=now,
                        accept_by=accept_by,
                    ),
                    day_workflow_id=running,
                ),
                workflow_id=keyed_id("reconciliation", idempotency_key or uuid.uuid4().hex),
                idempotency_key=idempotency_key,
                body_digest=body_digest,
            )
        report: ReconcileReport = await self._calls.result(
            self._client.get_workflow_handle(workflow_id, result_type=ReconcileReport),
            otherwise="reconciliation is queued until the workers run",
            timeout_s=ANSWER_TIMEOUT_S,
        )
        return report

    # --- orders -----------------------------------------------------------------------------------------------

    async def decide(
        self, intent_id: str, *, approve: bool, by: str, digest: str = "", idempotency_key: str = ""
    ) -> str:
        """Approve or reject a pending order; a repeat with the same ``idempotency_key`` is not a second decision.

        Raises:
            DeskError: when there is nothing to decide.
        """
        decision = ApprovalDecision(digest=digest, approve=approve, by=by)
        return await self._update_order(intent_id, "decide", decision, idempotency_key)

    async def resolve(self, intent_id: str, *, by: str, order: BrokerOrderId | None, idempotency_key: str = "") -> str:
        """Name the broker's order of an unknown outcome, or say (``order`` None) that none exists."""
        return await self._update_order(intent_id, "resolve", OrderResolution(order=order, by=by), idempotency_key)

    async def _update_order(
        self, intent_id: str, update: str, argument: ApprovalDecision | OrderResolution, idempotency_key: str
    ) -> str:
        return await self._calls.update(
            f"order-{intent_id}",
            update,
            argument,
            key=idempotency_key,
            absent=f"no order {intent_id} is waiting; list them with: daybook orders",
        )

    async def order_state(self, intent_id: str) -> OrderSummary:
        """Return where an order stands.

        Raises:
            DeskError: when there is no such order.
        """
        summary: OrderSummary = await self._calls.query(
            f"order-{intent_id}", "status", OrderSummary, absent=f"no order {intent_id}; list them with: daybook orders"
        )
        return summary

    # --- readiness --------------------------------------------------------------------------------------------

    async def polling_layers(self) -> frozenset[Layer]:
        """Return the layers of which a worker has asked for work lately.

        Raises:
            DeskUnreachable: when no server answers.
        """
        polling = await asyncio.gather(*(self._calls.is_polled(layer) for layer in Layer))
        return frozenset(layer for layer, polled in zip(Layer, polling, strict=True) if polled)
