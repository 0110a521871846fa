"""A scenario and its prices made ready: checked, fitted, limited and named, once for all stages of a run."""

from dataclasses import dataclass, replace
from datetime import datetime, time

import numpy as np

from daybook.contracts.base import KST
from daybook.contracts.scenario import Scenario
from daybook.contracts.scenario_result import DataSnapshot
from daybook.scenario.arrays import MarketParameters
from daybook.scenario.controls.choice import ControlChoice, no_controls
from daybook.scenario.engine.digest import data_digest, input_hash
from daybook.scenario.engine.limits import Limits, limits_of
from daybook.scenario.engine.ordinary_toll import with_ordinary_toll
from daybook.scenario.errors import ScenarioError
from daybook.scenario.market.fit import MarketFit, fit_market
from daybook.scenario.market.history import MarketHistory

PREVIEW_SCENARIOS = 1_000
_CLOSE = time(15, 30)


@dataclass(frozen=True)
class Prepared:
    """What every stage starts from; a pure function of scenario, history and ``preview``."""

    scenario: Scenario
    """As it is run: a preview has fewer scenarios."""
    history: MarketHistory
    """The universe's columns in the scenario's order."""
    preview: bool
    fit: MarketFit
    limits: Limits
    snapshot: DataSnapshot
    input_hash: str

    @property
    def parameters(self) -> MarketParameters:
        """The fitted market."""
        return self.fit.parameters

    @property
    def installed(self) -> ControlChoice:
        """The controls in force without any plan."""
        return no_controls(self.scenario)


def aligned(scenario: Scenario, history: MarketHistory) -> MarketHistory:
    """Return the history of the scenario's stocks and hedges, in the scenario's order.

    Raises:
        ScenarioError: for a stock or hedge the history has no prices of, or prices later than the scenario allows.
    """
    wanted = scenario.universe.codes
    missing = [code for code in wanted if code not in history.codes]
    if missing:
        raise ScenarioError(
            "universe.codes",
            f"{', '.join(missing)}: no such stock, or no prices of it",
            "check the code, collect its prices, or take it out of universe.codes",
        )
    known = {hedge.code: hedge for hedge in history.hedges}
    odd = [code for code in scenario.constraints.hedge_codes if code not in known]
    if odd:
        raise ScenarioError(
            "constraints.hedge_codes",
            f"{odd[0]} is no hedge with known prices",
            f"use {', '.join(known) or 'none: leave it empty'}",
        )
    as_of = scenario.universe.as_of
    last = datetime.combine(history.days[-1], _CLOSE, KST)
    if as_of is not None and last > as_of:
        raise ScenarioError(
            "universe.as_of",
            f"the prices end with {history.days[-1]}, after {as_of.isoformat()}",
            "load prices up to that moment only, or move it",
        )
    columns = np.array([history.codes.index(code) for code in wanted])
    return replace(
        history,
        codes=wanted,
        names=tuple(history.names[at] for at in columns),
        sectors=tuple(history.sectors[at] for at in columns),
        markets=tuple(history.markets[at] for at in columns),
        closes_krw=np.ascontiguousarray(history.closes_krw[:, columns]),
        turnover_krw=np.ascontiguousarray(history.turnover_krw[:, columns]),
        hedges=tuple(known[code] for code in scenario.constraints.hedge_codes),
    )


def snapshot_of(scenario: Scenario, history: MarketHistory, digest: str) -> DataSnapshot:
    """Return which data a run uses; it is as of the scenario's moment, else of the last close."""
    return DataSnapshot(
        id=digest,
        source=history.source,
        as_of=scenario.universe.as_of or datetime.combine(history.days[-1], _CLOSE, KST),
        first_day=history.days[0],
        last_day=history.days[-1],
        sessions=len(history.days),
        simulated=history.simulated,
        missing=history.missing,
    )


def prepare(scenario: Scenario, history: MarketHistory, preview: bool = False) -> Prepared:
    """Check, align and fit.

    Raises:
        ScenarioError: for a scenario and prices that do not fit together; names the field and the way out.
    """
    ours = aligned(scenario, history)
    digest = data_digest(ours)
    name = input_hash(scenario, f"{digest} preview" if preview else digest)
    if preview:
        scenario = scenario.model_copy(update={"scenarios": min(PREVIEW_SCENARIOS, scenario.scenarios)})
    fit = fit_market(
        ours, expected_return=scenario.expected_return, horizon_days=scenario.horizon_days, seed=scenario.seed
    )
    fit = replace(fit, parameters=with_ordinary_toll(scenario, fit.parameters))
    limits = limits_of(scenario, fit.parameters, ours.markets)
    return Prepared(scenario, ours, preview, fit, limits, snapshot_of(scenario, ours, digest), name)
