"""Measure whole scenario runs: the default scenario in full, and a preview of it.

    python scripts/bench/scenario.py [--runs 3] [--threads 2] [--seed 1]

Prices are simulated (the packaged fixture). The first call compiles kernels where none are kept on disk; it is timed
apart. Exits with 1 when a target is missed or two runs differ.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from daybook.contracts.scenario import Scenario
from daybook.scenario.engine.run import run_scenario
from daybook.scenario.market.fixture import fixture_history
from daybook.scenario.market.history import MarketHistory
from daybook.scenario.threats.catalogue import default_scenario
from scripts.bench.machine import Machine, load_average

FULL_TARGET_S = 10.0
PREVIEW_TARGET_S = 1.0
_INVESTED = {"expected_return": 0.20, "objective": "max_return_cvar_cap", "constraints": {"max_cvar_ratio": 0.10}}


def _timed(scenario: Scenario, history: MarketHistory, *, preview: bool, threads: int) -> tuple[dict[str, Any], str]:
    phases: dict[str, float] = {}
    last = [time.perf_counter()]

    def told(stage: str, done: float) -> None:
        del done
        now = time.perf_counter()
        kind = stage.partition("-")[0]
        phases[kind] = phases.get(kind, 0.0) + now - last[0]
        last[0] = now

    began, cpu = time.perf_counter(), time.process_time()
    found = run_scenario(scenario, history, run_id="bench", progress=told, preview=preview, threads=threads)
    took = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - cpu, "phases_wall_s": phases}
    return took, found.model_dump_json()


def measure(runs: int = 3, threads: int = 2, seed: int = 1) -> dict[str, Any]:
    """Return the best of ``runs`` times of a preview, the default scenario, and one that holds stocks, in seconds."""
    scenario = default_scenario()
    history = fixture_history(scenario.universe.codes, scenario.universe.lookback_days, seed)
    invested = Scenario.model_validate({**scenario.model_dump(), **_INVESTED})
    machine = Machine.here()
    out: dict[str, Any] = {
        "machine": f"{machine.cpu_model}, {machine.cores} cores, {machine.kernel}, Python {machine.python}",
        "load_before": load_average(),
        "threads": threads,
        "stocks": len(scenario.universe.codes),
        "threats": len(scenario.threats),
        "controls": len(scenario.controls),
        "scenarios": scenario.scenarios,
        "first_call_s": _timed(scenario, history, preview=True, threads=threads)[0]["wall_s"],
        "equal": True,
    }
    cases = (("preview", scenario, True), ("full", scenario, False), ("full_invested", invested, False))
    for name, case, preview in cases:
        tries = [_timed(case, history, preview=preview, threads=threads) for _ in range(runs)]
        out[name] = min((took for took, _ in tries), key=lambda took: float(took["wall_s"]))
        out["equal"] &= len({text for _, text in tries}) == 1
    out["load_after"] = load_average()
    return out


def main() -> int:
    """Measure, print and compare with the targets."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = measure(options.runs, options.threads, options.seed)
    print(json.dumps(found, indent=1))
    full, preview = found["full"]["wall_s"], found["preview"]["wall_s"]
    print(f"full: {full:.2f} s (target {FULL_TARGET_S:g} s); preview: {preview:.2f} s (target {PREVIEW_TARGET_S:g} s)")
    print(
        f"first call, compiling where nothing is kept: {found['first_call_s']:.2f} s; repeated runs are equal: ", end=""
    )
    print(found["equal"])
    return 0 if full <= FULL_TARGET_S and preview <= PREVIEW_TARGET_S and found["equal"] else 1


if __name__ == "__main__":
    sys.exit(main())
