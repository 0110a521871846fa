from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.market import SecurityKind
from daybook.krx.limits import daily_limits
from daybook.krx.ticks import Rounding, is_on_tick, round_to_tick, ticks_away
from daybook.paper.book import LEVELS, Depth, synthetic_depth

LIMITS = daily_limits(10_000)


def depth_at(price: int, is_buy: bool = True, salt: int = 1) -> Depth:
    return synthetic_depth(
        price, is_buy, limits=daily_limits(10_000), kind=SecurityKind.STOCK, usual_shares=500, salt=salt
    )


@settings(max_examples=100, deadline=None)
@given(price=st.integers(LIMITS.lower_krw, LIMITS.upper_krw), is_buy=st.booleans(), salt=st.integers(0, 2**40))
def test_depth_when_drawn_anywhere_then_it_is_a_proper_book(price: int, is_buy: bool, salt: int) -> None:
    price = round_to_tick(price, SecurityKind.STOCK, Rounding.NEAREST)
    depth = depth_at(price, is_buy, salt)
    asks, bids = [level.price_krw for level in depth.asks], [level.price_krw for level in depth.bids]
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    assert len(asks) <= LEVELS
    assert len(bids) <= LEVELS
    assert all(is_on_tick(known) and LIMITS.contains(known) for known in asks + bids)
    assert all(level.shares >= 1 for level in depth.asks + depth.bids)
    assert not asks or not bids or bids[0] < asks[0]
    assert price in (asks[:1] + bids[:1])


def test_depth_when_drawn_many_times_then_the_spread_is_mostly_one_tick() -> None:
    narrow = 0
    for salt in range(300):
        depth = depth_at(10_000, salt=salt)
        narrow += ticks_away(depth.bids[0].price_krw, 1) == depth.asks[0].price_krw
    assert 240 < narrow < 300


def test_depth_when_price_is_at_a_limit_then_only_the_waiting_side_is_left() -> None:
    at_upper, at_lower = depth_at(LIMITS.upper_krw), depth_at(LIMITS.lower_krw, is_buy=False)
    assert not at_upper.asks
    assert at_upper.bids[0].price_krw == LIMITS.upper_krw
    assert not at_lower.bids
    assert at_lower.asks[0].price_krw == LIMITS.lower_krw


def test_depth_when_drawn_from_equal_arguments_then_it_is_equal() -> None:
    assert depth_at(10_000, salt=5) == depth_at(10_000, salt=5) != depth_at(10_000, salt=6)
