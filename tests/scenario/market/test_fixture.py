from datetime import date

import numpy as np
import pytest
import yaml

from daybook.contracts.market import SecurityKind
from daybook.krx.ticks import is_on_tick
from daybook.scenario.market.errors import MarketDataCode, MarketDataError
from daybook.scenario.market.fit import fit_market
from daybook.scenario.market.fixture import fixture, fixture_history, hedge_products
from daybook.scenario.threats import catalogue

CODES = ("005930", "000660", "105560", "017670", "012450")


def test_fixture_when_asked_for_the_default_universe_then_it_knows_every_stock() -> None:
    history = fixture_history(catalogue.default_scenario().universe.codes, 250, 1)
    assert len(history.codes) == 20
    assert history.simulated
    assert history.source == "fixture"
    assert fit_market(history).proxied == ()


def test_fixture_when_names_and_sectors_are_compared_with_the_universe_file_then_they_agree() -> None:
    from importlib.resources import files

    text = files("daybook.scenario").joinpath("data/universe.yaml").read_text(encoding="utf-8")
    for row in yaml.safe_load(text)["stocks"]:
        stock = fixture().stocks[row["code"]]
        assert (stock.name, stock.sector, stock.market) == (row["name_ko"], row["sector"], row["market"])


def test_fixture_when_asked_twice_then_it_gives_the_same_whatever_else_is_asked_for() -> None:
    one = fixture_history(CODES, 300, 5)
    again = fixture_history(CODES, 300, 5)
    fewer = fixture_history(CODES[1:3], 300, 5)
    assert one.closes_krw.tobytes() == again.closes_krw.tobytes()
    assert (one.closes_krw[:, 1:3] == fewer.closes_krw).all()
    assert (one.market_index == fewer.market_index).all()
    assert (one.closes_krw[:-1] != fixture_history(CODES, 300, 6).closes_krw[:-1]).mean() > 0.9


def test_fixture_when_made_then_prices_are_on_ticks_end_at_todays_level_and_keep_the_limit() -> None:
    history = fixture_history(CODES, 750, 2)
    for column, code in enumerate(CODES):
        closes = history.closes_krw[:, column]
        assert all(is_on_tick(int(close), SecurityKind.STOCK) for close in closes)
        assert closes[-1] == fixture().stocks[code].price_krw
    moves = history.closes_krw[1:] / history.closes_krw[:-1] - 1
    assert np.abs(moves).max() < 0.3


def test_fixture_when_made_then_volatilities_and_betas_are_those_of_its_table() -> None:
    history = fixture_history(CODES, 2_500, 3)
    market = np.diff(np.log(history.market_index))
    assert market.std() == pytest.approx(fixture().index_sd, rel=0.25)
    for column, code in enumerate(CODES):
        stock = fixture().stocks[code]
        returns = np.diff(np.log(history.closes_krw[:, column]))
        beta = np.cov(returns, market)[0, 1] / market.var()
        assert beta == pytest.approx(stock.beta, abs=0.2)
        assert (returns - beta * market).std() == pytest.approx(np.hypot(stock.own_sd, fixture().sector_sd), rel=0.25)


def test_fixture_when_two_stocks_share_a_sector_then_what_the_market_leaves_of_them_moves_together() -> None:
    history = fixture_history(("005930", "000660", "033780"), 2_000, 4)
    market = np.diff(np.log(history.market_index))
    returns = np.diff(np.log(history.closes_krw), axis=0)
    left = returns - np.outer(market, [fixture().stocks[code].beta for code in history.codes])
    together = np.corrcoef(left.T)
    assert together[0, 1] > 0.1
    assert abs(together[0, 2]) < 0.1


def test_fixture_when_days_are_made_then_they_are_weekdays_in_order_to_the_last_day() -> None:
    days = fixture_history(CODES, 250, 1, last_day=date(2026, 3, 20)).days
    assert days[-1] == date(2026, 3, 20)
    assert len(set(days)) == 250
    assert list(days) == sorted(days)
    assert all(day.weekday() < 5 for day in days)


@pytest.mark.parametrize(
    ("codes", "sessions", "hedges", "reason"),
    [
        (("999999",), 250, ("114800",), MarketDataCode.UNKNOWN_STOCK),
        ((), 250, ("114800",), MarketDataCode.NO_STOCKS),
        (CODES, 1, ("114800",), MarketDataCode.TOO_FEW_SESSIONS),
        (CODES, 250, ("005930",), MarketDataCode.UNKNOWN_HEDGE),
    ],
)
def test_fixture_when_it_cannot_serve_then_it_names_what_and_the_way_out(
    codes: tuple[str, ...], sessions: int, hedges: tuple[str, ...], reason: MarketDataCode
) -> None:
    with pytest.raises(MarketDataError) as caught:
        fixture_history(codes, sessions, 1, hedge_codes=hedges)
    assert caught.value.reason is reason
    assert caught.value.way_out


def test_hedges_when_named_then_they_carry_their_leverage() -> None:
    assert [hedge.leverage for hedge in hedge_products(("114800", "252670"))] == [1.0, 2.0]
