from datetime import datetime

import pytest

from daybook.contracts.base import Side
from daybook.krx.fees import order_costs
from daybook.paper.exchange import Exchange
from daybook.paper.model import NoticeKind, Order, OrderStatus, Refusal, RefusalKind
from tests.paper.engine.market import (
    ACCOUNT,
    COMMISSION,
    FRIDAY,
    HALTED,
    MONDAY,
    OTHER_ACCOUNT,
    SYMBOL,
    Hands,
    at,
    chosen_exchange,
    session_bar,
)


def today(exchange: Exchange, account: str = ACCOUNT) -> list[Order]:
    return exchange.orders(account, FRIDAY, MONDAY)


def found(exchange: Exchange, number: str, account: str = ACCOUNT) -> Order:
    return next(order for order in today(exchange, account) if order.number == number)


def refusal(exchange: Exchange, *order: object) -> RefusalKind:
    with pytest.raises(Refusal) as caught:
        exchange.submit(ACCOUNT, *order)  # type: ignore[arg-type]
    return caught.value.kind


@pytest.mark.parametrize(
    ("start", "order", "kind"),
    [
        (at("10:00"), (SYMBOL, Side.BUY, "00", 1, 10_005), RefusalKind.OFF_TICK),
        (at("10:00"), (SYMBOL, Side.BUY, "00", 1, 13_010), RefusalKind.OUTSIDE_LIMITS),
        (at("10:00"), (SYMBOL, Side.BUY, "00", 1, 6_990), RefusalKind.OUTSIDE_LIMITS),
        (at("10:00"), (HALTED, Side.BUY, "00", 1, 10_000), RefusalKind.UNTRADABLE),
        (at("10:00"), ("999999", Side.BUY, "00", 1, 10_000), RefusalKind.UNKNOWN_SYMBOL),
        (at("10:00", MONDAY).replace(day=22), (SYMBOL, Side.BUY, "00", 1, 10_000), RefusalKind.NOT_A_BUSINESS_DAY),
        (at("08:19:59"), (SYMBOL, Side.BUY, "00", 1, 10_000), RefusalKind.BEFORE_OPEN),
        (at("15:30"), (SYMBOL, Side.BUY, "00", 1, 10_000), RefusalKind.AFTER_CLOSE),
        (at("10:00"), (SYMBOL, Side.BUY, "00", 9_998, 10_000), None),
        (at("10:00"), (SYMBOL, Side.BUY, "00", 9_999, 10_000), RefusalKind.NO_CASH),
        (at("10:00"), (SYMBOL, Side.BUY, "01", 7_692, 0), RefusalKind.NO_CASH),
        (at("10:00"), (SYMBOL, Side.SELL, "00", 1, 10_000), RefusalKind.NOTHING_TO_SELL),
        (at("10:00"), (SYMBOL, Side.BUY, "00", 0, 10_000), RefusalKind.BAD_QUANTITY),
        (at("10:00"), (SYMBOL, Side.BUY, "06", 1, 10_000), RefusalKind.ORDER_TYPE),
        (at("08:40"), (SYMBOL, Side.BUY, "11", 1, 10_000), RefusalKind.ORDER_TYPE),
        (at("15:25"), (SYMBOL, Side.BUY, "03", 1, 0), RefusalKind.ORDER_TYPE),
    ],
)
def test_order_when_it_breaks_a_rule_then_the_refusal_names_it(
    start: datetime, order: tuple[object, ...], kind: RefusalKind | None
) -> None:
    exchange = chosen_exchange(Hands(), start)
    if kind is None:
        exchange.submit(ACCOUNT, *order)  # type: ignore[arg-type]
    else:
        assert refusal(exchange, *order) is kind
        assert today(exchange) == []


def test_orders_when_several_rest_then_reservations_add_up_to_the_cash() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 9_000, 9_000)
    left = 100_000_000 - 81_000_000 - 11_340
    assert exchange.cash(ACCOUNT).orderable_krw == left
    assert exchange.cash(ACCOUNT).d2_krw == 100_000_000
    assert refusal(exchange, SYMBOL, Side.BUY, "00", left // 9_000 + 1, 9_000) is RefusalKind.NO_CASH


def test_order_when_it_waits_for_the_opening_then_it_trades_at_the_single_price() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("08:25"))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 100, 10_300)
    assert order.number == "0000000001"
    assert order.status is OrderStatus.WORKING
    hands.real_s += 35 * 60
    done = found(exchange, order.number)
    assert (done.status, done.filled_shares, done.filled_amount_krw) == (OrderStatus.FILLED, 100, 1_000_000)
    assert [notice.kind for notice in hands.notices] == [NoticeKind.ACCEPTED, NoticeKind.FILLED]
    assert hands.notices[1].at == at("09:00")


def test_market_order_when_book_is_there_then_it_trades_at_once_inside_the_visible_levels() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    asks = exchange.book(SYMBOL).asks
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "01", asks[0].shares + 1, 0)
    assert order.status is OrderStatus.FILLED
    assert order.filled_amount_krw == asks[0].shares * asks[0].price_krw + asks[1].price_krw
    assert exchange.book(SYMBOL).asks[0].price_krw == asks[1].price_krw
    costs = order_costs(
        Side.BUY,
        exchange.securities()[0].market,
        exchange.securities()[0].kind,
        order.filled_amount_krw,
        FRIDAY,
        COMMISSION,
    ).total_krw
    assert exchange.order_costs_krw(order) == costs
    assert exchange.cash(ACCOUNT).d2_krw == 100_000_000 - order.filled_amount_krw - costs


def test_limit_order_when_the_book_is_too_thin_then_the_rest_waits() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    best = exchange.book(SYMBOL).asks[0]
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", best.shares + 500, best.price_krw)
    assert order.filled_shares == best.shares
    assert order.remaining_shares == 500
    view = exchange.book(SYMBOL)
    assert (view.bids[0].price_krw, view.bids[0].shares) == (best.price_krw, 500)
    assert view.asks[0].price_krw > best.price_krw


def test_limit_order_when_it_joins_the_best_bid_then_it_stands_behind_the_displayed_shares() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    bid = exchange.book(SYMBOL).bids[0]
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 10, bid.price_krw)
    assert order.queue_ahead_shares == bid.shares
    assert exchange.book(SYMBOL).bids[0].shares == bid.shares + 10


@pytest.mark.parametrize(("order_type", "price"), [("11", True), ("13", False), ("15", False)])
def test_immediate_order_when_part_is_left_then_it_is_cancelled(order_type: str, price: bool) -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"), cash_krw=10**12)
    asks = exchange.book(SYMBOL).asks
    limit = asks[0].price_krw if price else 0
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, order_type, 10**6, limit)
    assert order.status is OrderStatus.CANCELLED
    expected = sum(level.shares for level in asks) if order_type == "13" else asks[0].shares
    assert order.filled_shares == expected
    assert order.cancelled_shares == 10**6 - expected
    assert hands.notices[-1].kind is NoticeKind.CANCELLED


@pytest.mark.parametrize("order_type", ["12", "14", "16"])
def test_fill_or_kill_order_when_it_cannot_trade_whole_then_nothing_trades(order_type: str) -> None:
    exchange = chosen_exchange(Hands(), at("10:00"), cash_krw=10**12)
    ask = exchange.book(SYMBOL).asks[0]
    price = ask.price_krw if order_type == "12" else 0
    killed = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, order_type, 10**6, price)
    assert (killed.filled_shares, killed.cancelled_shares) == (0, 10**6)
    whole = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, order_type, ask.shares, price)
    assert whole.status is OrderStatus.FILLED


def test_best_price_orders_when_entered_then_they_take_the_sides_best_as_limit() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    view = exchange.book(SYMBOL)
    opposite = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "03", 1, 0)
    assert opposite.filled_amount_krw == view.asks[0].price_krw
    same = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "04", 1, 0)
    assert same.remaining_shares == 1
    assert exchange.book(SYMBOL).bids[0].shares == view.bids[0].shares + 1


def test_users_when_their_orders_cross_then_they_trade_with_each_other() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    exchange.submit(OTHER_ACCOUNT, SYMBOL, Side.BUY, "01", 100, 0)
    view = exchange.book(SYMBOL)
    ask = view.asks[0].price_krw
    sale = exchange.submit(OTHER_ACCOUNT, SYMBOL, Side.SELL, "00", 60, ask)
    shown = exchange.book(SYMBOL).asks[0].shares
    exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", shown, ask)
    assert found(exchange, sale.number, OTHER_ACCOUNT).status is OrderStatus.FILLED
    filled = [(notice.order.account, notice.shares) for notice in hands.notices if notice.kind is NoticeKind.FILLED]
    assert (OTHER_ACCOUNT, 60) in filled


def test_users_when_they_wait_at_one_price_then_the_earlier_one_trades_first() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    price = exchange.book(SYMBOL).bids[0].price_krw
    early = exchange.submit(OTHER_ACCOUNT, SYMBOL, Side.BUY, "00", 2_000, price)
    late = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 2_000, price)
    assert late.queue_ahead_shares >= early.queue_ahead_shares
    better = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 2_000, price + 10)
    fills = []
    while not found(exchange, late.number).filled_shares and exchange.now() < at("15:00"):
        hands.real_s += 10
        exchange.advance()
    fills = [notice.order.number for notice in hands.notices if notice.kind is NoticeKind.FILLED]
    assert sorted(fills, key=[better.number, early.number, late.number].index) == fills
    assert found(exchange, early.number, OTHER_ACCOUNT).status is OrderStatus.FILLED


def test_user_when_an_earlier_buyer_waits_at_the_price_then_nobody_buys_past_that_order() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"), cash_krw=10**10)
    ask = exchange.book(SYMBOL).asks[0]
    waiting = exchange.submit(OTHER_ACCOUNT, SYMBOL, Side.BUY, "00", ask.shares + 100_000, ask.price_krw)
    for _ in range(20):
        hands.real_s += 30
        second = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 1, ask.price_krw)
        if found(exchange, waiting.number, OTHER_ACCOUNT).remaining_shares:
            assert second.filled_shares == 0


def test_cancel_when_order_rests_then_the_request_has_its_own_number_and_frees_the_cash() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 100, 9_000)
    part = exchange.cancel(ACCOUNT, order.number, 40)
    assert (part.original_number, part.is_cancel_request, part.shares) == (order.number, True, 40)
    assert found(exchange, order.number).remaining_shares == 60
    rest = exchange.cancel(ACCOUNT, order.number.lstrip("0"), None)
    assert rest.number == "0000000003"
    assert found(exchange, order.number).status is OrderStatus.CANCELLED
    assert exchange.cash(ACCOUNT).orderable_krw == 100_000_000
    assert hands.notices[-1].kind is NoticeKind.CANCELLED
    assert hands.notices[-1].order.original_number == order.number
    for number, account, kind in [
        (order.number, ACCOUNT, RefusalKind.NOTHING_TO_CANCEL),
        (rest.number, ACCOUNT, RefusalKind.NOTHING_TO_CANCEL),
        (order.number, OTHER_ACCOUNT, RefusalKind.UNKNOWN_ORDER),
        ("77", ACCOUNT, RefusalKind.UNKNOWN_ORDER),
    ]:
        with pytest.raises(Refusal) as caught:
            exchange.cancel(account, number, None)
        assert caught.value.kind is kind


def test_modify_when_price_moves_into_the_book_then_the_new_order_trades() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 10, 9_000)
    ask = exchange.book(SYMBOL).asks[0].price_krw
    moved = exchange.modify(ACCOUNT, order.number, "00", None, ask)
    assert (moved.original_number, moved.is_modify_request, moved.filled_shares) == (order.number, True, 10)
    old = found(exchange, order.number)
    assert (old.status, old.cancelled_shares) == (OrderStatus.CANCELLED, 10)
    assert NoticeKind.MODIFIED in [notice.kind for notice in hands.notices]


def test_modify_when_the_cash_would_not_do_then_the_old_order_stays() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 10_000, 9_000)
    with pytest.raises(Refusal) as caught:
        exchange.modify(ACCOUNT, order.number, "00", None, 10_000)
    assert caught.value.kind is RefusalKind.NO_CASH
    assert found(exchange, order.number).remaining_shares == 10_000
    assert exchange.modify(ACCOUNT, order.number, "00", None, 9_100).remaining_shares == 10_000


def test_day_orders_when_the_session_closes_then_their_rest_is_gone() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"), session_bar(), session_bar(MONDAY, base=10_100))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 100, 9_000)
    hands.real_s += 3 * 86_400
    gone = found(exchange, order.number)
    assert (gone.status, gone.cancelled_shares, gone.remaining_shares) == (OrderStatus.CANCELLED, 100, 0)
    assert exchange.cash(ACCOUNT).orderable_krw == 100_000_000
    assert exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "00", 1, 9_000).number == "0000000001"


def test_conditional_order_when_the_closing_auction_comes_then_it_trades_at_the_close() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "02", 10, 9_000)
    hands.real_s += 6 * 3600
    done = found(exchange, order.number)
    assert (done.status, done.filled_amount_krw) == (OrderStatus.FILLED, 101_000)
    assert hands.notices[-1].at == at("15:30")


def test_order_when_a_volatility_interruption_runs_then_it_waits_for_its_single_price() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("09:00:01"), session_bar(high=12_500, low=10_000, close=12_400))
    while not exchange.trade_state(SYMBOL).vi_active:
        hands.real_s += 30
    assert exchange.trade_state(SYMBOL).vi_base_krw == 10_000
    assert exchange.book(SYMBOL).expected_price_krw > 0
    order = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "01", 5, 0)
    assert order.remaining_shares == 5
    hands.real_s += 151
    done = found(exchange, order.number)
    assert done.status is OrderStatus.FILLED
    assert not exchange.trade_state(SYMBOL).vi_active


def test_account_when_unknown_then_it_is_a_key_error() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    with pytest.raises(KeyError):
        exchange.submit("0000000000", SYMBOL, Side.BUY, "00", 1, 10_000)
    with pytest.raises(ValueError):
        exchange.open_account("12", 1)
