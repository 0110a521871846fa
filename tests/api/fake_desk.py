"""A desk in memory that keeps the promises of ``daybook.front.desk.Desk`` about keys, days and errors."""

import asyncio
from datetime import date

from daybook.contracts.base import TradingState
from daybook.contracts.calls import Layer
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayPhase, DayState
from daybook.contracts.orders import BrokerOrderId
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.front.errors import DeskError, DeskNoAnswer, DeskNotFound, DeskUnreachable, IdempotencyConflict
from daybook.settings import Settings

WAITING = "20260814-t001-005930-buy"
RESUME_TOKEN = "resume-token-1"


class FakeDesk:
    """Counts starts; ``is_up`` and ``answers`` play an unreachable server and silent workers."""

    def __init__(self) -> None:
        self.is_up = True
        self.answers = True
        self.polling = frozenset(Layer)
        self.connections = 0
        self.starts: list[str] = []
        self.keys: dict[str, tuple[str, str]] = {}
        self.days: dict[date, MarketClock | None] = {}
        self.changes: dict[str, StateChangeResult] = {}
        self.said: list[tuple[str, ...]] = []

    async def connect(self, _settings: Settings) -> "FakeDesk":
        await asyncio.sleep(0)
        self.connections += 1
        self._reach()
        return self

    def _reach(self) -> None:
        if not self.is_up:
            raise DeskUnreachable("no Temporal server at 127.0.0.1:7233; start the desk with: daybook up")

    async def _once(self, key: str, digest: str, workflow_id: str) -> bool:
        self._reach()
        await asyncio.sleep(0)
        if key in self.keys:
            if self.keys[key] != (workflow_id, digest):
                raise IdempotencyConflict("this idempotency key was used before for another request")
            return False
        self.keys[key] = (workflow_id, digest)
        self.starts.append(workflow_id)
        return True

    async def start_day(
        self, day: date, clock: MarketClock | None = None, *, idempotency_key: str = "", body_digest: str = ""
    ) -> str:
        workflow_id = f"trading-day-{day}"
        if day in self.days and idempotency_key not in self.keys:
            raise DeskError(f"{day} was already started")
        if await self._once(idempotency_key, body_digest, workflow_id):
            self.days[day] = clock
        return workflow_id

    async def day_state(self, day: date) -> DayState:
        self._reach()
        if not self.answers:
            raise DeskNoAnswer("the control worker does not answer")
        if day not in self.days:
            raise DeskNotFound(f"no day {day}")
        return DayState(day=day, phase=DayPhase.TRADING, equity_krw=10_000_000)

    async def running_day(self) -> str:
        return ""

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
        workflow_id = f"state-change-{idempotency_key}"
        if not await self._once(f"state {idempotency_key}", body_digest, workflow_id):
            return workflow_id
        self.said.append((action.value, by, reason, token))
        states = {StateAction.HALT: TradingState.HALTED, StateAction.REDUCE: TradingState.REDUCING}
        confirmed = action is not StateAction.CONFIRM_RESUME or token == RESUME_TOKEN
        self.changes[workflow_id] = StateChangeResult(
            state=states.get(action, TradingState.ACTIVE),
            accepted=confirmed,
            text=reason if confirmed else "wrong, used or expired token",
            token=RESUME_TOKEN if action is StateAction.REQUEST_RESUME else "",
        )
        return workflow_id

    async def state_change_result(self, workflow_id: str, *, timeout_s: float = 60) -> StateChangeResult:
        if not self.answers:
            raise DeskNoAnswer(f"no answer within {timeout_s:.0f} s; the change is queued")
        return self.changes[workflow_id]

    async def reconcile(
        self, *, accept_by: str = "", day: date | None = None, idempotency_key: str = "", body_digest: str = ""
    ) -> ReconcileReport:
        await self._once(f"reconcile {idempotency_key}", body_digest, f"reconciliation-{idempotency_key}")
        if not self.answers:
            raise DeskNoAnswer("no answer within 60 s; reconciliation is queued until the workers run")
        self.said.append(("reconcile", accept_by))
        return ReconcileReport(
            moment=ReconcileMoment.DURING,
            signed_off=True,
            ledger_cash_krw=1,
            broker_cash_krw=1,
            positions_checked=0,
            orders_checked=0,
        )

    async def decide(
        self, intent_id: str, *, approve: bool, by: str, digest: str = "", idempotency_key: str = ""
    ) -> str:
        self._reach()
        if intent_id != WAITING:
            raise DeskNotFound(f"no order {intent_id} is waiting")
        if idempotency_key and idempotency_key in self.keys:
            return self.keys[idempotency_key][0]
        if any(said[0] in {"approved", "rejected"} for said in self.said):
            raise DeskError(f"{intent_id} is already decided")
        verdict = "approved" if approve else "rejected"
        self.said.append((verdict, intent_id, by, digest))
        if idempotency_key:
            self.keys[idempotency_key] = (verdict, "")
        return verdict

    async def resolve(self, intent_id: str, *, by: str, order: BrokerOrderId | None, idempotency_key: str = "") -> str:
        self._reach()
        named = "none" if order is None else f"{order.branch}-{order.number}"
        self.said.append(("resolved", intent_id, by, named))
        return f"adopted {named}" if order else f"no order exists, says {by}"

    async def polling_layers(self) -> frozenset[Layer]:
        self._reach()
        return self.polling
