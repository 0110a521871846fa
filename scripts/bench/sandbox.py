"""Measure the jail against a bare interpreter, a plain subprocess and bubblewrap, on the same machine in the same run.

    python scripts/bench/sandbox.py [--runs 40] [--queued 200] [--json FILE]

The figures that count are ratios. A missed target is said so, and does not change the exit code.
"""

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from figures import Latency, ratio
from report import table

from sandbox.engine import JailEngine
from sandbox.model import AdvanceRequest, Status

NOW = "2026-03-02T09:00:00+09:00"
SUM = "result = 1 + 1"
GROUP_BY = """\
import pandas as pd
frame = pd.DataFrame({"symbol": ["A", "B", "C", "D"] * 250, "value": range(1000)})
result = frame.groupby("symbol")["value"].agg(["mean", "max", "count"]).to_dict()
"""
PRINT_RESULT = "\nimport json; print(json.dumps(result))"
# The refill of the waiting children is work too; runs that follow each other are measured by the throughput.
PAUSE_S = 0.05
AT_ONCE = 4
TARGETS = {
    "`result = 1 + 1`, warm / python -I -c pass": 0.2,
    "pandas group-by, warm / the same under plain python": 0.05,
    "`result = 1 + 1`, forked on demand / python -I -c pass": 2.0,
    "private memory of an idle child, MB": 15.0,
}
ASSUMPTIONS = """\
Assumptions: `python -I -c pass` is the quickest to start of this version's interpreters here (the environment's, its
base, the system's); plain python and bubblewrap run the same script in the environment's interpreter, from nothing to
its printed result; bubblewrap mounts the root read-only and unshares everything. Warm: a child waits, with {pause_ms}
ms between runs for the next to get ready. On demand: no child waits. Every round runs each of them once, so that a
load on the machine falls on all. Throughput: {at_once} at a time; fewer runs of the other engines, for they take
longer. Private memory: clean and dirty, from smaps_rollup, of the largest idle child."""

Runner = Callable[[], None]


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--runs", type=int, default=40)
    parser.add_argument("--queued", type=int, default=200)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load_before = os.getloadavg()
    with ExitStack() as stack:
        warm = stack.enter_context(JailEngine(idle_children=3))
        on_demand = stack.enter_context(JailEngine(idle_children=0))
        report = warm.probe()
        if not report.runs_code:
            print(f"nothing to measure: {report.refusal}")
            return 0
        on_demand.probe()
        time.sleep(0.5)
        bubblewrap, why_no_bubblewrap = bubblewrap_prefix()
        small, large = runners(warm, on_demand, bubblewrap)
        figures = {name: Latency.of(times) for name, times in in_rounds(small, options.runs).items()}
        frames = {name: Latency.of(times) for name, times in in_rounds(large, max(5, options.runs // 4)).items()}
        memory_mb, why_no_memory = idle_memory(warm)
        rates = throughput(warm, bubblewrap, options.queued)
    measured = {
        "`result = 1 + 1`, warm / python -I -c pass": over(figures, "jail, warm", "python -I -c pass"),
        "pandas group-by, warm / the same under plain python": over(frames, "jail, warm", "plain subprocess"),
        "`result = 1 + 1`, forked on demand / python -I -c pass": over(figures, "jail, on demand", "python -I -c pass"),
        "private memory of an idle child, MB": max(memory_mb, default=None),
    }
    machine = f"{cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}"
    print(
        f"Measured {datetime.now(UTC).isoformat(timespec='seconds')} on {machine}, Python {platform.python_version()}."
    )
    print(f"Jail: tier {report.tier} of 3, uid {report.facts['uid']}, {report.facts['modules']} modules preloaded.")
    loads = (" ".join(f"{load:.1f}" for load in loads) for loads in (load_before, os.getloadavg()))
    print("Load average before {}, after {} (1, 5, 15 min).\n".format(*loads))
    print(latency_table("result = 1 + 1", figures, "python -I -c pass"), "\n")
    print(latency_table("pandas group-by of 1,000 rows", frames, "plain subprocess"), "\n")
    print(rate_table(rates), "\n")
    print(verdicts(measured), "\n")
    for missing in filter(None, (why_no_bubblewrap, why_no_memory)):
        print(f"Not measured: {missing}")
    print(ASSUMPTIONS.format(pause_ms=round(1000 * PAUSE_S), at_once=AT_ONCE))
    if options.json:
        said = {
            "tier": report.tier,
            "small": {name: latency.as_json() for name, latency in figures.items()},
            "frames": {name: latency.as_json() for name, latency in frames.items()},
            "memory_mb": memory_mb,
            "runs_per_s": {name: round(rate, 1) for name, (_, rate) in rates.items()},
            "ratios": measured,
        }
        options.json.write_text(json.dumps(said, indent=1) + "\n")
    return 0


def runners(
    warm: JailEngine, on_demand: JailEngine, bubblewrap: list[str] | None
) -> tuple[dict[str, Runner], dict[str, Runner]]:
    """What is timed: by name, for the small script and for the one with a frame."""
    base = quickest_python()
    small: dict[str, Runner] = {
        "python -I -c pass": lambda: program([base, "-I", "-c", "pass"]),
        "jail, warm": lambda: jailed(warm, SUM),
        "jail, on demand": lambda: jailed(on_demand, SUM),
        "plain subprocess": lambda: program([sys.executable, "-I", "-c", SUM + PRINT_RESULT]),
    }
    large: dict[str, Runner] = {
        "jail, warm": lambda: jailed(warm, GROUP_BY),
        "jail, on demand": lambda: jailed(on_demand, GROUP_BY),
        "plain subprocess": lambda: program([sys.executable, "-c", GROUP_BY + PRINT_RESULT]),
    }
    if bubblewrap:
        small["bubblewrap"] = lambda: program([*bubblewrap, sys.executable, "-I", "-c", SUM + PRINT_RESULT])
        large["bubblewrap"] = lambda: program([*bubblewrap, sys.executable, "-c", GROUP_BY + PRINT_RESULT])
    return small, large


def quickest_python() -> str:
    """Of the environment's interpreter, its base and the system's of the same version: the one that starts first."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    system = shutil.which(version, path="/usr/local/bin:/usr/bin") or sys.executable
    best = {}
    for python in (sys.executable, getattr(sys, "_base_executable", sys.executable), system):
        times = []
        for _ in range(5):
            with timed() as clock:
                program([python, "-I", "-c", "pass"])
            times += clock
        best[min(times)] = python
    return best[min(best)]


def jailed(engine: JailEngine, code: str) -> None:
    """One turn.

    Raises:
        RuntimeError: when it did not come to a result.
    """
    outcome = engine.advance(AdvanceRequest(code=code, now=NOW))
    if outcome.status is not Status.DONE:
        raise RuntimeError(f"{outcome.reason}: {outcome.message}")


def program(command: list[str]) -> None:
    """One program from its start to its end."""
    subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)


def bubblewrap_prefix() -> tuple[list[str] | None, str]:
    """How to start a program in bubblewrap, or why not."""
    bwrap = shutil.which("bwrap")
    if bwrap is None:
        return None, "bubblewrap (bwrap is not installed; on Debian: apt-get install bubblewrap)"
    walls = ["--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--unshare-all", "--die-with-parent", "--"]
    try:
        program([bwrap, *walls, sys.executable, "-I", "-c", "pass"])
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", b"") or str(error).encode()
        return None, f"bubblewrap (it does not start here: {said.decode(errors='replace').strip()[:200]})"
    return [bwrap, *walls], ""


def in_rounds(runners: dict[str, Runner], rounds: int) -> dict[str, list[float]]:
    """Seconds of each runner, one of each a round; the first round is not counted."""
    times: dict[str, list[float]] = {name: [] for name in runners}
    for number in range(rounds + 1):
        for name, run in runners.items():
            with timed() as clock:
                run()
            if number:
                times[name].append(clock[0])
            time.sleep(PAUSE_S)
    return times


@contextmanager
def timed() -> Iterator[list[float]]:
    """A list that holds the seconds when the block ends."""
    clock: list[float] = []
    started = time.perf_counter()
    yield clock
    clock.append(time.perf_counter() - started)


def idle_memory(engine: JailEngine) -> tuple[list[float], str]:
    """Private megabytes of each waiting child, or why they cannot be read."""
    time.sleep(0.5)
    server = engine._server
    assert server is not None
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    below = {server.pid}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    children = below - {parents.get(pid) for pid in below} - {server.pid}
    try:
        return [round(private_mb(pid), 1) for pid in sorted(children)], ""
    except OSError as error:
        return [], f"private memory (only root may look at a jailed child: {error})"


def private_mb(pid: int) -> float:
    """Memory of a process that it shares with nobody."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith(("Private_Clean:", "Private_Dirty:"))) / 1024


def throughput(engine: JailEngine, bubblewrap: list[str] | None, queued: int) -> dict[str, tuple[int, float]]:
    """Runs in the queue and runs a second, by engine."""
    command = [sys.executable, "-I", "-c", SUM + PRINT_RESULT]
    works: dict[str, tuple[int, Runner]] = {
        "jail": (queued, lambda: jailed(engine, SUM)),
        "plain subprocess": (max(1, queued // 4), lambda: program(command)),
    }
    if bubblewrap:
        works["bubblewrap"] = (max(1, queued // 4), lambda: program([*bubblewrap, *command]))
    rates = {}
    for name, (count, run) in works.items():
        with ThreadPoolExecutor(AT_ONCE) as threads, timed() as clock:
            for future in [threads.submit(run) for _ in range(count)]:
                future.result()
        rates[name] = (count, count / clock[0])
    return rates


def over(figures: dict[str, Latency], name: str, reference: str) -> float:
    """The ratio of two medians."""
    return ratio(figures[name].p50_ms, figures[reference].p50_ms)


def latency_table(what: str, figures: dict[str, Latency], reference: str) -> str:
    rows = []
    for name, latency in figures.items():
        of_p50, of_min = over(figures, name, reference), ratio(latency.min_ms, figures[reference].min_ms)
        times = (f"{value:.2f}" for value in (latency.p50_ms, latency.p95_ms, latency.min_ms))
        rows.append((name, str(latency.n), *times, f"{of_p50:.3f}", f"{of_min:.3f}"))
    return table((what, "n", "p50 ms", "p95 ms", "min ms", f"p50 / {reference}", "min / min"), rows)


def rate_table(rates: dict[str, tuple[int, float]]) -> str:
    plain = rates["plain subprocess"][1]
    rows = [(name, str(count), f"{rate:.1f}", f"{ratio(rate, plain):.1f}") for name, (count, rate) in rates.items()]
    return table((f"queued runs, {AT_ONCE} at a time", "n", "runs/s", "x plain subprocess"), rows)


def verdicts(measured: dict[str, float | None]) -> str:
    rows = []
    for name, target in TARGETS.items():
        value = measured[name]
        verdict = "not measured" if value is None else "met" if value <= target else "MISSED"
        rows.append((name, "-" if value is None else f"{value:.3f}", f"{target:g}", verdict))
    return table(("target", "measured", "at most", "verdict"), rows)


def cpu_model() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.machine())


if __name__ == "__main__":
    sys.exit(main())
