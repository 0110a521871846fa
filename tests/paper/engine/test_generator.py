import time
from datetime import date
from datetime import time as wall_time
from itertools import pairwise

import numpy as np

from daybook.krx.limits import daily_limits
from daybook.krx.ticks import is_on_tick
from daybook.paper.generator import GeneratedPrices
from daybook.paper.listing import packaged_listing
from daybook.paper.prices import MarketShock
from tests.paper.engine.market import FRIDAY, Hands, at, generated_exchange

FIRST, LAST = date(2025, 1, 1), date(2027, 12, 31)


def test_generated_prices_when_made_twice_then_they_are_equal_and_other_seeds_differ() -> None:
    once, again, other = (GeneratedPrices(packaged_listing(), seed) for seed in (1, 1, 2))
    assert once.bars("005930", FIRST, LAST) == again.bars("005930", FIRST, LAST)
    assert once.bar("005930", FRIDAY) != other.bar("005930", FRIDAY)


def test_generated_prices_when_another_symbol_is_delisted_then_a_symbols_own_part_stays() -> None:
    listing = packaged_listing()
    fund = next(entry for entry in listing if entry.security.symbol == "069500")
    all_of_them, alone = GeneratedPrices(listing, 1), GeneratedPrices([fund], 1)
    assert all_of_them.bars("069500", FIRST, LAST) == alone.bars("069500", FIRST, LAST)


def test_generated_prices_when_first_asked_then_years_of_all_symbols_take_under_a_second() -> None:
    prices = GeneratedPrices(packaged_listing(), 3)
    started = time.process_time()
    prices.bar("005930", FRIDAY)
    assert time.process_time() - started < 1.0


def test_generated_prices_when_history_is_asked_then_260_sessions_precede_any_date() -> None:
    prices = GeneratedPrices(packaged_listing(), 3)
    assert len(prices.bars("035720", date(2023, 1, 1), date(2025, 1, 1))) >= 260


def test_generated_prices_when_sessions_are_checked_then_they_obey_ticks_and_limits_and_chain() -> None:
    prices = GeneratedPrices(packaged_listing(), 5)
    for entry in packaged_listing():
        security = entry.security
        bars = prices.bars(security.symbol, FIRST, LAST)
        for before, bar in pairwise(bars):
            assert bar.base_krw == before.close_krw
            assert bar.low_krw <= min(bar.open_krw, bar.close_krw) <= max(bar.open_krw, bar.close_krw) <= bar.high_krw
            assert bar.volume_shares >= 100
        for bar in bars[::10]:
            limits = daily_limits(bar.base_krw, security.kind)
            for price in (bar.open_krw, bar.high_krw, bar.low_krw, bar.close_krw):
                assert is_on_tick(price, security.kind)
                assert limits.contains(price)


def test_generated_prices_when_returns_are_measured_then_they_look_like_stocks() -> None:
    prices = GeneratedPrices(packaged_listing(), 5)
    kurtoses, volatilities, correlations = [], [], []
    market = None
    for entry in packaged_listing():
        closes = np.array([bar.close_krw for bar in prices.bars(entry.security.symbol, FIRST, LAST)], float)
        returns = np.diff(np.log(closes))
        market = returns if market is None else market
        volatilities.append(float(returns.std() * 245**0.5))
        kurtoses.append(float(((returns - returns.mean()) ** 4).mean() / returns.var() ** 2))
        correlations.append(float(np.corrcoef(market, returns)[0, 1]))
    assert min(volatilities) > 0.12
    assert max(volatilities) < 0.9
    assert 0.2 < float(np.median(volatilities)) < 0.6
    assert float(np.median(kurtoses)) > 3.5
    assert float(np.median(correlations[1:])) > 0.1


def test_generated_prices_when_a_shock_is_set_then_the_index_falls_by_it_at_its_time() -> None:
    shocks = {FRIDAY: MarketShock(wall_time(11, 0), -0.06)}
    plain, shocked = GeneratedPrices(packaged_listing(), 7), GeneratedPrices(packaged_listing(), 7, shocks)
    before = date(2026, 3, 19)
    assert plain.bars("005930", FIRST, before) == shocked.bars("005930", FIRST, before)

    def change(clock: str) -> float:
        index = generated_exchange(Hands(), at(clock), market_shocks=shocks).index("0001")
        assert index is not None
        return index.level / index.previous_close - 1

    assert change("10:55") > -0.03
    assert -0.075 < change("11:10") < -0.045
    assert -0.075 < change("15:40") < -0.045
