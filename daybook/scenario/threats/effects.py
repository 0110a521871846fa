"""What controls leave of a threat on each day: products of (1 - effect x strength) over the controls at work."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import ControlSpec, Scenario
from daybook.scenario.arrays import FloatArray
from daybook.scenario.errors import ScenarioError


@dataclass(frozen=True)
class Remaining:
    """Shares that are left, (T, H): of the likelihood, of the size of own losses, of half-lives and outages."""

    likelihood: FloatArray
    impact: FloatArray
    recovery: FloatArray


def remaining(scenario: Scenario, strengths: Mapping[str, float], *, steady: bool = False) -> Remaining:
    """Return what controls at these strengths leave, by threat and day.

    Parameters
    ----------
    scenario : Scenario
        Names the threats, the controls and the horizon.
    strengths : mapping of str to float
        Strength 0 to 1 by control id; a control that is not named does nothing.
    steady : bool
        Leave lead times out, as after the last control has begun to work.

    Raises
    ------
    ScenarioError
        For a strength outside 0 and 1, or of an unknown control.
    """
    places = {threat.id: place for place, threat in enumerate(scenario.threats)}
    shape = (len(scenario.threats), scenario.horizon_days)
    left = Remaining(np.ones(shape), np.ones(shape), np.ones(shape))
    known = {control.id for control in scenario.controls}
    if odd := [name for name in strengths if name not in known]:
        raise ScenarioError("controls", f"there is no control {odd[0]}", f"use {', '.join(sorted(known)) or 'none'}")
    for control in scenario.controls:
        strength = strengths.get(control.id, 0.0)
        if not 0 <= strength <= 1:
            raise ScenarioError(f"controls.{control.id}", f"strength must lie within 0 and 1, not {strength:g}")
        start = 0 if steady else first_day(control)
        if strength == 0 or start >= scenario.horizon_days:
            continue
        for effect in control.effects:
            row = places[effect.threat]
            left.likelihood[row, start:] *= 1 - effect.likelihood * strength
            left.impact[row, start:] *= 1 - effect.impact * strength
            left.recovery[row, start:] *= 1 - effect.recovery * strength
    return left


def first_day(control: ControlSpec) -> int:
    """Return the first day, counted from 0, on which a control works; one that is installed works at once."""
    return 0 if control.already_installed else math.ceil(control.lead_time_days)
