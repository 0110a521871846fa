import math
from datetime import date

import pytest

from daybook.risk.measures.concentration import effective_number, herfindahl_index
from daybook.risk.measures.errors import MeasureError
from daybook.risk.measures.liquidity import amihud, amihud_of_prices, days_to_liquidate, square_root_impact
from daybook.risk.measures.replay import KOSPI_FALLS, replay


def test_concentration_when_positions_are_equal_then_their_number_is_effective() -> None:
    assert effective_number([5, 5, 5, 5]) == pytest.approx(4)
    assert herfindahl_index([0.4, 0.3, 0.2, 0.1]) == pytest.approx(0.3)
    assert herfindahl_index([40, 30, 20, 10]) == pytest.approx(0.3)
    assert effective_number([1, 0, 0]) == 1


@pytest.mark.parametrize("weights", [[], [0, 0], [1, -0.1]])
def test_concentration_when_weights_are_none_then_they_are_refused(weights: list[float]) -> None:
    with pytest.raises(MeasureError, match="weights"):
        herfindahl_index(weights)


def test_amihud_when_a_day_has_no_trade_then_it_is_left_out() -> None:
    assert amihud([0.01, -0.02, 0.5], [1e9, 1e9, 0]) == pytest.approx(1.5e-11)
    assert amihud_of_prices([100, 110], [1e9]) == pytest.approx(1e-10)


def test_liquidity_when_nothing_trades_then_a_position_never_sells_and_impact_has_no_number() -> None:
    assert days_to_liquidate(1, 0) == math.inf
    assert days_to_liquidate(0, 0) == 0
    assert days_to_liquidate(5e8, 1.2e9, 0.1) == pytest.approx(25 / 6)
    assert square_root_impact(0.02, 1e8, 4e8) == pytest.approx(0.01)
    with pytest.raises(MeasureError, match="turnover_krw"):
        square_root_impact(0.02, 1, 0)
    with pytest.raises(MeasureError, match="every day"):
        amihud([0.1], [0])
    with pytest.raises(MeasureError, match="participation"):
        days_to_liquidate(1, 1, 0)
    with pytest.raises(MeasureError, match="one a return"):
        amihud([0.1, 0.1], [1])


def test_replay_when_beta_is_one_then_a_portfolio_loses_what_the_index_lost() -> None:
    rows = replay(100_000_000)
    assert [row.day for row in rows] == list(KOSPI_FALLS)
    assert rows[0].profit_krw == -12_020_000
    assert all(row.profit_krw < 0 for row in rows)


def test_replay_when_beta_is_large_then_no_more_than_everything_is_lost() -> None:
    assert replay(1_000, 20.0, {date(2020, 3, 19): -0.08})[0].profit_krw == -1_000
    assert replay(1_000, -1.0, {date(2020, 3, 19): -0.08})[0].profit_krw == 80
    with pytest.raises(MeasureError, match="value_krw"):
        replay(-1)
    with pytest.raises(MeasureError, match="above -1"):
        replay(1, 1.0, {date(2020, 3, 19): -1.0})
