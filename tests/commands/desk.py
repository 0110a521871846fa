"""A desk that answers what a test tells it to, and remembers what it was asked."""

from datetime import date
from typing import Any

from daybook.contracts.base import TradingState
from daybook.contracts.calls import Layer
from daybook.contracts.day import DayPhase, DayResult, DayState
from daybook.contracts.orders import BrokerOrderId
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.settings import Settings


class ScriptedDesk:
    """``failure`` is raised by every question, ``refuses`` at the connection."""

    def __init__(self) -> None:
        self.refuses: Exception | None = None
        self.failure: Exception | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.settings: Settings | None = None
        self.client = object()
        self.day = ""
        self.state: DayState | None = None
        self.polling = frozenset(Layer)
        self.change = StateChangeResult(state=TradingState.HALTED, accepted=True, text="done")
        self.result = DayResult(day=date(2026, 3, 6), phase=DayPhase.DONE, signed_off=True)
        self.report = ReconcileReport(
            moment=ReconcileMoment.DURING,
            signed_off=True,
            ledger_cash_krw=1,
            broker_cash_krw=1,
            positions_checked=0,
            orders_checked=0,
        )

    async def connect(self, settings: Settings, **_: Any) -> "ScriptedDesk":
        self.settings = settings
        if self.refuses is not None:
            raise self.refuses
        return self

    def _ask(self, *question: Any) -> None:
        self.asked.append(question)
        if self.failure is not None:
            raise self.failure

    async def start_day(self, day: date) -> str:
        self._ask("start_day", day)
        return f"trading-day-{day}"

    async def day_result(self, day: date) -> DayResult:
        self._ask("day_result", day)
        return self.result

    async def day_state(self, day: date) -> DayState:
        self._ask("day_state", day)
        return self.state or DayState(day=day)

    async def running_day(self) -> str:
        self._ask("running_day")
        return self.day

    async def polling_layers(self) -> frozenset[Layer]:
        self._ask("polling_layers")
        return self.polling

    async def change_state(self, action: StateAction, *, by: str, reason: str = "", token: str = "") -> Any:
        self._ask(action, reason, token)
        return self.change

    async def begin_state_change(self, action: StateAction, *, by: str, reason: str = "") -> str:
        self._ask(action, reason, "")
        return "state-change-1"

    async def state_change_result(self, workflow_id: str, *, timeout_s: float) -> StateChangeResult:
        return self.change

    async def decide(self, intent_id: str, *, approve: bool, by: str) -> str:
        self._ask("decide", intent_id, approve)
        return "approved" if approve else "rejected"

    async def resolve(self, intent_id: str, *, by: str, order: BrokerOrderId | None) -> str:
        self._ask("resolve", intent_id, order)
        return "resolved"

    async def reconcile(self, *, accept_by: str = "") -> ReconcileReport:
        self._ask("reconcile", bool(accept_by))
        return self.report
