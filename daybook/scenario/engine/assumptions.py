"""The same scenario or market with one assumption changed, for the tornado."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from daybook.contracts.scenario import (
    TRADING_DAYS_PER_YEAR,
    ControlEffect,
    EvidenceKind,
    LogNormal90,
    Pert,
    Scenario,
    ThreatSpec,
)
from daybook.scenario.arrays import MarketParameters

Changed = tuple[Scenario, MarketParameters]
Change = Callable[[float], Changed]

_MAX_RATE = 50.0
_LEAST_OWN_SHARE = 0.05
"""Least share of a stock's own variance that stays its own when the market's share grows."""


@dataclass(frozen=True)
class Assumption:
    """One assumption with a low and a high value; ``change`` gives the world in which it has a value."""

    name: str
    label_ko: str
    label_en: str
    low: float
    high: float
    evidence: EvidenceKind
    change: Change


def _with_threats(scenario: Scenario, threats: tuple[ThreatSpec, ...]) -> Scenario:
    return scenario.model_copy(update={"threats": threats})


def with_rate(scenario: Scenario, threat: str, factor: float) -> Scenario:
    """Return the scenario with a threat's rates multiplied, at most 50 a year."""
    return _with_threats(
        scenario,
        tuple(
            spec.model_copy(update={"annual_rate": tuple(min(_MAX_RATE, rate * factor) for rate in spec.annual_rate)})
            if spec.id == threat
            else spec
            for spec in scenario.threats
        ),
    )


def _scaled(shock: Pert, factor: float, most: float | None = None) -> Pert:
    low, mode, high = (value * factor for value in (shock.low, shock.mode, shock.high))
    if most is not None:
        low, mode, high = (min(value, most) for value in (low, mode, high))
    return shock.model_copy(update={"low": low, "mode": mode, "high": high})


def _scaled_loss(loss: Pert | LogNormal90, factor: float, most: float | None) -> Pert | LogNormal90:
    if isinstance(loss, Pert):
        return _scaled(loss, factor, most)
    high = loss.high * factor if most is None else min(most, loss.high * factor)
    return loss.model_copy(update={"low": min(loss.low * factor, high), "high": high})


def with_market_shocks(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with market-wide shocks (log returns) multiplied."""
    return _with_threats(
        scenario,
        tuple(
            spec
            if spec.market_shock is None
            else spec.model_copy(update={"market_shock": _scaled(spec.market_shock, factor)})
            for spec in scenario.threats
        ),
    )


def with_own_shocks(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with shocks to sectors and names multiplied."""
    threats = []
    for spec in scenario.threats:
        update: dict[str, object] = {
            "sector_shock": {sector: _scaled(shock, factor) for sector, shock in spec.sector_shock.items()}
        }
        if spec.name_shock is not None:
            update["name_shock"] = _scaled(spec.name_shock, factor)
        threats.append(spec.model_copy(update=update))
    return _with_threats(scenario, tuple(threats))


def with_direct_losses(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with direct losses multiplied; shares stay at most 1."""
    threats = []
    for spec in scenario.threats:
        if spec.direct_loss is not None:
            most = None if spec.direct_base == "krw" else 1.0
            loss = _scaled_loss(spec.direct_loss, factor, most)
            threats.append(spec.model_copy(update={"direct_loss": loss}))
        else:
            threats.append(spec)
    return _with_threats(scenario, tuple(threats))


def with_effectiveness(scenario: Scenario, factor: float) -> Scenario:
    """Return the scenario with what every control takes away multiplied, at most 0.99."""

    def scaled(effect: ControlEffect) -> ControlEffect:
        parts = ("likelihood", "impact", "recovery")
        return effect.model_copy(update={part: min(0.99, getattr(effect, part) * factor) for part in parts})

    controls = tuple(
        control.model_copy(update={"effects": tuple(scaled(effect) for effect in control.effects)})
        for control in scenario.controls
    )
    return scenario.model_copy(update={"controls": controls})


def with_market_return(parameters: MarketParameters, change: float) -> MarketParameters:
    """Return the market with its expected return a year changed; stocks follow by their beta."""
    daily = change / TRADING_DAYS_PER_YEAR
    return replace(
        parameters, drift=parameters.drift + parameters.beta * daily, market_drift=parameters.market_drift + daily
    )


def with_volatility(parameters: MarketParameters, factor: float) -> MarketParameters:
    """Return the market with every standard deviation multiplied and expected simple returns as they were."""
    more = factor**2 - 1.0
    variance = (parameters.loadings**2).sum(axis=1) + parameters.idiosyncratic_sd**2
    return replace(
        parameters,
        loadings=parameters.loadings * factor,
        idiosyncratic_sd=parameters.idiosyncratic_sd * factor,
        market_sd=parameters.market_sd * factor,
        drift=parameters.drift - 0.5 * more * variance,
        market_drift=parameters.market_drift - 0.5 * more * parameters.market_sd**2,
        history=parameters.history * factor,
    )


def with_market_share(parameters: MarketParameters, factor: float) -> MarketParameters:
    """Return the market with the market's share of each stock's variance multiplied, the stock's whole unchanged.

    Stocks move more, or less, together; the index itself becomes as much more or less volatile.
    """
    market = parameters.loadings[:, 0] ** 2
    own = parameters.idiosyncratic_sd**2
    room = np.divide(own * (1.0 - _LEAST_OWN_SHARE), market, out=np.full_like(own, np.inf), where=market > 0.0)
    used = min(factor, 1.0 + float(room.min()))
    loadings = parameters.loadings.copy()
    loadings[:, 0] *= np.sqrt(used)
    return replace(
        parameters,
        loadings=loadings,
        idiosyncratic_sd=np.sqrt(np.maximum(own - (used - 1.0) * market, 0.0)),
        market_sd=parameters.market_sd * float(np.sqrt(used)),
        market_drift=parameters.market_drift - 0.5 * (used - 1.0) * parameters.market_sd**2,
    )


def assumptions_of(scenario: Scenario, parameters: MarketParameters, controls_in_force: bool) -> list[Assumption]:
    """Return what a tornado asks about: every threat's rate, impacts, the market, controls and cash."""
    expert, data = EvidenceKind.EXPERT, EvidenceKind.DATA
    found = []
    for threat in scenario.threats:

        def rated(value: float, name: str = threat.id) -> Changed:
            return with_rate(scenario, name, value), parameters

        found.append(
            Assumption(
                f"rate:{threat.id}",
                f"{threat.name_ko} 빈도 (배)",
                f"Rate of {threat.name_en} (times)",
                0.5,
                2.0,
                threat.evidence.kind,
                rated,
            )
        )
    impacts = (
        ("impact:market", "시장 충격 크기 (배)", "Size of market shocks (times)", with_market_shocks),
        ("impact:own", "업종·종목 충격 크기 (배)", "Size of sector and name shocks (times)", with_own_shocks),
        ("impact:direct", "직접 손실 크기 (배)", "Size of direct losses (times)", with_direct_losses),
    )
    for name, korean, english, changed in impacts:

        def sized(value: float, make: Callable[[Scenario, float], Scenario] = changed) -> Changed:
            return make(scenario, value), parameters

        found.append(Assumption(name, korean, english, 0.5, 1.5, expert, sized))
    base = scenario.expected_return
    rate = scenario.cash_rate
    found += [
        Assumption(
            "market_return",
            "시장 기대수익률 (연)",
            "Expected market return (a year)",
            base - 0.04,
            base + 0.04,
            expert,
            lambda value: (scenario, with_market_return(parameters, value - base)),
        ),
        Assumption(
            "volatility",
            "변동성 (배)",
            "Volatility (times)",
            0.75,
            1.25,
            data,
            lambda value: (scenario, with_volatility(parameters, value)),
        ),
        Assumption(
            "correlation",
            "시장이 설명하는 분산 (배)",
            "Variance the market explains (times)",
            0.7,
            1.3,
            data,
            lambda value: (scenario, with_market_share(parameters, value)),
        ),
        Assumption(
            "cash_rate",
            "현금 금리 (연)",
            "Interest on cash (a year)",
            rate - 0.01,
            rate + 0.01,
            expert,
            lambda value: (scenario.model_copy(update={"cash_rate": value}), parameters),
        ),
    ]
    if controls_in_force:
        found.append(
            Assumption(
                "effectiveness",
                "통제 효과 (배)",
                "Effect of controls (times)",
                0.5,
                1.25,
                expert,
                lambda value: (with_effectiveness(scenario, value), parameters),
            )
        )
    return found
