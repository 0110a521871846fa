import numpy as np
import pytest
from sklearn.isotonic import IsotonicRegression

from daybook.risk.score.isotonic import binned_isotonic, isotonic


@pytest.mark.parametrize("seed", range(5))
def test_isotonic_when_compared_with_scikit_learn_then_it_is_the_same(seed):
    random = np.random.default_rng(seed)
    values, weights = random.normal(size=200) + np.linspace(0, 2, 200), random.uniform(0.1, 3, 200)
    theirs = IsotonicRegression().fit_transform(np.arange(200), values, sample_weight=weights)
    np.testing.assert_allclose(isotonic(values, weights), theirs, atol=1e-12)


def test_binned_isotonic_when_the_probability_rises_then_it_is_found():
    random = np.random.default_rng(3)
    x = random.uniform(0, 1, 200_000)
    outcomes = (random.uniform(size=len(x)) < x**2).astype(float)
    knots, rates = binned_isotonic(x, outcomes, 20)
    assert len(knots) == 20
    assert np.abs(rates - knots**2).max() < 0.015
    assert (np.diff(rates) >= 0).all()


def test_binned_isotonic_when_bins_share_one_x_then_they_become_one_knot():
    knots, rates = binned_isotonic(np.array([1.0] * 8 + [2.0] * 2), np.array([0.0, 1.0] * 5), 5)
    assert knots.tolist() == [1.0, 2.0]
    assert rates.tolist() == [0.5, 0.5]
