"""Measure the CVaR optimiser against skfolio's MeanRisk: the same optimum, and how many times less CPU time.

    python scripts/bench/cvar.py [--sizes 50x2000,200x2000,200x5000,200x10000] [--runs 3] [--seed 0]

Exits with 1 when an objective differs by more than 1e-6 of itself, or when, at 200 x 10,000, the ratio of CPU times
is below 10 (skfolio with HiGHS) or 50 (skfolio with its default solver).
"""

import argparse
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable, Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).parents[2]))

from daybook.scenario.optimise.cvar import Portfolio, min_cvar
from daybook.scenario.optimise.tail import measure_tail

BETA = 0.95
CAP = 0.1
SIZES = ((50, 2_000), (200, 2_000), (200, 5_000), (200, 10_000))
TARGETS = {"skfolio_highs": 10.0, "skfolio_default": 50.0}
OBJECTIVE_TOLERANCE = 1e-6

ASSUMPTIONS = """\
Assumptions: monthly returns of ten t(5) factors and t(5) noise, heavier tails than normal; least CVaR at 95 %, weights
0 to 0.1 that sum to 1, mean at or above the 60 % quantile of the assets' means. All solvers run in this process, on
one thread, in turn; CPU seconds of the whole call from a ready matrix to weights (median of the runs). "cold" starts
from nothing, "warm" from the optimum of the same scenarios with a mean floor 1 % lower. The objective compared is the
CVaR of the returned weights, computed by one function for all; weights of interior-point solvers meet their limits to
their own tolerance only, which can put that CVaR slightly below the true optimum."""


def generate_returns(scenarios: int, assets: int, seed: int = 0) -> np.ndarray:
    """Return (scenarios, assets) returns: a market factor, nine small ones, and own noise, all t(5)."""
    random = np.random.default_rng(seed)
    factors = 10
    loadings = random.normal(0, 0.3, (assets, factors))
    loadings[:, 0] = random.uniform(0.6, 1.4, assets)
    unit = np.sqrt(3 / 5)
    scales = np.array([0.055] + [0.02] * (factors - 1))
    moves = random.standard_t(5, (scenarios, factors)) * scales * unit
    noise = random.standard_t(5, (scenarios, assets)) * random.uniform(0.03, 0.1, assets) * unit
    return random.normal(0.006, 0.004, assets) + moves @ loadings.T + noise


def measure(
    sizes: Sequence[tuple[int, int]] = SIZES, runs: int = 3, seed: int = 0, *, compare: bool = True
) -> dict[str, Any]:
    """Return the machine and, for each (assets, scenarios), CPU seconds, objectives and ratios."""
    rows = [_measure_size(assets, scenarios, runs, seed, compare) for assets, scenarios in sizes]
    return {"machine": describe_machine(), "rows": rows}


def describe_machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    names = ("numpy", "highspy", "skfolio", "cvxpy-base", "clarabel")
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in names},
    }


def _measure_size(assets: int, scenarios: int, runs: int, seed: int, compare: bool) -> dict[str, Any]:
    returns = generate_returns(scenarios, assets, seed)
    floor = float(np.quantile(returns.mean(axis=0), 0.6))
    start = min_cvar(returns, BETA, upper=CAP, mean_floor=floor * 0.99)
    frame = pd.DataFrame(returns, columns=[f"a{number}" for number in range(assets)])
    contenders: dict[str, Callable[[], np.ndarray]] = {
        "cold": lambda: _ours(returns, floor, None),
        "warm": lambda: _ours(returns, floor, start),
    }
    if compare:
        contenders["skfolio_highs"] = lambda: _skfolio(frame, floor, "HIGHS")
        contenders["skfolio_default"] = lambda: _skfolio(frame, floor, None)
    if compare:
        _skfolio(frame.iloc[:60, :12], -1.0, None)
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    weights: dict[str, np.ndarray] = {}
    said: dict[str, set[str]] = {name: set() for name in contenders}
    for _ in range(runs):
        for name, contender in contenders.items():
            with warnings.catch_warnings(record=True) as caught:
                warnings.simplefilter("always")
                began = time.process_time()
                weights[name] = contender()
                seconds[name].append(time.process_time() - began)
            said[name].update(f"{entry.category.__name__}: {str(entry.message)[:120]}" for entry in caught)
    objective = {name: measure_tail(-(returns @ found), BETA).cvar for name, found in weights.items()}
    typical = {name: median(values) for name, values in seconds.items()}
    return {
        "assets": assets,
        "scenarios": scenarios,
        "cpu_s": typical,
        "objective": objective,
        "difference": {name: value / objective["cold"] - 1 for name, value in objective.items()},
        "floor_missed_by": {name: max(floor - float(returns.mean(axis=0) @ w), 0.0) for name, w in weights.items()},
        "ratio": {name: value / typical["cold"] for name, value in typical.items()},
        "warnings": {name: sorted(texts) for name, texts in said.items() if texts},
    }


def _ours(returns: np.ndarray, floor: float, warm: Portfolio | None) -> np.ndarray:
    return min_cvar(returns, BETA, upper=CAP, mean_floor=floor, warm=warm).weights


def _skfolio(frame: pd.DataFrame, floor: float, solver: str | None) -> np.ndarray:
    from skfolio import RiskMeasure
    from skfolio.optimization import MeanRisk

    chosen = {} if solver is None else {"solver": solver}
    model = MeanRisk(risk_measure=RiskMeasure.CVAR, cvar_beta=BETA, max_weights=CAP, min_return=floor, **chosen)
    return np.asarray(model.fit(frame).weights_)


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default=",".join(f"{assets}x{scenarios}" for assets, scenarios in SIZES))
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    sizes = [tuple(int(part) for part in size.split("x")) for size in options.sizes.split(",")]
    machine = describe_machine()
    print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_average']}, Python {machine['python']}")
    print(", ".join(f"{name} {found}" for name, found in machine["versions"].items()))
    print(ASSUMPTIONS, end="\n\n")
    good = True
    for assets, scenarios in sizes:
        row = _measure_size(assets, scenarios, options.runs, options.seed, True)
        good = _print_row(row) and good
    return 0 if good else 1


def _print_row(row: dict[str, Any]) -> bool:
    print(f"{row['assets']} x {row['scenarios']:,}")
    good = True
    for name, cpu in row["cpu_s"].items():
        difference = row["difference"][name]
        missed = row["floor_missed_by"][name]
        print(
            f"  {name:16s} {cpu * 1e3:10.1f} ms  x{row['ratio'][name]:7.1f}  CVaR {row['objective'][name]:.10f}"
            f"  ({difference:+.1e}, mean floor missed by {missed:.1e})"
        )
        good = good and abs(difference) <= OBJECTIVE_TOLERANCE
        if (row["assets"], row["scenarios"]) == (200, 10_000) and name in TARGETS:
            good = good and row["ratio"][name] >= TARGETS[name]
    for name, texts in row["warnings"].items():
        print(f"  {name} warned: {'; '.join(texts)}")
    return good


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


if __name__ == "__main__":
    sys.exit(main())
