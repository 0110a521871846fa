"""What each single event takes from a plan at the moment it strikes: before recovery, and before any other event.

This is the loss magnitude of FAIR, so that events a year times its mean is the annual loss expectancy. Gains are no
part of it: a stock with a negative beta loses nothing to a falling market.
"""

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import FloatArray, MarketParameters
from daybook.scenario.threats.candidates import EventCandidates, PartKind
from daybook.scenario.threats.liquidity import liquidity_haircut
from daybook.scenario.threats.picks import sector_index, sector_names
from daybook.scenario.threats.thin import Thinned

_ROWS = 20_000


def strike_losses_krw(
    candidates: EventCandidates,
    thinned: Thinned,
    scenario: Scenario,
    parameters: MarketParameters,
    positions_krw: FloatArray,
) -> FloatArray:
    """Return the loss of every candidate in won, (E,); 0 for those that do not happen.

    ``positions_krw`` is (N,): stocks, hedges, cash.
    """
    names = len(parameters.codes)
    stocks, account = positions_krw[:names], float(np.sum(positions_krw))
    out = _shock_losses(candidates, thinned, parameters, stocks)
    impact = np.where(thinned.happened, thinned.impact, 0.0)
    for place, threat in enumerate(scenario.threats):
        rows = np.flatnonzero(candidates.threat == place)
        if threat.direct_loss is not None:
            exposed: FloatArray | float = 1.0
            if threat.direct_base == "account_fraction":
                exposed = account
            elif threat.direct_base == "position_fraction":
                stock = candidates.stock[rows]
                exposed = np.where(stock >= 0, stocks[stock], np.sum(stocks))
            out[rows] += candidates.direct[rows] * exposed * impact[rows]
        if threat.liquidity_multiplier < 1:
            out[rows] += float(liquidity_haircut(threat, scenario, parameters) @ stocks) * impact[rows]
    return out


def _shock_losses(
    candidates: EventCandidates, thinned: Thinned, parameters: MarketParameters, stocks: FloatArray
) -> FloatArray:
    parts = candidates.parts
    beta = np.maximum(parameters.beta, 0.0)
    loss = np.zeros(parts.event.size)
    market = np.flatnonzero((parts.kind == PartKind.MARKET) & thinned.exogenous[parts.event])
    for start in range(0, market.size, _ROWS):
        rows = market[start : start + _ROWS]
        loss[rows] = (-np.expm1(parts.market_shock[rows, None] * beta[None, :]) * stocks[None, :]).sum(axis=1)
    own = thinned.happened[parts.event]
    sector = np.flatnonzero((parts.kind == PartKind.SECTOR) & own)
    held = np.bincount(sector_index(parameters), weights=stocks, minlength=len(sector_names(parameters)))
    scale = thinned.impact[parts.event]
    loss[sector] = -np.expm1(parts.sector_shock[sector] * scale[sector]) * held[parts.sector[sector]]
    name = np.flatnonzero((parts.kind == PartKind.NAME) & own)
    loss[name] = -np.expm1(parts.name_shock[name] * scale[name]) * stocks[parts.stock[name]]
    return np.bincount(parts.event, weights=loss, minlength=candidates.scenario.size).astype(np.float64)
