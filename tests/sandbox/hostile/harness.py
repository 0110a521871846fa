"""Run hostile scripts against an engine and judge from outside.

``python -m tests.sandbox.hostile.harness [--placement NAME] [--only TEXT] [--json]`` runs them all.
"""

import argparse
import contextlib
import ctypes
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

from sandbox.engine import JailEngine
from sandbox.local_run import run_to_end
from sandbox.model import AdvanceRequest, JournalEntry, PendingCall, Status
from tests.sandbox.hostile.canaries import Canaries
from tests.sandbox.hostile.corpus import Case, all_cases
from tests.sandbox.hostile.observe import Observation, Sampler, Snapshot, limits_of, settled, snapshot, violations
from tests.sandbox.support import NOW, SCORE, SEARCH

PLACEMENTS = {
    "everything": frozenset[str](),
    "landlock": frozenset({"namespaces"}),
    "namespaces": frozenset({"landlock"}),
    "seccomp": frozenset({"landlock", "namespaces"}),
}
# Whatever this machine or container offers, with its own verdict on whether that is enough.
AS_FOUND = "as found"
IDLE_CHILDREN = 2
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Verdict:
    """What one script came to."""

    case: str
    code: str
    violations: tuple[str, ...]
    wall_ms: float

    @property
    def contained(self) -> bool:
        """Whether nothing happened that must not."""
        return not self.violations


def request_of(case: Case, canaries: Canaries) -> AdvanceRequest:
    """The case as a request, with everything an attacker could want to know as its inputs."""
    return AdvanceRequest(
        code=case.code, now=NOW, tools=(SEARCH, SCORE), inputs=canaries.inputs(), limits=limits_of(case)
    )


def answer(call: PendingCall) -> JournalEntry:
    """A harmless answer to a call."""
    return JournalEntry(call.number, call.name, call.digest, True, {"n": call.number})


class Judge:
    """One engine, watched. Use as a context."""

    def __init__(self, engine: JailEngine) -> None:
        self.engine = engine
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> "Judge":
        with self._stack as stack:
            # Whatever a script leaves behind becomes this process's child, and is found.
            ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
            stack.callback(ctypes.CDLL(None).prctl, PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
            self.canaries = stack.enter_context(Canaries())
            self.sampler = stack.enter_context(Sampler())
            self.engine.probe()
            self._probe()
            self._steady = self._wait_until_steady()
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def run(self, case: Case) -> Verdict:
        """Run one script, then a clean one."""
        request = request_of(case, self.canaries)
        before = self._steady
        self.sampler.start()
        started = time.perf_counter()
        run = run_to_end(self.engine, request, answer)
        wall_s = time.perf_counter() - started
        peaks = self.sampler.stop()
        seen = Observation(run.last, run.calls, wall_s, run.turns, before, settled(before), peaks)
        found = violations(case, request, seen, self.canaries)
        if not self._probe():
            found.append("parent: a clean script does not run afterwards")
        last = run.last
        code = last.reason.value if last.reason else last.status.value
        return Verdict(str(case), code, tuple(found), round(wall_s * 1000, 1))

    def _wait_until_steady(self) -> Snapshot:
        before = snapshot()
        while True:
            time.sleep(0.3)
            now = snapshot()
            if (now.processes, now.descriptors) == (before.processes, before.descriptors):
                return now
            before = now

    def _probe(self) -> bool:
        clean = AdvanceRequest(code="print('clean')\nresult = 1 + 1", now=NOW)
        outcome = self.engine.advance(clean)
        return (outcome.status, outcome.result, outcome.stdout) == (Status.DONE, 2, "clean\n")


def run_all(placement: str, only: str = "") -> Iterator[Verdict]:
    """Every case in one placement, or as this machine is found.

    Raises:
        RuntimeError: There is no such jail here.
    """
    attested = placement == "seccomp"
    disable = PLACEMENTS.get(placement, frozenset())
    engine = JailEngine(disable=disable, attested=attested, idle_children=IDLE_CHILDREN)
    with engine:
        report = engine.probe()
        if not report.runs_code or (placement != AS_FOUND and report.tier != 3 - len(disable)):
            raise RuntimeError(f"tier {report.tier}: {report.refusal or report.missing}")
        with Judge(engine) as judge:
            for case in all_cases():
                if only in str(case):
                    yield judge.run(case)


def main() -> int:
    """Run, print, and return 0 when everything was contained."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--placement", choices=(*PLACEMENTS, AS_FOUND), default=AS_FOUND)
    parser.add_argument("--only", default="")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()
    started = time.perf_counter()
    try:
        verdicts = []
        for verdict in run_all(options.placement, options.only):
            verdicts.append(verdict)
            if options.verbose or (not verdict.contained and not options.json):
                print(
                    f"{verdict.wall_ms:8.1f} {verdict.case:45} {verdict.code:18} {'; '.join(verdict.violations)}",
                    flush=True,
                )
    except RuntimeError as error:
        print(json.dumps({"unavailable": str(error)}))
        return 3
    contained = sum(verdict.contained for verdict in verdicts)
    if options.json:
        print(json.dumps({"uid": os.getuid(), "verdicts": [asdict(verdict) for verdict in verdicts]}))
    else:
        took_s = time.perf_counter() - started
        print(f"{contained} of {len(verdicts)} contained, uid {os.getuid()}, {options.placement}, {took_s:.1f} s")
    return 0 if contained == len(verdicts) else 1


if __name__ == "__main__":
    sys.exit(main())
