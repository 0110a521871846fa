import pytest

from daybook.contracts.base import Side
from daybook.paper.accounts import Account
from tests.paper.engine.market import ACCOUNT, FRIDAY, MONDAY, SYMBOL, TUESDAY, WEDNESDAY


def test_account_when_it_trades_then_cash_settles_on_the_second_trading_day() -> None:
    account = Account(ACCOUNT, 1_000_000)
    account.book(SYMBOL, Side.BUY, 10, 10_000, 14, day=FRIDAY, settles=TUESDAY)
    account.book(SYMBOL, Side.SELL, 4, 11_000, 94, day=MONDAY, settles=WEDNESDAY)
    assert [account.cash_on(day) for day in (FRIDAY, MONDAY, TUESDAY, WEDNESDAY)] == [
        1_000_000,
        1_000_000,
        899_986,
        943_892,
    ]
    assert account.final_cash_krw == 943_892


def test_account_when_it_sells_part_then_the_average_price_stays() -> None:
    account = Account(ACCOUNT, 1_000_000)
    account.book(SYMBOL, Side.BUY, 10, 10_000, 0, day=FRIDAY, settles=TUESDAY)
    account.book(SYMBOL, Side.BUY, 10, 12_000, 0, day=FRIDAY, settles=TUESDAY)
    account.book(SYMBOL, Side.SELL, 5, 15_000, 0, day=FRIDAY, settles=TUESDAY)
    assert account.positions[SYMBOL].average_price_krw == 11_000
    account.book(SYMBOL, Side.SELL, 15, 15_000, 0, day=FRIDAY, settles=TUESDAY)
    assert account.positions[SYMBOL].cost_krw == 0
    assert account.positions[SYMBOL].keep_until == TUESDAY


def test_account_when_it_sells_what_it_has_not_then_it_is_an_error() -> None:
    with pytest.raises(ValueError):
        Account(ACCOUNT, 0).book(SYMBOL, Side.SELL, 1, 10_000, 0, day=FRIDAY, settles=TUESDAY)
