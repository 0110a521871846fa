from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.paper.matching import PRINT_SHARE_PERCENT, RestingOrder, match_auction, match_print, sweep
from daybook.paper.model import Level, Order
from tests.paper.engine.market import ACCOUNT, SYMBOL, at


def resting(
    sequence: int,
    side: Side = Side.BUY,
    limit: int | None = 10_000,
    shares: int = 100,
    ahead: int = 0,
    order_type: str = "00",
) -> RestingOrder:
    order = Order(
        number=f"{sequence:010d}",
        branch="00950",
        account=ACCOUNT,
        symbol=SYMBOL,
        side=side,
        order_type=order_type,
        shares=shares,
        price_krw=limit or 0,
        entered_at=at("10:00"),
        queue_ahead_shares=ahead,
    )
    return RestingOrder(order, sequence, limit, limit or 0, 0)


def fills_of(orders: Sequence[RestingOrder], price: int, shares: int) -> list[tuple[int, int, int]]:
    return [(fill.resting.sequence, fill.shares, fill.price_krw) for fill in match_print(orders, price, shares)]


def test_print_when_it_goes_through_a_limit_then_the_order_trades_at_its_own_price() -> None:
    assert fills_of([resting(1, limit=10_000)], 9_990, 1_000) == [(1, 100, 10_000)]


def test_print_when_it_is_at_the_limit_then_the_queue_goes_first() -> None:
    order = resting(1, ahead=1_500)
    assert fills_of([order], 10_000, 1_000) == []
    assert order.order.queue_ahead_shares == 500
    assert fills_of([order], 10_000, 550) == [(1, 50, 10_000)]
    assert order.order.queue_ahead_shares == 0


def test_print_when_it_is_small_then_users_get_their_share_of_it_only() -> None:
    assert fills_of([resting(1), resting(2)], 9_990, 100) == [(1, 30, 10_000)]
    assert fills_of([resting(1)], 9_990, 1) == [(1, 1, 10_000)]


def test_print_when_orders_compete_then_price_comes_before_time() -> None:
    orders = [resting(1, limit=9_990), resting(2, limit=10_000), resting(3, limit=10_000), resting(4, limit=None)]
    assert fills_of(orders, 9_980, 1_000) == [(4, 100, 9_980), (2, 100, 10_000), (3, 100, 10_000)]


def test_print_when_it_stays_away_then_nothing_trades() -> None:
    assert fills_of([resting(1, limit=9_990), resting(2, Side.SELL, 10_010)], 10_000, 10_000) == []


def test_auction_when_prices_differ_then_all_trade_at_the_single_price() -> None:
    orders = [resting(1, limit=10_000), resting(2, limit=10_100), resting(3, limit=None), resting(4, limit=9_990)]
    fills = match_auction(orders, 10_000, 250, is_closing=False)
    assert [(fill.resting.sequence, fill.shares, fill.price_krw) for fill in fills] == [
        (3, 100, 10_000),
        (2, 100, 10_000),
        (1, 50, 10_000),
    ]


def test_auction_when_it_closes_then_conditional_orders_are_market_orders() -> None:
    order = resting(1, Side.SELL, 12_000, order_type="02")
    assert match_auction([order], 10_000, 1_000, is_closing=False) == []
    assert [fill.price_krw for fill in match_auction([order], 10_000, 1_000, is_closing=True)] == [10_000]


def test_sweep_when_levels_are_thin_then_it_takes_them_in_order_up_to_the_limit() -> None:
    levels = [Level(10_000, 30), Level(10_010, 30), Level(10_020, 30)]
    takes = sweep(resting(1, limit=10_010), 100, levels, [])
    assert [(take.price_krw, take.shares) for take in takes] == [(10_000, 30), (10_010, 30)]


def test_sweep_when_a_user_waits_at_a_level_then_the_queue_decides_who_trades() -> None:
    waiting = resting(1, Side.SELL, 10_000, shares=50, ahead=20)
    better = resting(2, Side.SELL, 9_990, shares=10)
    takes = sweep(resting(3, limit=10_000), 100, [Level(10_000, 200)], [waiting, better])
    assert [(take.price_krw, take.shares, take.counterparty) for take in takes] == [
        (9_990, 10, better),
        (10_000, 20, None),
        (10_000, 50, waiting),
        (10_000, 20, None),
    ]


@settings(max_examples=150, deadline=None)
@given(
    orders=st.lists(
        st.tuples(
            st.sampled_from(Side),
            st.sampled_from([None, *range(9_950, 10_060, 10)]),
            st.integers(1, 500),
            st.integers(0, 800),
        ),
        max_size=8,
    ),
    price=st.integers(995, 1005).map(lambda ticks: ticks * 10),
    shares=st.integers(1, 3_000),
    is_auction=st.booleans(),
)
def test_print_when_any_orders_rest_then_limits_priority_and_shares_are_kept(
    orders: list[tuple[Side, int | None, int, int]], price: int, shares: int, is_auction: bool
) -> None:
    waiting = [resting(number, *fields) for number, fields in enumerate(orders, start=1)]
    fills = (
        match_auction(waiting, price, shares, is_closing=False) if is_auction else match_print(waiting, price, shares)
    )
    for side in Side:
        mine = [fill for fill in fills if fill.resting.order.side is side]
        most = shares if is_auction else max(1, shares * PRINT_SHARE_PERCENT // 100)
        assert sum(fill.shares for fill in mine) <= most
        for fill in mine:
            assert fill.resting.accepts(fill.price_krw)
            assert fill.resting.accepts(price)
            assert fill.shares <= fill.resting.order.shares
            limit = fill.resting.limit_krw
            for other in waiting:
                is_before = other.order.side is side and other.limit_krw is not None and limit is not None
                if is_before and _is_better(side, other.limit_krw or 0, limit or 0):
                    done = sum(one.shares for one in mine if one.resting is other)
                    assert done == other.order.shares


def _is_better(side: Side, price: int, than: int) -> bool:
    return price > than if side is Side.BUY else price < than
