import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.scores import (
    PROBABILITY_KNOTS,
    SCORE_KNOTS,
    RiskBand,
    RiskMetric,
    ScoreKind,
    ScoreWarning,
    band_of,
)
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.model import MetricValues, score_values
from daybook.risk.score.reference_file import shipped_reference
from daybook.risk.score.scale import score_of

REFERENCE = shipped_reference()
RANGES = {
    RiskMetric.EWMA_VOLATILITY: 1.5,
    RiskMetric.DRAWDOWN: 1.0,
    RiskMetric.CVAR_20D: 0.8,
    RiskMetric.BETA: 3.0,
    RiskMetric.DOWNSIDE_DEVIATION: 1.2,
    RiskMetric.AMIHUD: 5.0,
    RiskMetric.DAYS_TO_LIQUIDATE: 30.0,
    RiskMetric.CONCENTRATION: 1.0,
    RiskMetric.THREAT_LOSS: 0.3,
}
known = st.one_of(st.floats(0, 1), st.floats(0, 0.2), st.just(0.0), st.just(1.0))


@st.composite
def subjects(draw, may_miss=True):
    kind = draw(st.sampled_from(ScoreKind))
    part = st.one_of(known, known, known, st.none()) if may_miss else known
    drawn = {metric: draw(part) for metric in REFERENCE.weights(kind)}
    return kind, {metric: None if share is None else share * RANGES[metric] for metric, share in drawn.items()}


def score(kind, values, **others):
    return score_values("subject", kind, MetricValues(values, **others), REFERENCE)


@given(subjects())
def test_score_when_metrics_are_anything_then_it_lies_in_bounds_and_its_parts_sum_to_it(subject):
    found = score(*subject)
    assert 0 <= found.lowest_score <= found.score <= 100
    assert sum(row.points for row in found.contributions) == pytest.approx(found.score, abs=1e-9)
    assert all(row.points >= 0 for row in found.contributions)
    assert {row.metric for row in found.contributions} == set(REFERENCE.weights(subject[0]))
    assert sum(row.weight for row in found.contributions) == pytest.approx(1)


@given(subjects(), st.data())
def test_score_when_one_metric_rises_then_it_never_falls(subject, data):
    kind, values = subject
    metric = data.draw(st.sampled_from(sorted(values)))
    low, high = sorted(data.draw(st.tuples(known, known)))
    before = score(kind, values | {metric: low * RANGES[metric]})
    after = score(kind, values | {metric: high * RANGES[metric]})
    assert after.score >= before.score
    assert after.probability >= before.probability


@given(subjects(), st.data())
def test_score_when_a_metric_goes_missing_then_confidence_falls_and_the_score_does_not(subject, data):
    kind, values = subject
    metric = data.draw(st.sampled_from(sorted(values)))
    with_it = score(kind, values | {metric: data.draw(known) * RANGES[metric]})
    for absent in ({metric: None}, {metric: math.nan}):
        without = score(kind, values | absent)
        assert without.score >= with_it.score
        assert without.confidence < with_it.confidence
        assert metric in without.missing
        assert without.lowest_score <= with_it.score
        assert ScoreWarning.METRIC_MISSING in without.warnings
    left_out = score(kind, {name: value for name, value in values.items() if name is not metric})
    assert left_out == without


@settings(max_examples=30)
@given(subjects(may_miss=False), st.floats(0, 1))
def test_confidence_when_a_window_is_partly_seen_then_it_lies_between_missing_and_whole(subject, share):
    kind, values = subject
    found = score(kind, values, coverage={RiskMetric.BETA: share})
    assert score(kind, values | {RiskMetric.BETA: None}).confidence <= found.confidence <= 1
    assert score(kind, values).confidence == pytest.approx(1)


@pytest.mark.parametrize("kind", ScoreKind)
def test_score_when_nothing_is_known_then_it_is_the_highest_and_confidence_is_zero(kind):
    found, worst = score(kind, {}), score(kind, dict.fromkeys(REFERENCE.weights(kind), math.inf))
    assert found.score == worst.score
    assert found.confidence == 0
    assert found.lowest_score == 0
    assert worst.confidence == pytest.approx(1)
    assert worst.missing == ()
    assert all(row.value is None for row in worst.contributions)


@pytest.mark.parametrize("kind", ScoreKind)
def test_score_when_nothing_moves_then_it_is_zero_and_so_is_every_part(kind):
    found = score(kind, dict.fromkeys(REFERENCE.weights(kind), 0.0) | {RiskMetric.BETA: -1.0})
    assert found.score < 1
    assert sum(row.points for row in found.contributions) == pytest.approx(found.score, abs=1e-9)


def test_score_when_a_metric_is_not_the_kinds_then_it_refuses():
    with pytest.raises(ScoreInputError, match="concentration is no metric"):
        score(ScoreKind.ASSET, {RiskMetric.CONCENTRATION: 0.3})


def test_baseline_when_volatility_is_known_then_it_stands_beside_the_score_and_rises_with_it():
    kind, values = ScoreKind.ASSET, {RiskMetric.EWMA_VOLATILITY: 0.3}
    calm, wild = (score(kind, values, volatility_ratio=ratio).baseline for ratio in (0.1, 0.6))
    assert calm.score < wild.score
    assert wild.band is band_of(wild.score)
    none = score(kind, values)
    assert none.baseline is None
    assert ScoreWarning.NO_BASELINE in none.warnings


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_scale_when_between_two_knots_then_it_is_the_straight_line(share):
    for at in range(len(SCORE_KNOTS) - 1):
        low, high = PROBABILITY_KNOTS[at], PROBABILITY_KNOTS[at + 1]
        assert score_of(low + share * (high - low)) == pytest.approx(20 * (at + share))


@pytest.mark.parametrize(
    ("points", "band"),
    [
        (0, RiskBand.VERY_LOW),
        (19.99, RiskBand.VERY_LOW),
        (20, RiskBand.LOW),
        (40, RiskBand.MODERATE),
        (79.9, RiskBand.HIGH),
        (80, RiskBand.VERY_HIGH),
        (100, RiskBand.VERY_HIGH),
    ],
)
def test_band_when_the_score_is_at_a_border_then_the_border_belongs_above(points, band):
    assert band_of(points) is band
