"""A steady stream of small orders, so that the moment at which POSTs stop can be seen at the exchange."""

import asyncio
import contextlib
from datetime import UTC, datetime, timedelta
from types import TracebackType

from temporalio.client import WorkflowHandle

from daybook.contracts.base import Mode, Side
from daybook.contracts.day import day_workflow_id
from daybook.contracts.execution import OrderSummary, PlaceOrderInput
from daybook.contracts.orders import OrderTicket, Purpose
from daybook.front.desk import CONTROL_QUEUE, Desk
from tests.chaos.desk_under_test import DAY, DeskUnderTest
from tests.chaos.market_view import MarketView
from tests.workflows.scripted_layers import eventually

_BETWEEN_ORDERS_S = 0.15


class OrderStream:
    """Buys one share of each of the desk's symbols but the last again and again while its ``async with`` block runs."""

    def __init__(self, desk: DeskUnderTest, front: Desk, name: str) -> None:
        self._desk = desk
        self._front = front
        self._name = name
        self._market = MarketView(desk.seed, desk.clock)
        self._lanes: list[asyncio.Task[None]] = []
        self._count = 0
        self.summaries: list[OrderSummary] = []

    async def __aenter__(self) -> "OrderStream":
        self._lanes = [asyncio.create_task(self._lane(symbol)) for symbol in self._desk.symbols[:-1]]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for lane in self._lanes:
            lane.cancel()
        for lane in self._lanes:
            with contextlib.suppress(asyncio.CancelledError):
                await lane

    async def _lane(self, symbol: str) -> None:
        while True:
            self.summaries.append(await self.order(symbol))
            await asyncio.sleep(_BETWEEN_ORDERS_S)

    async def order(self, symbol: str, price_ratio: float = 1.03) -> OrderSummary:
        """Buy one share and return how that ended."""
        return await (await self.start(symbol, price_ratio)).result()

    async def start(self, symbol: str, price_ratio: float = 1.03) -> WorkflowHandle:
        """Start buying one share at the last price times ``price_ratio``; returns the workflow's handle."""
        self._count += 1
        ticket = OrderTicket(
            intent_id=f"{self._name}-{symbol}-{self._count}",
            decision_id=self._name,
            mode=Mode.PAPER,
            day=DAY,
            symbol=symbol,
            side=Side.BUY,
            shares=1,
            limit_price_krw=self._market.price_krw(symbol, price_ratio),
            reference_price_krw=self._market.last_krw(symbol),
            purpose=Purpose.ENTRY,
            decided_at=datetime.now(UTC),
            valid_until=self._desk.market_now + timedelta(minutes=60),
        )
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
        )

    async def until_flowing(self, orders: int = 15, within_s: float = 30.0) -> None:
        """Wait until so many orders of this stream have ended."""
        await eventually(lambda: len(self.summaries) >= orders, within_s)


def post_times(desk: DeskUnderTest) -> list[datetime]:
    """Return the real times at which the exchange accepted new orders."""
    clock = desk.clock
    return [
        clock.real_anchor + (datetime.fromisoformat(order["entered_at"]) - clock.market_anchor) / clock.speed
        for order in desk.exchange.new_orders()
    ]
