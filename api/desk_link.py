"""The API's way to the desk: connected when first needed, so that the API starts and halts without Temporal."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date
from typing import Protocol

from daybook.contracts.calls import Layer
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayState
from daybook.contracts.orders import BrokerOrderId
from daybook.contracts.reconciliation import ReconcileReport
from daybook.contracts.state import StateAction, StateChangeResult
from daybook.settings import Settings


class DeskPort(Protocol):
    """What the API asks of the desk; see ``daybook.front.desk.Desk``."""

    async def start_day(
        self, day: date, clock: MarketClock | None = None, *, idempotency_key: str = "", body_digest: str = ""
    ) -> str:
        """Start a day and return its workflow's id."""
        ...

    async def day_state(self, day: date) -> DayState:
        """Return a day's state."""
        ...

    async def running_day(self) -> str:
        """Return the id of the running day's workflow, "" when none runs."""
        ...

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
        """Start a change of the trading state and return its workflow's id."""
        ...

    async def state_change_result(self, workflow_id: str, *, timeout_s: float = 60) -> StateChangeResult:
        """Wait for a change of the trading state."""
        ...

    async def reconcile(
        self, *, accept_by: str = "", day: date | None = None, idempotency_key: str = "", body_digest: str = ""
    ) -> ReconcileReport:
        """Reconcile now."""
        ...

    async def decide(
        self, intent_id: str, *, approve: bool, by: str, digest: str = "", idempotency_key: str = ""
    ) -> str:
        """Approve or reject a pending order."""
        ...

    async def resolve(self, intent_id: str, *, by: str, order: BrokerOrderId | None, idempotency_key: str = "") -> str:
        """Name the broker's order of an unknown outcome, or say that none exists."""
        ...

    async def polling_layers(self) -> frozenset[Layer]:
        """Return the layers whose workers ask for work."""
        ...


DeskFactory = Callable[[Settings], Awaitable[DeskPort]]


class DeskLink:
    """Connects once; all requests that come meanwhile wait for the same attempt."""

    def __init__(self, settings: Settings, factory: DeskFactory) -> None:
        self._settings = settings
        self._factory = factory
        self._attempt: asyncio.Task[DeskPort] | None = None

    async def desk(self) -> DeskPort:
        """Return the connected desk; a failed attempt is tried anew by the next call.

        Raises:
            DeskUnreachable: when no server answers.
        """
        if self._attempt is None or (self._attempt.done() and _failed(self._attempt)):
            self._attempt = asyncio.create_task(self._connect(), name="connect")
            # A failure nobody waits for any more is not worth a warning.
            self._attempt.add_done_callback(_failed)
        return await asyncio.shield(self._attempt)

    async def _connect(self) -> DeskPort:
        return await self._factory(self._settings)

    async def close(self) -> None:
        """Give up an attempt under way."""
        if self._attempt is not None and not self._attempt.done():
            self._attempt.cancel()
            await asyncio.wait([self._attempt])


def _failed(attempt: asyncio.Task[DeskPort]) -> bool:
    return attempt.cancelled() or attempt.exception() is not None
