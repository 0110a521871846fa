import numpy as np
import pytest

from daybook.scenario.arrays import BLOCK, ActiveEvents, DirectLosses
from daybook.scenario.threats.losses import event_log_returns, gross_loss_krw
from daybook.scenario.threats.picks import sector_index
from tests.scenario.threats.worlds import drawn, market, positions, scenario_of, threat

NO_DIRECT = DirectLosses(np.zeros(2), np.zeros(2), np.zeros((2, 20)))


def events(**columns: list[float]) -> ActiveEvents:
    size = len(columns["day"])
    base = {"market_shock": 0.0, "sector": -1, "sector_shock": 0.0, "stock": -1, "name_shock": 0.0, "permanent": 1.0}
    base |= {"half_life_days": 10.0, "vol_multiplier": 1.0, "correlation_lift": 0.0, "days_active": 0.0}
    filled = {name: np.array(columns.get(name, [value] * size)) for name, value in base.items()}
    whole = {name: filled[name].astype(np.int64) for name in ("sector", "stock")}
    return ActiveEvents(
        offsets=np.array([0, size, size]), day=np.array(columns["day"], dtype=np.int64), **filled | whole
    )


def test_gross_loss_when_nothing_happens_then_it_is_zero() -> None:
    loss = gross_loss_krw(events(day=[]), NO_DIRECT, market(), positions(), 60)
    assert np.array_equal(loss, [0, 0])


def test_gross_loss_when_the_market_falls_then_beta_carries_it_and_negative_betas_gain_nothing() -> None:
    loss = gross_loss_krw(events(day=[5], market_shock=[-0.1]), NO_DIRECT, market(), positions(), 60)
    beta = np.maximum(market().beta, 0)
    assert loss[0] == pytest.approx(float(positions()[:20] @ (1 - np.exp(-0.1 * beta))))
    assert loss[1] == 0


def test_gross_loss_when_a_sector_or_a_name_is_struck_then_only_it_loses() -> None:
    active = events(day=[5, 5], sector=[2, -1], sector_shock=[-0.2, 0], stock=[-1, 7], name_shock=[0, -0.5])
    returns = event_log_returns(active, market(), 60)
    expected = np.where(sector_index(market()) == 2, -0.2, 0) + np.where(np.arange(20) == 7, -0.5, 0)
    assert returns[0] == pytest.approx(expected)


def test_gross_loss_when_a_shock_decays_then_the_permanent_part_and_half_of_the_rest_stay() -> None:
    active = events(day=[49], stock=[3], name_shock=[-0.4], permanent=[0.25], half_life_days=[10.0])
    assert event_log_returns(active, market(), 60)[0, 3] == pytest.approx(-0.4 * (0.25 + 0.75 / 2))


def test_gross_loss_when_losses_are_direct_then_hedges_and_cash_lose_with_the_account() -> None:
    ratio = np.zeros((2, 20))
    ratio[0, 4] = 0.5
    direct = DirectLosses(np.array([30_000.0, 0]), np.array([0.1, 0]), ratio)
    total, struck = positions().sum(), positions()[4]
    loss = gross_loss_krw(events(day=[]), direct, market(), positions(), 60)
    assert loss[0] == pytest.approx(total - 0.9 * (total - 0.5 * struck) + 30_000)


def test_drawn_shocks_when_their_threat_has_a_range_then_they_lie_in_it() -> None:
    fall = {"low": -0.3, "mode": -0.1, "high": -0.05}
    found = drawn(scenario_of(threat("T01_a", annual_rate=(9,) * 6, market_shock=fall)), BLOCK)
    assert found.parts.market_shock.min() >= -0.3
    assert found.parts.market_shock.max() <= -0.05
    assert found.parts.market_shock.mean() == pytest.approx((-0.3 - 0.4 - 0.05) / 6, abs=0.005)
