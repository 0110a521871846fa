"""A supervisor: starts processes, restarts those that die, stops all of them."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_STOP_GRACE_S = 6.0
_LOOK_S = 0.1
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0
_STABLE_AFTER_S = 3.0


@dataclass
class ManagedProcess:
    """One process. ``starts`` counts starts; more than one means that it died and came back."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    log_path: Path
    starts: int = 0
    popen: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_s: float = _FIRST_PAUSE_S
    restart_at: float = 0.0
    refused: bool = field(default=False)

    @property
    def pid(self) -> int:
        """Process id of the running process, 0 when it is down."""
        return self.popen.pid if self.popen is not None and self.popen.poll() is None else 0

    def start(self) -> None:
        """Start the process with its output going to its log."""
        self.log_path.parent.mkdir(parents=True, exist_ok=True)
        with self.log_path.open("ab") as log:
            self.popen = subprocess.Popen(  # noqa: S603 - the command is the desk's own
                list(self.command),
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=_die_with_parent if sys.platform == "linux" else None,
            )
        self.starts += 1
        self.started_at = time.monotonic()

    def last_line(self) -> str:
        """Return the last line of the log, for a person to see why it stopped."""
        with contextlib.suppress(OSError):
            lines = self.log_path.read_text(encoding="utf-8", errors="replace").strip().splitlines()
            return lines[-1] if lines else ""
        return ""


def _die_with_parent() -> None:
    """Ask Linux to end this process when the supervisor dies, so that none is left behind."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)


class ProcessRefused(Exception):
    """A process exited with 2: it refuses its configuration; the message is its own last line."""


class Supervisor:
    """Keeps processes running until stopped.

    A process that exits with code 2 refuses its configuration and is not restarted.
    """

    def __init__(self, on_restart: Callable[[ManagedProcess], None] | None = None) -> None:
        self.processes: list[ManagedProcess] = []
        self._on_restart = on_restart
        self._stopping = threading.Event()
        self._watcher: threading.Thread | None = None

    def start(self, process: ManagedProcess) -> None:
        """Start a process and keep it running."""
        process.start()
        self.processes.append(process)
        if self._watcher is None:
            self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
            self._watcher.start()

    def check(self) -> None:
        """Raise ``ProcessRefused`` when a process refused its configuration."""
        for process in self.processes:
            if process.refused:
                raise ProcessRefused(process.last_line() or f"{process.name} refused to start")

    def restarts(self) -> dict[str, int]:
        """Return how often each process was restarted, where it was."""
        return {process.name: process.starts - 1 for process in self.processes if process.starts > 1}

    def _watch(self) -> None:
        while not self._stopping.wait(_LOOK_S):
            for process in list(self.processes):
                self._look_at(process)

    def _look_at(self, process: ManagedProcess) -> None:
        if process.refused or process.popen is None or process.popen.poll() is None:
            return
        now = time.monotonic()
        if process.popen.returncode == 2:
            process.refused = True
            return
        if not process.restart_at:
            if now - process.started_at > _STABLE_AFTER_S:
                process.pause_s = _FIRST_PAUSE_S
            process.restart_at = now + process.pause_s
            process.pause_s = min(_LONGEST_PAUSE_S, process.pause_s * 2)
        if now >= process.restart_at and not self._stopping.is_set():
            process.restart_at = 0.0
            process.start()
            if self._on_restart is not None:
                self._on_restart(process)

    def stop(self) -> None:
        """Stop all processes, the last started first; those that do not obey are killed."""
        self._stopping.set()
        if self._watcher is not None:
            self._watcher.join()
        running = [process for process in reversed(self.processes) if process.pid]
        for process in running:
            _signal(process, signal.SIGTERM)
        deadline = time.monotonic() + _STOP_GRACE_S
        for process in running:
            with contextlib.suppress(subprocess.TimeoutExpired):
                if process.popen is not None:
                    process.popen.wait(max(0.05, deadline - time.monotonic()))
            if process.pid:
                _signal(process, signal.SIGKILL)
                if process.popen is not None:
                    process.popen.wait()


def _signal(process: ManagedProcess, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, number)
