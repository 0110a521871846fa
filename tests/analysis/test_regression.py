"""Regression against least squares by numpy and the covariance written out term by term."""

import math

import numpy as np
import pytest

from daybook.analysis.errors import TooShort
from daybook.analysis.regression import regress


def example(count=200, seed=1):
    random = np.random.default_rng(seed)
    factors = random.normal(0, 0.01, (count, 2))
    noise = np.zeros(count)
    for place in range(1, count):
        noise[place] = 0.4 * noise[place - 1] + random.normal(0, 0.005)
    return 0.0004 + factors @ [1.2, -0.5] + noise, factors


def newey_west(target, factors, lags):
    """The covariance as the paper's double sum, one observation pair after another."""
    design = np.column_stack((np.ones(len(target)), factors))
    beta = np.linalg.lstsq(design, target, rcond=None)[0]
    residuals = target - design @ beta
    middle = np.zeros((design.shape[1],) * 2)
    for row in range(len(target)):
        for other in range(len(target)):
            distance = abs(row - other)
            if distance <= lags:
                weight = 1 - distance / (lags + 1)
                middle += weight * residuals[row] * residuals[other] * np.outer(design[row], design[other])
    bread = np.linalg.inv(design.T @ design)
    return beta, np.sqrt(np.diag(bread @ middle @ bread) * len(target) / (len(target) - design.shape[1]))


@pytest.mark.parametrize("seed", range(3))
def test_regress_when_compared_with_the_double_sum_then_estimates_and_errors_are_equal(seed):
    target, factors = example(150, seed)
    found = regress(target, factors, ("market", "momentum"))
    assert found.lags == math.floor(4 * 1.5 ** (2 / 9))
    beta, errors = newey_west(target, factors, found.lags)
    np.testing.assert_allclose([row.estimate for row in found.coefficients], beta, rtol=1e-9)
    np.testing.assert_allclose([row.standard_error for row in found.coefficients], errors, rtol=1e-9)
    assert [row.name for row in found.coefficients] == ["alpha", "market", "momentum"]


def test_regress_when_the_relation_is_exact_then_it_is_found_and_explains_everything():
    _, factors = example(80)
    found = regress(0.001 + factors @ [2.0, 3.0], factors, ("a", "b"))
    assert [row.estimate for row in found.coefficients] == pytest.approx([0.001, 2.0, 3.0])
    assert found.r_squared == pytest.approx(1.0)


def test_regress_when_there_is_no_relation_then_p_values_are_spread_and_r_squared_is_small():
    random = np.random.default_rng(5)
    values = [
        regress(random.normal(size=250), random.normal(size=(250, 1)), ("x",)).coefficients[1].p_value
        for _ in range(200)
    ]
    assert 0.02 < np.mean(np.array(values) < 0.05) < 0.12


def test_regress_when_factors_repeat_one_another_then_it_refuses():
    target, factors = example(100)
    with pytest.raises(ValueError, match="repeat one another"):
        regress(target, np.column_stack((factors[:, 0], 2 * factors[:, 0])), ("a", "b"))


def test_regress_when_there_are_too_few_observations_then_it_says_how_many_sessions_it_needs():
    target, factors = example(29)
    with pytest.raises(TooShort, match="needs 31 sessions, 30 exist"):
        regress(target, factors, ("a", "b"))
