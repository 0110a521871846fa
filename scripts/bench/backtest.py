"""Measure the backtest engine against vectorbt: the same orders and won, and at least the same speed.

    python scripts/bench/backtest.py [--symbols 200] [--sessions 2500] [--runs 15] [--seed 20260320]

Exits with 1 when an order, a share count or a won differs, or when the engine is slower.
"""

import argparse
import os
import platform
import sys
import time
import warnings
from collections.abc import Callable
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from daybook.backtest.engine import run_backtest
from daybook.backtest.result import BacktestResult
from daybook.backtest.settings import BacktestSettings, CashFraction, CostRounding, FixedAmount, UnfilledExit
from tests.backtest import vectorbt_oracle
from tests.backtest.tables import random_table

ASSUMPTIONS = """\
Assumptions: random walks on the tick grid with 2 % of sessions jumping towards the 30 % limits; no halts; entry and
exit signals at random, 1 in 20 sessions each; every symbol has its own account of 100,000,000 won; signals of a close
fill at the next open; orders locked at a limit lapse; commission 0.014 % both sides, tax of each date on sales.
Equality is shown with costs not rounded, since vectorbt knows no whole won; the engine is timed both ways.
vectorbt: Portfolio.from_signals with size_granularity=1 and per-cell fees, then order records, cash and value, which
is what the engine returns. Signals and prices are ready before the clock starts on both sides. The first call of
vectorbt loads code that Numba keeps on disk; where it keeps none yet, it compiles first and takes far longer."""


def main() -> int:
    """Run, print and compare."""
    options = _options()
    shape = (options.sessions, options.symbols)
    prices = random_table(*shape, seed=options.seed, halts=False, on_grid=True)
    random = np.random.default_rng(options.seed)
    entries, exits = (random.random(shape) < 0.05 for _ in range(2))
    print(f"{options.symbols} symbols x {options.sessions} sessions; {_machine()}\n{ASSUMPTIONS}\n")
    slower = False
    for name, sizing, size, size_type in (
        ("20,000,000 won an entry", FixedAmount(20_000_000), 20_000_000, "value"),
        ("90 % of the cash", CashFraction(Fraction(9, 10)), 0.9, "percent"),
    ):
        chosen = BacktestSettings(
            100_000_000, sizing, unfilled_exit=UnfilledExit.LAPSE, cost_rounding=CostRounding.NONE
        )
        whole = BacktestSettings(100_000_000, sizing, unfilled_exit=UnfilledExit.LAPSE)
        arrays = vectorbt_oracle.inputs(prices, entries, exits, chosen, size, size_type)

        def theirs(arrays: dict[str, Any] = arrays) -> dict[str, Any]:
            return vectorbt_oracle.outputs(vectorbt_oracle.portfolio(arrays))

        def ours(settings: BacktestSettings = chosen) -> BacktestResult:
            return run_backtest(prices, entries, exits, settings)

        def ours_whole(settings: BacktestSettings = whole) -> BacktestResult:
            return run_backtest(prices, entries, exits, settings)

        cold_theirs, found = _timed(theirs)
        cold_ours, result = _timed(ours)
        differences = _differences(result, found)
        times: dict[str, list[float]] = {"ours": [], "whole": [], "theirs": []}
        for _ in range(options.runs):
            for label, function in (("ours", ours), ("whole", ours_whole), ("theirs", theirs)):
                times[label].append(_timed(function)[0])
        best = {label: min(rows) for label, rows in times.items()}
        middle = {label: median(rows) for label, rows in times.items()}
        print(f"{name}: {len(result.orders):,} orders")
        print(f"  {differences}")
        print(f"  first call      vectorbt {cold_theirs * 1e3:9.1f} ms   daybook {cold_ours * 1e3:7.1f} ms")
        for label, rows in (("median", middle), ("best", best)):
            print(
                f"  warm, {label:<6}    vectorbt {rows['theirs'] * 1e3:9.1f} ms   daybook {rows['ours'] * 1e3:7.1f} ms "
                f"({rows['theirs'] / rows['ours']:.1f} x as fast), in whole won {rows['whole'] * 1e3:.1f} ms "
                f"({rows['theirs'] / rows['whole']:.1f} x)"
            )
        slower = slower or max(middle["ours"], middle["whole"]) > middle["theirs"] or "DIFFER" in differences
    return int(slower)


def _differences(result: BacktestResult, found: dict[str, Any]) -> str:
    orders = result.orders
    same = len(orders) == len(found["session"]) and all(
        (getattr(orders, name) == found[name]).all() for name in ("session", "symbol", "is_buy", "shares")
    )
    cash = float(np.abs(result.cash_krw - found["cash"]).max())
    value = float(np.abs(result.equity_krw - found["value"]).max())
    final = float(np.abs(result.final_value_krw - found["value"][-1]).max())
    verdict = "equal" if same and max(cash, value, final) < 0.5 else "DIFFER"
    return (
        f"{verdict}: orders, sides and shares {'equal' if same else 'DIFFER'}; largest difference on any session: "
        f"cash {cash:.1e}, value {value:.1e}, final value {final:.1e} won"
    )


def _timed(function: Callable[[], Any]) -> tuple[float, Any]:
    began = time.perf_counter()
    value = function()
    return time.perf_counter() - began, value


def _machine() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.processor())
    packages = ", ".join(f"{name} {version(name)}" for name in ("numpy", "vectorbt", "numba"))
    load = " ".join(f"{value:.1f}" for value in os.getloadavg())
    return f"{model}, {os.cpu_count()} cores, load {load}; Python {platform.python_version()}, {packages}"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--symbols", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=2_500)
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--seed", type=int, default=20_260_320)
    return parser.parse_args()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    sys.exit(main())
