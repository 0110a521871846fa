import math

import numpy as np
import pytest

from daybook.scenario.arrays import BLOCK
from daybook.scenario.threats.catalogue import default_scenario, preset
from daybook.scenario.threats.draw import draw_candidates
from daybook.scenario.threats.expected import alarm_share, annual_loss, simulated_annual_loss
from daybook.scenario.threats.liquidity import MAX_HAIRCUT, daily_sd, liquidity_haircut
from daybook.scenario.threats.thin import thin
from tests.scenario.threats.worlds import KEY, control, market, positions, scenario_of, threat

ALL = {control.id: 0.7 for control in default_scenario().controls}


@pytest.mark.parametrize(
    ("name", "level"), [("default", 2), ("2008", 4), ("account_takeover", 5), ("broker_outage", 1)]
)
@pytest.mark.parametrize("strengths", [{}, ALL], ids=["bare", "controlled"])
def test_annual_loss_when_simulated_then_it_agrees_with_the_closed_form(
    name: str, level: int, strengths: dict[str, float]
) -> None:
    scenario = preset(name)
    candidates = draw_candidates(scenario, market(), 0, 20 * BLOCK, KEY)
    thinned = thin(candidates, scenario, market(), level, strengths)
    found = simulated_annual_loss(candidates, thinned, scenario, market(), positions())
    exact = annual_loss(scenario, market(), level, strengths, positions(), steady=False)
    assert np.all(np.abs(found.loss_krw - exact.loss_krw) < 4.5 * found.standard_error_krw)
    years = 20 * BLOCK * scenario.horizon_days / 250
    counted = np.bincount(candidates.threat[thinned.happened], minlength=14) / years
    assert np.all(np.abs(counted - exact.events) < 5 * np.sqrt(exact.events / years))


def test_annual_loss_when_one_threat_takes_won_then_it_is_rate_times_mean() -> None:
    spec = threat("T01_a", annual_rate=(0, 0, 0.1, 0.1, 0.1, 0.1), direct_loss={"low": 1e5, "high": 1e6})
    found = annual_loss(scenario_of(spec), market(), 2, {}, positions())
    assert found.loss_krw[0] == pytest.approx(40_400.128269, rel=1e-9)
    assert annual_loss(scenario_of(spec), market(), 1, {}, positions()).loss_krw[0] == 0


def test_annual_loss_when_controls_are_late_then_steady_counts_them_and_the_horizon_does_not() -> None:
    guard = control("C01_a", {"threat": "T01_a", "likelihood": 0.5, "impact": 0.5}, lead_time_days=30)
    spec = threat("T01_a", direct_loss={"low": 100, "mode": 100, "high": 100})
    scenario = scenario_of(spec, controls=(guard,))
    assert annual_loss(scenario, market(), 2, {"C01_a": 1}, positions()).loss_krw[0] == pytest.approx(25)
    late = annual_loss(scenario, market(), 2, {"C01_a": 1}, positions(), steady=False)
    assert late.loss_krw[0] == pytest.approx((100 + 25) / 2)
    assert late.events[0] == pytest.approx(0.75)


def test_annual_loss_when_nothing_threatens_then_it_is_empty() -> None:
    assert annual_loss(scenario_of(), market(), 2, {}, positions()).loss_krw.size == 0


def test_alarm_share_when_spending_is_at_the_bound_then_it_is_one() -> None:
    assert alarm_share(120_000 / math.e, 120_000) == pytest.approx(1)
    assert alarm_share(0, 0) == 0
    assert alarm_share(1, 0) == math.inf


def test_haircut_when_turnover_freezes_then_it_follows_the_square_root_of_what_the_plan_may_hold() -> None:
    scenario = scenario_of(threat("T10_a", liquidity_multiplier=0.25))
    haircut = liquidity_haircut(scenario.threats[0], scenario, market())
    largest = 0.15 * 100_000_000
    expected = daily_sd(market()) * np.sqrt(np.minimum(largest / market().turnover_krw, 0.1)) * (2 - 1)
    assert haircut == pytest.approx(expected)
    assert daily_sd(market())[0] > 0.015


def test_haircut_when_a_stock_does_not_trade_then_it_is_bounded() -> None:
    scenario = scenario_of(threat("T10_a", liquidity_multiplier=0.05))
    dead = market().__class__(**{**market().__dict__, "turnover_krw": np.zeros(20)})
    haircut = liquidity_haircut(scenario.threats[0], scenario, dead)
    assert np.all((haircut > 0) & (haircut <= MAX_HAIRCUT))


def test_haircut_when_a_freeze_happens_then_positions_lose_it_and_a_buffer_saves_its_share() -> None:
    guard = control("C07_a", {"threat": "T10_a", "impact": 0.6})
    scenario = scenario_of(threat("T10_a", annual_rate=(5,) * 6, liquidity_multiplier=0.2), controls=(guard,))
    candidates = draw_candidates(scenario, market(), 0, BLOCK, KEY)
    once = np.flatnonzero(np.bincount(candidates.scenario, minlength=BLOCK) == 1)
    haircut = liquidity_haircut(scenario.threats[0], scenario, market())
    for strengths, share in (({}, 1.0), ({"C07_a": 1.0}, 0.4)):
        lost = thin(candidates, scenario, market(), 2, strengths).direct.position_ratio[once]
        assert lost == pytest.approx(np.tile(haircut * share, (once.size, 1)))
