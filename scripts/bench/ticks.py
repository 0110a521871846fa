"""A day of decision ticks at high speed: how long a tick takes and how many events it leaves."""

import asyncio
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from bench_desk import BenchDesk
from histories import RunChain, run_chain

from daybook.contracts.base import KST
from daybook.contracts.day import day_workflow_id
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.front.desk import Desk
from daybook.stack.compressed_day import compressed_settings

SESSION_MIN = 380
"""Minutes of continuous trading: 9:00 to the closing auction at 15:20."""

UNIVERSE = ("035720", "035420", "000270", "012330")
_BEGINS = time(8, 30)
_DAY_WITHIN_S = 1_200


@dataclass(frozen=True)
class TickDay:
    """What a day of ticks left behind."""

    speed: float
    ticks: int
    missed_ticks: int
    orders: int
    filled: int
    durations_s: list[float]
    events_by_tick: list[int]
    chain: RunChain
    signed_off: bool


async def run_day(desk: BenchDesk, day: date, ticks: int, tick_every_s: float) -> TickDay:
    """Run a whole day, closing and report included, with a decision each ``tick_every_s`` real seconds.

    Raises:
        TimeoutError: when the day does not end.
    """
    interval_min = SESSION_MIN / ticks
    speed = max(1.0, interval_min * 60 / tick_every_s)
    begins = datetime.combine(day, _BEGINS, KST)
    base = desk.stack.settings
    strategy = StrategySettings(advisor=AdvisorKind.MOMENTUM, universe_symbols=UNIVERSE, tick_interval_min=interval_min)
    desk.stack.settings = compressed_settings(base.model_copy(update={"strategy": strategy}), speed)
    try:
        front = await Desk.connect(desk.settings, timeout_s=30)
        desk.set_clock(begins, speed)
        await front.start_day(day, desk.clock)
        async with asyncio.timeout(_DAY_WITHIN_S):
            result = await front.day_result(day)
    finally:
        desk.stack.settings = base
    workflow_id = day_workflow_id(day)
    chain = await run_chain(front.client, workflow_id, "DecisionTick")
    durations_s, events = [], []
    for number in range(1, result.ticks + 1):
        tick = await front.client.get_workflow_handle(f"tick-{workflow_id}-{number:03d}").describe()
        if tick.close_time is not None:
            durations_s.append((tick.close_time - tick.start_time) / timedelta(seconds=1))
            events.append(tick.history_length)
    state = await front.day_state(day)
    return TickDay(
        speed=speed,
        ticks=result.ticks,
        missed_ticks=state.missed_ticks,
        orders=result.orders_started,
        filled=result.orders_filled,
        durations_s=durations_s,
        events_by_tick=events,
        chain=chain,
        signed_off=result.signed_off,
    )
