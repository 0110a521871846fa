"""Build the layers' images and run the desk in containers, on a Docker engine of this program's own.

The engine, its images, the base image and the wheels live in one folder that is removed at the end; packet filter
rules, forwarding and control groups are put back. Nothing is installed and no registry of images is asked: the base is
a Debian made by mmdebstrap, passed as BASE_IMAGE, and the Temporal image is made of the program at hand.
Exit code 0 when all held or the machine cannot run it (the reason is said), 1 when something did not hold.
"""

import argparse
import functools
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from docker_lab import building, checks, code_run, scripts
from docker_lab.engine import free_space_gb, own_engine
from docker_lab.outside import outside_host
from docker_lab.programs import CannotTest, Programs
from docker_lab.stack import SERVICES, Stack

from daybook.stack.local import free_port
from daybook.stack.temporal_server import TemporalMissing, temporal_binary

NEEDED_GB = 8.0
TOKEN = "token-of-this-test-alone"


class Report:
    """Prints a line for each step and counts what did not hold."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0

    def step(self, text: str, work: Callable[[], Any]) -> Any:
        """Do a step; what it raises is said, and the next step is done all the same."""
        began = time.monotonic()
        try:
            answer = work()
        except (AssertionError, RuntimeError, OSError, ValueError, KeyError) as error:
            self.failed += 1
            print(f"FAILED  {text}\n        {str(error) or type(error).__name__}", flush=True)
            return None
        self.passed += 1
        shown = f": {answer}" if isinstance(answer, str) else ""
        print(f"ok      {text}{shown} ({time.monotonic() - began:.1f} s)", flush=True)
        return answer


def ordinary_scripts(stack: Stack) -> str:
    """Ordinary scripts give their results."""
    outcomes = checks.scripts_in_runner(stack, [{"code": code} for _, code, _ in scripts.ORDINARY])
    for (name, _, wanted), outcome in zip(scripts.ORDINARY, outcomes, strict=True):
        assert outcome["result"] == wanted, f"{name}: {outcome}"
    return f"{len(outcomes)} scripts, the sum in {outcomes[0]['wall_ms']:.1f} ms"


def hostile_scripts(stack: Stack) -> str:
    """Hostile scripts get nothing; the runner is as before."""
    attempts = scripts.hostile()
    outcomes = checks.scripts_in_runner(stack, [{"code": code} for code in attempts.values()])
    for name, outcome in zip(attempts, outcomes, strict=True):
        kept = outcome["status"] == "failed" or str(outcome["result"]).startswith("kept: ")
        assert kept, f"{name}: {outcome}"
    ended = checks.scripts_in_runner(stack, list(scripts.ENDLESS.values()))
    for name, outcome in zip(scripts.ENDLESS, ended, strict=True):
        assert outcome["status"] == "failed", f"{name}: {outcome}"
    assert checks.scripts_in_runner(stack, [{"code": "result = 1"}])[0]["result"] == 1
    reasons = sorted({str(outcome["reason"]) for outcome in ended})
    return f"{len(outcomes) + len(ended)} contained; {', '.join(reasons)}"


def tier(stack: Stack) -> str:
    """The runner's own probe and self-test."""
    report = checks.runner_report(stack)
    assert report["tier"] >= 1, report
    opened = {name: outcome for name, outcome in report["self_test"].items() if outcome != "ok"}
    assert not opened, opened
    return (
        f"tier {report['tier']}, self-test {len(report['self_test'])} held; missing: {report['missing'] or 'nothing'}"
    )


def run_all(programs: Programs, folder: Path, report: Report) -> None:
    """Build and check everything on a running engine."""
    print(
        programs.run(
            "docker", "version", "--format", "engine {{.Server.Version}}, client {{.Client.Version}}"
        ).stdout.strip()
    )
    print(programs.run("docker-compose", "version", "--short").stdout.strip().splitlines()[0], "(Compose)", flush=True)
    with building.served(folder / "wheels") as wheels:
        report.step("base image", lambda: building.make_base(programs, folder, wheels))
        if report.step("images of all layers, packages by hash", lambda: building.build_layers(programs)) is None:
            return
    report.step("Temporal image", lambda: building.build_temporal(programs, folder, temporal_binary()))
    stack = Stack(programs, folder, free_port())
    stack.write_secrets({"daybook_api__callers": f'{{"test": {{"token": "{TOKEN}", "scopes": ["read"]}}}}'})
    try:
        report.step("compose up", stack.up)
        took = report.step("every service is healthy", lambda: stack.wait_until_healthy(*SERVICES))
        if took is None:
            return
        print("        " + ", ".join(f"{name} {seconds:.0f} s" for name, seconds in took.items()), flush=True)
        used = stack.memory()
        print("        " + ", ".join(f"{name} {used[name]}" for name in sorted(used)), flush=True)
        report.step("confinement as the engine has it", lambda: checks.confinement(stack))
        report.step("confinement as a process finds it", lambda: checks.from_inside(stack))
        report.step("other layers' modules are not in the images", lambda: checks.closed_images(stack))
        report.step("the API on loopback", lambda: checks.api_answers(stack, TOKEN))
        report.step("the runner's tier", lambda: tier(stack))
        report.step("ordinary scripts in the runner", lambda: ordinary_scripts(stack))
        report.step("hostile scripts in the runner", lambda: hostile_scripts(stack))
        home = folder / "home"
        for placement in ("landlock", "seccomp"):
            report.step(
                f"the hostile corpus in a container, {placement}",
                functools.partial(checks.corpus_in_container, stack, placement),
            )
        report.step("a code run through all layers", lambda: code_run.calendar_through_all_layers(stack, home))
        report.step("a hostile code run through all layers", lambda: code_run.hostile_through_all_layers(stack, home))
        report.step("a killed runner comes back", lambda: checks.runner_comes_back(stack))
        report.step("everything stops cleanly", lambda: checks.stops_cleanly(stack))
    finally:
        stack.down()


def main() -> int:
    """Run the test; see the module's text for exit codes."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, help="keep base and wheels in this folder for the next time")
    parser.add_argument("--private", action="store_true", help="fetch an engine aside although one is installed")
    options = parser.parse_args()
    folder = (options.work or Path(tempfile.mkdtemp(prefix="daybook-docker-"))).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    report = Report()
    try:
        programs = Programs.find(folder, private=options.private)
        if free_space_gb(folder) < NEEDED_GB:
            raise CannotTest(f"{folder} has less than {NEEDED_GB:.0f} GB free; name another folder with --work")
        temporal_binary()
        report.step("wheels of all layers, by hash", lambda: building.download_wheels(folder / "wheels"))
        with own_engine(programs, folder), outside_host(programs):
            run_all(programs, folder, report)
    except (CannotTest, TemporalMissing) as reason:
        print(f"skipped: {reason}")
        return 0
    finally:
        kept = ("rootfs.tar", "wheels", "apt", "root", "bin") if options.work else ()
        for path in folder.iterdir():
            if path.name not in kept:
                shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink(missing_ok=True)
        if not options.work:
            os.rmdir(folder)
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
