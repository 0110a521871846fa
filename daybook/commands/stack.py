"""``daybook demo | up | rehearse``: the whole desk on this machine."""

import shutil
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from datetime import time as time_of_day
from pathlib import Path
from typing import Annotated

import typer

from daybook.commands.support import console, fail, parse_day, settings, with_desk
from daybook.contracts.base import KST, Mode
from daybook.contracts.clock import MarketClock
from daybook.front.desk import Desk, DeskError
from daybook.front.schedules import apply_schedules
from daybook.krx.calendar import CalendarRangeError, previous_trading_day, session_on
from daybook.settings import Settings
from daybook.stack.compressed_day import CompressedDays, compressed_settings, rehearsal_environment
from daybook.stack.local import LocalStack, Ports
from daybook.stack.processes import ManagedProcess
from daybook.stack.progress import DayProgress
from daybook.stack.rehearsal import Rehearsal

_MARKER = ".daybook-scratch"


def _scratch(home: Path) -> Path:
    """Return an empty folder; only a folder this command made before is emptied."""
    if home.exists():
        if any(home.iterdir()) and not (home / _MARKER).exists():
            fail(f"{home} is not empty and was not made by this command; name another folder with --home")
        shutil.rmtree(home)
    home.mkdir(parents=True)
    (home / _MARKER).touch()
    return home


def _restarted(process: ManagedProcess) -> None:
    console.print(f"           {process.name} died and was started again (pid {process.pid})", style="magenta")


@contextmanager
def _running(stack: LocalStack) -> Iterator[LocalStack]:
    """Start a stack and stop it whatever happens, on Ctrl-C and SIGTERM too."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        stack.start()
        yield stack
    finally:
        signal.signal(signal.SIGTERM, before)
        stack.stop()


def _last_trading_day() -> date:
    today = datetime.now(KST).date()
    try:
        return today if session_on(today).is_open else previous_trading_day(today)
    except CalendarRangeError:
        return date(2026, 11, 20)


def _links(stack: LocalStack) -> None:
    console.print(f"Temporal UI      {stack.ui_url}/namespaces/default/workflows", soft_wrap=True)
    console.print(f"paper exchange   {stack.paper_url}")
    pids = "  ".join(f"{process.name} {process.pid}" for process in stack.supervisor.processes)
    console.print(f"processes        {pids}", soft_wrap=True)


def _progress(clock: MarketClock) -> DayProgress:
    return DayProgress(console, clock)


def demo(
    day: Annotated[str, typer.Option(help="YYYY-MM-DD; default: the last trading day.")] = "",
    speed: Annotated[float, typer.Option(min=1, max=2000, help="Market seconds in one real second.")] = 360,
    seed: Annotated[int, typer.Option(help="Seed of the generated prices.")] = 7,
    home: Annotated[Path, typer.Option(help="Scratch folder.")] = Path(".daybook/demo"),
    shock: Annotated[str, typer.Option(help="Move the market on purpose, e.g. 11:00=-0.05.")] = "",
    keep: Annotated[bool, typer.Option("--keep", help="Keep everything running after the report.")] = False,
) -> None:
    """Run one whole trading day, compressed, on the paper exchange: exit 0 only if ledger and broker agree."""
    chosen = parse_day(day) if day else _last_trading_day()
    session = session_on(chosen)
    if not session.is_open:
        fail(f"{chosen} has no session ({session.reason}); choose another day")
    configured = compressed_settings(settings().model_copy(update={"mode": Mode.PAPER}), speed)
    stack = LocalStack(
        settings=configured,
        home=_scratch(home),
        ports=Ports.choose(),
        paper_options=(
            *("--seed", str(seed), "--start", f"{chosen}T08:00:00+09:00"),
            *(("--shock", f"{chosen}T{shock}") if shock else ()),
        ),
        worker_environment=rehearsal_environment(configured),
        on_restart=_restarted,
    )
    console.print(f"Daybook demo: {chosen} on the paper exchange (simulated prices, seed {seed}), {speed:g}x speed")
    with _running(stack):
        _links(stack)
        days = CompressedDays(stack, speed, _progress)
        result = days.run(chosen)
        agreement = days.agreement()
        report = stack.home / result.report_markdown if result.report_markdown else None
        if report is not None and report.is_file():
            console.print(report.read_text(encoding="utf-8"), markup=False)
            console.print(f"report           {report}", soft_wrap=True)
        _links(stack)
        console.print(agreement.text())
        restarts = stack.supervisor.restarts()
        if restarts:
            console.print("restarted        " + ", ".join(f"{name} x{count}" for name, count in restarts.items()))
        if keep:
            console.print("everything keeps running; stop with Ctrl-C")
            threading.Event().wait()
    if not (result.signed_off and agreement.holds):
        fail(f"the day ended {result.phase.value} {result.reason}; {agreement.text()}")


def up(
    home: Annotated[Path | None, typer.Option(help="Folder of the desk; default: the configured one.")] = None,
) -> None:
    """Run the desk in real time until Ctrl-C: server, exchange (paper mode), workers, schedules."""
    configured = settings()
    stack = LocalStack(
        settings=configured,
        home=home or configured.home,
        ports=Ports.choose(),
        paper_options=(),
        on_restart=_restarted,
    )
    with _running(stack):
        _links(stack)
        client_settings = stack.client_settings()
        for line in with_desk(lambda desk: apply_schedules(desk.client, client_settings), using=client_settings):
            console.print(line)
        _start_today(client_settings)
        console.print("the desk is running; stop with Ctrl-C")
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
        console.print(f"started {with_desk(start, using=configured)}")
    except DeskError as error:
        console.print(str(error))


TOKEN_REVOKED_DAY = date(2026, 6, 4)
SPECIAL_DAYS = (
    (date(2025, 11, 13), "CSAT day: everything an hour later"),
    (date(2025, 12, 30), "last session of the year"),
    (date(2025, 12, 31), "year-end closing"),
    (date(2026, 1, 2), "first session of the year: opens at 10:00"),
    (date(2026, 5, 5), "holiday"),
    (date(2026, 6, 3), "election day"),
    (TOKEN_REVOKED_DAY, "token revoked in the middle of the session"),
    (date(2026, 7, 17), "Constitution Day"),
    (date(2026, 11, 19), "CSAT day"),
)


def rehearse(
    first: Annotated[str, typer.Option("--from", help="First date, YYYY-MM-DD.")] = "",
    last: Annotated[str, typer.Option("--to", help="Last date, YYYY-MM-DD.")] = "",
    replay: Annotated[Path | None, typer.Option(help="Real daily prices (CSV, CSV.gz, Parquet).")] = None,
    index: Annotated[Path | None, typer.Option(help="KOSPI200 history; default: next to the replay file.")] = None,
    special: Annotated[bool, typer.Option("--special", help="The special days instead of a range.")] = False,
    speed: Annotated[float, typer.Option(min=1, max=2000)] = 540,
    seed: Annotated[int, typer.Option()] = 7,
    home: Annotated[Path, typer.Option(help="Scratch folder.")] = Path(".daybook/rehearsal"),
) -> None:
    """Run many days unattended through the same workflows, with a report a day and one over all of them."""
    if special:
        days = [day for day, _ in SPECIAL_DAYS]
        notes = dict(SPECIAL_DAYS)
    else:
        if not first or not last:
            fail("name the days with --from and --to, or use --special")
        begin, end = parse_day(first), parse_day(last)
        if end < begin:
            fail(f"--to {end} is before --from {begin}")
        span = [begin + timedelta(days=offset) for offset in range((end - begin).days + 1)]
        days, notes = [day for day in span if day.weekday() < 5], {}
    if replay is not None and not replay.is_file():
        fail(f"there is no file {replay}")
    started = datetime.now(UTC)
    configured = settings().model_copy(update={"mode": Mode.PAPER})
    rehearsal = Rehearsal(
        settings=configured,
        home=_scratch(home),
        days=days,
        notes=notes,
        replay=replay,
        index=index,
        speed=speed,
        seed=seed,
        revoked_on=frozenset({TOKEN_REVOKED_DAY}) if special else frozenset(),
    )
    with _running(rehearsal.build_stack(_restarted)) as stack:
        _links(stack)
        outcome = rehearsal.run(stack, _progress, console)
    seconds = (datetime.now(UTC) - started).total_seconds()
    console.print(outcome.markdown_path.read_text(encoding="utf-8"), markup=False)
    console.print(f"report           {outcome.markdown_path}", soft_wrap=True)
    console.print(f"{len(days)} days in {seconds:.0f} s")
    if not outcome.all_well:
        fail("a day did not end well; see the report")
