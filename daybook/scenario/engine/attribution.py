"""Which threat costs a plan what, and what each control takes away from it.

Gross losses are those of :func:`daybook.scenario.threats.losses.gross_threat_loss_krw`: what a threat's events alone
take. They add up to the loss of a scenario only with a remainder (the market's own noise, price limits, losses on what
other losses left), which has a row of its own, so that the contributions to CVaR sum to it (Tasche 1999).
"""

from dataclasses import dataclass

import numpy as np

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, Scenario
from daybook.contracts.scenario_result import ControlRow, Estimate, SensitivityCell, ThreatRow
from daybook.risk.measures.standard_errors import mean
from daybook.risk.measures.tail import tail_weights
from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import ControlChoice, control_cost_krw, no_controls
from daybook.scenario.engine.estimates import contract, equal_or
from daybook.scenario.engine.sample import Sample
from daybook.scenario.threats.thin import gross_threat_loss_krw

WORST_PATHS = 5


def threat_losses_krw(
    sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray, threat: str | None = None
) -> FloatArray:
    """Return the gross loss (S,) of one threat, or of all."""
    only = None if threat is None else frozenset({threat})
    thinned = sample.thinned(level, choice, only)
    return gross_threat_loss_krw(sample.events(level), thinned, sample.parameters, positions_krw)


@dataclass(frozen=True)
class Contributions:
    """Losses by threat before and after controls, and what each adds to the plan's CVaR."""

    rows: tuple[ThreatRow, ...]
    noise_krw: float


def by_threat(
    scenario: Scenario,
    level: int,
    before_krw: FloatArray,
    after_krw: FloatArray,
    losses_krw: FloatArray,
    events: FloatArray,
    first: int,
    probabilities: FloatArray | None,
) -> Contributions:
    """Return a row for each threat.

    Parameters
    ----------
    scenario, level : Scenario, int
        Names and evidence of the threats, and the level in force.
    before_krw, after_krw : array (S, T)
        Gross losses without and with the plan's controls.
    losses_krw : array (S,)
        The plan's losses B - W.
    events : array (T,)
        Events that happened with the plan's controls, in all scenarios.
    first : int
        Number of the first scenario.
    probabilities : array (S,), optional
        Of the scenarios; equal ones when None.
    """
    years = scenario.horizon_days / TRADING_DAYS_PER_YEAR
    chances = equal_or(probabilities, len(losses_krw))
    shares = tail_weights(losses_krw, scenario.appetite.alpha, probabilities)
    worst = np.flatnonzero(shares)
    in_tail = (after_krw[worst] * shares[worst, None]).sum(axis=0)
    yearly_before = (before_krw * chances[:, None]).sum(axis=0) / years
    yearly_after = (after_krw * chances[:, None]).sum(axis=0) / years
    rows = []
    for place, threat in enumerate(scenario.threats):
        ranked = np.argsort(-after_krw[:, place], kind="stable")[:WORST_PATHS]
        rows.append(
            ThreatRow(
                id=threat.id,
                name_ko=threat.name_ko,
                name_en=threat.name_en,
                events_a_year=float(events[place]) / len(losses_krw) / years,
                annual_loss_before_krw=round(float(yearly_before[place])),
                annual_loss_after_krw=round(float(yearly_after[place])),
                cvar_contribution_krw=float(in_tail[place]),
                worst_paths=tuple(int(number) + first for number in ranked if after_krw[number, place] > 0.0),
                evidence=threat.evidence.kind,
            )
        )
    total = float((losses_krw[worst] * shares[worst]).sum())
    return Contributions(tuple(rows), total - float(in_tail.sum()))


def changed_step(choice: ControlChoice, place: int, step: int) -> ControlChoice:
    """Return a choice with one control at another step, whatever it needs or excludes."""
    steps = list(choice.steps)
    steps[place] = step
    return ControlChoice(tuple(steps))


def control_rows(
    sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray, probabilities: FloatArray | None
) -> tuple[ControlRow, ...]:
    """Return a row for each control: what it costs, and the threat loss it avoids beside the plan's other controls.

    For a control the plan does not take, it is what it would avoid at full strength.
    """
    scenario = sample.scenario
    plan = threat_losses_krw(sample, level, choice, positions_krw)
    rows = []
    for place, control in enumerate(scenario.controls):
        step = choice.steps[place]
        other = changed_step(choice, place, 0 if step else control.levels)
        avoided = threat_losses_krw(sample, level, other, positions_krw) - plan
        rows.append(
            ControlRow(
                id=control.id,
                name_ko=control.name_ko,
                name_en=control.name_en,
                step=step,
                cost_krw=control_cost_krw(scenario, control, step),
                already_installed=control.already_installed,
                loss_avoided_krw=contract(mean(avoided if step else -avoided, probabilities)),
                evidence=control.evidence.kind,
            )
        )
    return tuple(rows)


def reduction_cells(sample: Sample, level: int, positions_krw: FloatArray) -> tuple[SensitivityCell, ...]:
    """Return how much of each threat's expected gross loss each control takes away at full strength, alone.

    Cells of controls that do nothing about a threat are left out; a threat without a loss has cells of 0.
    """
    scenario = sample.scenario
    bare = ControlChoice(tuple(0 for _ in scenario.controls))
    base: dict[str, float] = {}
    cells = []
    for place, control in enumerate(scenario.controls):
        alone = changed_step(bare, place, control.levels)
        for effect in control.effects:
            if effect.threat not in base:
                base[effect.threat] = float(threat_losses_krw(sample, level, bare, positions_krw, effect.threat).mean())
            whole = base[effect.threat]
            left = float(threat_losses_krw(sample, level, alone, positions_krw, effect.threat).mean())
            share = 0.0 if whole <= 0.0 else 1.0 - left / whole
            cells.append(SensitivityCell(threat=effect.threat, control=control.id, reduction=share))
    return tuple(cells)


def yearly_loss(
    sample: Sample, level: int, choice: ControlChoice, positions_krw: FloatArray, probabilities: FloatArray | None
) -> Estimate:
    """Return the expected gross threat loss of a year under a choice, all threats together."""
    losses = threat_losses_krw(sample, level, choice, positions_krw)
    years = sample.scenario.horizon_days / TRADING_DAYS_PER_YEAR
    return contract(mean(losses / years, probabilities))


def installed(scenario: Scenario) -> ControlChoice:
    """Return what is in place without the plan."""
    return no_controls(scenario)
