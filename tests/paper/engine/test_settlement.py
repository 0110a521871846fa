from datetime import timedelta

from daybook.contracts.base import Side
from tests.paper.engine.market import (
    ACCOUNT,
    FRIDAY,
    MONDAY,
    SYMBOL,
    TUESDAY,
    WEDNESDAY,
    Hands,
    at,
    chosen_exchange,
    session_bar,
)


def test_cash_when_days_pass_then_trades_settle_two_trading_days_later_and_rows_leave() -> None:
    hands = Hands()
    days = (FRIDAY, MONDAY, TUESDAY, WEDNESDAY)
    exchange = chosen_exchange(hands, at("10:00"), *(session_bar(day) for day in days))
    bought = exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "01", 100, 0)
    spent = bought.filled_amount_krw + exchange.order_costs_krw(bought)
    cash = exchange.cash(ACCOUNT)
    assert (cash.d0_krw, cash.d1_krw, cash.d2_krw) == (100_000_000, 100_000_000, 100_000_000 - spent)
    assert (cash.bought_today_krw, cash.costs_today_krw) == (bought.filled_amount_krw, spent - bought.filled_amount_krw)

    exchange.set_clock(at("10:00", MONDAY), 1.0)
    cash = exchange.cash(ACCOUNT)
    assert (cash.d0_krw, cash.d1_krw, cash.d2_krw) == (100_000_000, 100_000_000 - spent, 100_000_000 - spent)
    assert (cash.bought_today_krw, cash.bought_yesterday_krw) == (0, bought.filled_amount_krw)
    assert exchange.holdings(ACCOUNT)[0].bought_yesterday == 100

    sold = exchange.submit(ACCOUNT, SYMBOL, Side.SELL, "01", 100, 0)
    proceeds = sold.filled_amount_krw - exchange.order_costs_krw(sold)
    assert exchange.order_costs_krw(sold) > sold.filled_amount_krw * 0.002
    cash = exchange.cash(ACCOUNT)
    assert cash.orderable_krw == cash.d2_krw == 100_000_000 - spent + proceeds
    assert cash.reusable_krw == sold.filled_amount_krw
    row = exchange.holdings(ACCOUNT)[0]
    assert (row.shares, row.sold_today, row.cost_krw) == (0, 100, 0)

    exchange.set_clock(at("10:00", TUESDAY), 1.0)
    assert exchange.cash(ACCOUNT).d0_krw == 100_000_000 - spent
    assert len(exchange.holdings(ACCOUNT)) == 1
    exchange.set_clock(at("00:00", WEDNESDAY), 1.0)
    assert exchange.cash(ACCOUNT).d0_krw == 100_000_000 - spent + proceeds
    assert exchange.holdings(ACCOUNT) == []


def test_sellable_when_a_sale_waits_then_its_shares_cannot_be_sold_again() -> None:
    exchange = chosen_exchange(Hands(), at("10:00"))
    exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "01", 100, 0)
    exchange.submit(ACCOUNT, SYMBOL, Side.SELL, "00", 70, 12_900)
    assert exchange.holdings(ACCOUNT)[0].sellable_shares == 30


def test_clock_when_moved_back_then_only_to_after_the_last_event() -> None:
    hands = Hands()
    exchange = chosen_exchange(hands, at("10:00"))
    exchange.set_clock(at("09:30"), 1.0)
    exchange.submit(ACCOUNT, SYMBOL, Side.BUY, "01", 1, 0)
    hands.real_s += 600
    exchange.set_clock(at("09:31"), 60.0)
    assert exchange.now() == at("09:31")
    hands.real_s += 1
    assert exchange.now() == at("09:31") + timedelta(minutes=1)
    try:
        exchange.set_clock(at("09:29"), 1.0)
    except ValueError:
        return
    raise AssertionError("the clock went back before an order")
