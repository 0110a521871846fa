from daybook.scenario.threats.catalogue import default_scenario
from daybook.scenario.threats.notices import threat_notices
from tests.scenario.threats.worlds import control, market, scenario_of, threat


def test_notices_when_the_default_is_read_then_only_the_guesses_are_told() -> None:
    notices = threat_notices(default_scenario(), market())
    assert len(notices) == 1
    assert notices[0].startswith("the rates of 12 of 14 threats are expert priors: T02_volatility_spike")


def test_notices_when_a_control_promises_to_stop_the_market_then_it_is_told() -> None:
    spec = threat("T01_a", market_shock={"low": -0.2, "mode": -0.1, "high": 0})
    late = control("C01_a", {"threat": "T01_a", "likelihood": 0.5}, lead_time_days=60)
    notices = threat_notices(scenario_of(spec, controls=(late,)), market())
    assert "no control changes a market-wide shock" in notices[0]
    assert "after the horizon (60 of 60 days)" in notices[1]


def test_notices_when_targets_are_not_in_the_universe_then_they_are_named() -> None:
    fall = {"low": -0.2, "mode": -0.1, "high": 0}
    spec = threat("T03_a", sector_shock={"조선": fall}, name_shock=fall, name_pick="listed", listed=("999999",))
    notices = threat_notices(scenario_of(spec), market())
    assert "no sector 조선" in notices[0]
    assert "none of the names is in the universe" in notices[1]
