"""Record the workflow histories that tests/replay replays: one compressed day of generated prices on the whole desk.

    scripts/record_histories.py [--out tests/replay/histories] [--speed 1200] [--only day|questions|runs]

Run it after a change of workflows that is meant to change their commands, and only then: a replay test that fails
otherwise has found a change that would break days which are running. Identities of workers, sticky queues and stack
traces are overwritten, because they name this machine.
"""

import argparse
import asyncio
import base64
import gzip
import json
import socket
import tempfile
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from recorded_questions import questions
from recorded_runs import runs
from temporalio.client import Client

from daybook.contracts.base import KST, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayPhase, DayResult, TradingDayInput
from daybook.contracts.execution import OrderSummary, PlaceOrderInput
from daybook.contracts.limits import AdvisorKind, RiskLimits, StrategySettings
from daybook.contracts.market import SecurityKind
from daybook.contracts.orders import IntentState, OrderTicket, Purpose
from daybook.contracts.state import StateAction
from daybook.front.calls import CONTROL_QUEUE
from daybook.front.desk import Desk, DeskError, day_workflow_id
from daybook.krx.ticks import Rounding, round_to_tick
from daybook.settings import Settings
from daybook.stack.compressed_day import compressed_settings, rehearsal_environment
from daybook.stack.local import LocalStack, Ports, free_port
from daybook.stack.paper_control import PaperControl
from daybook.storage import Database, DecisionStore, IntentStore

ROOT = Path(__file__).resolve().parent.parent
DAY, HOLIDAY = date(2026, 3, 6), date(2026, 3, 2)
STARTS_AT = time(8, 25)
LIMITS = RiskLimits(
    max_order_notional_krw=4_000_000,
    max_order_equity_ratio=0.5,
    max_position_ratio=0.5,
    max_sector_ratio=1,
    max_daily_turnover_ratio=1,
    min_cash_ratio=0,
    max_spread_ratio=1,
    min_average_turnover_krw=0,
    max_order_turnover_ratio=1,
    fat_finger_multiple=1.2,
    fat_finger_min_orders=1,
)
"""Limits under which a hand-made order of four times the usual size is asked about, and nothing else is denied."""

STRATEGY = StrategySettings(
    advisor=AdvisorKind.MOMENTUM, top_turnover_count=6, tick_interval_min=30, min_score=-10, max_position_ratio=0.08
)
_PATIENCE_S = 120.0


class Recorder:
    """Writes histories as ``<workflow>/<case>.json.gz``."""

    def __init__(self, client: Client, out: Path) -> None:
        self._client = client
        self._out = out

    async def fetch(self, workflow_id: str, run_id: str | None = None) -> dict[str, Any]:
        """Return a history as it is now, without what names this machine; of the latest run unless one is named."""
        history = await self._client.get_workflow_handle(workflow_id, run_id=run_id).fetch_history()
        return scrubbed({"workflowId": workflow_id, **json.loads(history.to_json())})

    async def record(self, workflow: str, case: str, workflow_id: str, run_id: str | None = None) -> None:
        """Fetch and write one history."""
        self.write(workflow, case, await self.fetch(workflow_id, run_id))

    def write(self, workflow: str, case: str, history: dict[str, Any]) -> None:
        """Write one history; the same history gives the same bytes."""
        check_clean(history)
        path = self._out / workflow / f"{case}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        text = json.dumps(history, ensure_ascii=False, separators=(",", ":"))
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        print(f"{workflow}/{case}: {len(history['events'])} events, {path.stat().st_size:,} bytes")


def scrubbed(value: Any) -> Any:
    """Return JSON without identities, sticky queue names and stack traces."""
    if isinstance(value, list):
        return [scrubbed(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("kind") == "TASK_QUEUE_KIND_STICKY":
        return {**value, "name": "sticky"}
    overwritten = {"identity": "recorder", "stackTrace": ""}
    return {key: overwritten.get(key, scrubbed(item)) for key, item in value.items()}


def check_clean(history: dict[str, Any]) -> None:
    """Refuse a history that names this machine, in the clear or within a payload."""
    text = json.dumps(history)
    texts = [text, *(_decoded(item) for item in _payloads(history))]
    for mark in (str(ROOT), str(Path.home()), tempfile.gettempdir() + "/", f"@{socket.gethostname()}"):
        if any(mark in found for found in texts):
            raise SystemExit(f"the history of {history['workflowId']} contains {mark}; nothing was written")


def _payloads(value: Any) -> list[str]:
    if isinstance(value, list):
        return [found for item in value for found in _payloads(item)]
    if not isinstance(value, dict):
        return []
    own = [value["data"]] if isinstance(value.get("data"), str) else []
    return own + [found for item in value.values() for found in _payloads(item)]


def _decoded(data: str) -> str:
    return base64.b64decode(data).decode(errors="replace")


async def until(condition: Callable[[], Awaitable[Any]]) -> Any:
    """Wait until a condition gives something and return it."""
    async with asyncio.timeout(_PATIENCE_S):
        while True:
            try:
                value = await condition()
            except DeskError:
                value = None
            if value:
                return value
            await asyncio.sleep(0.1)


def large_order(settings: Settings, clock: MarketClock) -> PlaceOrderInput:
    """Return a hand-made buy, several times larger than the day's others, of a symbol nobody holds."""
    with Database(settings.ledger_url, read_only=True) as database:
        seen = DecisionStore(database).for_day(DAY)[-1].inputs_value["observation"]
        busy = {intent.ticket.symbol for intent in IntentStore(database).for_day(DAY)}
    quote = min((row for row in seen["quotes"] if row["symbol"] not in busy), key=lambda row: int(row["price_krw"]))
    price_krw = round_to_tick(quote["price_krw"], SecurityKind(quote["kind"]), Rounding.UP)
    ticket = OrderTicket(
        intent_id="by-hand-1",
        decision_id="by-hand",
        mode=settings.mode,
        day=DAY,
        symbol=quote["symbol"],
        side=Side.BUY,
        shares=max(1, 3_000_000 // price_krw),
        limit_price_krw=price_krw,
        reference_price_krw=quote["price_krw"],
        purpose=Purpose.ENTRY,
        rationale="a large order made by hand",
        decided_at=datetime.now(UTC),
        valid_until=datetime.combine(DAY, time(15, 20), KST),
    )
    return PlaceOrderInput(
        ticket=ticket, clock=clock, desk=settings.desk_config(), day_workflow_id=day_workflow_id(DAY)
    )


async def scenario(stack: LocalStack, recorder_out: Path, speed: float, only: str) -> None:
    """Record the parts of the scenario."""
    desk = await Desk.connect(stack.client_settings(), timeout_s=60)
    recorder = Recorder(desk.client, recorder_out)
    if only in ("", "day"):
        await market_day(stack, desk, recorder, speed)
    if only in ("", "questions"):
        await questions(stack, desk, recorder, until)
    if only in ("", "runs"):
        await runs(stack, desk, recorder, until)


async def market_day(stack: LocalStack, desk: Desk, recorder: Recorder, speed: float) -> None:
    """Run the day and record on the way."""
    client, settings = desk.client, stack.client_settings()
    paper = PaperControl(stack.paper_url)
    starts = datetime.combine(DAY, STARTS_AT, KST)
    paper.set_clock(starts, speed)
    clock = MarketClock(real_anchor=datetime.now(UTC), market_anchor=starts, speed=speed)
    paper.set_faults([{"match": {"path": "order-cash"}, "after": 2, "fault": "accept_then_drop"}])

    await desk.start_day(HOLIDAY, clock)
    starter = "start-trading-day"
    day_input = TradingDayInput(day=DAY, clock=clock, desk=settings.desk_config())
    await client.execute_workflow("StartTradingDay", day_input, id=starter, task_queue=CONTROL_QUEUE)
    await recorder.record("StartTradingDay", "started", starter)
    await desk.day_result(HOLIDAY)
    await recorder.record("TradingDay", "skipped", day_workflow_id(HOLIDAY))

    async def traded() -> bool:
        state = await desk.day_state(DAY)
        return state.phase is DayPhase.TRADING and state.ticks >= 2 and state.orders_filled >= 1

    await until(traded)
    await recorder.record("TradingDay", "trading-suspended", day_workflow_id(DAY))
    await approval(desk, recorder, settings, clock)
    await desk.reconcile()
    await desk.change_state(StateAction.REDUCE, by="owner", reason="enough for today")
    result: DayResult = await desk.day_result(DAY)
    if not result.signed_off:
        raise SystemExit(f"the day ended {result.phase.value} {result.reason}; nothing more is recorded")
    await recorder.record("TradingDay", "completed", day_workflow_id(DAY))
    await recorder.record("DecisionTick", "completed", f"tick-{day_workflow_id(DAY)}-001")
    for workflow, case in (("StateChange", "reduced"), ("Reconciliation", "agreed")):
        async for execution in client.list_workflows(f"WorkflowType='{workflow}'"):
            await recorder.record(workflow, case, execution.id)
    await orders(client, recorder)


async def approval(desk: Desk, recorder: Recorder, settings: Settings, clock: MarketClock) -> None:
    """Record an order that waits for a person, and then how it ended."""
    order = large_order(settings, clock)
    intent_id = order.ticket.intent_id
    handle = await desk.client.start_workflow(
        "PlaceOrder", order, id=f"order-{intent_id}", task_queue=CONTROL_QUEUE, result_type=OrderSummary
    )

    async def asked() -> bool:
        summary = await desk.order_state(intent_id)
        if summary.state.is_final:
            raise SystemExit(f"the order by hand was not asked about: {summary.state.value} {summary.text}")
        return summary.state is IntentState.AWAITING_APPROVAL

    await until(asked)
    await recorder.record("PlaceOrder", "approval-suspended", handle.id)
    await desk.decide(intent_id, approve=True, by="owner")
    summary: OrderSummary = await handle.result()
    await recorder.record("PlaceOrder", "approved", handle.id)
    print(f"the approved order ended {summary.state.value}")


async def orders(client: Client, recorder: Recorder) -> None:
    """Record one order that was filled at once and one that was found after an unknown outcome."""
    wanted = {"filled": "", "unknown-then-found": ""}
    histories: dict[str, dict[str, Any]] = {}
    async for execution in client.list_workflows("WorkflowType='PlaceOrder' AND ExecutionStatus='Completed'"):
        if execution.id.startswith("order-by-hand"):
            continue
        history = await recorder.fetch(execution.id)
        names = [
            event["activityTaskScheduledEventAttributes"]["activityType"]["name"]
            for event in history["events"]
            if "activityTaskScheduledEventAttributes" in event
        ]
        case = "unknown-then-found" if "trading.find_order" in names else "filled"
        if "trading.poll_order" in names and not wanted[case]:
            wanted[case], histories[case] = execution.id, history
    missing = [case for case, workflow_id in wanted.items() if not workflow_id]
    if missing:
        raise SystemExit(f"the day had no order for: {', '.join(missing)}")
    for case, history in histories.items():
        recorder.write("PlaceOrder", case, history)
    recorder.write("PlaceOrder", "known-bad", altered(histories["filled"]))


def altered(history: dict[str, Any]) -> dict[str, Any]:
    """Return a history in which the order was sent before it was checked: no code of ours may replay it."""
    text = json.dumps(history)
    swapped = text.replace("trading.check_order", "\0").replace("trading.submit_order", "trading.check_order")
    changed: dict[str, Any] = json.loads(swapped.replace("\0", "trading.submit_order"))
    return changed


def main() -> None:
    """Start the desk in a scratch folder, run the scenario, stop everything."""
    parser = argparse.ArgumentParser(description="Record the histories that tests/replay replays.")
    parser.add_argument("--out", type=Path, default=ROOT / "tests" / "replay" / "histories")
    parser.add_argument(
        "--only", choices=("day", "questions", "runs"), default="", help="record one part of the scenario"
    )
    parser.add_argument("--speed", type=float, default=900, help="market seconds in a real second")
    options = parser.parse_args()
    base = Settings(_env_file=None, limits=LIMITS, strategy=STRATEGY)  # type: ignore[call-arg]
    settings = compressed_settings(base, options.speed)
    with tempfile.TemporaryDirectory() as home:
        stack = LocalStack(
            settings=settings,
            home=Path(home),
            ports=Ports(free_port(), free_port(), free_port()),
            paper_options=("--seed", "7", "--start", f"{DAY}T08:00:00+09:00", "--permissive"),
            worker_environment=rehearsal_environment(settings),
        )
        try:
            stack.start()
            asyncio.run(scenario(stack, options.out, options.speed, options.only))
        finally:
            stack.stop()


if __name__ == "__main__":
    main()
