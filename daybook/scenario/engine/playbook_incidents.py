"""Actions A4 to A9 against the direct losses of incidents that are under way, with latency and broken channels.

The loss of an incident builds up evenly while it lasts. An action that starts after the share u of that time stops
its part of the remaining ``1 - u``. Each action is valued as if it were the only one.
"""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.response_codes import ActionCode
from daybook.contracts.scenario import Scenario, ThreatCategory
from daybook.contracts.scenario_result import PlaybookRow
from daybook.risk.measures.standard_errors import mean
from daybook.risk.response.playbook import RULES
from daybook.scenario.arrays import FloatArray, IntArray
from daybook.scenario.engine.estimates import contract, equal_or
from daybook.scenario.engine.playbook_actions import DEFAULT_INCIDENT_DAYS, STOPPED_SHARES, latency_days, row_of
from daybook.scenario.threats.candidates import EventCandidates
from daybook.scenario.threats.thin import Thinned

_CLOSES_CHANNEL = (ThreatCategory.BROKER, ThreatCategory.EXCHANGE, ThreatCategory.MARKET)


@dataclass(frozen=True)
class Incidents:
    """Events that happened with a direct loss or a category an action answers; one row each.

    ``lasts_days`` is how long the harm takes, ``blocked_days`` how long from the event on the broker or the exchange
    is down.
    """

    scenario: IntArray
    category: "np.ndarray[tuple[int], np.dtype[np.str_]]"
    loss_krw: FloatArray
    lasts_days: FloatArray
    blocked_days: FloatArray


def incidents_of(scenario: Scenario, candidates: EventCandidates, thinned: Thinned, event_krw: FloatArray) -> Incidents:
    """Return the incidents of a sample; ``event_krw`` (E,) are the direct losses of its candidates."""
    categories = np.array([str(threat.category) for threat in scenario.threats], dtype=np.str_)
    rows = np.flatnonzero(thinned.happened)
    outage = candidates.outage_days[rows] * thinned.recovery[rows]
    lasts = np.where(outage > 0.0, outage, DEFAULT_INCIDENT_DAYS)
    until = _down_until(scenario, candidates, thinned)
    number, day = candidates.scenario[rows], candidates.day[rows]
    blocked = np.maximum(until[number, day] - day, 0.0)
    return Incidents(number, categories[candidates.threat[rows]], event_krw[rows], lasts, blocked)


def _down_until(scenario: Scenario, candidates: EventCandidates, thinned: Thinned) -> FloatArray:
    """Return (S, H) the moment at which a window that covers the start of a day ends; 0 where none does."""
    closing = np.array([threat.category in _CLOSES_CHANNEL for threat in scenario.threats], dtype=np.bool_)
    rows = np.flatnonzero(thinned.happened & (candidates.outage_days > 0) & closing[candidates.threat])
    until = np.zeros((candidates.count, candidates.horizon_days))
    start = candidates.day[rows]
    end = start + candidates.outage_days[rows] * thinned.recovery[rows]
    number = candidates.scenario[rows]
    for later in range(int(np.ceil(float((end - start).max(initial=0.0))))):
        held = (start + later < end) & (start + later < candidates.horizon_days)
        np.maximum.at(until, (number[held], start[held] + later), end[held])
    return until


def incident_row(
    code: ActionCode, incidents: Incidents, scenario: Scenario, count: int, probabilities: FloatArray | None
) -> PlaybookRow:
    """Return what one action saves over ``count`` scenarios."""
    rule = RULES[code]
    latency = latency_days(rule)
    share = np.zeros(incidents.loss_krw.size)
    answered = np.zeros(incidents.loss_krw.size, dtype=np.bool_)
    for category, part in STOPPED_SHARES[code].items():
        ours = incidents.category == str(category)
        share[ours] = part
        answered |= ours
    chances = equal_or(probabilities, count)
    blocked = answered & (incidents.blocked_days > latency) & rule.needs_broker
    starts = np.where(blocked, incidents.blocked_days, latency)
    saved = share * incidents.loss_krw * np.maximum(0.0, 1.0 - starts / incidents.lasts_days)
    in_scenario = np.bincount(incidents.scenario, weights=saved, minlength=count)
    perfect = np.bincount(incidents.scenario, weights=share * incidents.loss_krw, minlength=count)
    return row_of(
        code,
        scenario,
        float(chances[incidents.scenario[answered]].sum()),
        float(chances[incidents.scenario[blocked]].sum()),
        contract(mean(in_scenario, probabilities)),
        float((chances * perfect).sum()),
    )


def incident_rows(
    incidents: Incidents, scenario: Scenario, count: int, probabilities: FloatArray | None
) -> tuple[PlaybookRow, ...]:
    """Return the rows of A4 to A9."""
    return tuple(incident_row(code, incidents, scenario, count, probabilities) for code in STOPPED_SHARES)
