from dataclasses import replace

import numpy as np
import pytest

from daybook.contracts.scenario import MarketModel
from daybook.scenario.market.packing import MEAN_BLOCK_DAYS, expected_daily_growth
from daybook.scenario.market.simulate import simulate_log_returns
from tests.scenario.market.markets import a_market, standard_errors


def test_bootstrap_when_one_day_is_drawn_then_it_is_a_day_of_history_for_all_at_once() -> None:
    market = a_market()
    logs = simulate_log_returns(market, None, 0, 2_000, 1, 5, MarketModel.BOOTSTRAP, price_limits=False)
    shift = expected_daily_growth(market) - np.log(np.exp(market.history).mean(axis=0))
    days = market.history + shift
    gaps = np.abs(logs[:, None, :] - days[None, :, :]).max(axis=2)
    assert gaps.min(axis=1).max() < 1e-6
    drawn = np.bincount(gaps.argmin(axis=1), minlength=300)
    assert ((drawn - 2_000 / 300) ** 2 / (2_000 / 300)).sum() < 300 + 5 * np.sqrt(600)


def test_bootstrap_when_days_follow_each_other_then_blocks_have_the_mean_length() -> None:
    market = a_market(stocks=1)
    history = market.history.copy()
    history[:, 0] = np.arange(300) * 1e-4
    market = replace(market, history=history)
    logs = [
        simulate_log_returns(market, None, 0, 2_000, days, 5, MarketModel.BOOTSTRAP, price_limits=False)[:, 0]
        for days in range(1, 30)
    ]
    steps = np.diff(np.diff(np.array(logs), axis=0), axis=0)
    follows = np.isclose(steps, 1e-4, atol=2e-6) | np.isclose(steps, -299e-4, atol=2e-6)
    again = 1 - follows.mean()
    assert again == pytest.approx(1 / MEAN_BLOCK_DAYS, abs=0.01)


def test_bootstrap_when_compared_with_the_factor_model_then_it_expects_the_same() -> None:
    market = a_market(stocks=3)
    growth = np.exp(expected_daily_growth(market))
    prices = np.exp(simulate_log_returns(market, None, 0, 100_000, 1, 6, MarketModel.BOOTSTRAP, price_limits=False))
    for column in range(4):
        assert abs(standard_errors(prices[:, column], growth[column])) < 4
