"""``daybook demo | up``: the whole desk on this machine, for one compressed day or for good."""

import threading
import time
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Annotated

import typer

from daybook.commands.local import (
    SCRATCH_MARKER,
    empty_scratch,
    require_scratch,
    run_stack,
    say_restarted,
    say_stopped,
    show_links,
    show_progress,
    worker_environment,
)
from daybook.commands.report_view import show_report
from daybook.commands.support import fail, note, parse_day, print_text, require_live_flag, settings, with_desk
from daybook.contracts.base import KST, Mode
from daybook.front.desk import Desk, DeskError
from daybook.front.schedules import apply_schedules
from daybook.krx.calendar import CalendarRangeError, previous_trading_day, session_on
from daybook.paper.options import ServeConfig, exchange_config_of
from daybook.settings import Settings, check_startable
from daybook.stack.compressed_day import CompressedDays, compressed_settings, ranked_by_momentum
from daybook.stack.local import LocalStack, Ports
from daybook.stack.temporal_server import temporal_binary


def _last_trading_day() -> date:
    today = datetime.now(KST).date()
    try:
        return today if session_on(today).is_open else previous_trading_day(today)
    except CalendarRangeError:
        return date(2026, 11, 20)


def demo(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; default: the last trading day.")] = "",
    speed: Annotated[float, typer.Option(min=1, max=2000, help="Market seconds in one real second.")] = 360,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the generated prices.")] = 7,
    home: Annotated[Path, typer.Option(help="Scratch folder; emptied first.")] = Path(".daybook/demo"),
    shock: Annotated[str, typer.Option(help="Move the market on purpose, e.g. 11:00=-0.05.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything running after the report.")] = False,
) -> None:
    """Run one whole trading day, compressed, on the paper exchange: exit 0 only if ledger and broker agree."""
    chosen = parse_day(day) if day else _last_trading_day()
    session = session_on(chosen)
    if not session.is_open:
        fail(f"{chosen} has no session ({session.reason}); choose another day")
    shocks = (f"{chosen}T{shock}",) if shock else ()
    exchange_config_of(ServeConfig(seed=seed, shocks=shocks))
    ranked, advisor_note = ranked_by_momentum(settings().model_copy(update={"mode": Mode.PAPER}))
    configured = compressed_settings(ranked, speed)
    require_scratch(home)
    stack = LocalStack(
        settings=configured,
        home=empty_scratch(home),
        ports=Ports.choose(),
        paper_options=(
            *("--seed", str(seed), "--start", f"{chosen}T08:00:00+09:00"),
            *(option for moved in shocks for option in ("--shock", moved)),
        ),
        worker_environment=worker_environment(configured),
        on_restart=say_restarted,
    )
    print_text(f"Daybook demo: {chosen} on the paper exchange (simulated prices, seed {seed}), {speed:g}x")
    print_text(advisor_note)
    with run_stack(stack):
        show_links(stack)
        days = CompressedDays(stack, speed, show_progress)
        result = days.run(chosen)
        agreement = days.agreement()
        report = stack.home / result.report_markdown if result.report_markdown else None
        if report is not None and report.is_file():
            show_report(report)
            print_text(f"report           {report}")
        show_links(stack)
        print_text(agreement.text())
        restarts = stack.supervisor.restarts()
        if restarts:
            print_text("restarted        " + ", ".join(f"{name} x{count}" for name, count in restarts.items()))
        if keep:
            _keep_running(stack)
    if not (result.signed_off and agreement.holds):
        fail(f"the day ended {result.phase.value} {result.reason}; {agreement.text()}")


def _keep_running(stack: LocalStack) -> None:
    print_text(f"everything keeps running; stop with Ctrl-C; look at it with: DAYBOOK_HOME={stack.home} daybook status")
    try:
        threading.Event().wait()
    except KeyboardInterrupt:
        say_stopped(stack.home)


def up(
    home: Annotated[Path | None, typer.Option(help="Folder of the desk; default: the configured one.")] = None,
) -> None:
    """Run the desk in real time until Ctrl-C: server, exchange (paper mode), workers, schedules."""
    configured = settings()
    check_startable(configured)
    require_live_flag(configured)
    temporal_binary()
    stack = LocalStack(
        settings=configured,
        home=home or configured.home,
        ports=Ports.choose(),
        paper_options=(),
        worker_environment=worker_environment(configured),
        on_restart=say_restarted,
    )
    try:
        with run_stack(stack):
            # What was a demo's folder is a desk's from now on, and no demo may empty it again.
            (stack.home / SCRATCH_MARKER).unlink(missing_ok=True)
            _run(stack)
    except KeyboardInterrupt:
        say_stopped(stack.home)


def _run(stack: LocalStack) -> None:
    show_links(stack)
    configured = stack.client_settings()
    asked = stack.settings.temporal
    if "address" in asked.model_fields_set and asked.address != stack.temporal_address:
        note(f"daybook: commands will go to {asked.address}, which is configured; this desk is at its own: unset it")
    for line in with_desk(lambda desk: apply_schedules(desk.client, configured), using=configured):
        print_text(line)
    _start_today(configured)
    print_text("the desk is running; stop with Ctrl-C")
    while True:
        stack.supervisor.check()
        time.sleep(1)


def _start_today(configured: Settings) -> None:
    """Start today's day when its session has begun and the schedule's moment has passed."""
    now = datetime.now(KST)
    session = session_on(now.date())
    if not session.is_open or session.closes is None or now >= session.closes or now.time() < time_of_day(8, 10):
        return

    async def start(desk: Desk) -> str:
        return await desk.start_day(now.date())

    try:
        print_text(f"started {with_desk(start, using=configured)}")
    except DeskError as error:
        print_text(str(error))
