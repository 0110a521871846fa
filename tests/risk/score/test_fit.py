from datetime import date

import numpy as np
import pytest

from daybook.contracts.scores import RiskMetric, ScoreKind
from daybook.risk.score.asset import score_asset
from daybook.risk.score.errors import ScoreFitError
from daybook.risk.score.fit import fit_logit, fit_parts, fit_reference, fitted_index, liquidity_quantiles
from daybook.risk.score.reference_file import read_reference, write_reference
from daybook.risk.score.sample import FitSample, fit_sample
from tests.risk.score.histories import calendar, us_rows, walk


def liquidity():
    random = np.random.default_rng(2)
    return liquidity_quantiles(np.exp(random.normal(size=500)), np.exp(random.normal(21, 2, 500)), 1e7, 0.1)


def test_fit_logit_when_slopes_were_planted_then_they_are_found_and_a_harmful_one_is_zero():
    random = np.random.default_rng(5)
    percentiles = random.uniform(size=(4, 60_000))
    logits = -3 + 3 * percentiles[0] + 1.5 * percentiles[1] - 1 * percentiles[3]
    outcomes = (random.uniform(size=60_000) < 1 / (1 + np.exp(-logits))).astype(float)
    found = fit_logit(percentiles, outcomes)
    assert found[:3] == pytest.approx([3, 1.5, 0], abs=0.15)
    assert found[3] == 0


def test_fit_when_real_rows_are_taken_then_weights_are_shares_and_probabilities_match_what_happened():
    rows = us_rows()
    parts = fit_parts(rows)
    assert sum(parts.weights.values()) == pytest.approx(1)
    assert min(parts.weights.values()) >= 0
    assert max(parts.weights, key=parts.weights.__getitem__) is RiskMetric.EWMA_VOLATILITY
    assert parts.model(rows).mean() == pytest.approx(rows.outcomes.mean(), abs=0.002)
    index = fitted_index(rows, parts.weights, parts.quantiles)
    assert index.min() >= 0.04
    assert index.max() <= 0.96


def test_fit_when_repeated_then_it_is_the_same_to_the_bit():
    one, other = fit_parts(us_rows()), fit_parts(us_rows())
    assert one.weights == other.weights
    np.testing.assert_array_equal(one.calibration.y, other.calibration.y)


def test_fit_reference_when_turnovers_are_known_then_liquidity_is_fitted_too_and_the_refit_scores():
    closes, index, turnovers = walk(1_500, 8, seed=3, daily=0.025)
    rows = fit_sample(calendar(1_500), closes, index, turnovers)
    reference = fit_reference(
        rows,
        version="krx-own-2026.1",
        market="krx",
        source="own bars",
        fitted_on=date(2026, 4, 1),
        liquidity=liquidity(),
    )
    assert RiskMetric.AMIHUD in reference.fitted_weights
    weights = {kind: reference.weights(kind) for kind in ScoreKind}
    expert = [sum(w for m, w in row.items() if m not in reference.fitted_weights) for row in weights.values()]
    assert expert == pytest.approx([0.06, 0.06])
    again = read_reference(*write_reference(reference))
    found = score_asset("005930", closes[:, 0], index_closes=index, turnovers_krw=turnovers[:, 0], reference=again)
    assert found.reference_version == "krx-own-2026.1"
    assert 0 < found.score < 100


def test_fit_when_rows_or_drawdowns_are_too_few_then_it_says_how_many_are_needed():
    rows = us_rows()
    with pytest.raises(ScoreFitError, match="2000 rows"):
        fit_parts(rows.rows(np.arange(500)))
    calm = FitSample(rows.values, rows.volatility, np.zeros(len(rows)), rows.days, rows.known_from, 10)
    with pytest.raises(ScoreFitError, match="0 drawdowns"):
        fit_parts(calm)


def test_fit_when_nothing_raises_the_risk_then_it_refuses_instead_of_guessing():
    rows = us_rows()
    upside_down = FitSample(
        {metric: -values for metric, values in rows.values.items()},
        rows.volatility, rows.outcomes, rows.days, rows.known_from, 10,
    )  # fmt: skip
    with pytest.raises(ScoreFitError, match="no metric rises"):
        fit_parts(upside_down)


def test_fit_sample_when_built_then_each_outcome_is_known_twenty_sessions_after_its_metrics():
    closes, index, _ = walk(400, 2)
    rows = fit_sample(calendar(400), closes, index)
    np.testing.assert_array_equal(rows.known_from - rows.days, 20)
    assert (np.diff(rows.days) >= 0).all()
    with pytest.raises(ScoreFitError, match="275 sessions"):
        fit_sample(calendar(200), closes[:200], index[:200])
    with pytest.raises(ScoreFitError, match="must rise"):
        fit_sample(calendar(400)[::-1], closes, index)
