"""The real returns some cases name: data sets bundled with skfolio, a development dependency."""

import functools
import re
from typing import Any

import numpy as np
import pytest

BUNDLED = ("load_sp500_dataset", "load_factors_dataset", "load_sp500_index")


@functools.cache
def prices(loader: str) -> Any:
    if loader not in BUNDLED:
        raise AssertionError(f"{loader} is not bundled with skfolio; known are {', '.join(BUNDLED)}")
    datasets = pytest.importorskip("skfolio.datasets")
    return getattr(datasets, loader)()


def series_named(words: str) -> np.ndarray:
    """Return the simple returns of ``skfolio.datasets.load_x()['NAME'].pct_change()``."""
    loader = re.search(r"(load_\w+)\(\)", words)
    name = re.search(r"\[\s*['\"]([^'\"]+)['\"]\s*\]", words)
    if loader is None or name is None:
        raise AssertionError(f"cannot tell which series is meant by {words!r}")
    series = prices(loader.group(1))[name.group(1)].pct_change().dropna()
    return np.asarray(series, dtype=np.float64)


@functools.cache
def sp500_returns(since: str = "2018-01-03", until: str | None = None) -> tuple[tuple[str, ...], np.ndarray]:
    """Return names and simple returns (T, 20) of the bundled S&P stocks, as the optimiser's cases take them."""
    returns = prices("load_sp500_dataset").pct_change().loc[since:until].dropna()
    return tuple(str(name) for name in returns.columns), np.asarray(returns, dtype=np.float64)
