"""A choice of controls: a step for each, what it costs, how strong it makes them, and whether it may be taken."""

from collections.abc import Iterable
from dataclasses import dataclass

from daybook.contracts.scenario import TRADING_DAYS_PER_YEAR, ControlSpec, Scenario
from daybook.scenario.errors import ScenarioError


@dataclass(frozen=True)
class ControlChoice:
    """A step for each control of the scenario, in its order; 0: not taken. Installed ones stand at their last step."""

    steps: tuple[int, ...]


def no_controls(scenario: Scenario) -> ControlChoice:
    """Return the choice that takes nothing beyond what is installed."""
    return ControlChoice(tuple(control.levels if control.already_installed else 0 for control in scenario.controls))


def all_controls(scenario: Scenario) -> ControlChoice:
    """Return every control at full strength, whether or not that may be taken."""
    return ControlChoice(tuple(control.levels for control in scenario.controls))


def choice_of(scenario: Scenario, ids: Iterable[str]) -> ControlChoice:
    """Return the named controls at full strength, and those that are installed.

    Raises:
        ScenarioError: for an id that is not among the controls.
    """
    names = set(ids)
    if odd := sorted(names.difference(control.id for control in scenario.controls)):
        raise ScenarioError("fixed_controls", f"names {odd[0]}, which is not among the controls")
    return ControlChoice(
        tuple(c.levels if c.id in names or c.already_installed else 0 for c in scenario.controls),
    )


def taken(scenario: Scenario, choice: ControlChoice) -> tuple[str, ...]:
    """Return the ids in force, installed ones among them."""
    return tuple(control.id for control, step in _pairs(scenario, choice) if step > 0)


def strengths(scenario: Scenario, choice: ControlChoice) -> dict[str, float]:
    """Return step over levels by control id, those at 0 left out; an installed control is at 1."""
    return {control.id: step / control.levels for control, step in _pairs(scenario, choice) if step > 0}


def control_cost_krw(scenario: Scenario, control: ControlSpec, step: int) -> int:
    """Return what a plan pays for a control at a step, in whole won; nothing where it is installed.

    ``annual``: capex and the horizon's share of a year's running cost, a year of 250 trading days. ``one_off``: capex.
    Both in proportion to the step. A half won is rounded up.
    """
    if control.already_installed or step == 0:
        return 0
    whole = control.capex_krw * TRADING_DAYS_PER_YEAR
    if scenario.budget.periodicity == "annual":
        whole += control.opex_per_year_krw * scenario.horizon_days
    parts = TRADING_DAYS_PER_YEAR * control.levels
    return (2 * whole * step + parts) // (2 * parts)


def spend_krw(scenario: Scenario, choice: ControlChoice) -> int:
    """Return what a plan pays for a choice, in whole won."""
    return sum(control_cost_krw(scenario, control, step) for control, step in _pairs(scenario, choice))


def yearly_spend_krw(scenario: Scenario, choice: ControlChoice) -> int:
    """Return capex and a whole year's running cost of a choice in won: what the 1/e alarm is held against."""
    total = 0
    for control, step in _pairs(scenario, choice):
        if not control.already_installed:
            total += (control.capex_krw + control.opex_per_year_krw) * step // control.levels
    return total


def refusal(scenario: Scenario, choice: ControlChoice) -> ScenarioError | None:
    """Return why a choice may not be taken, or None when it may."""
    in_force = set(taken(scenario, choice))
    for control, step in _pairs(scenario, choice):
        if control.already_installed and step != control.levels:
            return ScenarioError(f"controls.{control.id}", "is installed, so it stands at full strength in every plan")
        if control.id not in in_force:
            continue
        if missing := [name for name in control.requires if name not in in_force]:
            return ScenarioError(f"controls.{control.id}", f"needs {missing[0]}", f"take {missing[0]} too, or neither")
        if clash := [name for name in control.excludes if name in in_force]:
            return ScenarioError(f"controls.{control.id}", f"does not go with {clash[0]}", "take one of the two")
    if scenario.fixed_controls is not None and choice != choice_of(scenario, scenario.fixed_controls):
        return ScenarioError("fixed_controls", "allow this one set alone", "leave fixed_controls out to search")
    spend, limit = spend_krw(scenario, choice), spending_limit_krw(scenario)
    if spend > limit:
        field = "total_krw" if scenario.budget.max_control_spend_krw is None else "max_control_spend_krw"
        return ScenarioError(
            f"budget.{field}",
            f"the controls cost {spend:,} won, more than {limit:,}",
            "raise it or take fewer controls",
        )
    return None


def is_allowed(scenario: Scenario, choice: ControlChoice) -> bool:
    """Say whether a choice keeps requires, excludes, the spending limit and ``fixed_controls``."""
    return refusal(scenario, choice) is None


def spending_limit_krw(scenario: Scenario) -> int:
    """Return the most a plan may spend on controls, never more than the budget."""
    limit = scenario.budget.max_control_spend_krw
    return scenario.budget.total_krw if limit is None else min(limit, scenario.budget.total_krw)


def _pairs(scenario: Scenario, choice: ControlChoice) -> list[tuple[ControlSpec, int]]:
    if len(choice.steps) != len(scenario.controls):
        raise ScenarioError(
            "controls", f"the choice has {len(choice.steps)} steps for {len(scenario.controls)} controls"
        )
    pairs = list(zip(scenario.controls, choice.steps, strict=True))
    if odd := [control for control, step in pairs if not 0 <= step <= control.levels]:
        raise ScenarioError(f"controls.{odd[0].id}", f"has steps 0 to {odd[0].levels}")
    return pairs
