"""More published and exact cases of the reference families, with inputs of their own, against the public functions.

Expected values are computed here by other means: closed forms of scipy, brute force, plain linear programs, skfolio.
"""

from collections.abc import Callable

import pytest

from tests.scenario import (
    more_cases_optimiser,
    more_cases_recommendation,
    more_cases_risk,
    more_cases_simulation,
    more_cases_threats,
)

ROOMS = (
    more_cases_risk,
    more_cases_optimiser,
    more_cases_simulation,
    more_cases_threats,
    more_cases_recommendation,
)
CHECKS = [pytest.param(check, id=check.__name__) for room in ROOMS for check in room.CHECKS]


@pytest.mark.parametrize("check", CHECKS)
def test_case_when_its_inputs_are_others_then_the_independent_value_is_found(check: Callable[[], None]) -> None:
    check()
