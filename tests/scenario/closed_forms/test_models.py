import math

import numpy as np
import pytest
from scipy import integrate

from daybook.scenario.closed_forms.gbm import Gbm
from daybook.scenario.closed_forms.merton import Merton, simulate_log_returns
from daybook.scenario.closed_forms.options import (
    black_scholes_call,
    jump_share_model,
    merton_call,
    simulated_call,
)

MODEL = Merton(0.08, 0.2, 0.5, -0.1, 0.15, 1)


def test_gbm_when_quantiles_are_integrated_then_they_have_the_mean_and_the_shortfall() -> None:
    model = Gbm(100, 0.07, 0.3, 0.5)
    mean = integrate.quad(lambda u: float(model.quantile(u)), 0, 1)[0]
    assert mean == pytest.approx(model.mean, rel=1e-6)
    assert float(model.distribution(model.quantile(0.2))) == pytest.approx(0.2)
    worst = integrate.quad(lambda u: -math.log(float(model.quantile(u)) / 100), 0, 0.05)[0] / 0.05
    assert model.expected_shortfall_log(0.95) == pytest.approx(worst, rel=1e-6)


def test_merton_when_simulated_then_moments_quantiles_and_growth_agree() -> None:
    draws = simulate_log_returns(MODEL, 200_000, np.random.default_rng(3))
    error = draws.std() / math.sqrt(draws.size)
    assert abs(draws.mean() - MODEL.mean) < 4 * error
    assert draws.var() == pytest.approx(MODEL.variance, rel=0.02)
    assert np.exp(draws).mean() == pytest.approx(MODEL.growth, rel=0.01)
    assert (draws <= MODEL.quantile(0.05)).mean() == pytest.approx(0.05, abs=0.002)
    worst = np.sort(-draws)[-10_000:]
    assert worst.mean() == pytest.approx(MODEL.expected_shortfall_log(0.95), rel=0.02)


def test_merton_when_without_jumps_then_it_is_brownian() -> None:
    plain, brownian = Merton(0.08, 0.25, 0.0, -0.1, 0.1, 1), Gbm(1, 0.08, 0.25, 1)
    assert plain.mean == pytest.approx(brownian.log_mean)
    assert plain.skew == 0
    assert plain.quantile(0.05) == pytest.approx(math.log(float(brownian.quantile(0.05))))
    assert plain.expected_shortfall_log(0.9) == pytest.approx(brownian.expected_shortfall_log(0.9))


def test_call_when_jumps_share_no_variance_then_it_is_black_scholes() -> None:
    model = jump_share_model(0.05, 0.2, 1.0, 0.0, 1.0)
    assert merton_call(100, 100, 0.05, model) == pytest.approx(black_scholes_call(100, 100, 0.05, 0.2, 1), rel=1e-9)
    assert black_scholes_call(100, 100, 0.05, 0.2, 1) == pytest.approx(10.450583572)
    assert black_scholes_call(100, 90, 0.0, 0.0, 1) == 10


def test_call_when_jumps_have_a_mean_then_simulation_agrees_with_the_series() -> None:
    model = Merton(0.03, 0.15, 2.0, -0.08, 0.12, 0.75)
    exact = merton_call(100, 95, 0.03, model)
    simulated = simulated_call(100, 95, 0.03, model, 100_000, 1)
    assert abs(simulated.value - exact) < 4 * simulated.standard_error
