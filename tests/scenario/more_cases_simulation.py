"""Price models with other inputs: MC-02 to MC-06."""

import itertools
import math

import numpy as np
import pytest
from scipy import stats

from daybook.contracts.scenario import MarketModel
from daybook.scenario.closed_forms.gbm import Gbm
from daybook.scenario.closed_forms.merton import Merton
from daybook.scenario.closed_forms.options import jump_share_model, merton_call, simulated_call
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.simulate import simulate_log_returns, simulate_wealth
from daybook.scenario.market.textbook import jump_market, lognormal_market

HAUG = {
    (80, 0.1, 1, 0.25): 20.67,
    (100, 0.25, 1, 0.25): 5.88,
    (90, 0.5, 5, 0.5): 15.41,
    (110, 0.5, 1, 0.5): 4.42,
}


def haug_table_by_its_series() -> None:
    """Every row of Haug's table by the plain sum over jumps, and the printed ones to the printed cent."""
    for strike, years, rate, share in itertools.product(
        (80, 90, 100, 110, 120), (0.1, 0.25, 0.5), (1, 5, 10), (0.25, 0.5, 0.75)
    ):
        found = merton_call(100, strike, 0.08, jump_share_model(0.08, 0.25, rate, share, years))
        assert found == pytest.approx(_series(strike, years, rate, share), abs=1e-9)
        if (strike, years, rate, share) in HAUG:
            assert found == pytest.approx(HAUG[strike, years, rate, share], abs=0.006)


def _series(strike: float, years: float, rate: float, share: float) -> float:
    jump = share * 0.25**2 / rate
    plain = 0.25**2 - rate * jump
    counts = np.arange(80)
    sds = np.sqrt(plain + jump * counts / years)
    first = (math.log(100 / strike) + (0.08 + sds**2 / 2) * years) / (sds * math.sqrt(years))
    values = 100 * stats.norm.cdf(first) - strike * math.exp(-0.08 * years) * stats.norm.cdf(first - sds * years**0.5)
    return float((stats.poisson.pmf(counts, rate * years) * values).sum())


def calls_by_simulation() -> None:
    model = jump_share_model(0.08, 0.25, 10, 0.75, 0.25)
    found = simulated_call(100, 110, 0.08, model, 100_000, 3)
    assert abs(found.value - merton_call(100, 110, 0.08, model)) <= 4 * found.standard_error


def calls_by_the_engine() -> None:
    """The market simulation itself prices Haug's 15.41, jumps of mean size 0 and half of the variance."""
    share = 0.5 * 0.25**2 / 5
    market = jump_market(0.08, 0.25 * math.sqrt(0.5), 5, -share / 2, math.sqrt(share), 0.5, 50)
    logs = simulate_log_returns(
        market, None, 0, 40_000, 50, stream_key(6, "call"), MarketModel.FACTOR_JUMP, price_limits=False
    )
    payoff = math.exp(-0.04) * np.maximum(100 * np.exp(logs[:, 0]) - 90, 0)
    assert abs(payoff.mean() - 15.41) <= 4 * payoff.std() / 200 + 0.01


def jump_diffusion_tails_by_integration() -> None:
    model = Merton(0.05, 0.2, 0.7, -0.1, 0.15, 0.5)
    grid = np.linspace(-3, 3, 60_001)
    counts = np.arange(30)
    means = model.continuous_mean - 0.1 * counts
    sds = np.sqrt(0.02 + 0.15**2 * counts)
    density = (stats.poisson.pmf(counts, 0.35) * stats.norm.pdf(grid[:, None], means, sds)).sum(axis=1)
    for alpha in (0.9, 0.95, 0.99):
        low = model.quantile(1 - alpha)
        assert float(model.distribution(low)) == pytest.approx(1 - alpha, rel=1e-9)
        mean = -np.trapezoid(np.where(grid <= low, grid, 0) * density, grid) / (1 - alpha)
        assert model.expected_shortfall_log(alpha) == pytest.approx(mean, rel=1e-3)
    assert np.trapezoid(np.exp(grid) * density, grid) == pytest.approx(model.growth, rel=1e-6)


def jumps_alone_have_steps() -> None:
    """Without Brownian motion nothing moves but jumps; the chance of none is an atom."""
    model = Merton(0.0, 0.0, 0.5, -0.1, 0.15, 1.0)
    atom = model.continuous_mean
    step = float(model.distribution(atom)) - float(model.distribution(atom - 1e-12))
    assert step == pytest.approx(math.exp(-0.5), abs=1e-9)
    assert model.expected_shortfall_log(0.95) > model.value_at_risk_log(0.95)


def barrier_is_touched_as_often_as_the_reflection_says() -> None:
    days = 100
    for drift, sd, years, barrier in ((0.08, 0.25, 1, 0.8), (0.03, 0.4, 0.5, 0.7), (-0.1, 0.2, 1, 0.9)):
        market = lognormal_market(drift, sd, years, days)
        key = stream_key(5, "barrier")
        paths = simulate_wealth(
            market, None, 0, 10_000, days, key, MarketModel.GBM, np.array([1.0, 0.0]), 0.0, price_limits=False
        )
        watched = barrier * math.exp(-0.5826 * sd * math.sqrt(years / days))
        exact = Gbm(1.0, drift, sd, years).chance_of_touching(watched)
        error = math.sqrt(exact * (1 - exact) / 10_000)
        assert abs((paths.minimum_krw <= barrier).mean() - exact) <= 4 * error
    model = Gbm(100, 0.0, 0.2, 1)
    away = math.log(0.8)
    by_hand = stats.norm.cdf((away + 0.02) / 0.2) + math.exp(-away) * stats.norm.cdf((away - 0.02) / 0.2)
    assert model.chance_of_touching(80) == pytest.approx(by_hand, rel=1e-12)
    assert model.chance_of_touching(100) == 1
    assert Gbm(100, 0.02, 0.2, 1).chance_of_touching(120) == pytest.approx(2 * stats.norm.sf(math.log(1.2) / 0.2))


CHECKS = (
    haug_table_by_its_series,
    calls_by_simulation,
    calls_by_the_engine,
    jump_diffusion_tails_by_integration,
    jumps_alone_have_steps,
    barrier_is_touched_as_often_as_the_reflection_says,
)
