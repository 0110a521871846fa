"""Every reference case of the simulation, within its tolerance; see cases_book for how a case finds its handler."""

from dataclasses import replace

import pytest

from tests.scenario import (  # noqa: F401 - each registers its handlers
    cases_controls,
    cases_optimiser,
    cases_recommendation,
    cases_risk,
    cases_simulation,
    cases_threats,
)
from tests.scenario.cases_book import CASES_FILE, Case, UnknownCase, check, handler_of, load_cases

CASES = load_cases()


@pytest.mark.skipif(not CASES, reason=f"{CASES_FILE.name} is not here; set DAYBOOK_SIMULATION_CASES")
@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES])
def test_reference_case_when_run_then_every_expected_value_is_within_its_tolerance(case: Case) -> None:
    check(case, handler_of(case).run(case))


@pytest.mark.chaos
@pytest.mark.parametrize("case", [pytest.param(case, id=case.id) for case in CASES if case.has("planted_ic")])
def test_planted_signal_when_all_twelve_seeds_run_then_its_strength_is_found(case: Case) -> None:
    whole = replace(case, inputs={**case.inputs, "seeds": 12})
    check(whole, handler_of(whole).run(whole))


def test_unknown_case_when_run_then_it_says_so_and_lists_its_inputs() -> None:
    case = Case("XX-01", "nothing known", {"never_heard_of": 1}, {"x": 1}, {})
    with pytest.raises(UnknownCase, match="never_heard_of"):
        handler_of(case)


def test_case_when_a_handler_lacks_an_expected_name_then_it_fails_with_the_name() -> None:
    case = Case("RM-xx", "", {"nu": 5, "sd": 1, "alpha": 0.99}, {"nonsense": 1}, {"rel": 1e-6})
    with pytest.raises(UnknownCase, match="nonsense"):
        check(case, handler_of(case).run(case))


def test_case_when_an_expected_number_is_wrong_then_it_fails() -> None:
    case = Case("RM-xx", "", {"nu": 5, "sd": 1, "alpha": 0.99}, {"VaR": 2.0}, {"rel": 1e-6})
    with pytest.raises(AssertionError, match="VaR should be"):
        check(case, handler_of(case).run(case))
