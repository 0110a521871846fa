"""Active events cut to what moves prices, candidates cut to a level, and which controls can change a price."""

from dataclasses import fields, replace

import numpy as np

from daybook.contracts.scenario import Scenario
from daybook.scenario.arrays import ActiveEvents
from daybook.scenario.threats.candidates import EventCandidates

_COLUMNS = tuple(field.name for field in fields(ActiveEvents) if field.name != "offsets")


def price_moving(active: ActiveEvents) -> ActiveEvents:
    """Return only the events that change a price; an outage alone, say, does not."""
    moves = (
        (active.market_shock != 0.0)
        | (active.sector_shock != 0.0)
        | (active.name_shock != 0.0)
        | (active.vol_multiplier != 1.0)
        | (active.correlation_lift != 0.0)
    )
    kept = np.concatenate([[0], np.cumsum(moves)])[active.offsets]
    columns = {name: getattr(active, name)[moves] for name in _COLUMNS}
    return ActiveEvents(offsets=kept.astype(np.int64), **columns)


def price_controls(scenario: Scenario) -> tuple[int, ...]:
    """Return the places of the controls that can change a price: those with an effect on a shock or on its causes.

    Two choices with the same steps of these leave the same price-moving events.
    """
    moving = {threat.id for threat in scenario.threats if threat.sector_shock or threat.name_shock is not None}
    grown = True
    while grown:
        causes = {threat.id for threat in scenario.threats if any(entry.threat in moving for entry in threat.triggers)}
        grown = not causes <= moving
        moving |= causes
    return tuple(
        place
        for place, control in enumerate(scenario.controls)
        if any(effect.threat in moving for effect in control.effects)
    )


def possible_events(
    candidates: EventCandidates, exogenous: "np.ndarray[tuple[int], np.dtype[np.bool_]]"
) -> EventCandidates:
    """Return the candidates a level lets happen, in their order; controls can only take more of them away.

    An event whose cause does not happen at the level does not either, so no event loses its cause.
    """
    rows = np.flatnonzero(exogenous)
    place = np.cumsum(exogenous) - 1
    columns = {
        field.name: getattr(candidates, field.name)[rows]
        for field in fields(candidates)
        if isinstance(getattr(candidates, field.name), np.ndarray)
    }
    columns["parent"] = np.where(columns["parent"] >= 0, place[columns["parent"]], -1)
    parts = candidates.parts
    kept = exogenous[parts.event]
    part_columns = {field.name: getattr(parts, field.name)[kept] for field in fields(parts)}
    part_columns["event"] = place[part_columns["event"]]
    return replace(candidates, **columns, parts=replace(parts, **part_columns))
