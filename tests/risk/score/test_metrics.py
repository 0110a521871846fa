import numpy as np
import pytest

from daybook.contracts.scores import RiskMetric
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.metrics import drawdown_outcomes, filled_forward, log_returns, metric_panel
from tests.risk.score.histories import walk

METRICS = (
    RiskMetric.EWMA_VOLATILITY,
    RiskMetric.DRAWDOWN,
    RiskMetric.CVAR_20D,
    RiskMetric.BETA,
    RiskMetric.DOWNSIDE_DEVIATION,
    RiskMetric.AMIHUD,
)


def latest(closes, index=None, turnovers=None):
    panel = metric_panel(closes, index, turnovers, rows=1)
    return {metric: panel.values[metric][-1] for metric in METRICS} | {"volatility": panel.baseline[-1]}


def test_metrics_when_prices_grow_evenly_then_only_the_steady_return_shows():
    closes = 100 * 1.001 ** np.arange(400.0)[:, None]
    found = latest(closes, closes[:, 0])
    assert found[RiskMetric.EWMA_VOLATILITY] == pytest.approx(np.log(1.001) * np.sqrt(250))
    assert found[RiskMetric.DRAWDOWN] == 0
    assert found[RiskMetric.DOWNSIDE_DEVIATION] == 0
    assert found[RiskMetric.CVAR_20D] == pytest.approx(1 - 1.001**20)
    assert found["volatility"] == pytest.approx(0, abs=1e-12)


def test_metrics_when_computed_by_hand_then_they_agree():
    closes, index, turnovers = walk(300, 1, seed=4)
    found = latest(closes, index, turnovers)
    prices = closes[:, 0]
    returns, market = np.diff(np.log(prices)), np.diff(np.log(index))
    weights = 0.94 ** np.arange(120)
    ewma = np.sqrt((returns[::-1][:120] ** 2 * weights).sum() / weights.sum() * 250)
    months = np.sort((prices[20:] / prices[:-20] - 1)[-231:])
    tail = 0.05 * 231
    cvar = -(months[:11].sum() + (tail - 11) * months[11]) / tail
    own, index_returns = returns[-250:], market[-250:]
    assert found[RiskMetric.EWMA_VOLATILITY] == pytest.approx(ewma)
    assert found[RiskMetric.DRAWDOWN] == pytest.approx(1 - prices[-1] / prices[-250:].max())
    assert found[RiskMetric.CVAR_20D] == pytest.approx(cvar)
    assert found[RiskMetric.BETA] == pytest.approx(np.cov(own, index_returns)[0, 1] / index_returns.var(ddof=1))
    assert found[RiskMetric.DOWNSIDE_DEVIATION] == pytest.approx(
        np.sqrt((np.minimum(returns[-60:], 0) ** 2).mean() * 250)
    )
    assert found[RiskMetric.AMIHUD] == pytest.approx((np.abs(returns[-60:]) / turnovers[-60:, 0]).mean() * 1e9)
    assert found["volatility"] == pytest.approx(returns[-20:].std(ddof=1) * np.sqrt(250))


def test_panel_when_the_history_is_cut_or_its_future_changes_then_the_past_is_the_same_to_the_bit():
    closes, index, turnovers = walk(420, 3, seed=5)
    whole = metric_panel(closes, index, turnovers)
    for end in (260, 333, 419):
        cut = metric_panel(closes[:end], index[:end], turnovers[:end])
        wild = metric_panel(
            np.vstack([closes[:end], closes[end:] * 0.3]),
            np.concatenate([index[:end], index[end:] * 3]),
            np.vstack([turnovers[:end], turnovers[end:] * 7]),
        )
        for metric in METRICS:
            np.testing.assert_array_equal(whole.values[metric][:end], cut.values[metric])
            np.testing.assert_array_equal(whole.values[metric][:end], wild.values[metric][:end])
        np.testing.assert_array_equal(whole.baseline[:end], cut.baseline)


def test_panel_when_only_the_last_rows_are_asked_then_they_are_those_of_the_whole():
    closes, index, turnovers = walk(400, 3, seed=6)
    closes[120:130, 1] = np.nan
    whole, last = metric_panel(closes, index, turnovers), metric_panel(closes, index, turnovers, rows=5)
    for metric in METRICS:
        np.testing.assert_allclose(whole.values[metric][-5:], last.values[metric], rtol=1e-12)
        np.testing.assert_allclose(whole.coverage[metric][-5:], last.coverage[metric], rtol=1e-12)


@pytest.mark.parametrize("factor", [1.7, 3.0])
def test_metrics_when_every_return_is_larger_then_volatility_beta_and_tail_are_larger(factor):
    closes, index, _ = walk(300, 1, seed=7)
    calm = latest(closes, index)
    wild = latest(closes[0] * (closes / closes[0]) ** factor, index)
    for metric in (RiskMetric.EWMA_VOLATILITY, RiskMetric.BETA, RiskMetric.DOWNSIDE_DEVIATION):
        assert wild[metric] == pytest.approx(calm[metric] * factor)
    assert wild[RiskMetric.CVAR_20D] > calm[RiskMetric.CVAR_20D]


def test_metrics_when_the_history_is_short_then_long_windows_are_missing_and_short_ones_are_not():
    closes, index, turnovers = walk(80, 1)
    found = latest(closes, index, turnovers)
    for metric in (RiskMetric.DRAWDOWN, RiskMetric.CVAR_20D, RiskMetric.BETA):
        assert np.isnan(found[metric])
    for metric in (RiskMetric.EWMA_VOLATILITY, RiskMetric.DOWNSIDE_DEVIATION, RiskMetric.AMIHUD):
        assert np.isfinite(found[metric])


def test_metrics_when_a_stock_was_halted_then_the_fall_over_the_halt_counts_on_the_day_it_trades_again():
    closes = np.full((300, 1), 100.0)
    closes[290:295] = np.nan
    closes[295:] = 60.0
    found = latest(closes)
    assert log_returns(closes)[295, 0] == pytest.approx(np.log(0.6))
    assert found[RiskMetric.DRAWDOWN] == pytest.approx(0.4)
    assert found[RiskMetric.EWMA_VOLATILITY] > 1
    assert found["volatility"].shape == (1,)


def test_metrics_when_index_or_turnovers_are_not_known_then_beta_and_amihud_are_missing():
    found = latest(walk(300, 2)[0])
    assert np.isnan(found[RiskMetric.BETA]).all()
    assert np.isnan(found[RiskMetric.AMIHUD]).all()


def test_filled_forward_when_prices_begin_late_then_the_beginning_stays_empty():
    filled = filled_forward(np.array([[np.nan], [5.0], [np.nan], [7.0]]))[:, 0]
    np.testing.assert_array_equal(filled, [np.nan, 5, 5, 7])


def test_outcomes_when_a_high_and_then_a_low_lie_within_the_horizon_then_the_fall_between_them_counts():
    prices = np.full(60, 100.0)
    prices[30], prices[35] = 108.0, 97.0
    found = drawdown_outcomes(prices[:, None], 20, 0.10)[:, 0]
    assert np.isnan(found[-20:]).all()
    assert np.flatnonzero(found[:40] == 1).tolist() == list(range(15, 31))


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("closes", lambda c, i, t: (c[:, 0], i, t)),
        ("closes", lambda c, i, t: (np.where(c == c[3, 0], 0.0, c), i, t)),
        ("closes", lambda c, i, t: (np.where(c == c[3, 0], np.inf, c), i, t)),
        ("index_closes", lambda c, i, t: (c, i[1:], t)),
        ("index_closes", lambda c, i, t: (c, -i, t)),
        ("turnovers_krw", lambda c, i, t: (c, i, t[:, :1])),
        ("turnovers_krw", lambda c, i, t: (c, i, -t)),
    ],
)
def test_panel_when_an_input_is_impossible_then_the_error_names_it(field, change):
    with pytest.raises(ScoreInputError) as caught:
        metric_panel(*change(*walk(30, 2)))
    assert caught.value.field == field
