"""Starts the plan's PlaceOrder workflows, one per symbol at a time and many at once, and plays the person."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from temporalio.client import WorkflowFailureError, WorkflowHandle
from temporalio.common import WorkflowIDReusePolicy
from temporalio.exceptions import WorkflowAlreadyStartedError
from temporalio.service import RPCError

from daybook.contracts.base import TradingState
from daybook.contracts.day import day_workflow_id
from daybook.contracts.execution import OrderSummary, PlaceOrderInput
from daybook.contracts.orders import BrokerOrderId, IntentState, OrderTicket
from daybook.contracts.state import StateAction
from daybook.front.desk import CONTROL_QUEUE, Desk, DeskError
from daybook.storage import IntentRecord, IntentStore, StateStore
from tests.chaos.desk_under_test import DAY, DeskUnderTest
from tests.chaos.market_view import MarketView
from tests.chaos.planned_orders import PlannedOrder, Style, ticket_of
from tests.workflows.scripted_layers import eventually

_LOOK_S = 0.7
_APPROVED_RATIO = 0.75


class OrderPump:
    """Carries a plan to its end. ``person`` counts what a person had to do."""

    def __init__(self, desk: DeskUnderTest, front: Desk, market: MarketView, lives_s: tuple[float, float]) -> None:
        self._desk = desk
        self._front = front
        self._market = market
        self._lives_s = lives_s
        self._locks = {symbol: asyncio.Lock() for symbol in desk.symbols}
        self._decisions = random.Random(f"{desk.seed}-person")
        self._verdicts: dict[str, bool] = {}
        self.styles: dict[str, Style] = {}
        self.summaries: dict[str, OrderSummary] = {}
        self.person: Counter[str] = Counter()

    async def run(self, plan: Sequence[PlannedOrder], *, within_s: float) -> None:
        """Start every order at its time and wait for all to end.

        Raises ``TimeoutError`` when they do not end within ``within_s`` real seconds.
        """
        person = asyncio.create_task(self._be_the_person())
        try:
            async with asyncio.timeout(within_s), asyncio.TaskGroup() as orders:
                for order in plan:
                    orders.create_task(self._carry(order))
        finally:
            person.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await person

    async def _carry(self, order: PlannedOrder) -> None:
        await asyncio.sleep(order.starts_s)
        async with self._locks[order.symbol]:
            sellable = (await asyncio.to_thread(self._desk.exchange.shares, "sellable_shares")).get(order.symbol, 0)
            ticket = ticket_of(order, self._desk, self._market, sellable, self._lives_s)
            handle = await self._start(ticket, order.style)
            if order.style is Style.ASKED_TWICE:
                await self._ask_again(ticket)
            await self._await(handle)

    async def _start(self, ticket: OrderTicket, style: Style) -> WorkflowHandle:
        self.styles[ticket.intent_id] = style
        return await self._front.client.start_workflow(
            "PlaceOrder",
            PlaceOrderInput(
                ticket=ticket,
                clock=self._desk.clock,
                desk=self._desk.client_settings.desk_config(),
                day_workflow_id=day_workflow_id(DAY),
            ),
            id=f"order-{ticket.intent_id}",
            task_queue=CONTROL_QUEUE,
            result_type=OrderSummary,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=timedelta(seconds=5),
        )

    async def _ask_again(self, ticket: OrderTicket) -> None:
        """Ask for the same intent once more, and for the same symbol and side under another name."""
        try:
            await self._start(ticket, Style.ASKED_TWICE)
        except WorkflowAlreadyStartedError:
            self.person["second request for the same intent refused"] += 1
        other = ticket.model_copy(update={"intent_id": f"{ticket.intent_id}-again"})
        await eventually(lambda: self._is_recorded(ticket.intent_id), within_s=120)
        await self._await(await self._start(other, Style.ASKED_TWICE))

    def _is_recorded(self, intent_id: str) -> bool:
        with self._desk.ledger() as ledger:
            return any(record.intent_id == intent_id for record in IntentStore(ledger).for_day(DAY))

    async def _await(self, handle: WorkflowHandle) -> None:
        try:
            summary: OrderSummary = await handle.result()
        except WorkflowFailureError as error:
            raise AssertionError(f"{handle.id} failed: {error.cause!r}") from error
        self.summaries[summary.intent_id] = summary

    async def _be_the_person(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_S)
            for record in await asyncio.to_thread(self._open_intents):
                # A worker that has just died answers no update: the next look asks again.
                with contextlib.suppress(DeskError, RPCError, TimeoutError):
                    if record.state is IntentState.AWAITING_APPROVAL:
                        await self._decide(record)
                    elif record.state is IntentState.NEEDS_HUMAN:
                        await self._resolve(record)

    def _open_intents(self) -> list[IntentRecord]:
        with self._desk.ledger() as ledger:
            return IntentStore(ledger).open_intents(self._desk.client_settings.account)

    async def _decide(self, record: IntentRecord) -> None:
        approve = self._verdicts.setdefault(record.intent_id, self._decisions.uniform(0, 1) < _APPROVED_RATIO)
        await asyncio.wait_for(self._front.decide(record.intent_id, approve=approve, by="chaos"), 10)
        self.person["approved" if approve else "rejected"] += 1

    async def _resolve(self, record: IntentRecord) -> None:
        """Look at the broker's own books, as a person would, then resume the halted desk in two steps."""
        order = await asyncio.to_thread(self._order_of, record)
        await asyncio.wait_for(self._front.resolve(record.intent_id, by="chaos", order=order), 10)
        self.person["named an order" if order else "said that no order exists"] += 1
        await self._resume()

    def _order_of(self, record: IntentRecord) -> BrokerOrderId | None:
        with self._desk.ledger() as ledger:
            linked = IntentStore(ledger).linked_orders(DAY)
        ticket = record.ticket
        candidates = [
            order
            for order in self._desk.exchange.new_orders()
            if linked.get(order["number"].lstrip("0")) in (None, record.intent_id)
            and (order["symbol"], order["side"], order["shares"]) == (ticket.symbol, ticket.side.value, ticket.shares)
        ]
        if not candidates:
            return None
        return BrokerOrderId(branch=candidates[-1]["branch"], number=candidates[-1]["number"])

    async def _resume(self) -> None:
        with self._desk.ledger() as ledger:
            if StateStore(ledger).current(self._desk.client_settings.account).state is TradingState.ACTIVE:
                return
        asked = await self._front.change_state(StateAction.REQUEST_RESUME, by="chaos")
        await self._front.change_state(StateAction.CONFIRM_RESUME, by="chaos", token=asked.token)
        self.person["resumed"] += 1
