"""Measure the order path beside a bare workflow, in one run on one server.

    scripts/bench/order_path.py [--orders N] [--quick] [--json FILE]
    scripts/bench/order_path.py --counts        broker calls and database commits of each call, instead of times

Starts a Temporal dev server, the paper exchange, the four workers and two workers of the floor, each in a process of
its own on free loopback ports, in a temporary folder; stops and removes all of it.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import NoReturn, TypeVar

import floor
from bench_desk import SYMBOLS, BenchDesk
from cpu_time import CpuMeter
from machine import Machine, load_average
from orders import OrderMaker, PlacedOrder
from report import report, table
from results import FULL_DAY_TICKS, Block, Results
from ticks import run_day

from daybook.contracts.base import KST
from daybook.contracts.day import day_workflow_id

ORDER_DAY, TICK_DAY = date(2026, 3, 6), date(2026, 3, 9)
AT_ONCE = 10
_BLOCK = 10
_WARM_UP = 5
_IDLE_S = 5.0
_DAY_ENDS_WITHIN_S = 5.0

T = TypeVar("T")


def say(text: str) -> None:
    """Show progress, apart from the report."""
    print(text, file=sys.stderr, flush=True)


async def timed(block: Block, pids: dict[str, int], work: Callable[[], Awaitable[T]]) -> T:
    """Run work and add its wall and CPU time to a block."""
    block.cpu = block.cpu or CpuMeter(pids)
    began = time.perf_counter()
    with block.cpu:
        result = await work()
    block.wall_s += time.perf_counter() - began
    return result


async def measure(desk: BenchDesk, orders: int, ticks: int, tick_every_s: float) -> Results:
    """Run the whole benchmark."""
    results = Results(Machine.here(), load_average(), at_once=AT_ONCE)
    desk.set_clock(datetime(2026, 3, 6, 10, 0, tzinfo=KST), 1)
    front = await desk.begin_day(ORDER_DAY)
    client, pids = front.client, desk.stack.pids()
    maker = OrderMaker(desk, client, ORDER_DAY)
    say("warming up")
    await floor.in_a_row(client, _WARM_UP)
    await maker.in_a_row(SYMBOLS, _WARM_UP)
    await idle(results, pids)
    for begun in range(0, orders, _BLOCK):
        count = min(_BLOCK, orders - begun)
        say(f"one at a time: {begun + count} of {orders}")
        results.floor.durations_s += await timed(results.floor, pids, partial(floor.in_a_row, client, count))
        placed = await timed(results.order, pids, partial(maker.in_a_row, SYMBOLS, count))
        results.orders += placed
    await several(desk, results, maker, max(AT_ONCE, orders // AT_ONCE * AT_ONCE))
    for block, made in ((results.order, results.orders), (results.order_in_flight, results.orders_in_flight)):
        await maker.look_up(made)
        block.durations_s = [order.to_end_s for order in made]
    await client.get_workflow_handle(day_workflow_id(ORDER_DAY)).terminate("the orders are measured")
    await asyncio.sleep(_DAY_ENDS_WITHIN_S)
    if ticks:
        say(f"a day of {ticks} decisions, {tick_every_s:g} s each")
        results.day = await run_day(desk, TICK_DAY, ticks, tick_every_s)
    results.load_after = load_average()
    return results


async def idle(results: Results, pids: dict[str, int]) -> None:
    """Measure what the processes use when nothing happens."""
    meter = CpuMeter(pids)
    began = time.perf_counter()
    with meter:
        await asyncio.sleep(_IDLE_S)
    elapsed_s = time.perf_counter() - began
    results.idle_cpu_ms_per_s = {name: 1000 * used_s / elapsed_s for name, used_s in meter.used_s.items()}


async def several(desk: BenchDesk, results: Results, maker: OrderMaker, count: int) -> None:
    """Measure floor and orders with several in flight."""
    pids = desk.stack.pids()
    client = maker.client
    say(f"{AT_ONCE} in flight: {count}")
    results.floor_in_flight.durations_s = await timed(
        results.floor_in_flight, pids, partial(floor.in_flight, client, count, AT_ONCE)
    )
    placed: list[PlacedOrder] = await timed(
        results.order_in_flight, pids, partial(maker.in_flight, SYMBOLS[:AT_ONCE], count)
    )
    results.orders_in_flight = placed


async def place_only(desk: BenchDesk, orders: int) -> None:
    """Place orders one at a time, for the counting worker."""
    desk.set_clock(datetime(2026, 3, 6, 10, 0, tzinfo=KST), 1)
    front = await desk.begin_day(ORDER_DAY)
    await OrderMaker(desk, front.client, ORDER_DAY).in_a_row(SYMBOLS, orders)


def counts_table(path: Path, orders: int) -> str:
    """Return what each call of an order did, on average."""
    counts: dict[str, dict[str, int]] = json.loads(path.read_text())
    rows = []
    for name, found in counts.items():
        runs = found.get("runs", 0)
        if runs >= orders:
            each = [f"{found.get(kind, 0) / runs:.1f}" for kind in ("broker calls", "reads", "commits")]
            rows.append((name, f"{runs / orders:.1f}", *each))
    return table(("call", "runs an order", "broker calls", "read transactions", "commits"), rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description="Measure the order path beside a bare workflow on the same server.")
    parser.add_argument("--orders", type=_count, default=60, help="orders one at a time (and again several at once)")
    parser.add_argument("--quick", action="store_true", help="10 orders and a short day: about a minute, coarse")
    parser.add_argument("--json", type=Path, help="write all figures to this file as well")
    parser.add_argument("--counts", action="store_true", help="count broker calls and commits of each call instead")
    options = parser.parse_args(arguments)
    target = options.json.resolve() if options.json else None
    orders = 10 if options.quick else options.orders
    # The benchmark is the same wherever it is started: no setting of this machine reaches it.
    for name in [name for name in os.environ if name.startswith("DAYBOOK_")]:
        del os.environ[name]
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    here = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="daybook-bench-") as folder:
        os.chdir(folder)
        try:
            return _run(Path(folder), orders, quick=options.quick, counts=options.counts, target=target)
        except KeyboardInterrupt:
            say("interrupted")
            return 130
        finally:
            os.chdir(here)


def _run(folder: Path, orders: int, *, quick: bool, counts: bool, target: Path | None) -> int:
    counts_file = folder / "counts.json" if counts else None
    desk = BenchDesk(folder / "desk", counts_file)
    with desk.running():
        if counts_file is None:
            ticks, tick_every_s = (FULL_DAY_TICKS // 10, 1.2) if quick else (FULL_DAY_TICKS, 0.6)
            results = asyncio.run(measure(desk, orders, ticks, tick_every_s))
        else:
            asyncio.run(place_only(desk, orders))
    if counts_file is not None:
        print(counts_table(counts_file, orders))
        return 0
    print(report(results))
    if target is not None:
        target.write_text(json.dumps(results.as_json(), indent=1) + "\n", encoding="utf-8")
    return 0


def _count(text: str) -> int:
    number = int(text) if text.isdigit() else 0
    if number < 1:
        raise argparse.ArgumentTypeError("write a whole number above 0")
    return number


def _interrupt(*_: object) -> NoReturn:
    """Stop in order; a second signal must not break off the stopping."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
