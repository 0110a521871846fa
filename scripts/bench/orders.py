"""Placing orders through the desk, and when each of them reached the exchange."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from bench_desk import SEED, BenchDesk
from histories import Step, steps
from temporalio.client import Client
from temporalio.common import WorkflowIDReusePolicy

from daybook.contracts.base import Mode, Side
from daybook.contracts.day import day_workflow_id
from daybook.contracts.execution import OrderSummary, PlaceOrderInput
from daybook.contracts.market import SecurityKind
from daybook.contracts.orders import IntentState, OrderTicket, Purpose
from daybook.front.desk import CONTROL_QUEUE
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.paper.exchange import Exchange, ExchangeConfig, build_exchange
from daybook.storage import Database, IntentStore

_SHARES = 3
_THROUGH_THE_BOOK = 0.03


@dataclass
class PlacedOrder:
    """One order. Times are Unix seconds; ``steps`` and ``events`` come from its history."""

    intent_id: str
    triggered_s: float
    ended_s: float
    at_exchange_s: float = 0.0
    events: int = 0
    steps: list[Step] = field(default_factory=list)

    @property
    def to_exchange_s(self) -> float:
        """From the trigger until the order existed at the exchange."""
        return self.at_exchange_s - self.triggered_s

    @property
    def to_end_s(self) -> float:
        """From the trigger until it was filled, booked and its workflow had ended."""
        return self.ended_s - self.triggered_s


class OrderMaker:
    """Places marketable limit orders: a buy, then a sell of the same shares, symbol by symbol."""

    def __init__(self, desk: BenchDesk, client: Client, day: date) -> None:
        self._desk = desk
        self.client = client
        self._day = day
        self._prices: Exchange = build_exchange(
            ExchangeConfig(seed=SEED, start_market_time=desk.clock.market_anchor, speed=1)
        )
        self._config = desk.settings.desk_config()
        self._number = 0
        self._bought: set[str] = set()

    async def place(self, symbol: str) -> PlacedOrder:
        """Place one order and wait for its end.

        Raises:
            RuntimeError: when it is not filled.
        """
        ticket = self._ticket(symbol)
        order = PlaceOrderInput(
            ticket=ticket, clock=self._desk.clock, desk=self._config, day_workflow_id=day_workflow_id(self._day)
        )
        triggered_s = time.time()
        handle = await self.client.start_workflow(
            "PlaceOrder",
            order,
            id=f"order-{ticket.intent_id}",
            task_queue=CONTROL_QUEUE,
            result_type=OrderSummary,
            id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
            task_timeout=timedelta(seconds=5),
        )
        summary: OrderSummary = await handle.result()
        ended_s = time.time()
        if summary.state is not IntentState.FILLED:
            raise RuntimeError(f"{ticket.intent_id} was not filled: {summary.state.value} {summary.text}")
        return PlacedOrder(ticket.intent_id, triggered_s, ended_s)

    async def in_a_row(self, symbols: Sequence[str], count: int) -> list[PlacedOrder]:
        """Place ``count`` orders one after the other."""
        return [await self.place(symbols[number % len(symbols)]) for number in range(count)]

    async def in_flight(self, symbols: Sequence[str], count: int) -> list[PlacedOrder]:
        """Place ``count`` orders, one of each symbol at a time."""

        async def lane(symbol: str) -> list[PlacedOrder]:
            return [await self.place(symbol) for _ in range(count // len(symbols))]

        lanes = await asyncio.gather(*(lane(symbol) for symbol in symbols))
        return [order for orders in lanes for order in orders]

    def _ticket(self, symbol: str) -> OrderTicket:
        sells = symbol in self._bought
        self._bought ^= {symbol}
        self._number += 1
        last_krw = self._prices.trade_state(symbol).last_krw
        towards = -1 if sells else 1
        limit_krw = round_to_tick(last_krw * (1 + towards * _THROUGH_THE_BOOK), SecurityKind.STOCK, Rounding.NEAREST)
        now = datetime.now(UTC)
        return OrderTicket(
            intent_id=f"bench-{self._number:05d}",
            decision_id="bench",
            mode=Mode.PAPER,
            day=self._day,
            symbol=symbol,
            side=Side.SELL if sells else Side.BUY,
            shares=_SHARES,
            limit_price_krw=limit_krw,
            reference_price_krw=last_krw,
            purpose=Purpose.EXIT if sells else Purpose.ENTRY,
            rationale="benchmark",
            decided_at=now,
            valid_until=self._desk.clock.market_time(now) + timedelta(minutes=30),
        )

    async def look_up(self, orders: Sequence[PlacedOrder]) -> None:
        """Fill in, after the measurement, when each order was entered at the exchange and what its history holds."""
        offset = self._desk.exchange_offset()
        entered = {
            row["number"].lstrip("0"): datetime.fromisoformat(row["entered_at"]) - offset
            for row in self._desk.exchange_orders()
        }
        with Database(self._desk.settings.ledger_url, read_only=True) as database:
            linked = IntentStore(database).linked_orders(self._day)
        numbers = {intent_id: number for number, intent_id in linked.items()}
        for order in orders:
            order.at_exchange_s = entered[numbers[order.intent_id]].timestamp()
            history = await self.client.get_workflow_handle(f"order-{order.intent_id}").fetch_history()
            order.events, order.steps = len(history.events), steps(history.events)
