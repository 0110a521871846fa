import hashlib
from datetime import date
from datetime import time as wall_time

import numpy as np
import pytest

from daybook.paper.generator import GeneratedPrices
from daybook.paper.indices import Indices
from daybook.paper.listing import packaged_listing
from daybook.paper.prices import MarketShock
from tests.paper.engine.market import FRIDAY, Hands, at, generated_exchange

INVERSE, KOSPI200 = "114800", "2001"
FIRST, LAST = date(2025, 1, 1), date(2026, 12, 31)
ALL_SECURITIES = [entry.security for entry in packaged_listing()]
BARS_BEFORE_THE_INVERSE_WAS_LISTED = "b6b1fddc9f69f681381a4c67394748edaab4a2b12bd175084cc7144390f67a0a"


def index_closes(prices: GeneratedPrices, seed: int) -> np.ndarray:
    indices = Indices(ALL_SECURITIES, prices, seed)
    days = [bar.day for bar in prices.bars(INVERSE, FIRST, LAST)]
    return np.array([bar.close for bar in indices.bars(KOSPI200, days[0], days[-1], at("23:00", date(2027, 1, 4)))])


@pytest.mark.parametrize("seed", [1, 7])
def test_inverse_fund_when_days_are_measured_then_it_returns_minus_the_index(seed: int) -> None:
    prices = GeneratedPrices(packaged_listing(), seed)
    closes = np.array([bar.close_krw for bar in prices.bars(INVERSE, FIRST, LAST)], float)
    index = index_closes(prices, seed)
    fund_returns, index_returns = closes[1:] / closes[:-1] - 1, index[1:] / index[:-1] - 1
    assert len(closes) == len(index) > 480
    assert np.corrcoef(fund_returns, index_returns)[0, 1] < -0.98
    assert np.polyfit(index_returns, fund_returns, 1)[0] == pytest.approx(-1, abs=0.03)
    assert np.abs(fund_returns + index_returns).max() < 0.006
    assert closes.min() > 1_000
    assert closes.max() < 6_000


def test_inverse_fund_when_the_market_is_shocked_then_it_rises_by_as_much_at_that_time() -> None:
    shocks = {FRIDAY: MarketShock(wall_time(11, 0), -0.06)}

    def changes(clock: str) -> tuple[float, float]:
        exchange = generated_exchange(Hands(), at(clock), market_shocks=shocks)
        fund, index = exchange.trade_state(INVERSE), exchange.index(KOSPI200)
        assert index is not None
        return fund.last_krw / fund.base_krw - 1, index.level / index.previous_close - 1

    assert changes("10:55")[0] < 0.03
    for clock in ("11:10", "13:00", "15:40"):
        fund, index = changes(clock)
        assert 0.045 < fund < 0.075
        assert fund == pytest.approx(-index, abs=0.003)


def test_inverse_fund_when_the_market_rises_on_purpose_then_it_falls() -> None:
    prices = GeneratedPrices(packaged_listing(), 7, {FRIDAY: MarketShock(wall_time(11, 0), 0.08)})
    bar = prices.bar(INVERSE, FRIDAY)
    assert bar is not None
    assert bar.close_krw / bar.base_krw - 1 == pytest.approx(-0.08, abs=0.02)


@pytest.mark.parametrize("day", [date(2026, 3, 19), FRIDAY, date(2026, 11, 19)])
def test_inverse_fund_when_an_ordinary_day_runs_then_it_moves_against_the_index_within_it(day: date) -> None:
    hands = Hands()
    exchange = generated_exchange(hands, at("09:05", day))
    fund, index = [], []
    for _ in range(36):
        level = exchange.index(KOSPI200)
        assert level is not None
        fund.append(exchange.trade_state(INVERSE).last_krw)
        index.append(level.level)
        hands.real_s += 600
    assert np.corrcoef(fund, index)[0, 1] < -0.97


def test_other_symbols_when_the_inverse_fund_is_listed_then_their_prices_are_what_they_were() -> None:
    with_it = GeneratedPrices(packaged_listing(), 7)
    without = GeneratedPrices([one for one in packaged_listing() if one.security.symbol != INVERSE], 7)
    digest = hashlib.sha256()
    for symbol in ("005930", "247540", "069500"):
        digest.update(repr(with_it.bars(symbol, date(2026, 1, 1), date(2026, 3, 31))).encode())
    assert digest.hexdigest() == BARS_BEFORE_THE_INVERSE_WAS_LISTED
    for security in ALL_SECURITIES:
        if security.symbol != INVERSE:
            assert with_it.bars(security.symbol, FIRST, LAST) == without.bars(security.symbol, FIRST, LAST)


def test_index_when_the_inverse_fund_is_listed_then_it_is_not_part_of_it() -> None:
    prices = GeneratedPrices(packaged_listing(), 7)
    others = [security for security in ALL_SECURITIES if security.symbol != INVERSE]
    for code in ("0001", KOSPI200):
        both = [Indices(listing, prices, 7).view(code, at("13:00")) for listing in (ALL_SECURITIES, others)]
        assert both[0] is not None
        assert both[0] == both[1]


def test_inverse_fund_when_no_stock_is_listed_with_it_then_it_only_has_its_own_noise() -> None:
    alone = GeneratedPrices([one for one in packaged_listing() if one.security.symbol == INVERSE], 7)
    assert all(abs(bar.close_krw / bar.base_krw - 1) < 0.01 for bar in alone.bars(INVERSE, FIRST, LAST))
