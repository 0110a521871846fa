from datetime import date

import pytest

from daybook.contracts.scenario import Scenario
from daybook.scenario.controls.choice import (
    ControlChoice,
    all_controls,
    choice_of,
    control_cost_krw,
    is_allowed,
    no_controls,
    refusal,
    spend_krw,
    strengths,
    taken,
    yearly_spend_krw,
)
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_scenario
from tests.scenario.threats.worlds import control, scenario_of, threat

EFFECT = {"threat": "T01_a", "impact": 0.5}


def world(**fields: object) -> Scenario:
    controls = (
        control("C01_key", EFFECT, capex_krw=60_000),
        control("C02_vault", EFFECT, capex_krw=10_000, opex_per_year_krw=50_000, levels=3),
        control("C03_list", EFFECT, capex_krw=1, requires=("C01_key",)),
        control("C04_other", EFFECT, capex_krw=5_000, excludes=("C01_key",)),
        control("C05_there", EFFECT, capex_krw=9_999_999, levels=2, already_installed=True),
    )
    return scenario_of(threat("T01_a"), controls=controls, **fields)


def test_cost_when_annual_then_it_is_capex_and_the_horizons_share_of_running_cost() -> None:
    scenario = world(horizon_days=60)
    assert spend_krw(scenario, choice_of(scenario, ["C01_key"])) == 60_000
    vault = scenario.controls[1]
    assert [control_cost_krw(scenario, vault, step) for step in range(4)] == [0, 7_333, 14_667, 22_000]
    assert yearly_spend_krw(scenario, choice_of(scenario, ["C02_vault", "C01_key"])) == 120_000


def test_cost_when_one_off_then_running_cost_is_left_out() -> None:
    scenario = world(budget={"total_krw": 10**8, "periodicity": "one_off"})
    assert control_cost_krw(scenario, scenario.controls[1], 3) == 10_000


def test_installed_control_when_in_every_choice_then_it_works_and_costs_nothing() -> None:
    scenario = world()
    for choice in (no_controls(scenario), all_controls(scenario), choice_of(scenario, [])):
        assert choice.steps[4] == 2
        assert strengths(scenario, choice)["C05_there"] == 1
    assert spend_krw(scenario, no_controls(scenario)) == 0
    assert taken(scenario, no_controls(scenario)) == ("C05_there",)


def test_strengths_when_steps_are_taken_then_they_are_shares_of_the_levels() -> None:
    scenario = world()
    assert strengths(scenario, ControlChoice((1, 2, 0, 0, 2))) == {
        "C01_key": 1,
        "C02_vault": pytest.approx(2 / 3),
        "C05_there": 1,
    }


@pytest.mark.parametrize(
    ("steps", "field", "says"),
    [
        ((0, 0, 1, 0, 2), "controls.C03_list", "needs C01_key; take C01_key too, or neither"),
        ((1, 0, 0, 1, 2), "controls.C04_other", "does not go with C01_key"),
        ((0, 0, 0, 0, 1), "controls.C05_there", "is installed"),
    ],
)
def test_choice_when_it_breaks_a_rule_then_the_refusal_names_the_control(
    steps: tuple[int, ...], field: str, says: str
) -> None:
    found = refusal(world(), ControlChoice(steps))
    assert found is not None
    assert found.field == field
    assert says in str(found)
    assert not is_allowed(world(), ControlChoice(steps))


def test_choice_when_it_passes_the_limit_then_the_limit_is_named() -> None:
    scenario = world(budget={"total_krw": 10**8, "max_control_spend_krw": 60_000})
    assert is_allowed(scenario, choice_of(scenario, ["C01_key"]))
    found = refusal(scenario, choice_of(scenario, ["C01_key", "C03_list"]))
    assert found is not None
    assert found.field == "budget.max_control_spend_krw"
    assert "60,001 won, more than 60,000" in str(found)
    small = world(budget={"total_krw": 100_000}, horizon_days=250)
    whole = refusal(small, choice_of(small, ["C01_key", "C02_vault"]))
    assert whole is not None
    assert whole.field == "budget.total_krw"


def test_choice_when_controls_are_fixed_then_that_set_alone_is_allowed() -> None:
    scenario = world(fixed_controls=("C01_key",))
    assert is_allowed(scenario, choice_of(scenario, ["C01_key"]))
    assert not is_allowed(scenario, no_controls(scenario))
    assert not is_allowed(scenario, choice_of(scenario, ["C01_key", "C03_list"]))


def test_choice_when_it_is_of_another_scenario_then_it_is_refused() -> None:
    with pytest.raises(ScenarioError, match="2 steps for 5 controls"):
        spend_krw(world(), ControlChoice((1, 0)))
    with pytest.raises(ScenarioError, match=r"C02_vault: has steps 0 to 3"):
        strengths(world(), ControlChoice((0, 4, 0, 0, 2)))
    with pytest.raises(ScenarioError, match="fixed_controls: names C99_x"):
        choice_of(world(), ["C99_x"])


def test_default_controls_when_all_are_taken_then_rules_allow_it_for_a_plausible_price() -> None:
    scenario = default_scenario()
    assert scenario.costs_as_of == date(2026, 1, 2)
    assert is_allowed(scenario, all_controls(scenario))
    assert 300_000 < spend_krw(scenario, all_controls(scenario)) < 1_000_000
