"""Tests of the smaller parts: limits, estimates, stress, assumptions, daily losses, digests, the next million."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from daybook.contracts.scenario_result import Estimate
from daybook.scenario.arrays import Hedge
from daybook.scenario.engine.assumptions import (
    assumptions_of,
    with_direct_losses,
    with_effectiveness,
    with_market_return,
    with_market_share,
    with_rate,
    with_volatility,
)
from daybook.scenario.engine.digest import data_digest, input_hash
from daybook.scenario.engine.estimates import objective_influence, quantiles
from daybook.scenario.engine.figures import exceedance, histogram, max_drawdown
from daybook.scenario.engine.judge import judge
from daybook.scenario.engine.limits import limits_of, liquidity_ratio, trading_rates
from daybook.scenario.engine.next_million import next_million_rows
from daybook.scenario.engine.ordinary_toll import with_ordinary_toll
from daybook.scenario.engine.stress import REPLAYS, replay_loss_krw
from daybook.scenario.engine.threads import ordered_map
from daybook.scenario.engine.workspace import Workspace
from daybook.scenario.errors import ScenarioError
from daybook.scenario.market.packing import expected_daily_growth
from daybook.scenario.optimise.problem import LimitKind
from tests.scenario.engine.worlds import small_history, small_scenario


@pytest.fixture(scope="module")
def space() -> Workspace:
    """A small world at the highest level."""
    return Workspace(small_scenario(threat_level=5), small_history())


def test_replay_when_the_plan_has_beta_one_then_it_loses_what_the_index_did(space: Workspace) -> None:
    parameters = replace(
        space.prepared.parameters,
        beta=np.ones(6),
        hedges=(Hedge("114800", 1.0, 4_000),),
    )
    stocks = np.array([100e6 / 6] * 6 + [0.0, 0.0])
    fund = np.array([0.0] * 6 + [10e6, 0.0])
    for replay in REPLAYS:
        assert replay_loss_krw(replay, stocks, parameters) == pytest.approx(-100e6 * replay.market_return, abs=1.0)
        if replay.days == 1:
            assert replay_loss_krw(replay, fund, parameters) == pytest.approx(10e6 * replay.market_return, abs=1.0)


def test_limits_when_turnover_is_small_then_liquidity_binds_before_weight(space: Workspace) -> None:
    scenario = small_scenario()
    turnover = space.prepared.parameters.turnover_krw.copy()
    turnover[0] = 50e6
    parameters = replace(space.prepared.parameters, turnover_krw=turnover)
    problem = limits_of(scenario, parameters, ("KOSPI",) * 6).problem
    assert problem.upper_kinds is not None
    assert problem.upper_kinds[0] is LimitKind.LIQUIDITY
    assert problem.upper_krw[0] == pytest.approx(0.1 * 50e6 * liquidity_ratio(scenario))


def test_limits_when_a_code_is_forbidden_then_nothing_of_it_is_bought(space: Workspace) -> None:
    limits = {"forbidden_codes": ["005930"], "max_weight": 0.3}
    problem = limits_of(small_scenario(constraints=limits), space.prepared.parameters, ("KOSPI",) * 6).problem
    assert problem.upper_krw[0] == 0.0


def test_liquidity_when_threats_grow_then_it_shrinks() -> None:
    ratios = [liquidity_ratio(small_scenario(threat_level=level)) for level in range(6)]
    assert ratios == sorted(ratios, reverse=True)
    assert liquidity_ratio(small_scenario(threats=[], controls=[])) == 1.0


def test_rates_when_sold_in_2026_then_kospi_and_kosdaq_pay_their_tax_and_funds_none() -> None:
    buy, sell = trading_rates(("KOSPI", "KOSDAQ"), 1, date(2026, 3, 3))
    assert buy.tolist() == pytest.approx([0.00014] * 3 + [0.0])
    assert sell.tolist() == pytest.approx([0.00214, 0.00214, 0.00014, 0.0])
    with pytest.raises(ScenarioError, match="costs_as_of"):
        trading_rates(("KOSPI",), 0, date(2018, 1, 1))


def test_current_positions_when_worth_more_than_the_budget_then_refused(space: Workspace) -> None:
    del space
    with pytest.raises(ScenarioError) as caught:
        Workspace(
            small_scenario(budget={"total_krw": 10_000_000, "current_positions": {"000660": 1_000}}), small_history()
        )
    assert caught.value.field == "budget.current_positions"


def test_influence_when_averaged_then_it_is_the_objective() -> None:
    wealth = np.random.default_rng(1).normal(100.0, 10.0, 4_000)
    value = float(objective_influence(wealth, 100.0, 0.95, 0.7).mean())
    worst = np.sort(100.0 - wealth)[-200:].mean()
    assert value == pytest.approx(float(wealth.mean()) - 0.7 * worst, abs=1e-6)


def test_quantiles_when_weights_are_equal_then_they_are_those_without() -> None:
    values = np.random.default_rng(2).normal(size=(500, 3))
    levels = (0.05, 0.5, 0.95)
    assert quantiles(values, levels) == pytest.approx(quantiles(values, levels, np.full(500, 1 / 500)))


def test_figures_when_drawn_then_nothing_is_lost() -> None:
    losses = np.random.default_rng(3).normal(size=1_000)
    edges, counts = histogram(losses)
    assert sum(counts) == 1_000
    assert len(edges) == len(counts) + 1
    for loss, chance in exceedance(losses, None):
        assert chance == pytest.approx(float((losses > loss).mean()), abs=1e-9)
    assert sum(histogram(np.zeros(5))[1]) == 5
    assert max_drawdown(np.array([[100.0, 120.0, 60.0, 90.0]]))[0] == pytest.approx(0.5)


def test_days_when_direct_losses_strike_then_they_end_at_the_horizons_wealth(space: Workspace) -> None:
    positions = np.array([10e6] * 6 + [0.0, 40e6])
    sample = space.part("fresh", 0, 500)
    judged = judge(sample, 5, space.prepared.installed, positions)
    assert (judged.days_krw[:, -1] == judged.wealth_krw).all()
    assert judged.days_krw[:, 0] == pytest.approx(np.full(500, 100e6), rel=1e-6)
    assert judged.drawdowns.max() <= 1.0


def test_assumptions_when_changed_then_only_what_they_name_does(space: Workspace) -> None:
    scenario, parameters = space.scenario, space.prepared.parameters
    doubled = with_rate(scenario, "T08_api_key_leak", 2.0)
    for before, after in zip(scenario.threats, doubled.threats, strict=True):
        factor = 2.0 if before.id == "T08_api_key_leak" else 1.0
        assert after.annual_rate == pytest.approx(tuple(factor * rate for rate in before.annual_rate))
    half = with_direct_losses(scenario, 0.5)
    assert all(t.direct_loss is None or t.direct_loss.high <= 0.5 for t in half.threats if t.direct_base != "krw")
    assert all(e.impact <= 0.99 for c in with_effectiveness(scenario, 5.0).controls for e in c.effects)
    growth = expected_daily_growth(parameters)
    calm = expected_daily_growth(with_volatility(parameters, 0.5))
    assert calm == pytest.approx(growth, abs=1e-12)
    tight = with_market_share(parameters, 1.3)
    assert expected_daily_growth(tight) == pytest.approx(growth, abs=1e-12)
    variance = (parameters.loadings**2).sum(axis=1) + parameters.idiosyncratic_sd**2
    assert (tight.loadings**2).sum(axis=1) + tight.idiosyncratic_sd**2 == pytest.approx(variance)
    richer = expected_daily_growth(with_market_return(parameters, 0.25))
    assert richer[-1] - growth[-1] == pytest.approx(0.001)
    names = [entry.name for entry in assumptions_of(scenario, parameters, controls_in_force=False)]
    assert len(set(names)) == len(names)
    assert "effectiveness" not in names


def test_next_million_when_blocks_disagree_then_the_gain_is_not_measurable() -> None:
    blocks = [{"best": 10.0, "cash": float(number - 3)} for number in range(7)]
    rows = {row.use: row for row in next_million_rows(small_scenario(), blocks)}
    assert rows["best"].measurable
    assert rows["best"].gain_krw == Estimate(value=10.0, standard_error=0.0)
    assert not rows["cash"].measurable
    missing = [{"best": 1.0, "stock": 1.0}, {"best": 1.0}]
    assert [row.use for row in next_million_rows(small_scenario(), missing)] == ["best"]


def test_digest_when_one_number_differs_then_it_does() -> None:
    history = small_history()
    same = small_history()
    assert data_digest(history) == data_digest(same)
    same.closes_krw[5, 2] += 1.0
    assert data_digest(history) != data_digest(same)
    assert input_hash(small_scenario(), "a") != input_hash(small_scenario(), "b")
    with pytest.raises(TypeError):
        data_digest({"a": 1})


def test_ordered_map_when_pieces_take_unequal_time_then_order_is_kept() -> None:
    assert ordered_map(lambda number: number * number, range(50), 4) == [number * number for number in range(50)]
    with pytest.raises(ZeroDivisionError):
        ordered_map(lambda number: 1 // number, [1, 0, 2], 2)


def test_toll_when_made_up_for_then_level_2_earns_the_expected_return_and_higher_levels_less() -> None:
    scenario = small_scenario(expected_return=0.08, horizon_days=60, threat_level=2)
    space = Workspace(scenario, small_history())
    sample = space.part("fresh", 0, 4_000)
    bare = space.prepared.installed
    wanted = 1.08 ** (60 / 250)
    market = sample.paths(2, bare).market
    assert float(market.mean()) == pytest.approx(wanted, abs=4 * float(market.std()) / 4_000**0.5)
    stocks = sample.paths(2, bare).stocks.mean(axis=1)
    by_beta = float(np.mean(wanted**space.prepared.parameters.beta))
    assert float(stocks.mean()) == pytest.approx(by_beta, abs=4 * float(stocks.std()) / 4_000**0.5)
    assert sample.paths(5, bare).market.mean() < market.mean() < sample.unthreatened_paths().market.mean()


def test_toll_when_there_is_no_threat_then_it_is_nothing() -> None:
    space = Workspace(small_scenario(threats=[], controls=[]), small_history())
    assert with_ordinary_toll(space.scenario, space.prepared.parameters) is space.prepared.parameters
