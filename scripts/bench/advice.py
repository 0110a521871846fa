"""Does the factor model find a planted signal, and nothing where none is? Does the leak test catch a planted leak?

    python scripts/bench/advice.py [--seeds 12] [--stocks 150] [--days 2000] [--price-features] [--boosting]

Panels are simulated (see ``daybook/advice/synthetic_panel.py``), so the figures say what the method can find, and
nothing about Korean stocks.
"""

import argparse
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from report import table

from daybook.advice.arrays import FloatArray
from daybook.advice.dispersion import Dispersion, path_dispersion
from daybook.advice.evaluation import Evaluation, evaluate
from daybook.advice.features.catalogue import PRICE_FEATURES, ranked_values, raw_values, signal_feature
from daybook.advice.features.feature import Feature
from daybook.advice.information import InformationSummary, session_ics, summarise
from daybook.advice.labels import ranked_labels
from daybook.advice.leak_test import leak_report
from daybook.advice.panel import Panel
from daybook.advice.synthetic_panel import PLANTED, planted_panel
from daybook.advice.trials import TrialLog
from daybook.advice.walk_forward import training_gap, walk_forward
from daybook.contracts.factors import FactorSettings

SETTINGS = FactorSettings()
PLANTED_ICS = (0.03, 0.06, 0.0)


@dataclass(frozen=True)
class Run:
    """One seed's results."""

    planted: float
    oracle: float
    information: InformationSummary
    dispersion: Dispersion
    evaluation: Evaluation
    seconds: float


def features_of(panel: Panel, with_prices: bool) -> tuple[Feature, ...]:
    return tuple(signal_feature(name) for name in panel.signals) + (PRICE_FEATURES if with_prices else ())


def run(planted: float, seed: int, options: argparse.Namespace) -> Run:
    panel = planted_panel(planted, stocks=options.stocks, days=options.days, seed=seed)
    started = time.perf_counter()
    features = features_of(panel, options.price_features)
    labels = ranked_labels(panel, SETTINGS.horizon_sessions)
    ranks = ranked_values(raw_values(panel, features), panel)
    found = walk_forward(ranks, labels, SETTINGS)
    seconds = time.perf_counter() - started
    tested = np.where(np.isfinite(found.scores), panel.signals[PLANTED], np.nan)
    return Run(
        planted=planted,
        oracle=float(np.nanmean(session_ics(tested, labels))),
        information=found.summary,
        dispersion=path_dispersion(ranks, labels, SETTINGS),
        evaluation=evaluate(panel, found.scores),
        seconds=seconds,
    )


def recovery_row(planted: float, runs: list[Run]) -> list[str]:
    ics = np.array([row.information.mean for row in runs])
    error = float(ics.std(ddof=1)) / len(ics) ** 0.5
    return [
        f"{planted:.2f}",
        f"{np.mean([row.oracle for row in runs]):+.4f}",
        f"{ics.mean():+.4f}",
        f"{ics.std(ddof=1):.4f}",
        f"{error:.4f}",
        f"{max(row.information.t for row in runs):+.1f}",
        f"{np.mean([row.dispersion.mean for row in runs]):+.4f}",
        f"{np.mean([row.dispersion.deviation for row in runs]):.4f}",
        f"{np.mean([row.seconds for row in runs]):.2f}",
        "yes" if abs(float(ics.mean()) - planted) <= 0.01 else "NO",
    ]


def worth_row(planted: float, runs: list[Run]) -> list[str]:
    def mean(values: list[float]) -> float:
        return float(np.mean(values)) * 100

    worth = [row.evaluation for row in runs]
    log = TrialLog()
    for number, row in enumerate(worth):
        log = log.with_trial(f"seed {number}", row.period_excess)
    best = max(worth, key=lambda row: float(row.period_excess.mean() / row.period_excess.std(ddof=1)))
    return [
        f"{planted:.2f}",
        f"{mean([row.quintile_spread_a_year for row in worth]):+.1f} %",
        f"{np.mean([row.turnover_a_year for row in worth]):.1f} x",
        f"{mean([row.net_excess_a_year['equal_weight'] for row in worth]):+.1f} %",
        f"{mean([row.net_excess_a_year['random'] for row in worth]):+.1f} %",
        f"{mean([row.net_excess_a_year['low_volatility'] for row in worth]):+.1f} %",
        f"{mean([row.net_excess_a_year['momentum_12_1'] for row in worth]):+.1f} %",
        f"{np.median([row.capacity_krw for row in worth]) / 1e9:.1f} bn",
        f"{log.deflated(best.period_excess).probability:.2f}",
    ]


def boosted(planted: float, seed: int, options: argparse.Namespace) -> tuple[InformationSummary, float]:
    """Score one panel with boosted trees, refitted once a year, with the same gap between training and test."""
    from sklearn.ensemble import HistGradientBoostingRegressor

    panel = planted_panel(planted, stocks=options.stocks, days=options.days, seed=seed)
    labels = ranked_labels(panel, SETTINGS.horizon_sessions)
    ranks = ranked_values(raw_values(panel, features_of(panel, options.price_features)), panel)
    scores = np.full(labels.shape, np.nan)
    started = time.perf_counter()
    first = SETTINGS.min_training_sessions + training_gap(SETTINGS)
    for start in range(first, len(labels), 250):
        rows = slice(0, start - training_gap(SETTINGS))
        x, y = ranks[rows].reshape(-1, ranks.shape[2]), labels[rows].reshape(-1)
        known = np.isfinite(y)
        model = HistGradientBoostingRegressor(max_iter=100, learning_rate=0.05, max_leaf_nodes=15, random_state=0)
        model.fit(x[known], y[known])
        tested: FloatArray = ranks[start : start + 250]
        scores[start : start + 250] = model.predict(tested.reshape(-1, ranks.shape[2])).reshape(tested.shape[:2])
    return summarise(session_ics(scores, labels), SETTINGS.horizon_sessions), time.perf_counter() - started


def leak_rows(options: argparse.Namespace) -> list[list[str]]:
    panel = planted_panel(0.06, stocks=options.stocks, days=min(options.days, 1_000), seed=0)
    labels = np.nan_to_num(ranked_labels(panel, SETTINGS.horizon_sessions))
    noise = np.random.Generator(np.random.PCG64(1)).standard_normal(labels.shape)
    planted = replace(panel, signals={**panel.signals, "leaked label": labels + 0.35 * noise})
    names = ("leaked label", PLANTED, "decoy_1")
    report = leak_report(planted, (*(signal_feature(name) for name in names), *PRICE_FEATURES))
    return [
        [
            row.name,
            f"{row.ic:+.3f}",
            f"{row.ic_lag_one:+.3f}",
            f"{row.ic_late:+.3f}",
            f"{row.ic_placebo:+.3f}",
            "yes" if row.truncation_invariant else "NO",
            row.verdict.value,
        ]
        for row in report.rows
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--stocks", type=int, default=150)
    parser.add_argument("--days", type=int, default=2_000)
    parser.add_argument("--price-features", action="store_true", help="let eight price features compete")
    parser.add_argument("--boosting", action="store_true", help="compare boosted trees on one seed of each strength")
    options = parser.parse_args()
    runs = {planted: [run(planted, seed, options) for seed in range(options.seeds)] for planted in PLANTED_ICS}
    print(f"{options.seeds} seeds, {options.stocks} stocks x {options.days} days, horizon 20, ridge, walk-forward\n")
    head = ["planted", "oracle", "found", "sd", "s.e.", "max t", "CPCV", "paths sd", "s/seed", "within .01"]
    print(table(head, [recovery_row(planted, rows) for planted, rows in runs.items()]))
    print("\nTop fifth, a rebalance every 20 sessions, after tax, commission and slippage; excess a year over rivals\n")
    head = ["planted", "spread", "turnover", "equal", "random", "low vol", "12-1", "capacity", "DSR of best"]
    print(table(head, [worth_row(planted, rows) for planted, rows in runs.items()]))
    if options.boosting:
        print("\nBoosted trees, seed 0\n")
        rows = []
        for planted in PLANTED_ICS:
            found, seconds = boosted(planted, 0, options)
            ridge = runs[planted][0].information
            rows.append([f"{planted:.2f}", f"{ridge.mean:+.4f}", f"{found.mean:+.4f}", f"{seconds:.1f}"])
        print(table(["planted", "ridge", "boosted", "s"], rows))
    print("\nLeak test\n")
    print(table(["feature", "IC", "1 late", "21 late", "placebo", "invariant", "verdict"], leak_rows(options)))
    failed = any(row[-1] == "NO" for row in (recovery_row(planted, rows) for planted, rows in runs.items()))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
