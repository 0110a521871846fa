"""A small made-up market and the scenarios the tests of threats and controls share."""

from datetime import date
from functools import cache

import numpy as np

from daybook.contracts.scenario import ControlSpec, Evidence, EvidenceKind, Scenario, ThreatSpec
from daybook.scenario.arrays import Hedge, MarketParameters
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.catalogue import default_scenario, default_universe
from daybook.scenario.threats.draw import draw_candidates

EVIDENCE = Evidence(kind=EvidenceKind.EXPERT, source="made up for a test", as_of=date(2026, 1, 2))
KEY = 0x5EED_0000_0000_0007


@cache
def market() -> MarketParameters:
    stocks = default_universe()
    count = len(stocks)
    draws = np.random.default_rng(1)
    beta = draws.uniform(0.5, 1.4, count)
    beta[3] = -0.2
    loadings = np.zeros((count, 3))
    loadings[:, 0] = beta * 0.012
    loadings[:, 1:] = draws.normal(0, 0.005, (count, 2))
    return MarketParameters(
        codes=tuple(stock.code for stock in stocks),
        names=tuple(stock.name_ko for stock in stocks),
        sectors=tuple(stock.sector for stock in stocks),
        prices_krw=np.full(count, 100_000),
        turnover_krw=draws.uniform(5e10, 7e12, count),
        drift=np.zeros(count),
        loadings=loadings,
        idiosyncratic_sd=np.full(count, 0.015),
        beta=beta,
        market_drift=0.0,
        market_sd=0.012,
        jump_rate=0.0,
        jump_mean=0.0,
        jump_sd=0.0,
        hedges=(Hedge("114800", 1.0, 3_000),),
        history=np.zeros((0, count + 1)),
    )


@cache
def positions() -> np.ndarray:
    return np.append(np.random.default_rng(2).uniform(1e6, 6e6, len(market().codes)), [1e6, 2e7])


def threat(name: str, **fields: object) -> ThreatSpec:
    base = {"id": name, "name_ko": name, "name_en": name, "category": "account", "annual_rate": (1,) * 6}
    return ThreatSpec.model_validate({**base, "evidence": EVIDENCE, **fields})


def control(name: str, *effects: dict[str, object], **fields: object) -> ControlSpec:
    base = {"id": name, "name_ko": name, "name_en": name, "effects": effects, "evidence": EVIDENCE}
    return ControlSpec.model_validate({**base, **fields})


def scenario_of(*threats: ThreatSpec, controls: tuple[ControlSpec, ...] = (), **fields: object) -> Scenario:
    base = default_scenario().model_dump()
    return Scenario.model_validate({**base, "threats": threats, "controls": controls, **fields})


def drawn(scenario: Scenario, count: int, key: int = KEY) -> EventCandidates:
    return draw_candidates(scenario, market(), 0, count, key)
