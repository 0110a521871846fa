"""Thin candidates: which of them happen at a level under a set of controls, and what those do.

An event's own part happens iff its uniform is below (rate of the level / rate of level 5) x what controls leave of the
likelihood; its market-wide part looks at the level alone, since no control changes the market. Magnitudes are the
candidate's, times what controls leave of them. Fewer events of smaller size can only come out of more controls or a
lower level, so in every single scenario the gross threat loss never rises with a control or falls with the level.

An event that is set off by a market-wide one follows that one's exogenous course; by any other, its course under
controls. The market-wide part of a chain stays exogenous all along.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from daybook.contracts.scenario import LEVELS, Scenario
from daybook.scenario.arrays import ActiveEvents, DirectLosses, FloatArray, MarketParameters
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.candidates import EventCandidates, PartKind
from daybook.scenario.threats.draw import is_market_wide
from daybook.scenario.threats.effects import Remaining, remaining
from daybook.scenario.threats.liquidity import liquidity_haircut
from daybook.scenario.threats.losses import gross_loss_krw

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Thinned:
    """What is left of candidates. Rows of ``happened`` and so on are the candidates' rows.

    ``happened`` says so of an event's own part (name, sector, direct, outage), ``exogenous`` of its market-wide part.
    ``impact`` and ``recovery`` are the shares controls leave of own losses, and of half-lives and outages. With
    ``only`` all four speak of every threat still, while ``active`` and ``direct`` hold the asked-for threats alone.
    """

    active: ActiveEvents
    direct: DirectLosses
    happened: BoolArray
    exogenous: BoolArray
    impact: FloatArray
    recovery: FloatArray


def thin(
    candidates: EventCandidates,
    scenario: Scenario,
    parameters: MarketParameters,
    level: int,
    strengths: Mapping[str, float],
    only: frozenset[str] | None = None,
) -> Thinned:
    """Return the events that happen at a level with controls at these strengths.

    Parameters
    ----------
    candidates : EventCandidates
        Drawn from the same scenario and parameters.
    scenario : Scenario
        Names threats and controls; its own threat level is not looked at.
    parameters : MarketParameters
        The universe.
    level : int
        0 to 5.
    strengths : mapping of str to float
        Strength 0 to 1 by control id, as :func:`daybook.scenario.controls.choice.strengths` gives them.
    only : frozenset of str, optional
        Threats whose shocks and losses are wanted. Whether an event happens does not depend on it, so the parts of
        all threats add up to the whole.

    Raises
    ------
    ScenarioError
        For candidates of another scenario, a level outside 0 to 5, or unknown names.
    """
    wanted = _wanted(candidates, scenario, level, only)
    left = remaining(scenario, strengths)
    exogenous, happened = _occurrence(candidates, scenario, level, left)
    impact = left.impact[candidates.threat, candidates.day]
    recovery = left.recovery[candidates.threat, candidates.day]
    return Thinned(
        active=_active(candidates, scenario, exogenous, happened, impact, recovery, wanted),
        direct=_direct(candidates, scenario, parameters, happened, impact, wanted),
        happened=happened,
        exogenous=exogenous,
        impact=impact,
        recovery=recovery,
    )


def gross_threat_loss_krw(
    candidates: EventCandidates, thinned: Thinned, parameters: MarketParameters, positions_krw: FloatArray
) -> FloatArray:
    """Return the gross threat loss of each scenario in won, (S,), as :mod:`daybook.scenario.threats.losses` has it.

    ``positions_krw`` is (N,): stocks, hedges, cash. Adding a control or lowering the level raises no element.
    """
    return gross_loss_krw(thinned.active, thinned.direct, parameters, positions_krw, candidates.horizon_days)


def level_shares(scenario: Scenario, level: int) -> FloatArray:
    """Return each threat's rate at a level over its rate at level 5, (T,); 0 for a threat that never strikes."""
    return np.array([t.annual_rate[level] / t.annual_rate[-1] if t.annual_rate[-1] else 0.0 for t in scenario.threats])


def _wanted(
    candidates: EventCandidates, scenario: Scenario, level: int, only: frozenset[str] | None
) -> BoolArray | None:
    names = tuple(threat.id for threat in scenario.threats)
    if candidates.threats != names or candidates.horizon_days != scenario.horizon_days:
        raise ScenarioError("threats", "the events were drawn for another scenario", "draw them again")
    if not 0 <= level < LEVELS:
        raise ScenarioError("threat_level", f"must be 0 to {LEVELS - 1}, not {level}")
    if only is None:
        return None
    if odd := sorted(only.difference(names)):
        raise ScenarioError("threats", f"there is no threat {odd[0]}", f"use {', '.join(names)}")
    return np.array([name in only for name in names], dtype=np.bool_)


def _occurrence(
    candidates: EventCandidates, scenario: Scenario, level: int, left: Remaining
) -> tuple[BoolArray, BoolArray]:
    """Return which events happen by level alone, and which own parts happen under controls."""
    threat, uniform = candidates.threat, candidates.uniform
    shares = level_shares(scenario, level)
    likelihood = left.likelihood[threat, candidates.day]
    own = candidates.parent < 0
    exogenous = uniform < np.where(own, shares[threat], 1.0)
    happened = uniform < np.where(own, shares[threat] * likelihood, likelihood)
    market_wide = np.array([is_market_wide(spec) for spec in scenario.threats], dtype=np.bool_)
    for depth in range(1, int(candidates.depth.max(initial=0)) + 1):
        rows = np.flatnonzero(candidates.depth == depth)
        causes = candidates.parent[rows]
        struck = np.where(market_wide[threat[causes]], exogenous[causes], happened[causes])
        exogenous[rows] = exogenous[causes]
        happened[rows] &= struck
    return exogenous, happened


def _active(
    candidates: EventCandidates,
    scenario: Scenario,
    exogenous: BoolArray,
    happened: BoolArray,
    impact: FloatArray,
    recovery: FloatArray,
    wanted: BoolArray | None,
) -> ActiveEvents:
    parts = candidates.parts
    market = parts.kind == PartKind.MARKET
    kept = np.where(market, exogenous[parts.event], happened[parts.event])
    if wanted is not None:
        kept &= wanted[candidates.threat[parts.event]]
    rows = np.flatnonzero(kept)
    event, market = parts.event[rows], market[rows]
    number, threat = candidates.scenario[event], candidates.threat[event]
    specs = scenario.threats
    half_life = np.array([spec.recovery_half_life_days for spec in specs])[threat]
    volatility = np.array([spec.vol_multiplier for spec in specs])[threat]
    correlation = np.array([spec.correlation_lift for spec in specs])[threat]
    scale = impact[event]
    left = recovery[event]
    offsets = np.zeros(candidates.count + 1, dtype=np.int64)
    np.cumsum(np.bincount(number, minlength=candidates.count), out=offsets[1:])
    return ActiveEvents(
        offsets=offsets,
        day=candidates.day[event],
        market_shock=parts.market_shock[rows],
        sector=parts.sector[rows],
        sector_shock=parts.sector_shock[rows] * scale,
        stock=parts.stock[rows],
        name_shock=parts.name_shock[rows] * scale,
        permanent=np.array([spec.permanent_fraction for spec in specs])[threat],
        half_life_days=np.where(market, half_life, half_life * left),
        vol_multiplier=np.where(market, volatility, 1.0),
        correlation_lift=np.where(market, correlation, 0.0),
        # A decay of that half-life has the mean life h / ln 2: a step of that length adds up to the same excess.
        days_active=np.where(market, half_life / math.log(2), candidates.outage_days[event] * left),
    )


def _direct(
    candidates: EventCandidates,
    scenario: Scenario,
    parameters: MarketParameters,
    happened: BoolArray,
    impact: FloatArray,
    wanted: BoolArray | None,
) -> DirectLosses:
    """Add up won; of shares, each loss takes its share of what the ones before it left."""
    count, names = candidates.count, len(parameters.codes)
    kept = happened if wanted is None else happened & wanted[candidates.threat]
    bases = np.array([spec.direct_base if spec.direct_loss else "" for spec in scenario.threats])
    rows = np.flatnonzero(kept & (bases != "")[candidates.threat])
    base = bases[candidates.threat[rows]]
    number, stock, loss = candidates.scenario[rows], candidates.stock[rows], candidates.direct[rows] * impact[rows]
    won = base == "krw"
    fixed = np.bincount(number[won], weights=loss[won], minlength=count)
    account_left = np.ones(count)
    account = base == "account_fraction"
    np.multiply.at(account_left, number[account], 1 - loss[account])
    each_left = np.ones(count)
    every = (base == "position_fraction") & (stock < 0)
    np.multiply.at(each_left, number[every], 1 - loss[every])
    position_left = np.repeat(each_left[:, None], names, axis=1)
    one = (base == "position_fraction") & (stock >= 0)
    np.multiply.at(position_left.reshape(-1), number[one] * names + stock[one], 1 - loss[one])
    for place, spec in enumerate(scenario.threats):
        if spec.liquidity_multiplier < 1:
            frozen = np.flatnonzero(kept & (candidates.threat == place))
            cost = liquidity_haircut(spec, scenario, parameters)[None, :] * impact[frozen, None]
            np.multiply.at(position_left, candidates.scenario[frozen], 1 - cost)
    return DirectLosses(
        fixed_krw=fixed.astype(np.float64), account_ratio=1 - account_left, position_ratio=1 - position_left
    )
