"""The engine against vectorbt: the same orders, shares, cash and value, on a slice small enough for every run.

vectorbt runs in a process of its own with its compiler switched off, which spares minutes of compilation;
``scripts/bench/backtest.py`` makes the same comparison on 200 symbols x 2,500 sessions, compiled.
"""

import os
import subprocess
import sys
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from daybook.backtest.engine import run_backtest
from daybook.backtest.settings import BacktestSettings, CashFraction, CostRounding, FixedAmount, UnfilledExit
from tests.backtest import vectorbt_oracle
from tests.backtest.tables import random_table

SESSIONS, SYMBOLS = 300, 12


def vectorbt(arrays, folder):
    np.savez(folder / "in.npz", **arrays)
    environment = {**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(Path(__file__).parents[2])}
    program = [sys.executable, "-W", "ignore", vectorbt_oracle.__file__, folder / "in.npz", folder / "out.npz"]
    subprocess.run(program, check=True, env=environment, timeout=120)
    with np.load(folder / "out.npz") as found:
        return dict(found)


@pytest.mark.skipif(find_spec("vectorbt") is None, reason="vectorbt is not installed (make test installs it)")
@pytest.mark.parametrize(
    ("sizing", "size", "size_type"),
    [(FixedAmount(3_000_000), 3_000_000, "value"), (CashFraction(Fraction(9, 10)), 0.9, "percent")],
    ids=["fixed_amount", "cash_fraction"],
)
def test_run_backtest_when_vectorbt_runs_the_same_then_orders_and_won_are_equal(tmp_path, sizing, size, size_type):
    prices = random_table(SESSIONS, SYMBOLS, seed=7, halts=False, on_grid=True)
    random = np.random.default_rng(7)
    entries, exits = (random.random((SESSIONS, SYMBOLS)) < 0.1 for _ in range(2))
    chosen = BacktestSettings(
        10_000_000,
        sizing,
        unfilled_exit=UnfilledExit.LAPSE,
        cost_rounding=CostRounding.NONE,
    )
    result = run_backtest(prices, entries, exits, chosen)
    theirs = vectorbt(vectorbt_oracle.inputs(prices, entries, exits, chosen, size, size_type), tmp_path)
    orders = result.orders
    assert len(orders) > 300
    for name in ("session", "symbol", "is_buy", "shares"):
        assert (getattr(orders, name) == theirs[name]).all(), name
    assert np.abs(orders.price_krw - theirs["price"]).max() == 0
    assert np.abs(orders.commission_krw + orders.tax_krw - theirs["fees"]).max() < 1e-6
    assert np.abs(result.cash_krw - theirs["cash"]).max() < 1e-3
    assert np.abs(result.equity_krw - theirs["value"]).max() < 1e-3
