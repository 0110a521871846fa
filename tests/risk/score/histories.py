"""Histories tests measure and score: simulated ones from a seed, and the real sample skfolio bundles."""

import os
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

import numpy as np
from skfolio.datasets import load_sp500_dataset, load_sp500_index

from daybook.risk.score.sample import fit_sample

SHARED = Path(os.environ.get("DAYBOOK_SHARED_DATA", Path(__file__).parents[3].parent / "shared" / "data"))


def walk(sessions, instruments, seed=1, daily=0.02):
    random = np.random.default_rng(seed)
    market = random.standard_t(5, sessions) * 0.008
    own = random.standard_t(5, (sessions, instruments)) * daily * np.linspace(0.5, 1.5, instruments)
    index = 100 * np.exp(np.cumsum(market))
    closes = 10_000 * np.exp(np.cumsum(own + market[:, None], axis=0))
    turnovers = np.exp(random.normal(21, 0.5, (sessions, instruments)))
    return closes, index, turnovers


def calendar(sessions):
    return [date(2010, 1, 1) + timedelta(days=at) for at in range(sessions)]


@lru_cache(maxsize=1)
def us_history():
    prices = load_sp500_dataset()
    days = [day.date() for day in prices.index]
    return days, prices.to_numpy(dtype=np.float64), load_sp500_index().to_numpy(dtype=np.float64)[:, 0]


@lru_cache(maxsize=1)
def us_rows():
    """Every fifth session: a fifth of the rows the packaged reference is made from."""
    days, closes, index = us_history()
    return fit_sample(days, closes, index, every=5)
