import numpy as np
import pytest
from scipy.optimize import minimize

from daybook.scenario.optimise.cvar import WeightLimit
from daybook.scenario.optimise.errors import BadProblem, InfeasiblePlan
from daybook.scenario.optimise.normal import min_variance, normal_min_cvar, tail_multiple
from daybook.scenario.optimise.quadratic import minimise_quadratic

# Rockafellar and Uryasev 2000, tables 1 to 4.
MEAN = np.array([0.010111, 0.0043532, 0.0137058])
COVARIANCE = np.array(
    [[0.00324625, 0.00022983, 0.00420395], [0.00022983, 0.00049937, 0.00019247], [0.00420395, 0.00019247, 0.00764097]]
)


def test_min_variance_when_inputs_are_those_of_rockafellar_and_uryasev_then_so_are_the_tables():
    found = min_variance(MEAN, COVARIANCE, (0.9, 0.95, 0.99), mean_floor=0.011)
    np.testing.assert_allclose(found.weights, [0.452013, 0.115573, 0.432414], atol=5e-6)
    assert found.variance == pytest.approx(0.00378529, abs=2e-6)
    np.testing.assert_allclose(found.var, [0.067847, 0.0902, 0.132128], atol=2e-6)
    np.testing.assert_allclose(found.cvar, [0.096975, 0.115908, 0.152977], atol=2e-6)


def test_normal_min_cvar_when_the_floor_binds_then_it_is_least_variance():
    least = min_variance(MEAN, COVARIANCE, mean_floor=0.011)
    found = normal_min_cvar(MEAN, COVARIANCE, 0.95, mean_floor=0.011)
    np.testing.assert_allclose(found.weights, least.weights, atol=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_normal_min_cvar_when_limits_are_random_then_no_general_optimiser_finds_less(seed):
    random = np.random.default_rng(seed)
    draws = random.normal(size=(40, 6)) * 0.05
    mean, covariance = random.normal(0.01, 0.01, 6), draws.T @ draws / 40
    group = WeightLimit("pair", np.array([1.0, 1, 0, 0, 0, 0]), lower=0.1, upper=0.4)
    found = normal_min_cvar(mean, covariance, 0.95, upper=0.5, groups=[group])
    other = minimize(
        lambda w: -mean @ w + tail_multiple(0.95) * np.sqrt(w @ covariance @ w),
        np.full(6, 1 / 6),
        bounds=[(0, 0.5)] * 6,
        constraints=[
            {"type": "eq", "fun": lambda w: w.sum() - 1},
            {"type": "ineq", "fun": lambda w: w[:2].sum() - 0.1},
            {"type": "ineq", "fun": lambda w: 0.4 - w[:2].sum()},
        ],
        options={"ftol": 1e-14, "maxiter": 500},
    )
    assert found.cvar[0] <= other.fun + 1e-9
    assert found.cvar[0] == pytest.approx(other.fun, abs=1e-6)
    assert found.weights.sum() == pytest.approx(1)
    assert 0.1 - 1e-9 <= found.weights[:2].sum() <= 0.4 + 1e-9


def test_min_variance_when_no_weights_reach_the_floor_then_it_says_so():
    with pytest.raises(InfeasiblePlan):
        min_variance(MEAN, COVARIANCE, mean_floor=0.02)


def test_min_variance_when_assets_repeat_then_the_covariance_is_refused():
    with pytest.raises(BadProblem, match="positive definite"):
        min_variance(np.zeros(2), np.array([[1.0, 1.0], [1.0, 1.0]]))


def test_quadratic_when_nothing_binds_then_the_optimum_is_that_of_the_equality():
    hessian = np.diag([1.0, 2.0, 4.0])
    found = minimise_quadratic(hessian, np.zeros(3), np.ones((1, 3)), np.ones(1), np.zeros((0, 3)), np.zeros(0))
    np.testing.assert_allclose(found, np.array([4, 2, 1]) / 7, atol=1e-12)
