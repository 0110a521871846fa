from datetime import date, timedelta

import numpy as np
import pytest

from daybook.contracts.market import DailyBar
from daybook.risk.score.asset import score_assets
from daybook.risk.score.bars import bar_table, index_levels, score_bars
from daybook.risk.score.errors import ScoreInputError
from tests.risk.score.histories import walk

FIRST = date(2025, 1, 2)


def bars_of(code, closes, turnovers, volume=1_000):
    return [
        DailyBar(
            symbol=code,
            day=FIRST + timedelta(days=at),
            open_krw=int(close),
            high_krw=int(close),
            low_krw=int(close),
            close_krw=int(close),
            volume_shares=volume,
            turnover_krw=int(turnover),
        )
        for at, (close, turnover) in enumerate(zip(closes, turnovers, strict=True))
    ]


def test_score_bars_when_given_bars_then_it_is_the_score_of_their_arrays():
    closes, index, turnovers = walk(300, 2)
    closes, turnovers = np.floor(closes), np.floor(turnovers)
    bars = {code: bars_of(code, closes[:, at], turnovers[:, at]) for at, code in enumerate(("005930", "000660"))}
    levels = {FIRST + timedelta(days=at): float(level) for at, level in enumerate(index)}
    found = score_bars(bars, levels, threat_loss_ratios={"000660": 0.01})
    assert found == score_assets(
        ("005930", "000660"),
        closes,
        index_closes=index,
        turnovers_krw=turnovers,
        threat_loss_ratios=(None, 0.01),
        as_of=FIRST + timedelta(days=299),
    )


def test_bar_table_when_a_day_has_no_bar_or_no_trade_then_it_has_no_close():
    rows = bars_of("005930", [100.0] * 4, [5.0] * 4)
    rows[1] = rows[1].model_copy(update={"volume_shares": 0, "turnover_krw": 0})
    table = bar_table({"005930": [rows[0], rows[1], rows[3]], "000660": bars_of("000660", [7.0] * 4, [1.0] * 4)})
    np.testing.assert_array_equal(table.closes[:, 0], [100, np.nan, np.nan, 100])
    np.testing.assert_array_equal(table.turnovers_krw[:, 0], [5, 0, np.nan, 5])
    np.testing.assert_array_equal(index_levels(table.days, {FIRST: 2.0})[:2], [2.0, np.nan])


@pytest.mark.parametrize("bars", [{}, {"005930": []}, {"005930": bars_of("005930", [1.0], [1.0]) * 2}])
def test_bar_table_when_there_are_no_bars_or_a_day_twice_then_it_refuses(bars):
    with pytest.raises(ScoreInputError, match="bars"):
        bar_table(bars)
