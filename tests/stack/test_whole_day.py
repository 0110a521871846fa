"""A whole compressed day on real processes: the market falls, the desk halts, a worker is killed, the books agree."""

import asyncio
import os
import signal
from datetime import date, time

import pytest
from rich.console import Console

from daybook.contracts.base import TradingState
from daybook.contracts.limits import AdvisorKind, RiskLimits, StrategySettings
from daybook.contracts.state import StateAction
from daybook.front.desk import Desk
from daybook.settings import Settings
from daybook.stack.compressed_day import CompressedDays, MarketEvent, compressed_settings, rehearsal_environment
from daybook.stack.local import LocalStack, Ports, free_port
from daybook.stack.progress import DayProgress
from daybook.stack.temporal_server import TemporalMissing, temporal_binary
from daybook.storage import AuditLog, Database, DecisionStore, IntentStore, StateStore

DAY = date(2026, 11, 20)
SPEED = 600

pytestmark = [pytest.mark.alone, pytest.mark.temporal, pytest.mark.timeout(200)]

BOLD = RiskLimits(
    max_order_notional_krw=3_000_000,
    max_order_equity_ratio=0.3,
    max_position_ratio=0.3,
    max_sector_ratio=1,
    min_cash_ratio=0,
    max_daily_turnover_ratio=1,
    index_fall_reduce_ratio=0.25,
    index_fall_halt_ratio=0.3,
)
FULLY_INVESTED = StrategySettings(
    advisor=AdvisorKind.MOMENTUM, max_position_ratio=0.3, target_annual_volatility=1, stop_loss_ratio=0.25
)


@pytest.fixture
def stack(tmp_path):
    try:
        temporal_binary()
    except TemporalMissing as missing:
        pytest.skip(str(missing))
    settings = compressed_settings(Settings(_env_file=None, home=tmp_path, limits=BOLD, strategy=FULLY_INVESTED), SPEED)
    running = LocalStack(
        settings=settings,
        home=tmp_path / "home",
        ports=Ports(free_port(), free_port(), free_port()),
        paper_options=("--seed", "7", "--start", f"{DAY}T08:00:00+09:00", "--shock", f"{DAY}T12:00=-0.2"),
        worker_environment=rehearsal_environment(settings),
    )
    try:
        running.start()
        yield running
    finally:
        running.stop()


def test_day_when_it_loses_3_percent_then_it_halts_and_resumes_in_two_steps_only(stack):
    days = CompressedDays(stack, SPEED, lambda clock: DayProgress(Console(quiet=True), clock))

    def kill_trading() -> None:
        trading = next(process for process in stack.supervisor.processes if process.name == "trading")
        os.kill(trading.pid, signal.SIGKILL)

    result = days.run(DAY, [MarketEvent(time(13, 30), "the trading worker is killed", kill_trading)])

    assert result.signed_off
    assert result.equity_krw <= result.opening_equity_krw * 0.97
    assert stack.supervisor.restarts() == {"trading": 1}
    assert days.agreement().holds, days.agreement().text()
    report = stack.home / result.report_markdown
    assert "DAILY_LOSS" in report.read_text(encoding="utf-8")
    assert len(list(report.parent.glob("*.png"))) >= 2

    settings = stack.client_settings()
    with Database(settings.ledger_url, read_only=True) as database:
        current = StateStore(database).current("main")
        assert (current.state, current.reason_code) == (TradingState.HALTED, "DAILY_LOSS")
        intents = IntentStore(database).for_day(DAY)
        assert intents
        assert all(intent.state.is_final for intent in intents)
        assert all(intent.recorded_at <= current.at for intent in intents if intent.order is not None)
        assert AuditLog(database).verify() is None
        assert len(DecisionStore(database).for_day(DAY)) == result.ticks

    asyncio.run(_resume_in_two_steps(settings))


async def _resume_in_two_steps(settings: Settings) -> None:
    desk = await Desk.connect(settings)
    wrong = await desk.change_state(StateAction.CONFIRM_RESUME, by="test", token="not-a-token")
    assert not wrong.accepted
    assert wrong.state is TradingState.HALTED
    first = await desk.change_state(StateAction.REQUEST_RESUME, by="test")
    assert first.accepted
    assert first.state is TradingState.HALTED
    second = await desk.change_state(StateAction.CONFIRM_RESUME, by="test", token=first.token)
    assert second.accepted
    assert second.state is TradingState.ACTIVE
    again = await desk.change_state(StateAction.CONFIRM_RESUME, by="test", token=first.token)
    assert not again.accepted
