"""The score itself: percentiles to an index, the index to a probability, the probability to points.

Non-decreasing in every metric by construction: percentile tables, calibration and scale never fall, weights are never
negative, and a fixed order of additions keeps that true of rounded numbers too. A missing metric stands at percentile
1, the most it can be: learning its value can lower the score or leave it, never raise it.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from daybook.contracts.scenario import EvidenceKind
from daybook.contracts.scores import (
    METRIC_LABELS,
    BaselineScore,
    Preferred,
    RiskMetric,
    RiskScore,
    ScoreContribution,
    ScoreKind,
    ScoreWarning,
    band_of,
)
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.reference import ScoreReference
from daybook.risk.score.scale import score_of
from daybook.scenario.arrays import FloatArray

HOME_MARKET = "krx"


@dataclass(frozen=True)
class MetricValues:
    """One subject's metrics. What is absent, None or nan is missing; infinity is known and worst."""

    values: Mapping[RiskMetric, float | None]
    coverage: Mapping[RiskMetric, float] = field(default_factory=dict)
    """Share of each metric's window that was observed; 1 where not said."""
    volatility_ratio: float | None = None
    """Plain 20-day volatility a year, for the baseline."""


def index_of(
    percentiles: Mapping[RiskMetric, FloatArray], weights: Mapping[RiskMetric, float], shape: tuple[int, ...] = ()
) -> FloatArray:
    """Return the index, sum of weight times percentile, in the weights' order; arrays of one shape."""
    total = np.zeros(shape)
    for metric, weight in weights.items():
        total = total + weight * percentiles[metric]
    return np.asarray(np.clip(total, 0.0, 1.0))


def score_values(
    subject: str, kind: ScoreKind, metrics: MetricValues, reference: ScoreReference, *, as_of: date | None = None
) -> RiskScore:
    """Return the score of one subject from its metrics.

    Raises ScoreInputError where a metric does not belong to the kind, since it would silently count for nothing.
    """
    weights = reference.weights(kind)
    foreign = [metric for metric in metrics.values if metric not in weights]
    if foreign:
        raise ScoreInputError("metrics", f"{foreign[0]} is no metric of a {kind}; leave it out")
    known = {metric: _known(metrics.values.get(metric)) for metric in weights}
    missing = tuple(metric for metric, value in known.items() if math.isnan(value))
    percentiles = {metric: reference.percentile(metric, np.array(value)) for metric, value in known.items()}
    best = percentiles | {metric: np.array(0.0) for metric in missing}
    index = float(index_of(percentiles, weights))
    probability = float(reference.calibration(index))
    score = float(score_of(probability))
    baseline = baseline_score(metrics.volatility_ratio, reference)
    preferred = reference.facts.verdict(kind)
    coverage = {
        metric: 0.0 if metric in missing else min(1.0, max(0.0, metrics.coverage.get(metric, 1.0)))
        for metric in weights
    }
    return RiskScore(
        subject=subject,
        kind=kind,
        as_of=as_of,
        score=score,
        lowest_score=float(score_of(reference.calibration(index_of(best, weights)))),
        band=band_of(score),
        probability=probability,
        contributions=_contributions(score, index, known, percentiles, weights, reference),
        confidence=_confidence(coverage, weights),
        missing=missing,
        baseline=baseline,
        preferred=preferred,
        reference_version=reference.facts.version,
        warnings=_warnings(missing, coverage, baseline, preferred, weights, reference),
    )


def baseline_score(volatility_ratio: float | None, reference: ScoreReference) -> BaselineScore | None:
    """Return what 20-day volatility alone says; None without it."""
    volatility = _known(volatility_ratio)
    if not math.isfinite(volatility):
        return None
    probability = float(reference.baseline(volatility))
    score = float(score_of(probability))
    return BaselineScore(volatility_ratio=volatility, probability=probability, score=score, band=band_of(score))


def _known(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _confidence(coverage: Mapping[RiskMetric, float], weights: Mapping[RiskMetric, float]) -> float:
    """Return half the weight observed plus half the share of metrics observed: any missing metric lowers it."""
    by_weight = sum(weight * coverage[metric] for metric, weight in weights.items())
    by_count = sum(coverage.values()) / len(coverage)
    return min(1.0, max(0.0, 0.5 * by_weight + 0.5 * by_count))


def _contributions(
    score: float,
    index: float,
    known: Mapping[RiskMetric, float],
    percentiles: Mapping[RiskMetric, FloatArray],
    weights: Mapping[RiskMetric, float],
    reference: ScoreReference,
) -> tuple[ScoreContribution, ...]:
    """Split the score as its index splits; a score above 0 at index 0 splits by weight, the limit of equal parts."""
    rows = []
    for metric, weight in weights.items():
        percentile = float(percentiles[metric])
        share = weight * percentile / index if index > 0 else weight
        label_ko, label_en, unit = METRIC_LABELS[metric]
        value = known[metric]
        rows.append(
            ScoreContribution(
                metric=metric,
                label_ko=label_ko,
                label_en=label_en,
                unit=unit,
                value=value if math.isfinite(value) else None,
                percentile=percentile,
                weight=weight,
                points=min(score, score * share),
                missing=math.isnan(value),
                evidence=reference.evidence(metric),
            )
        )
    return tuple(sorted(rows, key=lambda row: (-row.points, tuple(RiskMetric).index(row.metric))))


def _warnings(
    missing: tuple[RiskMetric, ...],
    coverage: Mapping[RiskMetric, float],
    baseline: BaselineScore | None,
    preferred: Preferred,
    weights: Mapping[RiskMetric, float],
    reference: ScoreReference,
) -> tuple[ScoreWarning, ...]:
    expert = any(reference.evidence(metric) is EvidenceKind.EXPERT for metric in weights)
    short = any(share < 1.0 - 1e-9 for metric, share in coverage.items() if metric not in missing)
    said = (
        (ScoreWarning.METRIC_MISSING, bool(missing)),
        (ScoreWarning.SHORT_HISTORY, short),
        (ScoreWarning.NO_BASELINE, baseline is None),
        (ScoreWarning.BASELINE_IS_BETTER, preferred is Preferred.BASELINE),
        (ScoreWarning.NOT_PROVEN_BETTER, preferred is Preferred.TIE),
        (ScoreWarning.FOREIGN_REFERENCE, reference.facts.market != HOME_MARKET),
        (ScoreWarning.EXPERT_WEIGHTS, expert),
    )
    return tuple(warning for warning, holds in said if holds)
