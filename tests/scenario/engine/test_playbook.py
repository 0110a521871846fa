"""Tests of the simulated playbook against days worked out by hand."""

import numpy as np
import pytest

from daybook.contracts.response_codes import ActionCode
from daybook.contracts.scenario_result import ScenarioResult
from daybook.contracts.threat_settings import ResponseSettings, ThreatSettings
from daybook.risk.response.playbook import RULES
from daybook.scenario.engine.playbook_actions import STOPPED_SHARES, latency_days
from daybook.scenario.engine.playbook_incidents import Incidents, incident_row
from daybook.scenario.engine.playbook_market import Rates, Sleeves, hedge, market_levels, raise_cash, sleeves_of
from daybook.scenario.engine.run import run_scenario
from daybook.scenario.engine.sample import wealth_of
from daybook.scenario.engine.workspace import Workspace
from tests.scenario.engine.worlds import small_history, small_scenario

FREE = Rates(sell_stocks=0.0, buy_hedge=0.0, beta=1.0)


def sleeves(index: list[float], cash_krw: float = 0.0) -> Sleeves:
    """Return one scenario in which stocks of 100 million follow the index and the fund mirrors each day."""
    level = np.array([index])
    daily = level[:, 1:] / level[:, :-1] - 1.0
    inverse = np.concatenate([np.ones((1, 1)), np.cumprod(1.0 - daily, axis=1)], axis=1)
    return Sleeves(
        stocks_krw=100_000_000.0 * level,
        hedges_krw=np.zeros_like(level),
        index=level,
        inverse=inverse,
        cash_krw=cash_krw,
        daily_rate=0.0,
    )


def test_level_when_the_index_falls_then_it_is_that_of_the_live_thresholds() -> None:
    levels = market_levels(np.array([[1.0, 0.99, 0.94, 0.86, 0.86]]), ThreatSettings())
    assert levels.tolist() == [[0, 0, 3, 4, 2]]


def test_cash_when_raised_late_then_the_second_fall_costs_less_but_more_than_at_once() -> None:
    days = sleeves([1.0, 0.94, 0.90, 0.80])
    levels = market_levels(days.index, ThreatSettings())
    up = np.zeros_like(levels, dtype=bool)
    late = raise_cash(days, levels, up, FREE, ResponseSettings())
    ideal = raise_cash(days, levels, None, FREE, ResponseSettings())
    assert ideal.gain_krw[0] > late.gain_krw[0] > 0.0
    sold = 0.25 * 90_000_000.0
    assert late.gain_krw[0] == pytest.approx(sold * (1.0 - 0.80 / 0.90))


def test_cash_when_the_market_is_down_then_it_waits() -> None:
    days = sleeves([1.0, 0.94, 0.90, 0.80])
    levels = market_levels(days.index, ThreatSettings())
    down = np.zeros_like(levels, dtype=bool)
    down[0, 2] = True
    found = raise_cash(days, levels, down, FREE, ResponseSettings())
    assert found.blocked[0]
    assert found.gain_krw[0] == 0.0


def test_hedge_when_bought_then_it_gains_what_the_fund_does() -> None:
    days = sleeves([1.0, 0.94, 0.94, 0.846], cash_krw=50_000_000.0)
    levels = market_levels(days.index, ThreatSettings())
    found = hedge(days, levels, np.zeros_like(levels, dtype=bool), FREE, ResponseSettings(), 1.0)
    bought = min(0.3 * 94_000_000.0, 0.15 * 144_000_000.0)
    assert found.gain_krw[0] == pytest.approx(bought * 0.1)
    none = hedge(sleeves([1.0, 0.94, 0.9]), levels[:, :3], None, FREE, ResponseSettings(), 1.0)
    assert none.gain_krw[0] == 0.0, "there is no cash to buy it with"


def _incidents(lasts: float, blocked: float) -> Incidents:
    return Incidents(
        scenario=np.array([1]),
        category=np.array(["account"]),
        loss_krw=np.array([1_000_000.0]),
        lasts_days=np.array([lasts]),
        blocked_days=np.array([blocked]),
    )


@pytest.mark.parametrize("code", list(STOPPED_SHARES))
def test_action_when_late_then_it_saves_its_share_of_what_is_still_to_come(code: ActionCode) -> None:
    share = next((part for category, part in STOPPED_SHARES[code].items() if category == "account"), 0.0)
    row = incident_row(code, _incidents(2.0, 0.0), small_scenario(), 2, None)
    left = 1.0 - latency_days(RULES[code]) / 2.0
    assert row.loss_avoided_krw.value == pytest.approx(share * left * 500_000.0)
    assert row.loss_avoided_if_perfect_krw == pytest.approx(share * 500_000.0)


def test_action_when_its_channel_is_down_then_it_starts_when_that_is_up() -> None:
    needing = [code for code in STOPPED_SHARES if RULES[code].needs_broker]
    for code in needing:
        row = incident_row(code, _incidents(2.0, 1.5), small_scenario(), 2, None)
        assert row.unavailable_share in {0.0, 1.0}
        assert row.loss_avoided_krw.value <= 0.25 * row.loss_avoided_if_perfect_krw + 1e-6
    local = incident_row(ActionCode.TIGHTEN_LIMITS, _incidents(2.0, 1.5), small_scenario(), 2, None)
    assert local.unavailable_share == 0.0


def test_sleeves_when_added_up_then_they_are_the_plan() -> None:
    space = Workspace(small_scenario(threats=[], controls=[], cash_rate=0.0), small_history())
    sample = space.part("fresh", 0, 500)
    positions = np.array([10e6, 5e6, 0.0, 20e6, 0.0, 15e6, 8e6, 42e6])
    parts = sleeves_of(sample, 2, space.prepared.installed, positions)
    whole = wealth_of(sample.wealth(2, space.prepared.installed), positions)
    assert parts.stocks_krw[:, -1] + parts.hedges_krw[:, -1] + 42e6 == pytest.approx(whole, rel=1e-9)
    market = sample.paths(2, space.prepared.installed).market
    assert parts.index[:, -1] == pytest.approx(market, rel=1e-4)


def test_rows_when_latency_and_outages_count_then_incident_actions_are_worth_less_than_perfect_ones() -> None:
    found: ScenarioResult = run_scenario(small_scenario(threat_level=5), small_history(), run_id="r")
    for row in found.playbook[3:]:
        assert row.loss_avoided_krw.value <= row.loss_avoided_if_perfect_krw + 1e-6
    assert found.playbook[0].runs_a_year > 0
    assert found.playbook[1].runs_a_year > 0
