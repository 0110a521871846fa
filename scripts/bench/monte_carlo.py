"""Measure the market kernel against numpy: daily paths with jumps, terminal value and lowest value of a plan.

    python scripts/bench/monte_carlo.py [--stocks 200] [--scenarios 10000] [--days 250] [--runs 8] [--seed 0]

Three programs simulate the same market (10 factors, own noise, Merton jumps of the market, equal weights) in this
process, in turn: Daybook's kernel; numpy in double precision with a dense Cholesky factor of the covariance, the way
it is usually written; numpy in single precision through the factors. CPU seconds are the least of several short runs,
scaled to all scenarios. Daybook's also applies the daily price limit, the others do not; all three keep no paths.

Exits with 1 when the kernel takes more than 2.5 core-seconds, is less than 8 times faster than the dense reference,
when its bits differ between 1 and 2 threads or between chunks, or when a program's mean is off by 5 standard errors.
"""

import argparse
import os
import platform
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).parents[2]))

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import MarketParameters
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.packing import expected_daily_growth
from daybook.scenario.market.simulate import simulate_wealth
from daybook.scenario.market.textbook import factor_market

FACTORS = 10
MOST_CORE_S = 2.5
LEAST_RATIO = 8.0
LEAST_RATIO_NOTE = "against numpy with a dense Cholesky factor, float64"
KERNEL_CHUNK = 1_000
REFERENCE_CHUNK = 250

Result = tuple[np.ndarray, np.ndarray]


def market_of(stocks: int, seed: int) -> MarketParameters:
    """Return a market of the size: daily loadings, own noise and six jumps a year of the market."""
    random = np.random.default_rng(seed)
    loadings = random.normal(0, 0.003, (stocks, FACTORS))
    loadings[:, 0] = random.uniform(0.006, 0.014, stocks)
    own = random.uniform(0.008, 0.02, stocks)
    drift = random.normal(0.0002, 0.0001, stocks)
    return factor_market(drift, loadings, own, market_sd=0.01, jumps=(6 / 250, -0.03, 0.02))


def kernel(market: MarketParameters, scenarios: int, days: int, seed: int, threads: int = 1, first: int = 0) -> Result:
    """Simulate with Daybook: value at the end and lowest value, of one won spread evenly."""
    stocks = len(market.codes)
    plan = np.append(np.full(stocks, 1 / stocks), 0.0)
    key = stream_key(seed, "bench")
    paths = simulate_wealth(
        market, None, first, scenarios, days, key, MarketModel.FACTOR_JUMP, plan, 0.0, threads=threads
    )
    return paths.wealth_krw[:, -1], paths.minimum_krw


def dense_numpy(market: MarketParameters, scenarios: int, days: int, seed: int) -> Result:
    """Simulate with numpy in double precision: one matrix product with a Cholesky factor a day."""
    random = np.random.default_rng(seed)
    stocks = len(market.codes)
    covariance = market.loadings @ market.loadings.T + np.diag(market.idiosyncratic_sd**2)
    root = np.linalg.cholesky(covariance).T.copy()
    logs = np.zeros((scenarios, stocks))
    weights = np.full(stocks, 1 / stocks)
    value = np.ones(scenarios)
    lowest = np.ones(scenarios)
    for _ in range(days):
        logs += random.standard_normal((scenarios, stocks)) @ root
        logs += market.drift
        hit, jump = _jumps(random, market, scenarios)
        logs[hit] += jump[:, None] * market.beta
        value = np.exp(logs) @ weights
        np.minimum(lowest, value, out=lowest)
    return value, lowest


def factor_numpy(market: MarketParameters, scenarios: int, days: int, seed: int) -> Result:
    """Simulate with numpy in single precision: a thin matrix product with the factors' loadings a day."""
    random = np.random.default_rng(seed)
    stocks = len(market.codes)
    loadings = market.loadings.T.astype(np.float32).copy()
    own, drift, beta = (array.astype(np.float32) for array in (market.idiosyncratic_sd, market.drift, market.beta))
    logs = np.zeros((scenarios, stocks), dtype=np.float32)
    weights = np.full(stocks, 1 / stocks, dtype=np.float32)
    value = np.ones(scenarios, dtype=np.float32)
    lowest = np.ones(scenarios, dtype=np.float32)
    for _ in range(days):
        noise = random.standard_normal((scenarios, stocks), dtype=np.float32)
        noise *= own
        noise += drift
        noise += random.standard_normal((scenarios, FACTORS), dtype=np.float32) @ loadings
        logs += noise
        hit, jump = _jumps(random, market, scenarios)
        logs[hit] += jump[:, None].astype(np.float32) * beta
        value = np.exp(logs, out=noise) @ weights
        np.minimum(lowest, value, out=lowest)
    return value, lowest


def _jumps(random: np.random.Generator, market: MarketParameters, scenarios: int) -> Result:
    counts = random.poisson(market.jump_rate, scenarios)
    hit = np.flatnonzero(counts)
    counts = counts[hit]
    return hit, counts * market.jump_mean + np.sqrt(counts) * market.jump_sd * random.standard_normal(hit.size)


def measure(
    stocks: int = 200, scenarios: int = 10_000, days: int = 250, runs: int = 8, seed: int = 0
) -> dict[str, Any]:
    """Return the machine, core-seconds of each program for all scenarios, ratios, and whether bits are equal."""
    market = market_of(stocks, seed)
    kernel(replace(market, jump_rate=0.1), 500, 2, seed)
    programs: dict[str, tuple[int, Callable[[int], Result]]] = {
        "daybook": (KERNEL_CHUNK, lambda run: kernel(market, KERNEL_CHUNK, days, seed, first=run * KERNEL_CHUNK)),
        "numpy_dense_f64": (REFERENCE_CHUNK, lambda run: dense_numpy(market, REFERENCE_CHUNK, days, seed + run)),
        "numpy_factor_f32": (REFERENCE_CHUNK, lambda run: factor_numpy(market, REFERENCE_CHUNK, days, seed + run)),
    }
    core_s = dict.fromkeys(programs, np.inf)
    ends: dict[str, list[np.ndarray]] = {name: [] for name in programs}
    with threadpool_limits(limits=1):
        for run in range(runs):
            for name, (size, program) in programs.items():
                began = time.process_time()
                end, _ = program(run)
                core_s[name] = min(core_s[name], (time.process_time() - began) * scenarios / size)
                ends[name].append(end)
    expected = float(np.exp(days * expected_daily_growth(market)[:-1]).mean())
    return {
        "machine": describe_machine(),
        "size": {"stocks": stocks, "scenarios": scenarios, "days": days, "factors": FACTORS, "runs": runs},
        "core_s": core_s,
        "ratio": {name: value / core_s["daybook"] for name, value in core_s.items()},
        "ns_per_stock_day": core_s["daybook"] / (stocks * scenarios * days) * 1e9,
        "mean_off_by_standard_errors": {name: _off(np.concatenate(found), expected) for name, found in ends.items()},
        "same_bits": same_bits(market, min(scenarios, 3_000), days, seed),
    }


def _off(values: np.ndarray, expected: float) -> float:
    values = values.astype(np.float64)
    return float((values.mean() - expected) / (values.std() / np.sqrt(values.size)))


def same_bits(market: MarketParameters, scenarios: int, days: int, seed: int) -> bool:
    """Tell whether one thread, two threads and shuffled chunks give the same bits."""
    whole = kernel(market, scenarios, days, seed)
    twice = kernel(market, scenarios, days, seed, threads=2)
    size = 500
    starts = np.random.default_rng(seed).permutation(np.arange(0, scenarios, size))
    parts = {int(at): kernel(market, min(size, scenarios - at), days, seed, first=int(at)) for at in starts}
    shuffled = [np.concatenate([parts[at][row] for at in sorted(parts)]) for row in (0, 1)]
    return all(
        np.array_equal(one.view(np.uint64), other.view(np.uint64))
        for one, other in (*zip(whole, twice, strict=True), *zip(whole, shuffled, strict=True))
    )


def describe_machine() -> dict[str, Any]:
    """Return what the figures were measured on."""
    return {
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "load_average": os.getloadavg(),
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("numpy", "numba", "llvmlite")},
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def main() -> int:
    """Measure, print, and judge."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    for name, usual in (("stocks", 200), ("scenarios", 10_000), ("days", 250), ("runs", 8), ("seed", 0)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    found = measure(**vars(parser.parse_args()))
    machine, size = found["machine"], found["size"]
    print(f"{machine['cpu']}, {machine['cores']} cores, load {machine['load_average']}, Python {machine['python']}")
    print(", ".join(f"{name} {number}" for name, number in machine["versions"].items()))
    print(f"{size['stocks']} stocks x {size['scenarios']:,} scenarios x {size['days']} days, {size['factors']} factors")
    for name, value in found["core_s"].items():
        off = found["mean_off_by_standard_errors"][name]
        print(f"  {name:17s} {value:7.2f} core-s  x{found['ratio'][name]:5.1f}  mean off by {off:+.1f} standard errors")
    print(
        f"  {found['ns_per_stock_day']:.2f} ns a stock and day; same bits for threads and chunks: {found['same_bits']}"
    )
    good = (
        found["core_s"]["daybook"] <= MOST_CORE_S
        and found["ratio"]["numpy_dense_f64"] >= LEAST_RATIO
        and found["same_bits"]
        and all(abs(off) < 5 for off in found["mean_off_by_standard_errors"].values())
    )
    if not good:
        print(f"missed: at most {MOST_CORE_S} core-s, at least x{LEAST_RATIO:.0f} {LEAST_RATIO_NOTE}, same bits, means")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
