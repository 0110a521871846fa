"""Every way to stop the desk stops new POSTs within a second, for good, until a two-step resume."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day

import pytest

from daybook.contracts.base import TradingState
from daybook.contracts.day import day_workflow_id
from daybook.contracts.orders import IntentState
from daybook.contracts.reasons import DenialCode
from daybook.contracts.state import StateAction
from daybook.execution.kill_switch import KillSwitch
from daybook.front.desk import Desk
from daybook.storage import StateStore
from tests.chaos.desk_under_test import DAY, DeskUnderTest
from tests.chaos.order_stream import OrderStream, post_times
from tests.workflows.scripted_layers import eventually

pytestmark = pytest.mark.temporal

SYMBOLS = ("035720", "000270", "068270", "096770", "030200", "003550")
SPARE = SYMBOLS[-1]
"""A symbol that no stream of orders uses."""

WITHIN = timedelta(seconds=1)
"""After which no POST may start any more."""

Stop = Callable[[DeskUnderTest, Desk], Awaitable[None]]


async def by_file(desk: DeskUnderTest, front: Desk) -> None:
    KillSwitch(desk.client_settings.kill_switch_path).engage("test", "file")


async def by_state_change(desk: DeskUnderTest, front: Desk) -> None:
    result = await front.change_state(StateAction.HALT, by="test", reason="row")
    assert result.state is TradingState.HALTED


async def by_signal(desk: DeskUnderTest, front: Desk) -> None:
    await front.client.get_workflow_handle(day_workflow_id(DAY)).signal("halt", args=["signal", "test"])


def command(desk: DeskUnderTest, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run ``daybook`` as a person would on this machine."""
    return subprocess.run(
        [sys.executable, "-m", "daybook.cli", *arguments],
        env=desk.stack.environment_of("cli"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DeskUnderTest]:
    """A desk on which each test stops trading and resumes it."""
    under_test = DeskUnderTest(tmp_path_factory.mktemp("desk"), 11, SYMBOLS, 60.0, time_of_day(8, 58))
    with under_test.running():
        asyncio.run(under_test.begin_day())
        yield under_test


@pytest.fixture
async def front(desk: DeskUnderTest) -> AsyncIterator[Desk]:
    """The desk's front; whatever a test left halted trades again after it."""
    front = await Desk.connect(desk.client_settings, timeout_s=30)
    yield front
    with desk.ledger() as ledger:
        state = StateStore(ledger).current(desk.client_settings.account).state
    if state is not TradingState.ACTIVE or desk.client_settings.kill_switch_path.exists():
        await resume(await Desk.connect(desk.client_settings, timeout_s=30))


async def resume(front: Desk) -> None:
    """Trade again, in two steps."""
    asked = await front.change_state(StateAction.REQUEST_RESUME, by="test")
    assert asked.accepted
    assert asked.state is TradingState.HALTED
    confirmed = await front.change_state(StateAction.CONFIRM_RESUME, by="test", token=asked.token)
    assert (confirmed.accepted, confirmed.state) == (True, TradingState.ACTIVE)


def assert_stopped(desk: DeskUnderTest, stopped_at: datetime) -> None:
    """No POST began more than a second after the stop, and orders did flow before it."""
    posts = post_times(desk)
    before = [at for at in posts if stopped_at - timedelta(seconds=3) <= at < stopped_at]
    after = [(at - stopped_at).total_seconds() for at in posts if at >= stopped_at]
    last_s = max(after, default=0.0)
    print(f"\n{len(before)} POSTs in the 3 s before the stop, {len(after)} after it, the last {last_s:.3f} s later")
    assert len(before) >= 4
    assert last_s <= WITHIN.total_seconds()


async def stopped_desk(desk: DeskUnderTest, front: Desk, stop: Stop) -> None:
    """Stop a desk whose orders flow, and see that they end."""
    async with OrderStream(desk, front, f"stream-{stop.__name__}-{os.urandom(3).hex()}") as stream:
        await stream.until_flowing()
        stopped_at = datetime.now(UTC)
        await stop(desk, front)
        await asyncio.sleep(2.0)
        assert_stopped(desk, stopped_at)
    late = stream.summaries[-1]
    assert late.state is IntentState.DENIED
    assert DenialCode.TRADING_HALTED in late.denials


@pytest.mark.parametrize("stop", [by_file, by_state_change, by_signal])
async def test_posts_when_trading_is_stopped_then_none_begins_a_second_later(
    desk: DeskUnderTest, front: Desk, stop: Stop
) -> None:
    await stopped_desk(desk, front, stop)
    await resume(front)


async def test_halt_when_resumed_with_a_wrong_token_or_one_step_then_it_stays(desk: DeskUnderTest, front: Desk) -> None:
    await by_state_change(desk, front)
    await by_file(desk, front)
    wrong = await front.change_state(StateAction.CONFIRM_RESUME, by="test", token="guessed")
    asked = await front.change_state(StateAction.REQUEST_RESUME, by="test")
    order = await OrderStream(desk, front, f"one-step-{os.urandom(3).hex()}").order(SPARE)
    assert (wrong.accepted, wrong.state, asked.state) == (False, TradingState.HALTED, TradingState.HALTED)
    assert (order.state, DenialCode.TRADING_HALTED in order.denials) == (IntentState.DENIED, True)
    await resume(front)
    again = await front.change_state(StateAction.CONFIRM_RESUME, by="test", token=asked.token)
    assert not again.accepted or again.state is TradingState.ACTIVE
    bought = await OrderStream(desk, front, f"resumed-{os.urandom(3).hex()}").order(SPARE)
    assert bought.state is IntentState.FILLED


async def test_halt_when_the_trading_worker_is_killed_then_it_stays(desk: DeskUnderTest, front: Desk) -> None:
    await by_state_change(desk, front)
    os.kill(desk.process("trading").pid, signal.SIGKILL)
    order = await OrderStream(desk, front, f"restarted-{os.urandom(3).hex()}").order(SPARE)
    assert (order.state, DenialCode.TRADING_HALTED in order.denials) == (IntentState.DENIED, True)
    await resume(front)


@pytest.mark.chaos
async def test_posts_when_the_command_halts_then_none_begins_a_second_later(desk: DeskUnderTest, front: Desk) -> None:
    switch = KillSwitch(desk.client_settings.kill_switch_path)
    async with OrderStream(desk, front, "stream-command") as stream:
        await stream.until_flowing()
        halted = await asyncio.to_thread(command, desk, "halt", "by hand")
        stopped_at = datetime.fromtimestamp(switch.path.stat().st_mtime, UTC)
        await asyncio.sleep(2.0)
        assert_stopped(desk, stopped_at)
    assert (halted.returncode, "trading state: halted" in halted.stdout) == (0, True)
    asked = command(desk, "resume")
    token = asked.stdout.rpartition("--confirm")[2].strip()
    assert switch.is_on()
    confirmed = command(desk, "resume", "--confirm", token)
    assert (asked.returncode, confirmed.returncode, switch.is_on()) == (0, 0, False)
    assert (await OrderStream(desk, front, "after-command").order(SPARE)).state is IntentState.FILLED


@pytest.mark.chaos
async def test_posts_when_the_server_is_down_and_the_command_halts_then_none_begins_after_the_file(
    desk: DeskUnderTest, front: Desk
) -> None:
    processes = desk.stack.supervisor.processes
    server = desk.process("temporal")
    stream = OrderStream(desk, front, "stream-server-down")
    async with stream:
        await stream.until_flowing()
        processes.remove(server)
        os.kill(server.pid, signal.SIGKILL)
        server.popen.wait()
        halted = await asyncio.to_thread(command, desk, "halt", "server is down")
        stopped_at = datetime.fromtimestamp(desk.client_settings.kill_switch_path.stat().st_mtime, UTC)
    assert halted.returncode == 0
    assert "the file alone stops every order" in halted.stderr
    server.start()
    processes.append(server)
    await asyncio.to_thread(desk.stack.wait_for_temporal)
    front = await Desk.connect(desk.client_settings, timeout_s=30)
    late = await OrderStream(desk, front, "server-back").order(SPARE)
    posts = [at for at in post_times(desk) if at > stopped_at + WITHIN]
    assert (late.state, DenialCode.TRADING_HALTED in late.denials, posts) == (IntentState.DENIED, True, [])
    await resume(front)


@pytest.mark.chaos
async def test_file_when_it_appears_while_no_trading_worker_runs_then_the_day_is_halted(
    desk: DeskUnderTest, front: Desk
) -> None:
    os.kill(desk.process("trading").pid, signal.SIGKILL)
    await by_file(desk, front)

    def halted() -> bool:
        with desk.ledger() as ledger:
            return StateStore(ledger).current(desk.client_settings.account).state is TradingState.HALTED

    await eventually(halted, 30)
