"""Tests of whole runs: every number is there, the books balance, and threads change nothing."""

import json
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from daybook.contracts.scenario_result import PlanName, ScenarioResult
from daybook.scenario.engine.assemble import result_of
from daybook.scenario.engine.judge import judge
from daybook.scenario.engine.run import run_scenario
from daybook.scenario.engine.stages import StageResult, plans_of, run_stage, stages_of
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.errors import ScenarioError
from daybook.scenario.optimise.errors import InfeasiblePlan
from tests.scenario.engine.worlds import CODES, small_history, small_scenario


@pytest.fixture(scope="module")
def result() -> ScenarioResult:
    """A full run on one thread."""
    return run_scenario(small_scenario(), small_history(), run_id="r", threads=1)


def test_run_when_threads_differ_then_results_are_equal_bit_by_bit(result: ScenarioResult) -> None:
    again = run_scenario(small_scenario(), small_history(), run_id="r", threads=3)
    assert again.model_dump_json() == result.model_dump_json()


def test_stages_when_run_in_any_order_and_apart_then_result_is_that_of_the_run(result: ScenarioResult) -> None:
    scenario, history = small_scenario(), small_history()
    names = [stage.name for stage in stages_of(scenario)][1:]
    random.Random(3).shuffle(names)
    results: dict[str, StageResult] = {}
    shared = Workspace(scenario, history)
    for name in ["plan", *names]:
        own = Workspace(scenario, history) if name.startswith(("judge", "playbook", "budget-0")) else shared
        found = run_stage(name, own, results)
        results[name] = StageResult(json.loads(json.dumps(found.data)), found.arrays)
    whole = result_of(shared.prepared, results, "r")
    assert whole.model_dump_json() == result.model_dump_json()


def test_stages_when_a_range_is_judged_in_pieces_then_wealth_is_the_same() -> None:
    scenario = small_scenario(scenarios=3_000)
    space = Workspace(scenario, small_history())
    plan = run_stage("plan", space, {})
    parts = [run_stage(f"judge-{place}", space, {"plan": plan}) for place in range(2)]
    joined = np.concatenate([part.arrays["wealth:optimised"] for part in parts])
    sample = space.part("fresh", 0, 3_000)
    held = plans_of(plan)[PlanName.OPTIMISED]
    whole = judge(sample, scenario.threat_level, held.choice, held.positions_krw(space.prepared.parameters))
    assert (joined == whole.wealth_krw).all()


def test_run_when_done_then_every_part_of_the_result_is_filled(result: ScenarioResult) -> None:
    assert result.allocation
    assert {plan.name for plan in result.plans} == set(PlanName)
    assert len(result.frontier) == 15
    assert len(result.budget_curve) == 7
    assert {"best", "stock", "cash"} <= {row.use for row in result.next_million}
    assert len(result.tornado) == 10 + 3 + 4 + 1
    assert [row.action for row in result.playbook] == [f"A{number}" for number in range(1, 10)]
    assert len(result.stress) >= 10
    assert result.reduction
    assert any(warning.startswith("simulated_data") for warning in result.warnings)
    figures = result.plans[0].figures
    assert len(figures.fan) == result.horizon_days + 1
    assert sum(figures.histogram_counts) == result.scenarios


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"budget": {"total_krw": 30_000_000, "current_positions": {"005930": 100, "017670": 30}, "lot": 5}},
        {"objective": "max_return_cvar_cap", "constraints": {"max_cvar_ratio": 0.05, "max_weight": 0.3}},
        {"objective": "min_cvar", "constraints": {"min_expected_return": 0.005, "max_weight": 0.3}},
    ],
)
def test_run_when_rounded_to_lots_then_the_budget_is_split_to_the_won(changes: dict[str, Any], seed: int) -> None:
    found = run_scenario(small_scenario(seed=seed, **changes), small_history(), run_id="r", preview=True)
    assert found.identity_gap_krw() == 0
    for plan in found.plans:
        parts = plan.stocks_krw + plan.hedges_krw + plan.cash_krw + plan.fees_krw + plan.spend_krw
        assert parts == found.budget_krw


def test_run_when_contributions_are_added_then_they_are_the_cvar(result: ScenarioResult) -> None:
    total = sum(row.cvar_contribution_krw for row in result.by_threat) + result.noise_cvar_contribution_krw
    assert total == pytest.approx(result.plans[0].figures.cvar_krw.value, rel=1e-9)


def test_run_when_views_are_held_then_they_move_the_figures(result: ScenarioResult) -> None:
    views = [{"target": "market", "statistic": "mean", "relation": "==", "value": -0.03}]
    bearish = run_scenario(small_scenario(views=views), small_history(), run_id="r", threads=1, preview=True)
    blind, plain = bearish.plan(PlanName.THREAT_BLIND), result.plan(PlanName.THREAT_BLIND)
    assert blind is not None
    assert plain is not None
    assert bearish.plans[0].stocks_krw < result.plans[0].stocks_krw


def test_run_when_preview_then_plan_and_comparison_only() -> None:
    told: list[tuple[str, float]] = []
    found = run_scenario(
        small_scenario(), small_history(), run_id="p", preview=True, progress=lambda *step: told.append(step)
    )
    assert not found.frontier
    assert not found.budget_curve
    assert len(found.plans) == 6
    assert told[-1][1] == pytest.approx(1.0)


def test_run_when_input_changes_then_its_hash_does() -> None:
    scenario, history = small_scenario(), small_history()
    first = Workspace(scenario, history).prepared.input_hash
    assert Workspace(small_scenario(), small_history()).prepared.input_hash == first
    assert Workspace(small_scenario(seed=5), history).prepared.input_hash != first
    assert Workspace(scenario, small_history(8)).prepared.input_hash != first
    assert Workspace(scenario, history, preview=True).prepared.input_hash != first


def test_run_when_a_stock_has_no_prices_then_the_error_names_it_and_the_way_out() -> None:
    scenario = small_scenario(universe={"codes": [*CODES, "999999"], "source": "fixture"})
    with pytest.raises(ScenarioError, match="999999") as caught:
        run_scenario(scenario, small_history(), run_id="r")
    assert caught.value.field == "universe.codes"
    assert caught.value.way_out


def test_run_when_prices_are_later_than_allowed_then_refused() -> None:
    universe = {"codes": CODES, "source": "fixture", "as_of": "2025-06-01T00:00:00+09:00"}
    with pytest.raises(ScenarioError) as caught:
        run_scenario(small_scenario(universe=universe), small_history(), run_id="r")
    assert caught.value.field == "universe.as_of"


def test_run_when_the_budget_buys_no_share_then_the_error_says_what_would() -> None:
    with pytest.raises(ScenarioError, match="not one lot") as caught:
        run_scenario(small_scenario(budget={"total_krw": 100_000}), small_history(), run_id="r")
    assert caught.value.field == "budget.total_krw"
    assert "raise it to" in caught.value.way_out


def test_run_when_history_is_too_short_then_refused() -> None:
    history = small_history()
    short = replace(
        history,
        days=history.days[:30],
        closes_krw=history.closes_krw[:30],
        turnover_krw=history.turnover_krw[:30],
        market_index=history.market_index[:30],
    )
    with pytest.raises(ScenarioError) as caught:
        run_scenario(small_scenario(), short, run_id="r")
    assert caught.value.field


def test_run_when_limits_contradict_then_the_infeasible_plan_names_the_field() -> None:
    limits = {"max_cvar_ratio": 0.001, "min_expected_return": 0.02}
    with pytest.raises(InfeasiblePlan) as caught:
        run_scenario(small_scenario(constraints=limits), small_history(), run_id="r", preview=True)
    assert caught.value.field in {"constraints.min_expected_return", "constraints.max_cvar_ratio"}


def test_run_when_the_floor_and_the_cap_cannot_be_met_then_both_are_named_and_not_the_budget() -> None:
    limits = {"max_cvar_ratio": 0.001, "min_expected_return": 0.5}
    with pytest.raises(InfeasiblePlan) as caught:
        run_scenario(small_scenario(constraints=limits), small_history(), run_id="r", preview=True)
    assert set(caught.value.binding) == {"constraints.min_expected_return", "constraints.max_cvar_ratio"}


@pytest.mark.parametrize("objective", ["utility", "min_cvar"])
def test_run_when_nothing_threatens_then_it_is_complete(objective: str) -> None:
    scenario = small_scenario(threats=[], controls=[], objective=objective)
    found = run_scenario(scenario, small_history(), run_id="r")
    assert found.identity_gap_krw() == 0
    assert not found.by_threat
    assert not found.controls


def test_run_when_no_event_happens_then_it_is_complete() -> None:
    never = {"annual_rate": (1e-9,) * 6}
    threats = [threat.model_copy(update=never) for threat in small_scenario().threats]
    found = run_scenario(small_scenario(threats=threats), small_history(), run_id="r")
    assert found.identity_gap_krw() == 0


def test_run_when_no_turnover_is_known_then_the_error_says_so() -> None:
    history = small_history()
    dark = replace(history, turnover_krw=np.full_like(history.turnover_krw, np.nan))
    with pytest.raises(ScenarioError, match="turnover of no stock is known") as caught:
        run_scenario(small_scenario(), dark, run_id="r")
    assert caught.value.field == "constraints.max_adv_participation"


def test_run_when_turnover_takes_no_lot_then_the_share_named_is_enough() -> None:
    history = small_history()
    thin = replace(history, turnover_krw=np.full_like(history.turnover_krw, 1_000_000.0))
    limits = {"max_weight": 0.3, "max_sector": 0.6, "max_adv_participation": 0.001}
    with pytest.raises(ScenarioError) as caught:
        run_scenario(small_scenario(constraints=limits), thin, run_id="r")
    assert caught.value.field == "constraints.max_adv_participation"
    named = float(caught.value.way_out.split()[3])
    raised = small_scenario(constraints={**limits, "max_adv_participation": named})
    assert run_scenario(raised, thin, run_id="r", preview=True).identity_gap_krw() == 0


def test_run_when_a_code_outside_the_universe_is_forbidden_then_a_warning_names_it() -> None:
    limits = {"max_weight": 0.3, "max_sector": 0.6, "forbidden_codes": ["005930", "999999"]}
    found = run_scenario(small_scenario(constraints=limits), small_history(), run_id="r", preview=True)
    warning = next(words for words in found.warnings if words.startswith("forbidden_elsewhere"))
    assert "999999" in warning
    assert "005930" not in warning


def test_run_when_a_cap_is_missing_then_the_error_names_it() -> None:
    with pytest.raises(ScenarioError) as caught:
        run_scenario(small_scenario(objective="max_return_cvar_cap"), small_history(), run_id="r")
    assert caught.value.field == "constraints.max_cvar_ratio"


def test_run_when_progress_raises_then_the_run_ends() -> None:
    class Cancelled(Exception):
        pass

    def cancel(stage: str, done: float) -> None:
        raise Cancelled(f"{stage} {done}")

    with pytest.raises(Cancelled):
        run_scenario(small_scenario(), small_history(), run_id="r", progress=cancel)
