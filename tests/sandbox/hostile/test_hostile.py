"""Hostile scripts are contained, the judge can see when they are not, and both for every tier and user."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.engine import JailEngine
from tests.sandbox.hostile.corpus import Case, all_cases
from tests.sandbox.hostile.harness import IDLE_CHILDREN, PLACEMENTS, Judge, Verdict, run_all
from tests.sandbox.hostile.ordinary_user import ROOT, NoOrdinaryUser, run_as_user

FEWEST_CASES = 125
FEWEST_POTENT = 0.6


@pytest.fixture(scope="module")
def judge() -> Iterator[Judge]:
    with JailEngine(idle_children=IDLE_CHILDREN) as engine:
        report = engine.probe()
        if not report.runs_code:
            pytest.skip(f"no jail here: {report.refusal}")
        with Judge(engine) as judge:
            yield judge


def test_corpus_when_counted_then_it_is_large_and_of_every_class() -> None:
    kinds = {case.kind for case in all_cases()}
    assert len(all_cases()) >= FEWEST_CASES
    assert kinds == {
        *("files", "environment", "network", "processes", "memory", "cpu", "output", "escapes", "protocol"),
        *("signals", "descriptors", "kernel"),
    }


@pytest.mark.parametrize("case", all_cases(), ids=str)
def test_hostile_script_when_run_in_the_best_tier_then_contained(judge: Judge, case: Case) -> None:
    verdict = judge.run(case)
    assert verdict.contained, verdict


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_hostile_scripts_when_run_in_a_tier_then_all_contained(placement: str) -> None:
    try:
        verdicts = list(run_all(placement))
    except RuntimeError as reason:
        pytest.skip(str(reason))
    _report(f"{placement}, this user", verdicts)


@pytest.mark.chaos
@pytest.mark.timeout(900)
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_hostile_scripts_when_run_as_an_ordinary_user_then_all_contained(placement: str) -> None:
    # Not in tmp_path, which other users may not enter.
    with tempfile.TemporaryDirectory() as folder:
        _contained_as_user(placement, Path(folder))


def _contained_as_user(placement: str, folder: Path) -> None:
    try:
        said = run_as_user(placement, folder)
    except NoOrdinaryUser as reason:
        pytest.skip(str(reason))
    if "unavailable" in said:
        pytest.skip(said["unavailable"])
    assert said["uid"] != 0
    _report(f"{placement}, ordinary user", [Verdict(**verdict) for verdict in said["verdicts"]])


@pytest.mark.chaos
@pytest.mark.timeout(900)
def test_hostile_scripts_when_run_in_a_weak_engine_then_most_do_harm_and_are_seen() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "tests.sandbox.hostile.weak"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    count = json.loads(ran.stdout.splitlines()[-1])
    if "unavailable" in count:
        pytest.skip(count["unavailable"])
    print(f"\n{count['potent']} of {count['total']} break the weak engine")
    assert count["total"] == len(all_cases())
    assert count["potent"] >= FEWEST_POTENT * count["total"], count["harmless"]


def _report(where: str, verdicts: list[Verdict]) -> None:
    escaped = [verdict for verdict in verdicts if not verdict.contained]
    print(f"\n{where}: {len(verdicts) - len(escaped)} of {len(verdicts)} contained")
    assert not escaped
    assert len(verdicts) == len(all_cases())
