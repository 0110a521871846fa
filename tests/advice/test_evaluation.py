from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from daybook.advice.costs import TradingCosts
from daybook.advice.deflated_sharpe import deflated_sharpe
from daybook.advice.errors import AdviceError
from daybook.advice.evaluation import evaluate
from daybook.advice.labels import forward_returns
from daybook.advice.quantile_returns import equal_weights, period_returns, rebalance_rows, top_quantile
from daybook.advice.synthetic_panel import PLANTED, planted_panel
from daybook.advice.trials import TrialLog, sharpe_of
from daybook.contracts.market import Market, SecurityKind
from tests.advice.panels import small_panel

PANEL = planted_panel(0.06, stocks=100, days=700, seed=1)


def test_costs_when_stocks_are_sold_then_the_tax_of_the_date_and_market_is_paid() -> None:
    listings = {"000002": (Market.KOSDAQ, SecurityKind.STOCK), "000003": (Market.KOSPI, SecurityKind.ETF)}
    costs = TradingCosts(Decimal("0.00014"), 0.0005, listings)
    symbols = ["000001", "000002", "000003"]
    assert costs.buy_ratio == pytest.approx(0.00064)
    sells = costs.sell_ratios([date(2025, 6, 2), date(2026, 6, 1)], symbols)
    assert sells == pytest.approx(np.array([[0.0015, 0.0015, 0], [0.002, 0.002, 0]]) + 0.00064)
    assert costs.round_trip_ratios(date(2026, 6, 1), symbols) == pytest.approx([0.00328, 0.00328, 0.00128])


def test_evaluation_when_a_signal_is_planted_then_it_shows_everywhere() -> None:
    result = evaluate(PANEL, PANEL.signals[PLANTED])
    assert result.information.mean == pytest.approx(0.06, abs=0.03)
    assert result.quintile_spread_a_year > 0.05
    assert result.net_a_year < result.gross_a_year
    assert set(result.net_excess_a_year) == {"equal_weight", "random", "low_volatility", "momentum_12_1"}
    assert result.net_excess_a_year["random"] > 0
    assert 0 < result.turnover_a_year <= 245 / 20
    assert result.capacity_krw > 0


def test_evaluation_when_scores_are_noise_then_equal_weights_win_by_about_what_trading_costs() -> None:
    panels = [planted_panel(0.0, stocks=100, days=700, seed=seed) for seed in range(4)]
    noise = [np.random.default_rng(seed).standard_normal(panel.shape) for seed, panel in enumerate(panels)]
    results = [evaluate(panel, scores) for panel, scores in zip(panels, noise, strict=True)]
    excess = np.mean([row.net_excess_a_year["equal_weight"] for row in results])
    round_trip = 0.003 + 2 * (0.00014 + 0.00075)
    turnover = np.mean([row.turnover_a_year for row in results])
    assert excess == pytest.approx(-round_trip * turnover, abs=0.03)


def test_evaluation_when_the_index_is_given_then_it_is_a_rival() -> None:
    flat = evaluate(PANEL, PANEL.signals[PLANTED], index_levels=np.full(700, 400.0))
    assert flat.net_excess_a_year["kospi200"] == pytest.approx(flat.net_a_year)


def test_evaluation_when_there_is_one_period_then_the_message_says_so() -> None:
    with pytest.raises(AdviceError, match="1 periods of 20 sessions"):
        evaluate(PANEL.until(24), PANEL.signals[PLANTED][:24])


def test_evaluation_when_repeated_then_the_same_to_the_bit() -> None:
    first, second = (evaluate(PANEL, PANEL.signals[PLANTED], seed=3) for _ in range(2))
    assert first.net_excess_a_year == second.net_excess_a_year


def test_top_fifth_when_scores_tie_then_by_column_and_always_at_least_one() -> None:
    known = np.array([[True] * 9 + [False]])
    assert np.flatnonzero(top_quantile(np.zeros((1, 10)), known)[0]).tolist() == [0]
    scores = np.arange(10.0)[None, :]
    assert np.flatnonzero(top_quantile(scores, np.ones((1, 10), dtype=bool))[0]).tolist() == [8, 9]
    assert np.flatnonzero(top_quantile(scores, np.ones((1, 10), dtype=bool), lowest=True)[0]).tolist() == [0, 1]


def test_periods_when_one_name_is_swapped_then_returns_costs_and_turnover_by_hand() -> None:
    closes = np.full((7, 2), 100.0)
    closes[3:, 0], closes[5:, 1] = 110.0, 121.0
    panel = small_panel(closes, days=tuple(date(2026, 6, day) for day in range(1, 8)))
    returns = forward_returns(panel, 2)
    rows = rebalance_rows(np.ones((7, 2)), returns, 2)
    assert rows.tolist() == [0, 2]
    costs = TradingCosts(Decimal("0.001"), 0.0)
    weights = np.array([[1.0, 0.0], [0.0, 1.0]])
    result = period_returns(panel, weights, rows, returns, costs, np.full((7, 2), 1e9), 0.1)
    assert result.gross == pytest.approx([0.10, 0.21])
    assert result.net == pytest.approx([1.10 * (1 - 0.001) - 1, 1.21 * (1 - 0.001 - 0.003) - 1])
    assert result.turnover == pytest.approx([0.5, 1.0])
    assert result.capacity_krw == pytest.approx([1e8, 1e8])


def test_weights_when_nothing_is_chosen_then_all_cash() -> None:
    assert equal_weights(np.array([[False, False], [True, True]])).tolist() == [[0, 0], [0.5, 0.5]]


def test_trials_when_more_are_logged_then_less_is_left_of_the_best() -> None:
    random = np.random.default_rng(5)
    best = random.standard_normal(60) * 0.01 + 0.004
    log = TrialLog().with_trial("best", best)
    alone = log.deflated(best).probability
    assert alone == pytest.approx(
        deflated_sharpe(
            sharpe_of(best),
            60,
            1,
            0.0,
            float(((best - best.mean()) ** 3).mean() / best.std() ** 3),
            float(((best - best.mean()) ** 4).mean() / best.std() ** 4),
        ).probability
    )
    for number in range(20):
        log = log.with_trial(f"variant {number}", random.standard_normal(60) * 0.01)
    assert len(log.sharpes) == 21
    assert log.deflated(best).probability < alone
    assert log.with_trial("best", best) == log
    with pytest.raises(AdviceError, match="log of trials is empty"):
        TrialLog().deflated(best)
    with pytest.raises(AdviceError, match="without spread"):
        TrialLog().with_trial("flat", np.ones(5))
