"""Checks of the market simulation against exact results."""

import math
from dataclasses import replace
from typing import Any

import numpy as np
from scipy import stats

from daybook.contracts.scenario import MarketModel
from daybook.scenario.arrays import ActiveEvents, Hedge, MarketParameters
from daybook.scenario.closed_forms.gbm import Gbm
from daybook.scenario.closed_forms.merton import Merton
from daybook.scenario.market.keys import stream_key
from daybook.scenario.market.simulate import simulate, simulate_log_returns, simulate_wealth
from tests.scenario.cases_book import Judged

DAYS_A_YEAR = 250
PATHS = 20_000


def market(stocks: int = 1, factors: int = 1, **changes: Any) -> MarketParameters:
    """Return a market without movement, but for what ``changes`` say."""
    plain = MarketParameters(
        codes=tuple(f"{number:06d}" for number in range(stocks)),
        names=tuple(f"stock {number}" for number in range(stocks)),
        sectors=tuple(f"sector {number % 3}" for number in range(stocks)),
        prices_krw=np.full(stocks, 10_000, dtype=np.int64),
        turnover_krw=np.full(stocks, 1e10),
        drift=np.zeros(stocks),
        loadings=np.zeros((stocks, factors)),
        idiosyncratic_sd=np.zeros(stocks),
        beta=np.ones(stocks),
        market_drift=0.0,
        market_sd=0.0,
        jump_rate=0.0,
        jump_mean=0.0,
        jump_sd=0.0,
        hedges=(),
        history=np.zeros((0, stocks + 1)),
    )
    return replace(plain, **changes)


def engine_matches_gbm(model: Gbm) -> None:
    """Simulate the model day by day with the engine and compare moments within 4 standard errors."""
    days = max(1, round(model.years * DAYS_A_YEAR))
    sd = math.sqrt(model.log_variance / days)
    drift = model.log_mean / days
    parameters = market(
        drift=np.array([drift]),
        loadings=np.array([[sd * 0.6]]),
        idiosyncratic_sd=np.array([sd * 0.8]),
        market_drift=drift,
        market_sd=sd * 0.6,
    )
    logs = _logs(parameters, days, MarketModel.GBM)
    prices = model.spot * np.exp(logs)
    _near(prices, model.mean, "mean of the price")
    _near((prices - model.mean) ** 2, model.variance, "variance of the price")
    _near(logs, model.log_mean, "mean of the log return")


def engine_matches_merton(model: Merton) -> None:
    """Simulate the jump diffusion with the engine, without daily limits, and compare within 4 standard errors."""
    days = max(1, round(model.years * DAYS_A_YEAR))
    sd = model.volatility * math.sqrt(model.years / days)
    drift = model.continuous_mean / days
    parameters = market(
        drift=np.array([drift]),
        loadings=np.array([[sd]]),
        market_drift=drift,
        market_sd=sd,
        jump_rate=model.jump_rate * model.years / days,
        jump_mean=model.jump_mean,
        jump_sd=model.jump_sd,
    )
    logs = _logs(parameters, days, MarketModel.FACTOR_JUMP)
    _near(logs, model.mean, "mean of the log return")
    _near((logs - model.mean) ** 2, model.variance, "variance of the log return")
    _near(np.exp(logs), model.growth, "mean of the price")
    for probability in (0.01, 0.05, 0.5):
        at = model.quantile(probability)
        _near((logs <= at).astype(float), probability, f"share below the {probability:.0%} quantile")


def _logs(parameters: MarketParameters, days: int, model: MarketModel) -> np.ndarray:
    key = stream_key(20_260_101, "closed-form")
    return simulate_log_returns(parameters, None, 0, PATHS, days, key, model, price_limits=False)[:, 0]


def _near(values: np.ndarray, expected: float, what: str) -> None:
    error = float(values.std(ddof=1)) / math.sqrt(values.size)
    distance = (float(values.mean()) - expected) / error
    assert abs(distance) <= 4, f"{what}: {values.mean():.6g}, {distance:+.1f} standard errors from {expected:.6g}"


def factor_moments(draws: int, sizes: tuple[int, ...], factors: tuple[int, ...]) -> Judged:
    """Compare means and covariances of horizon log returns with mu T and (B B' + diag(s^2)) T, limits off.

    A 250,000-entry table of honest errors has its largest near 4.6 standard errors, so 5 is demanding but fair.
    """
    generator = np.random.default_rng(2026)
    days, paths = 5, 4_000
    worst, above, heavier = 0.0, 0, 0
    for number in range(draws):
        size = sizes[number % len(sizes)]
        count = factors[(number // len(sizes)) % len(factors)]
        loadings = generator.normal(0, 0.006, (size, count))
        loadings[:, 0] = generator.uniform(0.004, 0.014, size)
        own = generator.uniform(0.004, 0.02, size)
        drift = generator.normal(0, 0.001, size)
        parameters = market(
            size,
            count,
            loadings=loadings,
            idiosyncratic_sd=own,
            drift=drift,
            beta=loadings[:, 0] / 0.01,
            market_sd=0.01,
        )
        key = stream_key(number, "moments")
        logs = simulate_log_returns(parameters, None, 0, paths, days, key, MarketModel.FACTOR_JUMP, price_limits=False)
        exact = days * (loadings @ loadings.T + np.diag(own**2))
        spread = np.sqrt(np.diag(exact))
        centred = logs[:, :-1] - days * drift
        mean_errors = centred.mean(axis=0) / (spread / math.sqrt(paths))
        sample = centred.T @ centred / paths
        errors = (sample - exact) / np.sqrt((np.outer(spread, spread) ** 2 + exact**2) / paths)
        upper = errors[np.triu_indices(size)]
        worst = max(worst, float(np.abs(mean_errors).max()), float(np.abs(upper).max()))
        above += int(mean_errors.mean() > 0)
        heavier += int(upper.mean() > 0)
    fair = stats.binom.ppf([0.001, 0.999], draws, 0.5)
    unsigned = all(fair[0] <= count <= fair[1] for count in (above, heavier))
    found = f"worst {worst:.2f} errors; above in {above} and {heavier} of {draws} draws"
    return Judged(worst <= 5 and unsigned, found)


def wild_market(stocks: int = 12) -> tuple[MarketParameters, ActiveEvents, int]:
    """Return a market of absurd volatility with crashes in every scenario, and the number of scenarios."""
    parameters = market(
        stocks,
        2,
        loadings=np.tile(np.array([0.15, 0.05]), (stocks, 1)),
        idiosyncratic_sd=np.full(stocks, 0.2),
        beta=np.linspace(0.5, 2.5, stocks),
        market_sd=0.15,
        jump_rate=0.3,
        jump_mean=-0.2,
        jump_sd=0.4,
        hedges=(Hedge("114800", 1.0, 5_000), Hedge("252670", 2.0, 2_500)),
    )
    count = 600
    number = np.arange(count)
    events = ActiveEvents(
        offsets=np.arange(count + 1, dtype=np.int64),
        day=(number % 4).astype(np.int64),
        market_shock=np.full(count, -0.6),
        sector=(number % 3).astype(np.int64),
        sector_shock=np.full(count, -0.5),
        stock=(number % stocks).astype(np.int64),
        name_shock=np.full(count, -1.5),
        permanent=np.full(count, 0.5),
        half_life_days=np.full(count, 3.0),
        vol_multiplier=np.full(count, 3.0),
        correlation_lift=np.full(count, 0.5),
        days_active=np.full(count, 4.0),
    )
    return parameters, events, count


def _daily_limits() -> Judged:
    parameters, events, count = wild_market()
    key = stream_key(1, "rules")
    before = np.ones((count, len(parameters.codes)))
    hedges_before, index_before = np.ones((count, 2)), np.ones(count)
    leverage = np.array([hedge.leverage for hedge in parameters.hedges])
    extremes: list[float] = []
    for days in range(1, 7):
        paths = simulate(parameters, events, 0, count, days, key, MarketModel.FACTOR_JUMP)
        moves = paths.stocks / before - 1
        index = paths.market / index_before - 1
        held = hedges_before > 1e-9
        hedge_moves = np.where(held, paths.hedges / np.where(held, hedges_before, 1.0) - 1, 0.0)
        extremes += [float(moves.min()), float(moves.max())]
        within = np.abs(hedge_moves) <= 0.3 * leverage + 1e-5
        opposite = np.abs(np.where(held, hedge_moves + leverage * index[:, None], 0.0)) <= 1e-4
        if moves.min() < -0.3 - 1e-9 or moves.max() > 0.3 + 1e-9 or not within.all() or not opposite.all():
            return Judged(False, f"day {days}: {moves.min()} to {moves.max()}, hedges {np.abs(hedge_moves).max()}")
        before, hedges_before, index_before = paths.stocks, paths.hedges, paths.market
    reached = min(extremes) < -0.2999 and max(extremes) > 0.2999
    return Judged(reached, f"moves {min(extremes)} to {max(extremes)}; limits were reached: {reached}")


def _reproducible() -> Judged:
    parameters, events, count = wild_market()
    key = stream_key(2, "rules")
    longer = 4_000
    for model in (MarketModel.FACTOR_JUMP, MarketModel.GBM):
        one = simulate(parameters, None, 0, longer, 20, key, model, threads=1)
        several = simulate(parameters, None, 0, longer, 20, key, model, threads=4)
        chunks = {first: simulate(parameters, None, first, 500, 20, key, model) for first in (3_000, 500, 3_500, 0)}
        same = one.stocks.tobytes() == several.stocks.tobytes() and one.hedges.tobytes() == several.hedges.tobytes()
        for first, part in chunks.items():
            same = same and part.stocks.tobytes() == one.stocks[first : first + 500].tobytes()
            same = same and part.market.tobytes() == one.market[first : first + 500].tobytes()
        if not same:
            return Judged(False, f"{model}: bits differ by threads or chunks")
    twice = [simulate(parameters, events, 0, count, 9, key, MarketModel.FACTOR_JUMP, threads=n) for n in (1, 3)]
    return Judged(twice[0].stocks.tobytes() == twice[1].stocks.tobytes(), "bits agree")


def _cash_alone() -> Judged:
    parameters = market(3)
    cash = 12_345_678.0
    held = np.array([0.0, 0.0, 0.0, cash])
    paths = simulate_wealth(parameters, None, 0, 300, 60, stream_key(3, "rules"), MarketModel.FACTOR_JUMP, held, 0.0)
    stocks = simulate(parameters, None, 0, 300, 60, stream_key(3, "rules"), MarketModel.FACTOR_JUMP).stocks
    exact = bool((paths.wealth_krw == cash).all() and (stocks == 1).all())
    return Judged(exact, f"{paths.wealth_krw.min()} to {paths.wealth_krw.max()}")


RULES = [
    (r"30 ?%|limit", _daily_limits),
    (r"bitwise|same seed|chunk", _reproducible),
    (r"zero", _cash_alone),
]


def terminal_values_are_right(stocks: int, days: int, factors: int) -> None:
    """Compare the mean terminal value of a market like the timed one with its expectation, limits off."""
    generator = np.random.default_rng(0)
    loadings = generator.normal(0, 0.004, (stocks, factors))
    loadings[:, 0] = generator.uniform(0.006, 0.014, stocks)
    own, drift = generator.uniform(0.008, 0.025, stocks), generator.normal(0.0003, 0.0002, stocks)
    beta, rate, mean, sd = loadings[:, 0] / 0.01, 6 / 250, -0.03, 0.02
    parameters = market(
        stocks,
        factors,
        loadings=loadings,
        idiosyncratic_sd=own,
        drift=drift,
        beta=beta,
        market_sd=0.01,
        jump_rate=rate,
        jump_mean=mean,
        jump_sd=sd,
    )
    key = stream_key(0, "timed")
    paths = simulate(parameters, None, 0, 1_000, days, key, MarketModel.FACTOR_JUMP, price_limits=False)
    growth = drift + (own**2 + (loadings**2).sum(axis=1)) / 2
    growth = growth + rate * np.expm1(beta * mean + (beta * sd) ** 2 / 2)
    _near(paths.stocks.mean(axis=1), float(np.exp(days * growth).mean()), "mean terminal value")
