import numpy as np
import pytest

from daybook.scenario.market.volatility import DECAY, PERSISTENCE, forecast_variance, running_variance


def test_running_variance_when_fed_then_each_day_is_the_weighted_mean_of_the_days_before() -> None:
    found = running_variance(np.array([0.01, np.nan, -0.03]), 0.0004)
    first = DECAY * 0.0004 + (1 - DECAY) * 0.0001
    assert found == pytest.approx([0.0004, first, first, DECAY * first + (1 - DECAY) * 0.0009])


def test_running_variance_when_capped_then_a_jump_counts_as_that_many_deviations() -> None:
    found = running_variance(np.array([0.5]), 0.0001, cap=4.0)
    assert found[1] == pytest.approx(DECAY * 0.0001 + (1 - DECAY) * 16 * 0.0001)


def test_forecast_when_volatility_is_up_then_it_returns_to_the_long_run_with_the_horizon() -> None:
    random = np.random.default_rng(3)
    deviations = np.concatenate([random.normal(0, 0.01, 500), random.normal(0, 0.03, 40)])
    long_run = float(np.mean(deviations**2))
    found = [forecast_variance(deviations, days) for days in (1, 20, 60, 250, 5_000)]
    assert found == sorted(found, reverse=True)
    assert found[0] == pytest.approx(running_variance(deviations, long_run, cap=4.0)[-1])
    assert found[0] == pytest.approx(0.03**2, rel=0.5)
    assert found[-1] == pytest.approx(long_run, rel=0.05)


def test_forecast_when_summed_day_by_day_then_it_is_the_mean_of_the_decaying_gaps() -> None:
    deviations = np.random.default_rng(5).normal(0, 0.02, 300)
    one = forecast_variance(deviations, 1)
    long_run = float(np.mean(deviations**2))
    days = [long_run + PERSISTENCE**day * (one - long_run) for day in range(40)]
    assert forecast_variance(deviations, 40) == pytest.approx(float(np.mean(days)))


def test_forecast_when_nothing_is_known_then_it_is_zero() -> None:
    assert forecast_variance(np.full(5, np.nan), 60) == 0
    assert forecast_variance(np.zeros(5), 60) == 0
