"""Activities of the trading layer: the only room that reaches the broker."""

import asyncio
import functools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any, TypeVar

from temporalio import activity
from temporalio.client import Client
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError

from activities.liveness import longest_silence_s
from activities.preflight import answer_preflight
from activities.serving import serves
from daybook.broker.kis.stream import KisStream
from daybook.broker.port import BrokerConfigurationError, BrokerError, ModeLockError
from daybook.contracts.base import Mode
from daybook.contracts.calls import (
    BEGIN_DAY,
    CANCEL_ORDER,
    CHANGE_STATE,
    CHECK_ORDER,
    CLOSE_DAY,
    COLLECT_HISTORY,
    COLLECT_SERIES,
    FILL_PRICES,
    FIND_ORDER,
    OBSERVE,
    PLAN_COLLECTION,
    POLL_ORDER,
    RECONCILE,
    RECORD_APPROVAL,
    RECORD_DECISION,
    RECORD_INTENT,
    SET_PHASE,
    SUBMIT_ORDER,
    TRADING_PREFLIGHT,
    UPDATE_INTENT,
    WATCH_ACCOUNT,
    Layer,
)
from daybook.contracts.collection import CollectionPlan, CollectionPlanRequest, SeriesReport, SeriesTask
from daybook.contracts.day import (
    ClosingRequest,
    DayFacts,
    DayPhase,
    DayStart,
    HistoryReport,
    HistoryRequest,
    Observation,
    ObserveRequest,
    PhaseChange,
    PreflightReport,
    PreflightRequest,
    WatchRequest,
)
from daybook.contracts.decisions import DecisionRecord
from daybook.contracts.execution import (
    ApprovalRecord,
    CheckedOrder,
    CheckOrderRequest,
    FindOrderRequest,
    FoundOrder,
    IntentStatus,
    IntentToRecord,
    IntentUpdate,
    OrderProgress,
    OrderRef,
)
from daybook.contracts.orders import FillNotice, SubmitOutcome, SubmitRequest
from daybook.contracts.prices import FillPrices, PricesFilled
from daybook.contracts.reconciliation import ReconcileReport, ReconcileRequest
from daybook.contracts.session import Session
from daybook.contracts.state import StateChangeRequest, StateChangeResult
from daybook.execution.booking import Booking
from daybook.execution.check import OrderChecker
from daybook.execution.closing import DayCloser
from daybook.execution.collection import SeriesCollector
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.gateway import OrderGateway
from daybook.execution.history import HistoryCollector
from daybook.execution.intake import OrderIntake
from daybook.execution.intents import IntentKeeper
from daybook.execution.lookup import OrderLookup
from daybook.execution.observation import Observer
from daybook.execution.price_filling import PriceFiller
from daybook.execution.reconcile import Reconciler
from daybook.execution.trading_state import StateChanger
from daybook.krx.cross_check import check_day

F = TypeVar("F", bound=Callable[..., Any])

_KILL_SWITCH_LOOK_S = 0.5
_LISTENER_STOP_S = 3.0
_SILENCE_LOOK_S = 10.0


def _coded(function: F) -> F:
    """Turn broker errors into coded failures; configuration errors are not retried."""

    @functools.wraps(function)
    def guarded(self: Any, argument: Any) -> Any:
        try:
            return function(self, argument)
        except (BrokerConfigurationError, ModeLockError) as error:
            raise ApplicationError(
                f"{error} {error.advice}".strip(), type="Configuration", non_retryable=True
            ) from error
        except BrokerError as error:
            raise ApplicationError(f"{error.code} {error}".strip(), type=type(error).__name__) from error

    return guarded  # type: ignore[return-value]


class TradingActivities:
    """The trading layer's room. Blocking work; the worker runs it in threads."""

    def __init__(
        self, desk: ExecutionDesk, client: Client, stream: Callable[[], KisStream], commission_rate: Decimal
    ) -> None:
        self._desk = desk
        self._client = client
        self._stream = stream
        contexts = ContextReader(desk)
        booking = Booking(desk, commission_rate)
        self._booking = booking
        self._checker = OrderChecker(desk, contexts)
        self._gateway = OrderGateway(desk, contexts)
        self._lookup = OrderLookup(desk)
        self._reconciler = Reconciler(desk, booking)
        self._observer = Observer(desk)
        self._history = HistoryCollector(desk)
        self._prices = PriceFiller(desk)
        self._series = SeriesCollector(desk)
        self._states = StateChanger(desk)
        self._closer = DayCloser(desk)
        self._keeper = IntentKeeper(desk)
        self._intake = OrderIntake(self._keeper, self._checker)
        self._listeners = ThreadPoolExecutor(2, thread_name_prefix="notices")

    @serves(TRADING_PREFLIGHT)
    @_coded
    def preflight(self, request: PreflightRequest) -> PreflightReport:
        """Say that the layer is up, in the day's mode, and that broker and database answer."""
        self._desk.broker.account()
        return answer_preflight(Layer.TRADING, self._desk.mode, request, ("broker and database answer",))

    @serves(BEGIN_DAY)
    @_coded
    def begin_day(self, start: DayStart) -> Session:
        """Return the day's session from all calendar sources, and open the day's row."""
        says_open = None
        if self._desk.mode is Mode.LIVE:
            says_open = self._desk.broker.is_market_open_day(start.day)
        session = check_day(start.day, broker_says_open=says_open)
        self._desk.days.begin(start.day, start.desk.account, start.desk.mode, session.kind, self._desk.real_now())
        return session

    @serves(SET_PHASE)
    def set_phase(self, change: PhaseChange) -> None:
        """Record the phase the day has reached."""
        self._desk.days.set_phase(change.day, change.account, change.phase.value, self._desk.real_now())

    @serves(RECONCILE)
    @_coded
    def reconcile(self, request: ReconcileRequest) -> ReconcileReport:
        """Compare ledger and broker."""
        return self._reconciler.reconcile(request)

    @serves(COLLECT_HISTORY)
    @_coded
    def collect_history(self, request: HistoryRequest) -> HistoryReport:
        """Collect daily bars into the database."""
        return self._history.collect(request)

    @serves(FILL_PRICES)
    @_coded
    def fill_prices(self, request: FillPrices) -> PricesFilled:
        """Fetch daily bars that analysis needs and the books lack."""
        return self._prices.fill(request.symbols, request.sessions)

    @serves(PLAN_COLLECTION)
    @_coded
    def plan_collection(self, request: CollectionPlanRequest) -> CollectionPlan:
        """Choose the symbols of a collection and its last session."""
        return self._series.plan(request)

    @serves(COLLECT_SERIES)
    @_coded
    def collect_series(self, task: SeriesTask) -> SeriesReport:
        """Bring one series of market data up to date; repeating it fetches only what is missing."""
        return self._series.collect(task)

    @serves(OBSERVE)
    @_coded
    def observe(self, request: ObserveRequest) -> Observation:
        """Look once at market and account."""
        return self._observer.observe(request)

    @serves(RECORD_DECISION)
    def record_decision(self, record: DecisionRecord) -> None:
        """Keep a decision with its inputs."""
        self._keeper.record_decision(record)

    @serves(RECORD_INTENT)
    def record_intent(self, request: IntentToRecord) -> IntentStatus:
        """Record an intent once, and make its first checks."""
        return self._intake.take(request)

    @serves(CHECK_ORDER)
    @_coded
    def check_order(self, request: CheckOrderRequest) -> CheckedOrder:
        """Run the pre-trade checks."""
        return self._checker.check(request)

    @serves(RECORD_APPROVAL)
    def record_approval(self, record: ApprovalRecord) -> IntentStatus:
        """Open or decide an approval."""
        return self._keeper.record_approval(record)

    @serves(SUBMIT_ORDER)
    def submit_order(self, request: SubmitRequest) -> SubmitOutcome:
        """Send one attempt at most once."""
        return self._gateway.submit(request)

    @serves(FIND_ORDER)
    @_coded
    def find_order(self, request: FindOrderRequest) -> FoundOrder:
        """Look for an order of unknown outcome."""
        return self._lookup.find(request)

    @serves(POLL_ORDER)
    @_coded
    def poll_order(self, reference: OrderRef) -> OrderProgress:
        """Look at one order and book its fills."""
        return self._booking.poll(reference)

    @serves(CANCEL_ORDER)
    @_coded
    def cancel_order(self, reference: OrderRef) -> OrderProgress:
        """Cancel the rest of one order and book its fills."""
        return self._booking.cancel(reference)

    @serves(UPDATE_INTENT)
    def update_intent(self, update: IntentUpdate) -> IntentStatus:
        """Move an intent to a state."""
        return self._keeper.update(update)

    @serves(CHANGE_STATE)
    def change_state(self, request: StateChangeRequest) -> StateChangeResult:
        """Halt, reduce or resume."""
        return self._states.change(request)

    @serves(CLOSE_DAY)
    @_coded
    def close_day(self, request: ClosingRequest) -> DayFacts:
        """Collect a closed day's figures."""
        facts = self._closer.close(request)
        self._desk.days.finish(request.day, request.desk.account, facts.model_dump_json(), "", self._desk.real_now())
        self._desk.days.set_phase(request.day, request.desk.account, DayPhase.REPORTING.value, self._desk.real_now())
        return facts

    @serves(WATCH_ACCOUNT)
    async def watch_account(self, request: WatchRequest) -> None:
        """Store notices and wake their orders, look for the kill-switch file, and listen for silent workers."""
        loop = asyncio.get_running_loop()
        arrived: asyncio.Queue[FillNotice] = asyncio.Queue()
        stream = self._stream()
        stopped = threading.Event()

        def listen() -> None:
            with stream:
                for message in stream:
                    if stopped.is_set():
                        return
                    if isinstance(message, FillNotice):
                        loop.call_soon_threadsafe(arrived.put_nowait, message)

        listening = loop.run_in_executor(self._listeners, listen)
        # A file that appeared while no worker watched is news too; telling a halted day again changes nothing.
        told = False
        looked_at = -_SILENCE_LOOK_S
        try:
            while self._desk.real_now() < request.until:
                switched_on = self._desk.kill_switch.is_on()
                if switched_on and not told:
                    await self._signal(
                        request.day_workflow_id, "halt", f"kill-switch file: {self._desk.kill_switch.reason()}"
                    )
                told = switched_on
                if listening.done():
                    listening.result()
                if loop.time() - looked_at >= _SILENCE_LOOK_S:
                    looked_at = loop.time()
                    self._observer.worker_silent_s = await longest_silence_s(self._client)
                try:
                    notice = await asyncio.wait_for(arrived.get(), timeout=_KILL_SWITCH_LOOK_S)
                except TimeoutError:
                    continue
                intent_id = await asyncio.to_thread(self._keeper.take_notice, request.day, notice)
                if intent_id:
                    await self._signal(f"order-{intent_id}", "notice")
        finally:
            self._observer.worker_silent_s = None
            stopped.set()
            stream.stop()
            await asyncio.wait({listening}, timeout=_LISTENER_STOP_S)

    async def _signal(self, workflow_id: str, name: str, *arguments: str) -> None:
        try:
            await self._client.get_workflow_handle(workflow_id).signal(name, args=list(arguments))
        except RPCError as error:
            activity.logger.info("%s could not be told: %s", workflow_id, error.status.name)
