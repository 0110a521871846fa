from collections.abc import Callable

import numpy as np
import pytest

from daybook.contracts.scenario import ControlSpec, Scenario
from daybook.scenario.controls.choice import ControlChoice, choice_of, is_allowed, no_controls, spend_krw, taken
from daybook.scenario.controls.search import allowed_choices, brute_force, local_search
from daybook.scenario.errors import ScenarioError
from daybook.scenario.threats.catalogue import default_scenario
from tests.scenario.threats.worlds import control, scenario_of, threat

THREATS = tuple(threat(f"T{number:02d}_t") for number in range(1, 7))


def puzzle(seed: int, count: int, *, rules: bool, steps: bool) -> tuple[Scenario, Callable[[ControlChoice], float]]:
    """Residual loss plus spend, as in the pure problem, under a spending limit and rules drawn at random."""
    draws = np.random.default_rng(seed)
    losses = draws.lognormal(12.5, 1.2, len(THREATS))
    effects = np.zeros((count, len(THREATS)))
    controls: list[ControlSpec] = []
    for place in range(count):
        struck = draws.choice(len(THREATS), draws.integers(1, 4), replace=False)
        effects[place, struck] = draws.uniform(0.1, 0.9, struck.size)
        needs = (f"C{draws.integers(0, place) + 1:02d}_c",) if rules and place and draws.random() < 0.3 else ()
        clash = (f"C{draws.integers(0, place) + 1:02d}_c",) if rules and place and draws.random() < 0.3 else ()
        controls.append(
            control(
                f"C{place + 1:02d}_c",
                *({"threat": THREATS[t].id, "impact": float(effects[place, t])} for t in struck),
                capex_krw=int(draws.lognormal(11.5, 1)),
                levels=int(draws.integers(1, 3)) if steps else 1,
                requires=needs,
                excludes=tuple(name for name in clash if name not in needs),
            )
        )
    limit = int(sum(spec.capex_krw for spec in controls) * draws.uniform(0.1, 1.1)) if draws.random() < 0.7 else None
    budget = {"total_krw": 10**8, "max_control_spend_krw": limit}
    scenario = scenario_of(*THREATS, controls=tuple(controls), budget=budget)
    levels = np.array([spec.levels for spec in controls])

    def value(choice: ControlChoice) -> float:
        strength = np.array(choice.steps) / levels
        residual = float((losses * np.prod(1 - effects * strength[:, None], axis=0)).sum())
        return -residual - spend_krw(scenario, choice)

    return scenario, value


@pytest.mark.parametrize(("rules", "steps", "count"), [(False, False, 8), (True, False, 10), (True, True, 6)])
def test_local_search_when_sets_are_up_to_1024_then_it_is_as_good_as_trying_all(
    rules: bool, steps: bool, count: int
) -> None:
    for seed in range(40):
        scenario, value = puzzle(seed, count, rules=rules, steps=steps)
        every, local = brute_force(scenario, value), local_search(scenario, value)
        assert local.value == every.value, seed
        assert spend_krw(scenario, local.choice) == spend_krw(scenario, every.choice)
        assert is_allowed(scenario, local.choice)


def test_local_search_when_sets_are_many_then_it_looks_at_few_of_them_once_each() -> None:
    scenario, value = puzzle(3, 10, rules=False, steps=False)
    asked: list[ControlChoice] = []

    def counted(choice: ControlChoice) -> float:
        asked.append(choice)
        return value(choice)

    found = local_search(scenario, counted)
    assert found.evaluations == len(asked) == len(set(asked))
    assert found.evaluations < len(allowed_choices(scenario)) / 2
    assert found.value == brute_force(scenario, value).value
    assert all(is_allowed(scenario, choice) for choice in asked)


def test_local_search_when_repeated_then_it_asks_the_same_in_the_same_order() -> None:
    scenario, value = puzzle(11, 10, rules=True, steps=True)
    assert list(local_search(scenario, value).values) == list(local_search(scenario, value).values)


def test_local_search_when_evaluations_are_limited_then_it_keeps_to_them_and_gives_the_best_met() -> None:
    scenario, value = puzzle(3, 10, rules=False, steps=False)
    found = local_search(scenario, value, max_evaluations=20)
    assert found.evaluations <= 20
    assert found.value == max(found.values.values())
    near = local_search(scenario, value, reach=1)
    assert near.evaluations < local_search(scenario, value).evaluations


def test_local_search_when_given_a_start_then_it_is_tried() -> None:
    scenario, value = puzzle(3, 10, rules=False, steps=False)
    best = brute_force(scenario, value).choice
    assert best in local_search(scenario, value, starts=[best], reach=1).values


def test_search_when_values_are_equal_then_the_cheaper_set_is_taken() -> None:
    scenario = default_scenario()
    assert local_search(scenario, lambda choice: 1.0).choice == no_controls(scenario)


def test_search_when_a_control_needs_another_then_both_come() -> None:
    scenario = default_scenario()
    wanted = "C03_withdrawal_allowlist"
    found = local_search(scenario, lambda choice: float(wanted in taken(scenario, choice)))
    assert taken(scenario, found.choice) == ("C01_mfa_key", wanted)


def test_search_when_controls_are_fixed_then_that_set_is_the_answer() -> None:
    scenario = default_scenario().model_copy(update={"fixed_controls": ("C05_kill_switch",)})
    for search in (brute_force, local_search):
        found = search(scenario, lambda choice: -1.0)
        assert found.choice == choice_of(scenario, ["C05_kill_switch"])
        assert found.evaluations == 1


def test_search_when_the_fixed_set_is_impossible_then_the_reason_is_given() -> None:
    scenario = default_scenario().model_copy(update={"fixed_controls": ("C03_withdrawal_allowlist",)})
    for search in (brute_force, local_search):
        with pytest.raises(ScenarioError, match="C03_withdrawal_allowlist: needs C01_mfa_key"):
            search(scenario, lambda choice: 0.0)


def test_search_when_there_are_no_controls_then_the_empty_choice_is_the_answer() -> None:
    scenario = scenario_of(threat("T01_a"))
    for search in (brute_force, local_search):
        assert search(scenario, lambda choice: 3.0).choice == ControlChoice(())


def test_brute_force_when_there_are_too_many_sets_then_it_says_what_to_use() -> None:
    effect = {"threat": "T01_a", "impact": 0.5}
    controls = tuple(control(f"C{number:02d}_c", effect, levels=3) for number in range(1, 13))
    with pytest.raises(ScenarioError, match="use the local search"):
        brute_force(scenario_of(threat("T01_a"), controls=controls), lambda choice: 0.0)
