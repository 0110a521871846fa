"""Recommendation, costs and scores: RC-*, RS-*, KR-*."""

import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal

import numpy as np

from daybook.advice.combinatorial_folds import CombinatorialFolds
from daybook.advice.deflated_sharpe import deflated_sharpe, probabilistic_sharpe
from daybook.contracts.base import Side
from daybook.contracts.market import Market, SecurityKind
from tests.scenario.cases_book import Answers, Case, Judged, UnknownCase, handles, number

SEEDS = 8


@handles(lambda case: case.has("trials") and ("SR_annual" in case.inputs or "SR" in case.inputs))
def deflated(case: Case) -> Answers:
    year = case.number("periods_per_year", default=1.0)
    sharpe = case.number("SR_annual") / year**0.5 if case.has("SR_annual") else case.number("SR")
    spread = case.number("var_SR_annual") / year if case.has("var_SR_annual") else case.number("var_SR")
    shape = (case.number("skew", default=0.0), case.number("kurt", "kurtosis", default=3.0))
    periods = int(case.number("T", "periods"))
    found = deflated_sharpe(sharpe, periods, int(case.number("trials")), spread, *shape)
    return {
        "SR0_per_period": found.threshold,
        "SR0": found.threshold,
        "SR0_annual": found.threshold * year**0.5,
        "DSR": found.probability,
        "PSR": probabilistic_sharpe(sharpe, periods, *shape),
        "significant_5pct": found.probability > 0.95,
    }


@handles(lambda case: case.has("n_folds", "n_test_folds"))
def combinatorial(case: Case) -> Answers:
    purge = int(case.number("purged_size", "purge", "purge_days", default=0))
    embargo = int(case.number("embargo_size", "embargo", "embargo_days", default=0))
    folds = CombinatorialFolds(int(case.number("n_folds")), int(case.number("n_test_folds")), purge, embargo)
    count = int(
        case.number("n_observations", "observations", "T", default=folds.folds * (20 + 4 * purge + 4 * embargo))
    )
    splits, paths = folds.splits(count), folds.paths()
    assert len(splits) == folds.split_count
    assert len(paths) == folds.path_count
    used = {(number, fold) for path in paths for fold, number in enumerate(path)}
    assert used == {(split.number, fold) for split in splits for fold in split.test_folds}
    for split in splits:
        assert not set(split.train) & set(split.test)
    tested = np.bincount([position for split in splits for position in split.test], minlength=count)
    sizes = [len(split.train) for split in splits]
    return {
        "splits": len(splits),
        "paths": len(paths),
        "times_tested": int(tested[0]) if (tested == tested[0]).all() else tested.tolist(),
        "min_train": min(sizes),
        "max_train": max(sizes),
        "train_sizes": sizes,
    }


@handles(lambda case: case.has("planted_ic"))
def planted_signal(case: Case) -> Answers:
    """Run :data:`SEEDS` seeds of each strength, some 0.2 s each, and hold their mean to the case's own tolerance.

    The case speaks of 12 seeds; ``test_planted_signal_when_all_twelve_seeds_run`` runs them behind the chaos marker.
    """
    given = case.inputs["planted_ic"]
    strengths = [number(ic) for ic in given] if isinstance(given, list) else [number(given)]
    found = [_planted(case, ic) for ic in strengths]
    means = [float(np.mean([mean for mean, _ in rows])) for rows in found]
    errors = [float(np.std([mean for mean, _ in rows], ddof=1)) for rows in found]
    beyond = [sum(t > 2 for _, t in rows) for rows in found]
    single = not isinstance(given, list)
    return {
        "mean_ic": means[0] if single else means,
        "sd_over_seeds": errors[0] if single else errors,
        "t_above_2": beyond[0] if single else beyond,
        "significant_seeds": beyond[0] if single else beyond,
    }


def _planted(case: Case, strength: float) -> list[tuple[float, float]]:
    from daybook.advice.labels import ranked_labels
    from daybook.advice.ranks import rank_rows
    from daybook.advice.synthetic_panel import planted_panel
    from daybook.advice.walk_forward import walk_forward
    from daybook.contracts.factors import FactorSettings

    horizon = int(case.number("horizon", default=20))
    rows = []
    for seed in range(int(case.number("seeds", default=SEEDS))):
        panel = planted_panel(
            strength,
            stocks=int(case.number("stocks", default=150)),
            days=int(case.number("days", default=2_000)),
            horizon=horizon,
            seed=seed,
        )
        ranks = np.stack([rank_rows(values, panel.member) for values in panel.signals.values()], axis=2)
        summary = walk_forward(ranks, ranked_labels(panel, horizon), FactorSettings(horizon_sessions=horizon)).summary
        rows.append((summary.mean, summary.t))
    return rows


@handles(lambda case: case.has("amount_krw", "date"))
def trading_costs(case: Case) -> Answers:
    from daybook.krx.fees import order_costs, sell_tax_rate

    market = Market(str(case.inputs.get("market", "KOSPI")).upper())
    kind = SecurityKind(str(case.inputs.get("kind", case.inputs.get("instrument", "stock"))).lower())
    on = date.fromisoformat(str(case.inputs["date"]))
    amount = int(case.number("amount_krw"))
    rate = Decimal(str(case.inputs.get("commission_rate", "0.00014")))
    side = Side(str(case.inputs.get("side", "sell")).lower())
    bill = order_costs(side, market, kind, amount, on, rate)
    sale = order_costs(Side.SELL, market, kind, amount, on, rate)
    buy = order_costs(Side.BUY, market, kind, amount, on, rate)
    rural = Decimal("0.0015") if market is Market.KOSPI and kind is SecurityKind.STOCK else Decimal(0)
    whole = sell_tax_rate(market, kind, on)
    taxed = side is Side.SELL
    return {
        "stt": float((whole - rural) * amount) if taxed else 0.0,
        "rural_tax": float(rural * amount) if taxed else 0.0,
        "tax": bill.tax_krw,
        "total_tax": bill.tax_krw,
        "sell_side_tax": sale.tax_krw,
        "buy_side_tax": buy.tax_krw,
        "commission": bill.commission_krw,
        "total": bill.total_krw,
        "total_cost": bill.total_krw,
        "round_trip": buy.total_krw + sale.total_krw,
        "round_trip_pct": 100 * (buy.total_krw + sale.total_krw) / amount,
        "sell_tax_rate": float(whole),
    }


def judged_by_words(case: Case, checks: list[tuple[str, Callable[[], Judged]]]) -> Judged | list[Judged]:
    """Return a judgement for each sentence of ``must``, by the first check whose pattern the sentence matches."""
    sentences = case.expected["must"]
    found = []
    for sentence in sentences if isinstance(sentences, list) else [sentences]:
        run = next((check for pattern, check in checks if re.search(pattern, sentence, re.IGNORECASE)), None)
        if run is None:
            raise UnknownCase(f"{case.id}: no check knows the rule {sentence!r}")
        found.append(run())
    return found if isinstance(sentences, list) else found[0]


@handles(lambda case: "must" in case.expected and "llm" in case.text())
def bounded_opinion(case: Case) -> Answers:
    from tests.scenario import cases_opinion

    return {"must": judged_by_words(case, cases_opinion.CHECKS)}


@handles(lambda case: "must" in case.expected and "score" in case.text())
def explained_score(case: Case) -> Answers:
    from tests.scenario import cases_score

    return {"must": judged_by_words(case, cases_score.CHECKS)}
