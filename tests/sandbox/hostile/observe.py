"""Look at one script's run from outside: every observable for every script."""

import json
import os
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.digest import arguments_digest
from sandbox.model import Advance, AdvanceRequest, Limits, PendingCall, Reason, Status
from tests.sandbox.hostile.canaries import Canaries
from tests.sandbox.hostile.corpus import Case

PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
SAMPLE_S = 0.03
SETTLE_S = 2.0
# Beyond a script's own wall time: taking a child, ending it, a loaded machine.
TIME_SLACK_S = 1.5
# Beyond its memory limit: what a fork server with pandas has mapped itself.
MEMORY_SLACK_MB = 300
PARENT_GROWTH_MB = 200
MAX_MORE_PROCESSES = 4
MAX_TASKS = 150


@dataclass
class Snapshot:
    """This process and everything below it."""

    processes: int
    descriptors: int
    threads: int
    rss_mb: float


@dataclass
class Peaks:
    """The most that was seen at any time during a run."""

    processes: int = 0
    tasks: int = 0
    memory_mb: float = 0.0


def family(root: int) -> dict[int, int]:
    """The live processes below ``root``: pid to resident bytes."""
    parents: dict[int, tuple[int, int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] not in "ZX":
                parents[int(name)] = (int(fields[1]), int(fields[21]) * PAGE_BYTES)
    below = {root}
    while more := {pid for pid, (parent, _) in parents.items() if parent in below} - below:
        below |= more
    return {pid: parents[pid][1] for pid in below - {root} if pid in parents}


def snapshot() -> Snapshot:
    """This process now."""
    rss = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE_BYTES / 2**20
    return Snapshot(len(family(os.getpid())), len(os.listdir("/proc/self/fd")), threading.active_count(), rss)


class Sampler:
    """Watches the family's size while a script runs; one thread for all runs."""

    def __init__(self) -> None:
        self._wanted = threading.Event()
        self._stopping = threading.Event()
        self.peaks = Peaks()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Sampler":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._wanted.set()
        self._thread.join()

    def start(self) -> None:
        """Begin a run."""
        self.peaks = Peaks()
        self._wanted.set()

    def stop(self) -> Peaks:
        """End it; what was seen."""
        self._wanted.clear()
        return self.peaks

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wanted.wait()
            peaks = self.peaks
            below = family(os.getpid())
            tasks = 0
            for pid in below:
                try:
                    tasks += len(os.listdir(f"/proc/{pid}/task"))
                except OSError:
                    continue
            peaks.processes = max(peaks.processes, len(below))
            peaks.tasks = max(peaks.tasks, tasks)
            peaks.memory_mb = max(peaks.memory_mb, max(below.values(), default=0) / 2**20)
            time.sleep(SAMPLE_S)


@dataclass
class Observation:
    """One run as seen from outside."""

    last: Advance | None
    calls: tuple[PendingCall, ...] = ()
    wall_s: float = 0.0
    turns: int = 1
    before: Snapshot | None = None
    after: Snapshot | None = None
    peaks: Peaks = field(default_factory=Peaks)


def settled(before: Snapshot, patience_s: float = SETTLE_S) -> Snapshot:
    """This process once everything of a run had time to be gone (and the engine to refill)."""
    deadline = time.monotonic() + patience_s
    while True:
        now = snapshot()
        quiet = (now.processes, now.descriptors, now.threads) == (before.processes, before.descriptors, before.threads)
        if quiet or time.monotonic() > deadline:
            return now
        time.sleep(0.01)


def violations(case: Case, request: AdvanceRequest, seen: Observation, canaries: Canaries) -> list[str]:
    """Everything that must not have happened. Empty means contained."""
    found = canaries.touched()
    limits = request.limits
    if seen.last is None:
        return [*found, "parent: the engine's process did not survive"]
    if seen.wall_s > limits.wall_s * seen.turns + TIME_SLACK_S:
        found.append(f"time: {seen.wall_s:.1f} s of {limits.wall_s} s")
    if seen.peaks.memory_mb > limits.memory_mb + MEMORY_SLACK_MB:
        found.append(f"mem: {seen.peaks.memory_mb:.0f} MB")
    if seen.before and seen.after:
        found += _changes(seen.before, seen.after, seen.peaks)
    return found + _outcome(case, request, seen, canaries)


def _changes(before: Snapshot, after: Snapshot, peaks: Peaks) -> list[str]:
    found = []
    if after.processes > before.processes:
        found.append(f"survivor: {after.processes - before.processes} processes")
    if after.processes < before.processes:
        found.append(f"parent: {before.processes - after.processes} of the engine's processes are gone")
    if peaks.processes > before.processes + MAX_MORE_PROCESSES:
        found.append(f"procs: {peaks.processes - before.processes} more at a time")
    if peaks.tasks > MAX_TASKS:
        found.append(f"procs: {peaks.tasks} threads at a time")
    if after.descriptors > before.descriptors or after.threads > before.threads:
        found.append(
            f"parent: descriptors {before.descriptors}->{after.descriptors}, threads {before.threads}->{after.threads}"
        )
    if after.rss_mb > before.rss_mb + PARENT_GROWTH_MB:
        found.append(f"mem: the parent grew by {after.rss_mb - before.rss_mb:.0f} MB")
    return found


def _outcome(case: Case, request: AdvanceRequest, seen: Observation, canaries: Canaries) -> list[str]:
    last, limits = seen.last, request.limits
    assert last is not None
    found = []
    calls = [{"name": call.name, "arguments": call.arguments, "digest": call.digest} for call in seen.calls]
    try:
        text = json.dumps([last.result, calls], allow_nan=False)
        text.encode("ascii")
    except (ValueError, RecursionError) as error:
        return [f"proto: a result that is no JSON: {error}"]
    found += canaries.leaks(f"{text}{last.stdout}{last.message}")
    if (
        len(last.stdout.encode("utf-8", "replace")) > 3 * limits.stdout_bytes
        or last.stdout_bytes > 20 * limits.stdout_bytes
    ):
        found.append(f"output: {len(last.stdout)} of {last.stdout_bytes} bytes")
    if len(text) > 6 * limits.result_bytes or len(last.message) > 10_000:
        found.append("output: a result or message over its limit")
    if "\\u0000" in text or "\\ud8" in text.lower() or "\\udf" in text.lower():
        found.append("proto: NUL or a lone surrogate in the result")
    if isinstance(last.result, dict) and type(last.result.get("got")) is list and last.result["got"]:
        found.append(f"got: {last.result['got'][:6]} ({len(last.result['got'])})")
    return found + _protocol(case, request, seen)


def _protocol(case: Case, request: AdvanceRequest, seen: Observation) -> list[str]:
    last = seen.last
    assert last is not None
    found = []
    code = last.status.value if last.status is not Status.FAILED else getattr(last.reason, "value", "no reason")
    if last.status is Status.FAILED and (type(last.reason) is not Reason or not last.message):
        found.append("proto: a failure without a reason")
    if last.status is not Status.FAILED and last.reason is not None:
        found.append("proto: a reason without a failure")
    if case.expect and code not in case.expect:
        found.append(f"proto: ended with {code}, not {sorted(case.expect)}")
    if last.reason is Reason.NO_SANDBOX:
        found.append("proto: the script ended the sandbox")
    tools = {tool.name: tool for tool in request.tools}
    for place, call in enumerate(seen.calls, start=1):
        tool = tools.get(call.name)
        fits = tool is not None and set(tool.required) <= set(call.arguments) <= set(tool.parameters)
        if type(call.number) is not int or call.number != place or not fits:
            found.append(f"proto: call {call.number!r} of {call.name!r} was believed")
        elif call.digest != arguments_digest(call.arguments):
            found.append("proto: a digest that is not the arguments'")
    if len(seen.calls) > request.limits.calls:
        found.append(f"proto: {len(seen.calls)} calls")
    if last.engine != "jail" or type(last.cpu_ms) is not int or last.cpu_ms < 0:
        found.append("proto: the script wrote into the outcome's own fields")
    return found


def limits_of(case: Case) -> Limits:
    """The usual limits, with the case's own short wall time and few calls."""
    return Limits(wall_s=case.wall_s, calls=20)
