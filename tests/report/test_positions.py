from datetime import timedelta

from daybook.contracts.account import Holding
from daybook.contracts.base import Side
from daybook.report.positions import holdings_after
from daybook.storage.database import Database
from tests.report.desk_day import ACCOUNT, DAY, NAVER, SAMSUNG, DeskDay


def _booked(database: Database) -> DeskDay:
    held = (Holding(symbol=NAVER, shares=20, sellable_shares=20, average_price_krw=210_000.4, price_krw=1),)
    day = DeskDay(database, holdings=held)
    day.begin()
    day.fill(None, "09:20", "1", SAMSUNG, Side.BUY, 10, 700_000, 98)
    day.fill(None, "09:21", "1", SAMSUNG, Side.BUY, 10, 700_007, 98)
    day.fill(None, "10:20", "2", SAMSUNG, Side.SELL, 3, 215_000, 460)
    day.fill(None, "11:20", "3", NAVER, Side.SELL, 20, 4_100_000, 8_700)
    day.ledger.adjust(ACCOUNT, "BONUS", symbol=SAMSUNG, shares=4, at=day.real("12:00"))
    return day


def test_replay_when_compared_with_the_ledger_of_the_same_moment_then_they_agree(database: Database) -> None:
    day = _booked(database)
    holdings = holdings_after(day.ledger.entries(ACCOUNT), day.ledger.fills_through(ACCOUNT, DAY))
    booked = {row.symbol: (row.shares, row.cost_basis_krw) for row in day.ledger.positions(ACCOUNT)}
    assert {symbol: (row.shares, row.cost_basis_krw) for symbol, row in holdings.items()} == booked
    assert holdings[SAMSUNG].shares == 11
    assert NAVER not in holdings


def test_replay_when_later_days_traded_then_the_day_keeps_its_own_positions(database: Database) -> None:
    day = _booked(database)
    before = day.ledger.positions(ACCOUNT)
    later = DeskDay(database, day=DAY + timedelta(days=3))
    later.fill(None, "09:30", "1", SAMSUNG, Side.SELL, 11, 800_000, 1_700)
    assert day.ledger.positions(ACCOUNT) == []
    holdings = holdings_after(day.ledger.entries(ACCOUNT), day.ledger.fills_through(ACCOUNT, DAY))
    assert [(symbol, row.cost_basis_krw) for symbol, row in holdings.items()] == [
        (row.symbol, row.cost_basis_krw) for row in before
    ]


def test_fills_through_when_days_lie_on_both_sides_then_only_those_up_to_the_day_come_in_order(
    database: Database,
) -> None:
    day = DeskDay(database)
    day.begin()
    for offset in (0, 1, 2):
        other = DeskDay(database, day=DAY + timedelta(days=offset))
        other.fill(None, "09:30", f"{offset + 1}", SAMSUNG, Side.BUY, 1 + offset, 70_000, 9)
    assert [fill.shares for fill in day.ledger.fills_through(ACCOUNT, DAY + timedelta(days=1))] == [1, 2]
    assert day.ledger.fills_through("other", DAY) == []
