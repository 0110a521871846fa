"""Annual loss expectancy of each threat: in closed form, and from simulated events.

Events a year follow from the rate of the level, what controls leave of the likelihood, and the threats that set others
off; the mean loss of one is an integral over its magnitude. The two ways agree to sampling error.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Pert, Scenario, ThreatSpec
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.draw import is_market_wide
from daybook.scenario.threats.effects import remaining
from daybook.scenario.threats.liquidity import liquidity_haircut
from daybook.scenario.threats.order import after_their_causes
from daybook.scenario.threats.picks import (
    ANY_SECTOR,
    eligible_names,
    rate_factor,
    sector_index,
    sector_names,
    strikes_a_name,
)
from daybook.scenario.threats.quantiles import magnitudes
from daybook.scenario.threats.strikes import strike_losses_krw
from daybook.scenario.threats.thin import Thinned
from daybook.scenario.uncertainty.gordon_loeb import ALARM_SHARE
from daybook.scenario.uncertainty.magnitude import mean

_MIDPOINTS = (np.arange(4096) + 0.5) / 4096


@dataclass(frozen=True)
class AnnualLoss:
    """By threat, (T,): events a year whose own part happens, those that happen by level alone, and won lost a year."""

    events: FloatArray
    exogenous_events: FloatArray
    loss_krw: FloatArray


@dataclass(frozen=True)
class SimulatedAnnualLoss:
    """By threat, (T,): won lost a year in simulated events, and the standard error of that."""

    loss_krw: FloatArray
    standard_error_krw: FloatArray


def annual_loss(
    scenario: Scenario,
    parameters: MarketParameters,
    level: int,
    strengths: Mapping[str, float],
    positions_krw: FloatArray,
    *,
    steady: bool = True,
) -> AnnualLoss:
    """Return the annual loss expectancy in closed form.

    Parameters
    ----------
    scenario : Scenario
        Threats and controls.
    parameters : MarketParameters
        The universe.
    level : int
        Threat level 0 to 5.
    strengths : mapping of str to float
        Strength by control id.
    positions_krw : array (N,)
        Stocks, hedges, cash in won.
    steady : bool
        True: all controls are at work. False: the average over the horizon, lead times and all.
    """
    left = remaining(scenario, strengths, steady=steady)
    table = np.concatenate([left.likelihood, left.impact])
    days, weights = np.unique(table, axis=1, return_counts=True)
    count = len(scenario.threats)
    events, exogenous, loss = np.zeros(count), np.zeros(count), np.zeros(count)
    for column, weight in zip(days.T, weights / weights.sum(), strict=True):
        happened, by_level = _intensities(scenario, parameters, level, column[:count])
        events += weight * happened.sum(axis=1)
        exogenous += weight * by_level.sum(axis=1)
        for place, threat in enumerate(scenario.threats):
            own = _own_loss_krw(threat, scenario, parameters, positions_krw, float(column[count + place]))
            market = _market_loss_krw(threat, parameters, positions_krw)
            loss[place] += weight * (float(happened[place] @ own) + float(by_level[place].sum()) * market)
    return AnnualLoss(events, exogenous, loss)


def simulated_annual_loss(
    candidates: EventCandidates,
    thinned: Thinned,
    scenario: Scenario,
    parameters: MarketParameters,
    positions_krw: FloatArray,
) -> SimulatedAnnualLoss:
    """Return the same from events that happened, scaled from the horizon to a year."""
    losses = strike_losses_krw(candidates, thinned, scenario, parameters, positions_krw)
    count, threats = candidates.count, len(scenario.threats)
    cells = np.bincount(candidates.scenario * threats + candidates.threat, weights=losses, minlength=count * threats)
    table = cells.reshape(count, threats) * (TRADING_DAYS_PER_YEAR / scenario.horizon_days)
    return SimulatedAnnualLoss(table.mean(axis=0), table.std(axis=0, ddof=1) / np.sqrt(count))


def alarm_share(yearly_spend_krw: float, annual_loss_before_krw: float) -> float:
    """Return a year's spending over 1/e of the expected annual loss without it; above 1 the alarm rings.

    An alarm and no limit: breach functions exist for which more is right (Willemson 2006). Spending with nothing to
    lose is infinitely much.
    """
    if yearly_spend_krw == 0:
        return 0.0
    bound = ALARM_SHARE * annual_loss_before_krw
    return yearly_spend_krw / bound if bound > 0 else float("inf")


def _intensities(
    scenario: Scenario, parameters: MarketParameters, level: int, likelihood: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Return events a year by threat and struck stock, (T, n + 1) each; the last column strikes none."""
    threats, names = scenario.threats, len(parameters.codes)
    places = {threat.id: place for place, threat in enumerate(threats)}
    picks = np.array([_pick_shares(threat, parameters) for threat in threats]).reshape(len(threats), names + 1)
    happened, by_level = np.zeros_like(picks), np.zeros_like(picks)
    for place in after_their_causes(threats):
        threat = threats[place]
        rate = threat.annual_rate[level] * rate_factor(threat, parameters)
        by_level[place] += rate * picks[place]
        happened[place] += rate * likelihood[place] * picks[place]
        struck = by_level[place] if is_market_wide(threat) else happened[place]
        for entry in threat.triggers:
            child = places[entry.threat]
            spec = threats[child]
            inherits = strikes_a_name(spec) and spec.name_pick == "random_holding"
            for source, target, left in ((struck, happened, likelihood[child]), (by_level[place], by_level, 1.0)):
                amount = source * entry.probability * left
                if inherits:
                    target[child, :names] += amount[:names]
                    target[child] += amount[names] * picks[child]
                else:
                    target[child] += amount.sum() * picks[child]
    return happened, by_level


def _pick_shares(threat: ThreatSpec, parameters: MarketParameters) -> FloatArray:
    shares = np.zeros(len(parameters.codes) + 1)
    choices = eligible_names(threat, parameters)
    if choices.size:
        shares[choices] = 1 / choices.size
    else:
        shares[-1] = 1.0
    return shares


def _market_loss_krw(threat: ThreatSpec, parameters: MarketParameters, positions_krw: FloatArray) -> float:
    if threat.market_shock is None:
        return 0.0
    shocks = magnitudes(threat.market_shock, _MIDPOINTS)
    beta = np.maximum(parameters.beta, 0.0)
    return float((-np.expm1(shocks[:, None] * beta[None, :])).mean(axis=0) @ positions_krw[: beta.size])


def _own_loss_krw(
    threat: ThreatSpec, scenario: Scenario, parameters: MarketParameters, positions_krw: FloatArray, impact: float
) -> FloatArray:
    """Return the mean loss of one event's own part by struck stock, (n + 1,)."""
    stocks = positions_krw[: len(parameters.codes)]
    out = np.zeros(stocks.size + 1)
    if threat.name_shock is not None:
        out[:-1] += stocks * _mean_fall(threat.name_shock, impact)
    held = np.bincount(sector_index(parameters), weights=stocks, minlength=len(sector_names(parameters)))
    for sector, shock in threat.sector_shock.items():
        if sector == ANY_SECTOR:
            out += float(held.mean()) * _mean_fall(shock, impact)
        elif sector in sector_names(parameters):
            out += float(held[sector_names(parameters).index(sector)]) * _mean_fall(shock, impact)
    if threat.direct_loss is not None:
        size = mean(threat.direct_loss)
        if threat.direct_base != "krw":
            size = float(np.minimum(magnitudes(threat.direct_loss, _MIDPOINTS), 1.0).mean())
        exposed = np.ones(stocks.size + 1)
        if threat.direct_base == "account_fraction":
            exposed *= float(np.sum(positions_krw))
        elif threat.direct_base == "position_fraction":
            exposed = np.append(stocks, np.sum(stocks))
        out += size * impact * exposed
    if threat.liquidity_multiplier < 1:
        out += float(liquidity_haircut(threat, scenario, parameters) @ stocks) * impact
    return out


def _mean_fall(shock: Pert, impact: float) -> float:
    return float(-np.expm1(magnitudes(shock, _MIDPOINTS) * impact).mean())
