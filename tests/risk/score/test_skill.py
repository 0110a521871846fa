import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, roc_auc_score

from daybook.risk.score.skill import auc, brier_skill, calibration_error, reliability, skill


def drawn(seed=1, count=5_000):
    random = np.random.default_rng(seed)
    probabilities = np.round(random.beta(1, 4, count), 2)
    return probabilities, (random.uniform(size=count) < probabilities).astype(float)


def test_auc_when_compared_with_scikit_learn_then_it_is_the_same():
    probabilities, outcomes = drawn()
    assert auc(probabilities, outcomes) == pytest.approx(roc_auc_score(outcomes, probabilities))


def test_brier_skill_when_compared_with_scikit_learn_then_it_is_the_same():
    probabilities, outcomes = drawn()
    rate = outcomes.mean()
    assert brier_skill(probabilities, outcomes) == pytest.approx(
        1 - brier_score_loss(outcomes, probabilities) / (rate * (1 - rate))
    )
    assert brier_skill(np.full(len(outcomes), rate), outcomes) == pytest.approx(0)


def test_calibration_error_when_probabilities_are_true_or_shifted_then_it_is_small_or_the_shift():
    probabilities, outcomes = drawn(count=100_000)
    assert calibration_error(reliability(probabilities, outcomes)) < 0.006
    assert calibration_error(reliability(probabilities + 0.1, outcomes)) == pytest.approx(0.1, abs=0.006)


@pytest.mark.parametrize("outcome", [0.0, 1.0])
def test_skill_when_only_one_outcome_occurred_then_it_claims_none(outcome):
    found = skill(np.linspace(0.1, 0.9, 20), np.full(20, outcome))
    assert found.auc == 0.5
    assert found.brier_skill == 0
