"""Tests of the search for plans: the rules of the model, and exactness against trying everything."""

import itertools
from types import SimpleNamespace

import numpy as np
import pytest

from daybook.contracts.scenario import Scenario
from daybook.risk.measures.tail import tail
from daybook.scenario.arrays import FloatArray
from daybook.scenario.controls.choice import ControlChoice, all_controls, is_allowed, no_controls
from daybook.scenario.controls.moves import Neighbourhood
from daybook.scenario.engine import multipliers
from daybook.scenario.engine.compared import blind_plan, fullest_choice, joint_plan
from daybook.scenario.engine.dual import certificate_of
from daybook.scenario.engine.plan import Plan, Planner, swaps
from daybook.scenario.engine.sample import cash_growth, wealth_of
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.market.fixture import fixture_history
from daybook.scenario.optimise.errors import InfeasiblePlan
from daybook.scenario.optimise.problem import PlanProblem
from daybook.scenario.threats.catalogue import preset
from tests.scenario.engine.worlds import small_history, small_scenario

LOOSE = {"max_weight": 0.3, "max_sector": 0.6}
BEARISH: dict[str, object] = {"expected_return": -0.4, "threat_level": 5, "constraints": LOOSE}
CAPPED = {"objective": "max_return_cvar_cap", "constraints": {"max_cvar_ratio": 0.06, "max_weight": 0.3}}


def space_of(**changes: object) -> Workspace:
    """Return a workspace of a small scenario."""
    return Workspace(small_scenario(**changes), small_history())


def every_choice(scenario: Scenario) -> list[ControlChoice]:
    """Return every allowed choice."""
    ranges = [range(control.levels + 1) for control in scenario.controls]
    choices = [ControlChoice(steps) for steps in itertools.product(*ranges)]
    return [choice for choice in choices if is_allowed(scenario, choice)]


@pytest.mark.parametrize("changes", [{}, CAPPED, {"objective": "min_cvar"}, {"appetite": {"gamma": 3.0}}])
def test_search_when_all_sets_are_tried_then_its_set_is_the_best(changes: dict[str, object]) -> None:
    space = space_of(**changes)
    found = joint_plan(space)
    planner = space.planner()
    best = max(planner.plan(choice).score_krw for choice in every_choice(space.scenario))
    assert found.score_krw == pytest.approx(best, abs=2.0)


@pytest.mark.parametrize("changes", [{}, CAPPED, {"objective": "min_cvar"}, {"appetite": {"gamma": 3.0}}, BEARISH])
def test_bound_when_solved_exactly_then_it_was_never_below(changes: dict[str, object]) -> None:
    space = space_of(**changes)
    planner = space.planner()
    for start in (no_controls(space.scenario), all_controls(space.scenario)):
        plan = planner.plan(start)
        certificate = certificate_of(plan.problem, plan.solution)
        for choice in every_choice(space.scenario)[::3]:
            exact = planner.plan(choice).score_krw
            assert planner._bound(choice, certificate) >= exact - 0.5
            assert planner._closer_bound(choice, certificate, plan.solution) >= exact - 0.5


def test_bound_when_positions_are_held_already_then_it_still_holds() -> None:
    held = {"total_krw": 50_000_000, "current_positions": {"005930": 100, "105560": 60}}
    space = space_of(budget=held, constraints={"max_total_turnover": 0.3, "max_names": 3, "max_weight": 0.4})
    planner = space.planner()
    plan = planner.plan(no_controls(space.scenario))
    certificate = certificate_of(plan.problem, plan.solution)
    for choice in every_choice(space.scenario)[::7]:
        assert planner._bound(choice, certificate) >= planner.plan(choice).score_krw - 0.5


@pytest.mark.parametrize("changes", [{}, BEARISH])
def test_bound_when_at_its_own_choice_then_it_is_the_optimum(changes: dict[str, object]) -> None:
    planner = space_of(**changes).planner()
    plan = planner.plan(no_controls(planner.sample.scenario))
    certificate = certificate_of(plan.problem, plan.solution)
    assert planner._bound(plan.choice, certificate) == pytest.approx(plan.score_krw, abs=50.0)
    assert certificate.net_short_price > 0.0 or not changes


def test_level_when_it_rises_then_the_best_objective_never_does() -> None:
    history = small_history()
    scores = []
    for level in range(6):
        scores.append(joint_plan(Workspace(small_scenario(threat_level=level), history)).score_krw)
    assert all(after <= before + 1.0 for before, after in itertools.pairwise(scores))
    assert scores[5] < scores[0]


@pytest.mark.parametrize("name", ["2008", "2020-03"])
def test_level_when_it_rises_in_a_crisis_then_the_best_objective_never_does(name: str) -> None:
    whole = preset(name)
    history = fixture_history(whole.universe.codes, whole.universe.lookback_days, 1)
    scores = []
    for level in (3, 4, 5):
        scenario = whole.model_copy(update={"threat_level": level, "scenarios": 2_000})
        scores.append(joint_plan(Workspace(scenario, history)).score_krw)
    assert all(after <= before + 1.0 for before, after in itertools.pairwise(scores)), scores


@pytest.mark.parametrize("changes", [{"appetite": {"gamma": 1.0}, "expected_return": 0.6}, BEARISH])
def test_plan_when_hedged_then_hedges_are_expected_to_gain_no_more_than_stocks_fall_short(
    changes: dict[str, object],
) -> None:
    plan = joint_plan(space_of(**changes))
    wealth, held = plan.problem.wealth, plan.solution.positions_krw
    chances = np.full(len(wealth.fixed_krw), 1.0 / len(wealth.fixed_krw))
    mean = (chances if wealth.probabilities is None else wealth.probabilities) @ wealth.gross
    stocks = plan.problem.or_all_but_last(plan.problem.is_stock)[:-1]
    excess = (mean[:-1] - mean[-1]) * held[:-1]
    assert np.maximum(excess[~stocks], 0.0).sum() <= -np.minimum(excess[stocks], 0.0).sum() + 1.0


def test_plan_when_net_short_is_allowed_then_a_fall_is_bet_on_and_otherwise_not() -> None:
    free = joint_plan(space_of(**{**BEARISH, "constraints": {**LOOSE, "no_net_short": False}}))
    bound = joint_plan(space_of(**BEARISH))
    assert free.solution.positions_krw[-2] > 20_000_000.0
    assert bound.solution.positions_krw[-2] < 1_000_000.0
    assert bound.score_krw < free.score_krw


def test_bound_when_the_search_for_multipliers_fails_then_it_still_holds(monkeypatch: pytest.MonkeyPatch) -> None:
    planner = space_of().planner()
    plan = planner.plan(no_controls(planner.sample.scenario))

    def lost(matrix: FloatArray, *rest: object, **named: object) -> SimpleNamespace:
        return SimpleNamespace(x=np.full(matrix.shape[1], np.inf) * 0.0)

    monkeypatch.setattr(multipliers, "lsq_linear", lost)
    certificate = certificate_of(plan.problem, plan.solution)
    for choice in every_choice(planner.sample.scenario)[::7]:
        assert planner._bound(choice, certificate) >= planner.plan(choice).score_krw - 0.5


def test_plan_when_hedged_then_it_is_never_net_short() -> None:
    views = [{"target": "market", "statistic": "mean", "relation": "==", "value": -0.05}]
    space = space_of(views=views, appetite={"gamma": 0.5}, expected_return=0.9)
    plan = joint_plan(space)
    parameters = space.prepared.parameters
    held = plan.solution.positions_krw
    stocks = len(parameters.codes)
    short = sum(hedge.leverage * held[stocks + place] for place, hedge in enumerate(parameters.hedges))
    assert short <= float((parameters.beta * held[:stocks]).sum()) + 1.0


def test_plan_when_joint_then_it_is_at_least_the_best_silo_on_the_same_numbers() -> None:
    space = space_of(threat_level=5)
    joint = joint_plan(space)
    planner = space.planner()
    for choice in (no_controls(space.scenario), fullest_choice(space.scenario, joint.choice), joint.choice):
        blind = blind_plan(space, choice)
        problem = planner.problem(choice)
        wealth = wealth_of(problem.wealth, blind.solution.positions_krw)
        assert _utility(problem, wealth) <= joint.score_krw + 1.0


def _utility(problem: PlanProblem, wealth: FloatArray) -> float:
    losses = problem.reference_krw - wealth
    return float(wealth.mean()) - problem.gamma * tail(losses, problem.alpha).cvar


def test_control_when_added_then_no_path_is_worse() -> None:
    space = space_of(threat_level=5)
    sample, level = space.planning, 5
    bare = no_controls(space.scenario)
    base = sample.wealth(level, bare)
    for place, control in enumerate(space.scenario.controls):
        steps = list(bare.steps)
        for step in range(1, control.levels + 1):
            steps[place] = step
            more = sample.wealth(level, ControlChoice(tuple(steps)))
            assert (more.gross >= base.gross).all()
            assert (more.fixed_krw <= base.fixed_krw).all()


def test_wealth_when_there_is_no_threat_then_cash_is_exact() -> None:
    space = space_of(threats=[], controls=[], cash_rate=0.0)
    positions = np.zeros(len(space.limits.lots_krw))
    positions[-1] = 100_000_000.0
    wealth = wealth_of(space.planning.wealth(2, ControlChoice(())), positions)
    assert (wealth == 100_000_000.0).all()
    assert cash_growth(space.scenario) == 1.0


def test_search_when_controls_are_fixed_then_it_keeps_them() -> None:
    space = space_of(fixed_controls=["C01_mfa_key"])
    assert joint_plan(space).choice.steps == (1, 0, 0, 0, 0)


def test_search_when_the_first_set_is_infeasible_then_another_is_found() -> None:
    space = space_of()

    class Picky(Planner):
        def plan(self, choice: ControlChoice, warm: object = None) -> Plan:
            if choice == no_controls(space.scenario):
                raise InfeasiblePlan("constraints.max_cvar_ratio", "too risky without controls")
            return super().plan(choice)

    found = Picky(space.planning, space.limits, 2).best()
    assert found.choice != no_controls(space.scenario)


def test_swaps_when_listed_then_each_gives_one_thing_for_another() -> None:
    space = space_of()
    choice = ControlChoice((1, 0, 0, 0, 0))
    for other in swaps(Neighbourhood(space.scenario), choice):
        changes = [after - before for before, after in zip(choice.steps, other.steps, strict=True)]
        assert min(changes) < 0 < max(changes)
