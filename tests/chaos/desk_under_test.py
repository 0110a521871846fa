"""A whole desk in its own processes for one market day: server, exchange, workers, the day's workflow, clocks."""

import asyncio
import contextlib
import os
import random
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from pathlib import Path

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
from daybook.storage import Database
from tests.chaos.crash_injector import PLAN_VARIABLE, CrashPlan
from tests.chaos.exchange_side import ExchangeSide

REPOSITORY = Path(__file__).resolve().parents[2]
DAY = date(2026, 3, 6)
CASH_KRW = 20_000_000_000
_PREPARED_WITHIN_S = 90.0

LIMITS = RiskLimits(
    entries_from_open_min=0,
    entries_before_close_min=0,
    exits_before_close_min=0,
    min_average_turnover_krw=0,
    max_order_turnover_ratio=1,
    max_spread_ratio=1,
    price_collar_buy_above=0.1,
    price_collar_buy_below=0.1,
    price_collar_sell_below=0.1,
    price_collar_sell_above=0.1,
    vi_release_wait_min=0,
    max_order_notional_krw=500_000_000,
    max_order_equity_ratio=1,
    max_order_shares=100_000,
    fat_finger_multiple=20,
    approval_valid_for_s=60,
    approval_max_price_move_ratio=1,
    max_position_ratio=1,
    max_sector_ratio=1,
    max_names=1000,
    min_cash_ratio=0,
    max_daily_turnover_ratio=1,
    max_daily_orders=100_000,
    max_symbol_orders=100_000,
    reentry_cooldown_h=0,
    submit_rate_per_s=100,
    submit_burst=100,
    grounding_max_price_gap_ratio=0.2,
    broker_rejects_max=1000,
    unknown_outcome_max_s=86_400,
    index_fall_reduce_ratio=1,
    index_fall_halt_ratio=1,
    daily_loss_reduce_ratio=1,
    daily_loss_halt_ratio=1,
)
"""Limits that let hundreds of orders a day through; what they still refuse, the plan refuses on purpose."""


def settings_for(symbols: Sequence[str], *, settle_interval_s: float = 0.7, settle_polls: int = 5) -> Settings:
    """Return settings of a desk whose own strategy never trades, so that every order is the plan's."""
    return Settings(
        _env_file=None,
        mode=Mode.PAPER,
        limits=LIMITS,
        strategy=StrategySettings(
            advisor=AdvisorKind.MOMENTUM,
            universe_symbols=tuple(symbols),
            tick_interval_min=390,
            min_score=10,
            stop_loss_ratio=0.99,
            max_holding_sessions=1000,
            rebalance=RebalanceRule.NEVER,
            exit_rank=1000,
        ),
        poll_interval_s=1.5,
        settle_interval_s=settle_interval_s,
        settle_polls=settle_polls,
    )


@dataclass
class ChaosStack(LocalStack):
    """The local desk; with a plan, its trading worker carries the crash injector."""

    crashes: CrashPlan | None = None

    def _start(self, name: str, command: Sequence[str]) -> None:
        if name == "trading" and self.crashes is not None:
            command = [sys.executable, "-m", "tests.chaos.crashing_worker"]
        super()._start(name, command)


@dataclass
class DeskUnderTest:
    """A running desk and what a test needs of it. ``speed`` is market seconds in a real second."""

    home: Path
    seed: int
    symbols: tuple[str, ...]
    speed: float
    starts: time
    crashes: CrashPlan | None = None
    settings: Settings | None = None
    control_kills: int = 0
    clock: MarketClock = field(default_factory=MarketClock.real_time)

    def __post_init__(self) -> None:
        environment = {"DAYBOOK_LIMITS": LIMITS.model_dump_json(), "PYTHONPATH": str(REPOSITORY)}
        if self.crashes is not None:
            environment[PLAN_VARIABLE] = str(self.crashes.write())
        starts = datetime.combine(DAY, self.starts, KST)
        options = f"--seed {self.seed} --start {starts.isoformat()} --cash {CASH_KRW} --rate-limit off --permissive"
        self.stack = ChaosStack(
            settings=self.settings or settings_for(self.symbols),
            home=self.home,
            ports=Ports(free_port(), free_port(), free_port()),
            paper_options=options.split(),
            worker_environment=environment,
            on_restart=_restart_at_once,
            crashes=self.crashes,
        )
        self.paper = PaperControl(self.stack.paper_url)
        self.exchange = ExchangeSide(self.stack.paper_url)
        self.client_settings = self.stack.client_settings()
        self._stopping = threading.Event()
        self._killers: list[threading.Thread] = []

    @contextlib.contextmanager
    def running(self) -> Iterator["DeskUnderTest"]:
        """Start everything and the day's clocks; stop everything whatever happens."""
        try:
            self.stack.start()
            starts = datetime.combine(DAY, self.starts, KST)
            self.paper.set_clock(starts, self.speed)
            self.clock = MarketClock(real_anchor=datetime.now(UTC), market_anchor=starts, speed=self.speed)
            yield self
        finally:
            self._stopping.set()
            for killer in self._killers:
                killer.join()
            self._kill_everything()
            self.stack.stop()

    def _kill_everything(self) -> None:
        """Save the seconds of a clean stop: nothing of a desk is needed any more once it was read."""
        for process in self.stack.supervisor.processes:
            if process.pid:
                os.kill(process.pid, signal.SIGKILL)

    @property
    def market_now(self) -> datetime:
        """Market time now."""
        return self.clock.market_time(datetime.now(UTC))

    def ledger(self) -> Database:
        """Open the ledger for reading, past all workers."""
        return Database(self.client_settings.ledger_url, read_only=True)

    def process(self, name: str) -> ManagedProcess:
        """Return one supervised process."""
        return next(process for process in self.stack.supervisor.processes if process.name == name)

    async def begin_day(self) -> Desk:
        """Start the day's workflow and wait until it trades or, its one decision made, waits for the close."""
        desk = await Desk.connect(self.client_settings, timeout_s=30)
        await desk.start_day(DAY, self.clock)
        deadline = asyncio.get_running_loop().time() + _PREPARED_WITHIN_S
        while asyncio.get_running_loop().time() < deadline:
            self.stack.supervisor.check()
            with contextlib.suppress(DeskError, TimeoutError):
                state = await asyncio.wait_for(desk.day_state(DAY), 5)
                if state.phase in (DayPhase.WAITING_OPEN, DayPhase.TRADING, DayPhase.CLOSING):
                    return desk
                if state.phase in (DayPhase.SKIPPED, DayPhase.DONE):
                    raise AssertionError(f"the day ended before it began: {state.note}")
            await asyncio.sleep(0.3)
        raise AssertionError(f"the day was not ready within {_PREPARED_WITHIN_S:.0f} s")

    def kill_control_now_and_then(self, every_s: tuple[float, float]) -> None:
        """Kill the control worker at seeded times until the desk stops."""
        times = random.Random(f"{self.seed}-control")

        def run() -> None:
            while not self._stopping.wait(times.uniform(*every_s)):
                pid = self.process("control").pid
                if pid:
                    os.kill(pid, signal.SIGKILL)
                    self.control_kills += 1

        killer = threading.Thread(target=run, name="control-killer", daemon=True)
        killer.start()
        self._killers.append(killer)

    def stop_killing(self) -> None:
        """Let every process live from now on."""
        if self.crashes is not None:
            self.crashes.switch.unlink(missing_ok=True)
        self._stopping.set()

    def start_killing(self) -> None:
        """Switch the crash injector of the trading worker on."""
        if self.crashes is not None:
            self.crashes.switch.touch()


def _restart_at_once(process: ManagedProcess) -> None:
    """Forget the supervisor's growing pause: here processes die on purpose."""
    process.pause_s = 0.1


__all__ = ["CASH_KRW", "DAY", "PAPER_ACCOUNT", "ChaosStack", "DeskUnderTest", "settings_for"]
