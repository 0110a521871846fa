import numpy as np
import pytest

from daybook.scenario.arrays import BLOCK
from daybook.scenario.threats.outages import OutageChannel, OutageWindows, is_down, outage_windows, reopens_at
from daybook.scenario.threats.thin import thin
from tests.scenario.threats.worlds import control, drawn, market, scenario_of, threat

LONG = {"low": 2, "mode": 2, "high": 2}
NAME = {"low": -0.2, "mode": -0.1, "high": 0}


@pytest.mark.parametrize(
    ("category", "channel"),
    [
        ("market", OutageChannel.MARKET),
        ("exchange", OutageChannel.EXCHANGE),
        ("broker", OutageChannel.BROKER),
        ("account", OutageChannel.BROKER),
        ("data", OutageChannel.BROKER),
        ("model", OutageChannel.BROKER),
    ],
)
def test_outage_when_a_threat_has_one_then_its_channel_follows_the_category(category: str, channel: int) -> None:
    scenario = scenario_of(threat("T01_a", annual_rate=(5,) * 6, category=category, outage_days=LONG))
    candidates = drawn(scenario, BLOCK)
    windows = outage_windows(candidates, thin(candidates, scenario, market(), 2, {}), scenario)
    assert set(windows.channel.tolist()) == {channel}
    assert np.array_equal(windows.to_day - windows.from_day, np.full(candidates.scenario.size, 2.0))
    assert np.array_equal(windows.from_day, candidates.day)
    assert set(windows.stock.tolist()) == {-1}


def test_outage_when_a_holding_is_halted_then_the_window_names_the_stock() -> None:
    halt = threat("T11_a", annual_rate=(1,) * 6, category="holding", per_name=True, name_shock=NAME, outage_days=LONG)
    scenario = scenario_of(halt)
    candidates = drawn(scenario, BLOCK)
    windows = outage_windows(candidates, thin(candidates, scenario, market(), 2, {}), scenario)
    assert set(windows.channel.tolist()) == {OutageChannel.STOCK}
    assert np.array_equal(windows.stock, candidates.stock)


def test_outage_when_a_control_speeds_recovery_then_windows_shorten() -> None:
    guard = control("C01_a", {"threat": "T01_a", "recovery": 0.75})
    scenario = scenario_of(threat("T01_a", annual_rate=(5,) * 6, outage_days=LONG), controls=(guard,))
    candidates = drawn(scenario, BLOCK)
    windows = outage_windows(candidates, thin(candidates, scenario, market(), 2, {"C01_a": 1.0}), scenario)
    assert windows.to_day - windows.from_day == pytest.approx(np.full(windows.scenario.size, 0.5))


def test_moments_when_windows_touch_then_reopening_waits_for_the_last_and_others_do_not_count() -> None:
    windows = OutageWindows(
        scenario=np.array([0, 0, 0, 2]),
        from_day=np.array([1.0, 2.5, 9.0, 0.0]),
        to_day=np.array([3.0, 4.0, 9.5, 5.0]),
        channel=np.array([OutageChannel.BROKER, OutageChannel.EXCHANGE, OutageChannel.BROKER, OutageChannel.MARKET]),
        stock=np.full(4, -1),
    )
    days = np.array([1.5, 1.5, 1.5])
    assert is_down(windows, 3, days, OutageChannel.BROKER).tolist() == [True, False, False]
    assert is_down(windows, 3, days, OutageChannel.EXCHANGE).tolist() == [False, False, False]
    both = (OutageChannel.BROKER, OutageChannel.EXCHANGE)
    assert reopens_at(windows, days, both).tolist() == [4.0, 1.5, 1.5]
    assert reopens_at(windows, days, (OutageChannel.BROKER,)).tolist() == [3.0, 1.5, 1.5]
    assert reopens_at(windows, np.array([9.5, 0.0, 4.0]), both).tolist() == [9.5, 0.0, 4.0]
