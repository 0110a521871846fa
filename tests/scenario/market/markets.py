"""Markets and events the tests of this room share."""

from dataclasses import replace
from typing import Any

import numpy as np

from daybook.scenario.arrays import ActiveEvents, FloatArray, Hedge, MarketParameters
from daybook.scenario.market.textbook import factor_market

HEDGES = (Hedge("114800", 1.0, 2_000), Hedge("252670", 2.0, 500))


def a_market(stocks: int = 7, factors: int = 3, seed: int = 1, jumps: float = 6 / 250, scale: float = 1.0) -> Any:
    """Return a market of plausible daily terms with two hedges, five sectors and 300 days of history."""
    random = np.random.default_rng(seed)
    loadings = random.normal(0, 0.004, (stocks, factors)) * scale
    loadings[:, 0] = random.uniform(0.006, 0.014, stocks) * scale
    market = factor_market(
        drift=random.normal(0.0003, 0.0002, stocks),
        loadings=loadings,
        idiosyncratic_sd=random.uniform(0.008, 0.02, stocks) * scale,
        market_drift=0.0002,
        market_sd=0.01 * scale,
        jumps=(jumps, -0.03, 0.02),
    )
    return replace(
        market,
        sectors=tuple(f"sector {number % 5}" for number in range(stocks)),
        hedges=HEDGES,
        history=random.normal(0.0005, 0.015, (300, stocks + 1)),
    )


def a_still_market(stocks: int = 3) -> MarketParameters:
    """Return a market in which nothing moves."""
    market = factor_market(np.zeros(stocks), np.zeros((stocks, 1)), np.zeros(stocks), market_sd=0.0)
    return replace(market, beta=np.ones(stocks), hedges=HEDGES)


def some_events(scenarios: int, stocks: int, days: int, seed: int = 2, rate: float = 3.0) -> ActiveEvents:
    """Return random events of all kinds, sorted by scenario and day."""
    random = np.random.default_rng(seed)
    counts = random.poisson(rate, scenarios)
    total = int(counts.sum())
    scenario = np.repeat(np.arange(scenarios), counts)
    day = random.integers(0, days, total)
    day = day[np.lexsort((day, scenario))]
    kind = random.integers(0, 3, total)
    return ActiveEvents(
        offsets=np.concatenate([[0], np.cumsum(counts)]),
        day=day,
        market_shock=np.where(kind == 0, -random.uniform(0.02, 0.5, total), 0.0),
        sector=np.where(kind == 1, random.integers(0, min(stocks, 5), total), -1),
        sector_shock=np.where(kind == 1, -random.uniform(0.02, 0.6, total), 0.0),
        stock=np.where(kind == 2, random.integers(0, stocks, total), -1),
        name_shock=np.where(kind == 2, -random.uniform(0.02, 1.5, total), 0.0),
        permanent=random.uniform(0, 1, total),
        half_life_days=random.uniform(1, 40, total),
        vol_multiplier=random.uniform(1, 3, total),
        correlation_lift=random.uniform(0, 0.9, total),
        days_active=random.uniform(0, 15, total),
    )


def one_event(scenarios: int = 1, **changes: Any) -> ActiveEvents:
    """Return the same event in each scenario: on day 0, without any effect unless ``changes`` says so."""
    columns: dict[str, Any] = {
        "day": 0, "market_shock": 0.0, "sector": -1, "sector_shock": 0.0, "stock": -1, "name_shock": 0.0,
        "permanent": 1.0, "half_life_days": 10.0, "vol_multiplier": 1.0, "correlation_lift": 0.0, "days_active": 0.0,
    }  # fmt: skip
    columns.update(changes)
    return ActiveEvents(
        offsets=np.arange(scenarios + 1), **{name: np.full(scenarios, value) for name, value in columns.items()}
    )


def keep_events(events: ActiveEvents, kept: Any) -> ActiveEvents:
    """Return the events of a mask."""
    scenarios = events.offsets.size - 1
    scenario = np.repeat(np.arange(scenarios), np.diff(events.offsets))
    offsets = np.concatenate([[0], np.cumsum(np.bincount(scenario[kept], minlength=scenarios))])
    columns = {name: value[kept] for name, value in vars(events).items() if name != "offsets"}
    return ActiveEvents(offsets=offsets, **columns)


def standard_errors(values: FloatArray, expected: float) -> float:
    """Return how many standard errors a sample mean is off."""
    return float((values.mean() - expected) / (values.std() / np.sqrt(values.size)))
