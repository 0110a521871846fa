"""The desk under the benchmark: real server, exchange and workers in processes of their own, in a folder of its own."""

import asyncio
import contextlib
import json
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from daybook.contracts.base import KST, Mode
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayPhase
from daybook.contracts.limits import AdvisorKind, RebalanceRule, RiskLimits, StrategySettings
from daybook.front.desk import Desk, DeskError
from daybook.settings import Settings
from daybook.stack.compressed_day import PAPER_ACCOUNT
from daybook.stack.local import LocalStack, Ports, free_port
from daybook.stack.paper_control import PaperControl
from daybook.stack.processes import ManagedProcess

HERE = Path(__file__).resolve().parent
SEED = 20260306
CASH_KRW = 2_000_000_000
SYMBOLS = ("035720", "035420", "000270", "012330", "068270", "051910", "096770", "010950", "004020", "316140")
_READY_WITHIN_S = 90.0
_CLOCK_LOOKS = 25
FLOOR_ROLES = ("control", "trading")

LIMITS = RiskLimits(
    entries_from_open_min=0,
    entries_before_close_min=0,
    exits_before_close_min=0,
    min_average_turnover_krw=0,
    max_order_turnover_ratio=1,
    max_spread_ratio=1,
    last_trade_max_age_s=3600,
    price_collar_buy_above=0.1,
    price_collar_sell_below=0.1,
    vi_release_wait_min=0,
    max_order_notional_krw=50_000_000,
    max_order_equity_ratio=1,
    fat_finger_multiple=1000,
    max_position_ratio=1,
    max_sector_ratio=1,
    max_names=100,
    min_cash_ratio=0,
    max_daily_turnover_ratio=1,
    max_daily_orders=100_000,
    max_symbol_orders=100_000,
    reentry_cooldown_h=0,
    submit_rate_per_s=100,
    submit_burst=100,
    grounding_max_price_gap_ratio=0.2,
    index_fall_reduce_ratio=1,
    index_fall_halt_ratio=1,
    daily_loss_reduce_ratio=1,
    daily_loss_halt_ratio=1,
)
"""Limits that let every order of the benchmark through. Each rule is evaluated as on a real day."""

QUIET = StrategySettings(
    advisor=AdvisorKind.MOMENTUM,
    universe_symbols=SYMBOLS,
    tick_interval_min=300,
    min_score=10,
    stop_loss_ratio=0.99,
    max_holding_sessions=1000,
    rebalance=RebalanceRule.NEVER,
    exit_rank=1000,
)
"""A strategy that decides nothing, so that every order is the benchmark's."""


def bench_settings() -> Settings:
    """Return the desk's settings; nothing is taken from files."""
    return Settings(
        _env_file=None,
        mode=Mode.PAPER,
        database_url=SecretStr(""),
        limits=LIMITS,
        strategy=QUIET,
        poll_interval_s=1.0,
    )


@dataclass
class BenchStack(LocalStack):
    """The local desk and the floor's two workers; with ``counts``, its trading worker counts what each call does."""

    counts: Path | None = None

    def _start(self, name: str, command: Sequence[str]) -> None:
        if name == "trading" and self.counts is not None:
            command = [sys.executable, str(HERE / "counting_worker.py"), str(self.counts)]
        super()._start(name, command)

    def start(self) -> None:
        """Start everything."""
        super().start()
        for role in FLOOR_ROLES:
            self._start(f"floor-{role}", [sys.executable, str(HERE / "floor_worker.py"), role, self.temporal_address])

    def process(self, name: str) -> ManagedProcess:
        """Return one process."""
        return next(process for process in self.supervisor.processes if process.name == name)

    def pids(self) -> dict[str, int]:
        """Return the process ids by name."""
        return {process.name: process.pid for process in self.supervisor.processes}


@dataclass
class BenchDesk:
    """A running desk and what a benchmark needs of it."""

    home: Path
    counts: Path | None = None
    clock: MarketClock = field(default_factory=MarketClock.real_time)

    def __post_init__(self) -> None:
        begins = datetime(2026, 3, 6, 9, 30, tzinfo=KST)
        options = f"--seed {SEED} --start {begins.isoformat()} --cash {CASH_KRW}"
        self.stack = BenchStack(
            settings=bench_settings(),
            home=self.home,
            ports=Ports(free_port(), free_port(), free_port()),
            paper_options=options.split(),
            worker_environment={"DAYBOOK_LIMITS": LIMITS.model_dump_json()},
            counts=self.counts,
        )

    @contextlib.contextmanager
    def running(self) -> Iterator["BenchDesk"]:
        """Start everything and stop everything, whatever happens."""
        try:
            self.stack.start()
            yield self
        finally:
            self.stack.stop()

    @property
    def settings(self) -> Settings:
        """The settings of a client."""
        return self.stack.client_settings()

    def set_clock(self, market_time: datetime, speed: float) -> None:
        """Tie the exchange's and the desk's market time to now."""
        PaperControl(self.stack.paper_url).set_clock(market_time, speed)
        self.clock = MarketClock(real_anchor=datetime.now(UTC), market_anchor=market_time, speed=speed)

    async def begin_day(self, day: date) -> Desk:
        """Start a day's workflow and wait until its first decision has been made.

        Raises:
            TimeoutError: when that takes too long.
        """
        desk = await Desk.connect(self.settings, timeout_s=30)
        await desk.start_day(day, self.clock)
        async with asyncio.timeout(_READY_WITHIN_S):
            while True:
                self.stack.supervisor.check()
                with contextlib.suppress(DeskError):
                    state = await desk.day_state(day)
                    if state.phase is DayPhase.TRADING and state.equity_krw:
                        return desk
                    if state.phase in (DayPhase.SKIPPED, DayPhase.DONE):
                        raise RuntimeError(f"the day ended before it began: {state.note}")
                await asyncio.sleep(0.3)

    def exchange_offset(self) -> timedelta:
        """Return what to subtract from the exchange's market time to get real time, at speed 1, good to about 1 ms."""
        best_s, offset = float("inf"), timedelta()
        for _ in range(_CLOCK_LOOKS):
            asked = time.time()
            says = datetime.fromisoformat(self.ask_exchange("/paper/clock")["market_time"])
            answered = time.time()
            if answered - asked < best_s:
                best_s = answered - asked
                offset = says - datetime.fromtimestamp((asked + answered) / 2, UTC)
        return offset

    def exchange_orders(self) -> list[dict[str, Any]]:
        """Return every order the exchange holds of the desk's account."""
        orders: list[dict[str, Any]] = self.ask_exchange(f"/paper/orders?account={PAPER_ACCOUNT}")["orders"]
        return orders

    def ask_exchange(self, path: str) -> Any:
        """Read a control endpoint of the exchange."""
        with urllib.request.urlopen(self.stack.paper_url + path, timeout=10) as reply:
            return json.loads(reply.read())
