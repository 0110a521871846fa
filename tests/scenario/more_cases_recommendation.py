"""Sharpe ratios, folds, information and costs with other inputs: RC-02 to RC-06, KR-02."""

import itertools
import math
from datetime import date
from decimal import Decimal

import numpy as np
import pytest
from scipy import stats

from daybook.advice.combinatorial_folds import CombinatorialFolds
from daybook.advice.deflated_sharpe import deflated_sharpe_annual, probabilistic_sharpe
from daybook.advice.information import session_ics, summarise
from daybook.contracts.base import Side
from daybook.contracts.market import Market, SecurityKind
from daybook.krx.fees import order_costs


def deflated_ratios() -> None:
    """Bailey and Lopez de Prado: 46 independent trials would have left 95 % of the worked example, 88 if normal."""
    assert deflated_sharpe_annual(2.5, 1250, 46, 0.5, 250, -3, 10).probability == pytest.approx(0.9505, abs=1e-4)
    assert deflated_sharpe_annual(2.5, 1250, 88, 0.5).probability == pytest.approx(0.9505, abs=1e-4)
    for sharpe, periods, trials, variance, skew, kurtosis in (
        (1.5, 750, 10, 0.3, 0, 3),
        (3, 2500, 1000, 1, -1, 6),
        (0.8, 252, 2, 0.2, -0.5, 4),
    ):
        found = deflated_sharpe_annual(sharpe, periods, trials, variance, 252, skew, kurtosis)
        euler, daily = float(np.euler_gamma), sharpe / math.sqrt(252)
        best = (1 - euler) * stats.norm.ppf(1 - 1 / trials) + euler * stats.norm.ppf(1 - 1 / (trials * math.e))
        best *= math.sqrt(variance / 252)
        error = math.sqrt((1 - skew * daily + (kurtosis - 1) / 4 * daily**2) / (periods - 1))
        assert found.threshold == pytest.approx(best, rel=1e-9)
        assert found.probability == pytest.approx(stats.norm.cdf((daily - best) / error), rel=1e-9)
    assert probabilistic_sharpe(0.0, 100) == 0.5


def folds_with_purge_and_embargo() -> None:
    for folds, tested, purge, embargo, count in ((10, 2, 5, 5, 1_000), (10, 8, 1, 2, 500), (5, 1, 20, 20, 500)):
        plan = CombinatorialFolds(folds, tested, purge, embargo)
        splits = plan.splits(count)
        assert len(splits) == math.comb(folds, tested)
        assert plan.path_count == len(splits) * tested // folds
        size = count // folds
        for split, chosen in zip(splits, itertools.combinations(range(folds), tested), strict=True):
            test = {day for fold in chosen for day in range(fold * size, (fold + 1) * size)}
            near = {
                day
                for day in range(count)
                for fold in chosen
                if fold * size - purge <= day < (fold + 1) * size + purge + embargo
            }
            assert set(split.test) == test
            assert set(split.train) == set(range(count)) - near


def information_is_spearmans() -> None:
    generator = np.random.default_rng(1)
    scores, labels = generator.normal(size=(60, 25)), generator.normal(size=(60, 25))
    labels += 0.3 * scores
    scores[3, :5] = np.nan
    found = session_ics(scores, labels)
    for row in (0, 3, 17):
        known = np.isfinite(scores[row])
        assert found[row] == pytest.approx(stats.spearmanr(scores[row, known], labels[row, known]).statistic)
    apart = found[::6]
    told = summarise(found, 5)
    assert told.t == pytest.approx(stats.ttest_1samp(apart, 0).statistic)
    assert told.mean == pytest.approx(found.mean())


def taxes_by_year_market_and_kind() -> None:
    for day, market, kind, tax in (
        ("2026-03-03", "KOSDAQ", "stock", 20_000),
        ("2026-03-03", "KOSPI", "etf", 0),
        ("2025-06-02", "KOSPI", "stock", 15_000),
        ("2025-06-02", "KOSDAQ", "stock", 15_000),
        ("2024-05-02", "KOSPI", "stock", 18_000),
        ("2024-05-02", "KOSDAQ", "stock", 18_000),
        ("2023-05-02", "KOSPI", "stock", 20_000),
        ("2022-05-02", "KOSDAQ", "stock", 23_000),
        ("2020-05-04", "KOSPI", "stock", 25_000),
    ):
        on, rate = date.fromisoformat(day), Decimal("0.000140527")
        sold = order_costs(Side.SELL, Market(market), SecurityKind(kind), 10_000_000, on, rate)
        bought = order_costs(Side.BUY, Market(market), SecurityKind(kind), 10_000_000, on, rate)
        assert (sold.tax_krw, sold.commission_krw) == (tax, 1_405)
        assert (bought.tax_krw, bought.commission_krw) == (0, 1_405)


CHECKS = (
    deflated_ratios,
    folds_with_purge_and_embargo,
    information_is_spearmans,
    taxes_by_year_market_and_kind,
)
