"""Simulated moments against exact ones: no entry may be off by five standard errors, nor all to one side."""

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.market.errors import MarketDataError
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.packing import expected_daily_growth
from daybook.scenario.market.simulate import simulate_log_returns
from daybook.scenario.market.textbook import factor_market, jump_market, lognormal_market
from tests.scenario.market.markets import a_market, standard_errors

SCENARIOS = 100_000


def _logs(
    market: MarketParameters, days: int, seed: int, model: MarketModel = MarketModel.FACTOR_JUMP, count: int = SCENARIOS
) -> FloatArray:
    return simulate_log_returns(market, None, 0, count, days, stream_key(seed, "moments"), model, price_limits=False)


@pytest.mark.parametrize(
    ("mu", "sigma", "years", "steps"), [(0.08, 0.25, 1, 4), (-0.1, 0.6, 0.5, 1), (0.3, 0.1, 3, 50)]
)
@pytest.mark.parametrize("model", [MarketModel.GBM, MarketModel.FACTOR_JUMP])
def test_lognormal_market_when_simulated_then_mean_and_variance_of_the_price_are_exact(
    mu: float, sigma: float, years: float, steps: int, model: MarketModel
) -> None:
    prices = np.exp(_logs(lognormal_market(mu, sigma, years, steps), steps, steps, model)[:, 0])
    mean = math.exp(mu * years)
    variance = mean**2 * math.expm1(sigma**2 * years)
    assert abs(standard_errors(prices, mean)) < 4
    assert abs(standard_errors((prices - mean) ** 2, variance)) < 4


@pytest.mark.parametrize(
    ("mu", "sigma", "rate", "jump_mean", "jump_sd", "years", "steps"),
    [(0.08, 0.2, 0.5, -0.1, 0.15, 1, 5), (0.0, 0.1, 8, 0.05, 0.02, 0.5, 1), (0.05, 0.3, 2, -0.05, 0.0, 2, 20)],
)
def test_jump_market_when_simulated_then_cumulants_and_growth_are_mertons(
    mu: float, sigma: float, rate: float, jump_mean: float, jump_sd: float, years: float, steps: int
) -> None:
    logs = _logs(jump_market(mu, sigma, rate, jump_mean, jump_sd, years, steps), steps, steps)[:, 0]
    many = rate * years
    moment = {
        2: jump_mean**2 + jump_sd**2,
        3: jump_mean**3 + 3 * jump_mean * jump_sd**2,
        4: jump_mean**4 + 6 * jump_mean**2 * jump_sd**2 + 3 * jump_sd**4,
    }
    growth = rate * math.expm1(jump_mean + jump_sd**2 / 2)
    mean = (mu - sigma**2 / 2 - growth) * years + many * jump_mean
    variance = sigma**2 * years + many * moment[2]
    centred = logs - mean
    assert abs(standard_errors(logs, mean)) < 4
    assert abs(standard_errors(centred**2, variance)) < 4
    assert abs(standard_errors(centred**3, many * moment[3])) < 4
    assert abs(standard_errors(centred**4, many * moment[4] + 3 * variance**2)) < 4
    assert abs(standard_errors(np.exp(logs), math.exp(mu * years))) < 4


def test_jump_market_when_simulated_then_its_distribution_is_the_poisson_mixture() -> None:
    sigma, rate, jump_mean, jump_sd = 0.2, 0.5, -0.1, 0.15
    logs = _logs(jump_market(0.08, sigma, rate, jump_mean, jump_sd, 1, 5), 5, 11)[:, 0]
    drift = 0.08 - sigma**2 / 2 - rate * math.expm1(jump_mean + jump_sd**2 / 2)
    counts = np.arange(30)
    for level in (math.log(0.5), -0.35, -0.1, 0.2, 0.5):
        means, spreads = drift + counts * jump_mean, np.sqrt(sigma**2 + counts * jump_sd**2)
        exact = float((stats.poisson.pmf(counts, rate) * stats.norm.cdf((level - means) / spreads)).sum())
        assert abs(standard_errors((logs < level).astype(float), exact)) < 4


def test_gbm_when_made_from_a_market_with_jumps_then_mean_and_covariance_stay() -> None:
    market = a_market(stocks=4, factors=2, jumps=0.05)
    market = replace(market, loadings=np.column_stack([market.beta * market.market_sd, market.loadings[:, 1]]))
    logs = _logs(market, 10, 3, MarketModel.GBM)
    beta = np.append(market.beta, 1.0)
    mean = np.append(market.drift, market.market_drift) + beta * market.jump_rate * market.jump_mean
    second = market.jump_rate * (market.jump_mean**2 + market.jump_sd**2)
    covariance = np.zeros((5, 5))
    covariance[:4, :4] = market.loadings @ market.loadings.T + np.diag(market.idiosyncratic_sd**2)
    covariance[4, :4] = covariance[:4, 4] = market.beta * market.market_sd**2
    covariance[4, 4] = market.market_sd**2
    covariance += second * np.outer(beta, beta)
    _moments_match(logs, 10 * mean, 10 * covariance)
    assert np.abs(stats.kurtosis(logs)).max() < 5 * math.sqrt(24 / SCENARIOS)


@pytest.mark.parametrize("factors", [1, 2, 3, 5, 10, 16])
@pytest.mark.parametrize("stocks", [1, 3, 50])
def test_factor_market_when_simulated_then_mean_and_covariance_are_those_of_the_model(
    stocks: int, factors: int
) -> None:
    random = np.random.default_rng(stocks * 100 + factors)
    loadings = random.normal(0, 0.01, (stocks, factors))
    own = random.uniform(0.005, 0.03, stocks)
    drift = random.normal(0, 0.002, stocks)
    logs = _logs(factor_market(drift, loadings, own), 7, factors, count=20_000)[:, :stocks]
    _moments_match(logs, 7 * drift, 7 * (loadings @ loadings.T + np.diag(own**2)))


def _moments_match(logs: FloatArray, mean: FloatArray, covariance: FloatArray) -> None:
    count = logs.shape[0]
    off = (logs.mean(axis=0) - mean) / np.sqrt(np.diag(covariance) / count)
    assert np.abs(off).max() < 5
    centred = logs - mean
    found = np.einsum("si,sj->ij", centred, centred) / count
    spread = np.sqrt((covariance**2 + np.outer(np.diag(covariance), np.diag(covariance))) / count)
    wrong = ((found - covariance) / spread)[np.triu_indices(mean.size)]
    assert np.abs(wrong).max() < 5
    assert abs(np.sign(wrong).mean()) < 5 / math.sqrt(mean.size) + 1e-9


def test_factor_market_when_many_are_drawn_then_errors_have_no_systematic_sign() -> None:
    signs = []
    for seed in range(20):
        random = np.random.default_rng(seed)
        drift, own = random.normal(0, 0.002, 5), random.uniform(0.005, 0.03, 5)
        loadings = random.normal(0, 0.01, (5, 3))
        logs = _logs(factor_market(drift, loadings, own), 3, seed, count=5_000)[:, :5]
        signs.append(float(np.sign(logs.mean(axis=0) - 3 * drift)[0]))
        signs.append(float(np.sign(logs.var(axis=0) - 3 * ((loadings**2).sum(axis=1) + own**2))[0]))
    assert abs(sum(signs[0::2])) <= 16
    assert abs(sum(signs[1::2])) <= 16


def test_expected_growth_when_compared_with_simulated_prices_then_it_is_their_mean() -> None:
    market = a_market(stocks=5, jumps=0.1)
    prices = np.exp(_logs(market, 8, 5))
    for column, growth in enumerate(expected_daily_growth(market)):
        assert abs(standard_errors(prices[:, column], math.exp(8 * growth))) < 4


@pytest.mark.parametrize("change", [{"sigma": -0.1}, {"rate": -1.0}, {"years": 0.0}, {"steps": 0}])
def test_jump_market_when_input_is_bad_then_it_says_so(change: dict[str, float]) -> None:
    values = {"sigma": 0.2, "rate": 1.0, "years": 1.0, "steps": 1, **change}
    with pytest.raises(MarketDataError, match="must"):
        jump_market(0.1, values["sigma"], values["rate"], 0.0, 0.1, values["years"], int(values["steps"]))
