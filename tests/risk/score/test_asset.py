import time
from datetime import date

import numpy as np
import pytest

from daybook.contracts.scores import RiskMetric, ScoreWarning
from daybook.risk.score.asset import days_to_liquidate, score_asset, score_assets
from daybook.risk.score.errors import ScoreInputError
from tests.risk.score.histories import walk

CODES = ("005930", "000660", "035420")


def test_scores_when_many_are_asked_at_once_then_each_is_the_one_asked_alone():
    closes, index, turnovers = walk(300, 3)
    many = score_assets(CODES, closes, index_closes=index, turnovers_krw=turnovers, as_of=date(2026, 3, 20))
    for at, code in enumerate(CODES):
        alone = score_asset(
            code, closes[:, at], index_closes=index, turnovers_krw=turnovers[:, at], as_of=date(2026, 3, 20)
        )
        assert alone == many[at]
    assert many[0].as_of == date(2026, 3, 20)
    assert many[0].score < many[2].score


def test_score_when_everything_is_known_then_nothing_is_missing_and_confidence_is_whole():
    closes, index, turnovers = walk(300, 1)
    found = score_asset(
        "005930", closes[:, 0], index_closes=index, turnovers_krw=turnovers[:, 0], threat_loss_ratio=0.004
    )
    assert found.missing == ()
    assert found.confidence == pytest.approx(1)
    assert found.lowest_score == found.score
    assert found.baseline is not None
    assert ScoreWarning.FOREIGN_REFERENCE in found.warnings


def test_score_when_the_future_is_cut_off_then_it_is_the_score_of_that_day():
    closes, index, turnovers = walk(400, 3, seed=8)
    whole = score_assets(CODES, closes[:320], index_closes=index[:320], turnovers_krw=turnovers[:320])
    older = score_assets(CODES, closes[60:320], index_closes=index[60:320], turnovers_krw=turnovers[60:320])
    assert [row.score for row in whole] == pytest.approx([row.score for row in older], abs=1e-9)


def test_score_when_a_stock_is_newly_listed_then_it_is_risky_until_known_with_little_confidence():
    closes, index, turnovers = walk(300, 1)
    whole = score_asset("005930", closes[:, 0], index_closes=index, turnovers_krw=turnovers[:, 0])
    young = closes[:, 0].copy()
    young[:-10] = np.nan
    found = score_asset("005930", young, index_closes=index, turnovers_krw=turnovers[:, 0])
    assert found.score >= whole.score
    assert found.confidence < 0.4 < whole.confidence
    assert RiskMetric.EWMA_VOLATILITY in found.missing
    assert found.baseline is None


def test_score_when_position_or_threat_loss_grows_then_it_does_not_fall():
    closes, index, turnovers = walk(300, 1)
    scores = [
        score_asset(
            "005930",
            closes[:, 0],
            index_closes=index,
            turnovers_krw=turnovers[:, 0],
            position_krw=position,
            threat_loss_ratio=threat,
        ).score
        for position, threat in ((0, 0.0), (10**7, 0.001), (10**9, 0.01), (10**12, 0.5))
    ]
    assert scores == sorted(scores)
    assert scores[0] < scores[-1]


def test_days_to_liquidate_when_computed_then_they_are_the_position_over_what_one_may_trade_a_day():
    assert days_to_liquidate(500_000_000, 1_200_000_000) == pytest.approx(4.1666667)
    assert days_to_liquidate(1, 0) == np.inf
    assert days_to_liquidate(0, 0) == 0
    assert np.isnan(days_to_liquidate(1, np.nan))


@pytest.mark.parametrize(
    ("field", "others"),
    [
        ("codes", {"codes": CODES[:2]}),
        ("positions_krw", {"positions_krw": (1, 2)}),
        ("positions_krw", {"positions_krw": (1, 2, np.nan)}),
        ("threat_loss_ratios", {"threat_loss_ratios": (0.1,)}),
        ("participation", {"participation": 0}),
    ],
)
def test_scores_when_an_input_is_impossible_then_the_error_names_it(field, others):
    closes, index, _ = walk(300, 3)
    given = {"codes": CODES, "closes": closes, "index_closes": index} | others
    with pytest.raises(ScoreInputError) as caught:
        score_assets(**given)
    assert caught.value.field == field


def test_scores_when_200_stocks_have_750_days_then_they_take_less_than_a_second_of_cpu():
    closes, index, turnovers = walk(750, 200)
    codes = [f"{at:06d}" for at in range(200)]
    begun = time.process_time()
    found = score_assets(codes, closes, index_closes=index, turnovers_krw=turnovers)
    assert time.process_time() - begun < 1
    assert len({row.score for row in found}) > 100
