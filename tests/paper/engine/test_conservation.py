"""Random trading of several accounts: cash and shares are conserved to the won, and no limit is broken."""

import random
from collections import defaultdict
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from daybook.contracts.base import Side
from daybook.krx.fees import order_costs
from daybook.krx.ticks import ticks_away
from daybook.paper.exchange import Exchange
from daybook.paper.model import NoticeKind, Order, OrderStatus, Refusal
from tests.paper.engine.market import ACCOUNT, FRIDAY, OTHER_ACCOUNT, TUESDAY, Hands, at, generated_exchange

SYMBOLS = ("005930", "035720", "247540", "069500")
CASH = 100_000_000


def trade_at_random(exchange: Exchange, hands: Hands, chance: random.Random, actions: int, pause_s: float) -> None:
    for _ in range(actions):
        hands.real_s += chance.random() * pause_s
        account = chance.choice((ACCOUNT, OTHER_ACCOUNT))
        symbol, side = chance.choice(SYMBOLS), chance.choice(tuple(Side))
        security = exchange.security(symbol)
        assert security is not None
        last = exchange.trade_state(symbol).last_krw
        price = ticks_away(last, chance.randint(-4, 4), security.kind)
        working = [order for order in exchange.orders(account, FRIDAY, TUESDAY) if order.remaining_shares]
        try:
            action = chance.random()
            if action < 0.15 and working:
                exchange.cancel(account, chance.choice(working).number, None)
            elif action < 0.25 and working:
                target = chance.choice(working)
                moved = ticks_away(target.price_krw or last, chance.randint(-2, 2), security.kind)
                exchange.modify(account, target.number, "00", None, moved)
            else:
                kind = chance.choice(("00", "00", "00", "01", "02", "03", "04", "11", "12", "13"))
                shares = chance.choice((1, 7, 50, 400, 3_000))
                exchange.submit(account, symbol, side, kind, shares, price if kind in ("00", "02", "11", "12") else 0)
        except Refusal:
            pass
        for name in (ACCOUNT, OTHER_ACCOUNT):
            assert exchange.cash(name).orderable_krw >= 0
            assert all(row.sellable_shares >= 0 for row in exchange.holdings(name))


def check_books(exchange: Exchange, hands: Hands) -> None:
    for account in (ACCOUNT, OTHER_ACCOUNT):
        orders = [order for order in exchange.orders(account, FRIDAY, TUESDAY) if not order.is_cancel_request]
        cash = CASH
        shares: dict[str, int] = defaultdict(int)
        for order in orders:
            security = exchange.security(order.symbol)
            assert security is not None
            costs = order_costs(
                order.side, security.market, security.kind, order.filled_amount_krw, order.entered_at.date()
            ).total_krw
            assert costs == exchange.order_costs_krw(order)
            sign = -1 if order.side is Side.BUY else 1
            cash += sign * order.filled_amount_krw - costs
            shares[order.symbol] -= sign * order.filled_shares
            assert order.filled_shares + order.cancelled_shares + order.remaining_shares == order.shares
        assert exchange.cash(account).d2_krw == cash
        held = {row.symbol: row.shares for row in exchange.holdings(account) if row.shares}
        assert held == {symbol: count for symbol, count in shares.items() if count}
    by_number: dict[tuple[object, str], list[tuple[int, int]]] = defaultdict(list)
    for notice in hands.notices:
        if notice.kind is NoticeKind.FILLED:
            order = notice.order
            by_number[(order.entered_at.date(), order.number)].append((notice.shares, notice.price_krw))
            at_close = order.order_type == "02" and notice.at.strftime("%H%M") == "1530"
            if order.price_krw and not at_close:
                is_inside = (
                    notice.price_krw <= order.price_krw
                    if order.side is Side.BUY
                    else notice.price_krw >= order.price_krw
                )
                assert is_inside, notice
    for account in (ACCOUNT, OTHER_ACCOUNT):
        for order in exchange.orders(account, FRIDAY, TUESDAY):
            fills = by_number[(order.entered_at.date(), order.number)]
            assert sum(shares for shares, _ in fills) == order.filled_shares
            assert sum(shares * price for shares, price in fills) == order.filled_amount_krw
            assert (order.status is OrderStatus.WORKING) == (order.remaining_shares > 0)


@settings(max_examples=6, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_accounts_when_they_trade_at_random_for_two_days_then_every_won_and_share_is_accounted_for(seed: int) -> None:
    hands, chance = Hands(), random.Random(seed)
    exchange = generated_exchange(hands, at("08:20"))
    exchange.open_account(OTHER_ACCOUNT, CASH)
    trade_at_random(exchange, hands, chance, 60, 900.0)
    check_books(exchange, hands)
    exchange.set_clock(max(exchange.now(), at("09:05") + timedelta(days=3)), 1.0)
    trade_at_random(exchange, hands, chance, 30, 600.0)
    check_books(exchange, hands)


def replayed_orders(seed: int, step_s: float) -> list[Order]:
    """Return Friday's orders after the same arrivals, the clock being polled every ``step_s`` seconds in between."""
    hands, chance = Hands(), random.Random(seed)
    exchange = generated_exchange(hands, at("08:55"))
    for _ in range(25):
        until = hands.real_s + chance.randint(60, 900)
        while hands.real_s + step_s < until:
            hands.real_s += step_s
            exchange.advance()
        hands.real_s = until
        symbol, shares, ticks = chance.choice(SYMBOLS), chance.choice((5, 300, 2_000)), chance.randint(-3, 1)
        security = exchange.security(symbol)
        assert security is not None
        price = ticks_away(exchange.trade_state(symbol).last_krw, ticks, security.kind)
        try:
            exchange.submit(ACCOUNT, symbol, Side.BUY, "00", shares, price)
        except Refusal:
            continue
    return exchange.orders(ACCOUNT, FRIDAY, FRIDAY)


def test_fills_when_time_passes_in_other_steps_then_they_are_the_same() -> None:
    assert replayed_orders(3, 7.0) == replayed_orders(3, 10_000.0)
