"""What the commands of a whole desk on this machine share: its folder, its start, its stop, what it shows."""

import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from daybook.commands.support import console, fail, note, print_text
from daybook.contracts.clock import MarketClock
from daybook.front import running
from daybook.settings import Settings
from daybook.stack.compressed_day import rehearsal_environment
from daybook.stack.local import LocalStack
from daybook.stack.processes import ManagedProcess
from daybook.stack.progress import DayProgress
from daybook.stack.temporal_server import temporal_binary

SCRATCH_MARKER = ".daybook-scratch"


def require_scratch(home: Path) -> None:
    """Refuse a folder that may not be emptied, and a machine without the Temporal program; changes nothing.

    Raises:
        CommandError: when the folder holds anything that was not made by a demo or a rehearsal.
        AlreadyRunning: when a desk runs in it.
        TemporalMissing: with what to install.
    """
    temporal_binary()
    if home.is_symlink() or (home.exists() and not home.is_dir()):
        fail(f"{home} is not a folder; name another one with --home")
    if not home.exists():
        return
    if any(home.iterdir()) and not (home / SCRATCH_MARKER).exists():
        fail(f"{home} is not empty and was not made by this command; name another folder with --home")
    running.require_free(home)


def empty_scratch(home: Path) -> Path:
    """Return an empty folder, after ``require_scratch``; what an earlier demo or rehearsal left in it is removed."""
    require_scratch(home)
    if home.exists():
        for entry in home.iterdir():
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            elif entry.name != SCRATCH_MARKER:
                entry.unlink()
    home.mkdir(parents=True, exist_ok=True)
    (home / SCRATCH_MARKER).touch()
    return home


@contextmanager
def run_stack(stack: LocalStack) -> Iterator[LocalStack]:
    """Start a stack and stop it whatever happens, on Ctrl-C and SIGTERM too.

    Raises:
        AlreadyRunning: when another desk runs in the same folder.
        ConfigurationError: when a part does not come up.
    """

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    with running.claim(stack.home) as claim:
        before = signal.signal(signal.SIGTERM, interrupt)
        try:
            stack.start()
            claim.announce(
                running.RunningDesk(
                    temporal_address=stack.temporal_address,
                    ui_url=stack.ui_url,
                    paper_url=stack.paper_url,
                    mode=stack.settings.mode.value,
                    pid=os.getpid(),
                )
            )
            yield stack
        finally:
            signal.signal(signal.SIGTERM, before)
            stack.stop()


def worker_environment(configured: Settings) -> dict[str, str]:
    """Return what workers must decide by as environment: they read neither ``.env`` nor this process's arguments.

    Nothing here is secret.
    """
    environment = rehearsal_environment(configured) | {
        "DAYBOOK_ACCOUNT": configured.account,
        "DAYBOOK_COMMISSION_RATE": str(configured.commission_rate),
    }
    if configured.rest_per_second is not None:
        environment["DAYBOOK_REST_PER_SECOND"] = str(configured.rest_per_second)
    return environment


def say_restarted(process: ManagedProcess) -> None:
    """Tell that a process died and came back."""
    console.print(f"           {process.name} died and was started again (pid {process.pid})", style="magenta")


def show_links(stack: LocalStack) -> None:
    """Say where to look and which processes there are."""
    print_text(f"Temporal UI      {stack.ui_url}/namespaces/default/workflows")
    print_text(f"paper exchange   {stack.paper_url}")
    pids = [f"{process.name} {process.pid}" for process in stack.supervisor.processes]
    for start in range(0, len(pids), 4):
        print_text(f"{'processes' if not start else '':<17}{'  '.join(pids[start : start + 4])}")


def show_progress(clock: MarketClock) -> DayProgress:
    """Return what shows a day while it runs."""
    return DayProgress(console, clock)


def say_stopped(home: Path) -> None:
    """Say that everything was stopped on purpose and where its traces are."""
    note(f"daybook: stopped; everything is kept in {home}")
