import numpy as np
import pytest

from daybook.contracts.scores import RiskMetric
from daybook.risk.score.errors import ScoreInputError
from daybook.risk.score.portfolio import portfolio_closes, score_portfolio
from tests.risk.score.histories import walk


def value_of(score, metric):
    return next(row.value for row in score.contributions if row.metric is metric)


def scored(positions, **others):
    closes, index, turnovers = walk(300, 4, seed=11)
    return score_portfolio("account", closes, positions, index_closes=index, turnovers_krw=turnovers, **others)


def test_portfolio_when_it_is_spread_then_concentration_and_effective_names_follow():
    even, one = scored((1e7, 1e7, 1e7, 1e7)), scored((0, 0, 4e7, 0))
    assert value_of(even, RiskMetric.CONCENTRATION) == pytest.approx(0.25)
    assert value_of(one, RiskMetric.CONCENTRATION) == pytest.approx(1)
    assert even.score < one.score


def test_portfolio_when_it_is_one_stock_then_its_price_metrics_are_the_stocks():
    closes = walk(300, 4, seed=11)[0]
    found = scored((0, 1e7, 0, 0))
    returns = np.diff(closes[:, 1]) / closes[:-1, 1]
    assert portfolio_closes(closes[:, 1:2], np.array([1.0]))[-1] == pytest.approx(np.prod(1 + returns))
    assert value_of(found, RiskMetric.DRAWDOWN) == pytest.approx(1 - closes[-1, 1] / closes[-250:, 1].max())


def test_portfolio_when_cash_is_added_then_volatility_shrinks_with_its_share_and_the_score_falls():
    bare, padded = scored((1e7, 1e7, 1e7, 1e7)), scored((1e7, 1e7, 1e7, 1e7), cash_krw=4e7)
    ratio = value_of(padded, RiskMetric.EWMA_VOLATILITY) / value_of(bare, RiskMetric.EWMA_VOLATILITY)
    assert ratio == pytest.approx(0.5, abs=0.01)
    assert padded.score < bare.score
    assert scored((1e7, 1e7, 1e7, 1e7), cash_krw=1e13, threat_loss_ratio=0.0).score < 10


def test_portfolio_when_it_is_large_then_the_slowest_position_sets_the_days():
    _, _, turnovers = walk(300, 4, seed=11)
    found = scored((1e7, 1e7, 1e12, 1e7))
    assert value_of(found, RiskMetric.DAYS_TO_LIQUIDATE) == pytest.approx(1e12 / (0.1 * turnovers[-60:, 2].mean()))


def test_portfolio_when_one_holding_is_young_then_the_history_is_short_instead_of_calm():
    closes, index, turnovers = walk(300, 4, seed=11)
    closes[:-30, 3] = np.nan
    young = score_portfolio("account", closes, (1e7, 1e7, 1e7, 1e7), index_closes=index, turnovers_krw=turnovers)
    assert {RiskMetric.DRAWDOWN, RiskMetric.CVAR_20D, RiskMetric.BETA} <= set(young.missing)
    assert young.confidence < scored((1e7, 1e7, 1e7, 1e7)).confidence
    assert young.score >= young.lowest_score


def test_portfolio_when_a_session_has_no_prices_then_it_is_a_gap_and_not_a_calm_day():
    closes = walk(60, 2)[0]
    closes[30] = np.nan
    value = portfolio_closes(closes, np.array([0.5, 0.5]))
    assert np.isnan(value[30])
    assert value[31] / value[29] - 1 == pytest.approx((closes[31] / closes[29] - 1).mean())


def test_portfolio_when_turnovers_or_threats_are_unknown_then_the_score_does_not_fall():
    closes, index, turnovers = walk(300, 4, seed=11)
    positions = (1e7, 2e7, 3e7, 4e7)
    known = score_portfolio(
        "account", closes, positions, index_closes=index, turnovers_krw=turnovers, threat_loss_ratio=0.3
    )
    unknown = score_portfolio("account", closes, positions)
    assert unknown.score >= known.score
    assert unknown.confidence < known.confidence


@pytest.mark.parametrize(
    ("positions", "others", "message"),
    [
        ((0, 0, 0, 0), {}, "nothing is held"),
        ((1, 2), {}, "as many amounts"),
        ((1, 1, -1, 1), {}, "0 or above"),
        ((1, 1, 1, np.nan), {}, "0 or above"),
        ((1, 1, 1, 1), {"cash_krw": -1}, "0 or above"),
        ((1, 1, 1, 1), {"participation": 2}, "participation"),
    ],
)
def test_portfolio_when_an_input_is_impossible_then_the_error_says_the_way_out(positions, others, message):
    with pytest.raises(ScoreInputError, match=message):
        scored(positions, **others)
