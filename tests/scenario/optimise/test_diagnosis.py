import dataclasses
import pickle

import numpy as np
import pytest

from daybook.contracts.scenario import Objective
from daybook.scenario.optimise.errors import FailureCode, InfeasiblePlan, OptimiserError
from daybook.scenario.optimise.problem import LimitKind, LinearLimit, RuinLimit
from daybook.scenario.optimise.solve import solve
from tests.scenario.optimise.oracle import random_problem


def _refused(problem):
    with pytest.raises(InfeasiblePlan) as caught:
        solve(problem)
    return caught.value


def test_diagnosis_when_weights_and_cash_cannot_hold_the_budget_then_each_says_how_far_to_give_way():
    problem = random_problem(
        0, groups=(), lower_krw=np.zeros(6), upper_krw=np.array([5.0, 5, 5, 5, 25, 20]),
        upper_kinds=(*[LimitKind.MAX_WEIGHT] * 4, LimitKind.HEDGE, LimitKind.MIN_CASH),
    )  # fmt: skip
    error = _refused(problem)
    assert error.code is FailureCode.INFEASIBLE
    by_field = {conflict.field: conflict for conflict in error.conflicts}
    assert set(by_field) == {"constraints.max_weight", "constraints.max_hedge", "budget.min_cash_ratio"}
    assert by_field["constraints.max_weight"].relaxation_krw == pytest.approx(34 / 4)
    assert by_field["constraints.max_hedge"].relaxation_krw == pytest.approx(34)
    assert error.field == "constraints.max_weight"
    assert "constraints.max_weight from 0.05 to 0.135" in str(error)
    assert "room for 65 won of 99 won" in str(error)


def test_diagnosis_when_the_relaxation_is_granted_then_there_is_a_plan():
    problem = random_problem(0, max_cvar_krw=2.0)
    error = _refused(problem)
    conflict = next(entry for entry in error.conflicts if entry.field == "constraints.max_cvar_ratio")
    granted = conflict.limit_krw + conflict.relaxation_krw
    assert solve(dataclasses.replace(problem, max_cvar_krw=granted + 1e-6)).cvar_krw <= granted + 2e-6
    _refused(dataclasses.replace(problem, max_cvar_krw=granted - 1e-3))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"objective": Objective.MIN_CVAR, "min_expected_krw": 130.0}, "constraints.min_expected_return"),
        ({"ruin": RuinLimit(97.0, 0.05)}, "constraints.max_ruin_probability"),
        ({"max_turnover_krw": 1.0, "current_krw": np.array([40.0, 0, 0, 0, 0, 59])}, "constraints.max_total_turnover"),
        ({"lower_krw": np.array([0.0, 0, 0, 0, 0, 120.0])}, "budget.min_cash_ratio"),
        ({"lower_krw": np.array([31.0, 0, 0, 0, 0, 0])}, "constraints.max_weight"),
        ({"max_names": 1, "lower_krw": np.array([5.0, 5, 5, 0, 0, 0])}, "constraints.max_names"),
    ],
)
def test_diagnosis_when_one_limit_is_impossible_then_its_field_is_named(changes, field):
    error = _refused(random_problem(0, **changes))
    assert field in error.binding
    assert field in str(error)


def test_diagnosis_when_two_limits_conflict_apart_then_both_have_to_give_way_together():
    impossible = LinearLimit("second", np.array([0, 0, 1.0, 0, 0, 0]), lower_krw=50.0, kind=LimitKind.SECTOR)
    problem = random_problem(0, groups=(impossible,), objective=Objective.MIN_CVAR, min_expected_krw=140.0)
    error = _refused(problem)
    assert "together" in str(error)
    assert {"constraints.min_expected_return"} < set(error.binding)


def test_diagnosis_when_more_money_alone_would_do_then_the_limits_in_conflict_are_named_and_not_the_budget():
    error = _refused(random_problem(0, objective=Objective.MIN_CVAR, max_cvar_krw=0.1, min_expected_krw=150.0))
    assert set(error.binding) == {"constraints.max_cvar_ratio", "constraints.min_expected_return"}
    assert "together" in str(error)
    assert "budget.total_krw" not in str(error)


def test_diagnosis_when_the_error_crosses_processes_then_nothing_is_lost():
    error = _refused(random_problem(0, max_cvar_krw=2.0))
    copy = pickle.loads(pickle.dumps(error))
    assert (str(copy), copy.field, copy.binding, copy.conflicts) == (
        str(error), error.field, error.binding, error.conflicts,
    )  # fmt: skip
    assert isinstance(copy, OptimiserError)
