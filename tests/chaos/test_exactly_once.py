"""Exactly one order an accepted intent, whatever dies and whatever the broker does."""

import os
import time
from collections import Counter
from collections.abc import Mapping
from datetime import time as time_of_day
from pathlib import Path

import pytest

from daybook.contracts.day import DayPhase
from daybook.contracts.orders import IntentState
from tests.chaos.both_sides import WITH_ORDER, BothSides
from tests.chaos.crash_injector import CrashPlan
from tests.chaos.crash_points import AROUND_THE_POST, POINTS
from tests.chaos.desk_under_test import DAY, DeskUnderTest
from tests.chaos.fault_waves import EVERY_KIND, FaultWaves, gentle, waves
from tests.chaos.market_view import MarketView
from tests.chaos.order_pump import OrderPump
from tests.chaos.planned_orders import DENIED_STYLES, Style, plan_orders

pytestmark = pytest.mark.temporal

SYMBOLS = (
    "035720", "035420", "000270", "012330", "068270", "051910", "096770", "010950",
    "004020", "316140", "323410", "377300", "259960", "036570", "030200", "011200",
    "003490", "000720", "003550", "018260", "293490", "263750", "035900", "041510",
)  # fmt: skip
SEED = int(os.environ.get("CHAOS_SEED", "20260306"))


def show(title: str, counts: Mapping[str, object]) -> None:
    """Print a table of counts; pytest shows it with -s, or when the test fails."""
    width = max((len(str(name)) for name in counts), default=0)
    print(f"\n{title}")
    for name, count in counts.items():
        print(f"  {name!s:<{width}}  {count:>14,}" if isinstance(count, int) else f"  {name!s:<{width}}  {count}")


class Stopwatch:
    """Seconds of each part of a run."""

    def __init__(self) -> None:
        self._last = time.monotonic()
        self.parts: dict[str, str] = {}

    def lap(self, part: str) -> None:
        now = time.monotonic()
        self.parts[part] = f"{now - self._last:.1f} s"
        self._last = now


def show_run(desk: DeskUnderTest, pump: OrderPump, faults: FaultWaves, sides: BothSides, watch: Stopwatch) -> None:
    show("took", watch.parts)
    show("both sides", sides.counts())
    show("asked for", dict(sorted(Counter(style.value for style in pump.styles.values()).items())))
    show("denials", dict(Counter(code.value for one in pump.summaries.values() for code in one.denials).most_common()))
    if desk.crashes is not None:
        kills = desk.crashes.kills()
        show("SIGKILLs", {"trading worker": kills.total(), "control worker": desk.control_kills})
        show("SIGKILLs of the trading worker by point", {point: kills[point] for point in desk.crashes.wanted})
    show("restarts", desk.stack.supervisor.restarts())
    show("broker faults that fired", dict(sorted(faults.fired.items())))
    show("what a person did", dict(sorted(pump.person.items())))
    show("why a person was asked for an order", sides.asked_of_a_person)


@pytest.mark.chaos
@pytest.mark.timeout(3000)
async def test_a_day_of_orders_when_workers_die_everywhere_and_the_broker_misbehaves_then_none_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    wanted = {point: 2 if point in AROUND_THE_POST else 1 for point in POINTS}
    crashes = CrashPlan(tmp_path / "crashes", SEED, (0.5, 4.0), wanted)
    desk = DeskUnderTest(tmp_path / "desk", SEED, SYMBOLS, 30.0, time_of_day(8, 56), crashes)
    plan = plan_orders(SEED, 260, SYMBOLS, lasts_s=700, burst=9, until_close=8)
    watch = Stopwatch()
    with desk.running():
        watch.lap("start of the processes")
        front = await desk.begin_day()
        watch.lap("start of the day")
        pump = OrderPump(desk, front, MarketView(SEED, desk.clock), lives_s=(60, 120))
        desk.start_killing()
        desk.kill_control_now_and_then((15, 35))
        with FaultWaves(desk.exchange, waves(SEED), lasts_s=6, calm_s=3) as faults:
            await pump.run(plan, within_s=1500)
        watch.lap("orders")
        desk.stop_killing()
        result = await front.day_result(DAY)
        report = await front.reconcile(day=DAY)
        sides = BothSides.read(desk)
        watch.lap("the day's end")
    watch.lap("stop of the processes")
    show_run(desk, pump, faults, sides, watch)
    assert sides.violations() == []
    assert result.phase is DayPhase.DONE
    assert report.signed_off, report.summary()
    assert report.differences == ()
    assert len(sides.intents) >= 200
    assert sum(record.state in WITH_ORDER for record in sides.intents) >= 150
    assert all(pump.summaries[name].denials for name, style in pump.styles.items() if style in DENIED_STYLES)
    assert crashes.missing == {}
    assert frozenset(faults.fired_kinds) == EVERY_KIND
    assert desk.control_kills >= 10


async def test_a_few_orders_when_the_worker_dies_around_the_post_and_replies_are_lost_then_none_is_lost_or_doubled(
    tmp_path: Path,
) -> None:
    seed = 7
    symbols = SYMBOLS[:6]
    points = (
        "begin_attempt:committed@submit_order",
        "order:written@submit_order",
        "finish_attempt:committing@submit_order",
    )
    crashes = CrashPlan(tmp_path / "crashes", seed, (0.1, 0.4), dict.fromkeys(points, 1), further=0)
    desk = DeskUnderTest(tmp_path / "desk", seed, symbols, 60.0, time_of_day(8, 58), crashes)
    styles = (Style.MARKETABLE, Style.LARGER_THAN_THE_BOOK, Style.ASKED_TWICE, Style.OFF_TICK)
    plan = plan_orders(seed, 12, symbols, lasts_s=4, burst=6, styles=styles)
    watch = Stopwatch()
    with desk.running():
        watch.lap("start of the processes")
        front = await desk.begin_day()
        watch.lap("start of the day")
        pump = OrderPump(desk, front, MarketView(seed, desk.clock), lives_s=(24, 30))
        desk.start_killing()
        with FaultWaves(desk.exchange, gentle(seed), lasts_s=120) as faults:
            await pump.run(plan, within_s=120)
        watch.lap("orders")
        desk.stop_killing()
        sides = BothSides.read(desk)
        watch.lap("reading both sides")
    watch.lap("stop of the processes")
    show_run(desk, pump, faults, sides, watch)
    assert sides.violations() == []
    assert crashes.missing == {}
    assert sum(record.state in WITH_ORDER for record in sides.intents) >= 6
    assert not any(record.state is IntentState.NEEDS_HUMAN for record in sides.intents)
