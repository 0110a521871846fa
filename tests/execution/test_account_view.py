from datetime import datetime, timedelta

import pytest

from daybook.broker.port import BrokerConfigurationError, BrokerUnavailable
from daybook.contracts.base import KST, Side
from daybook.contracts.clock import MarketClock
from daybook.execution.account_view import AccountView
from daybook.skills.errors import NoData, SourceUnavailable
from tests.execution.bench import Bench, daily_bar
from tests.risk import facts


def test_fills_today_when_orders_were_filled_by_desk_and_hand_then_each_comes_once(bench: Bench) -> None:
    ours = bench.place(bench.buy())
    bench.broker.trade(ours.order.key, 4, 70_000)
    bench.booking.poll(ours)
    bench.clock.pass_s(1)
    by_hand = bench.broker.trade_by_hand(facts.HELD, Side.BUY, 2, 50_000)
    bench.broker.trade_by_hand(facts.HELD, Side.BUY, 2, 40_000, filled=False)
    fills = AccountView(bench.desk).fills_today()
    assert [(fill.order, fill.shares, fill.average_price_krw) for fill in fills] == [
        (ours.order.key, 4, 70_000),
        (by_hand, 2, 50_000),
    ]


def test_fills_today_when_the_brokers_list_stays_empty_then_the_books_tell(bench: Bench) -> None:
    ours = bench.place(bench.buy())
    for shares, price_krw in ((4, 70_000), (6, 70_100)):
        bench.broker.trade(ours.order.key, shares, price_krw)
        bench.booking.poll(ours)
    bench.broker.empty_list = True
    (fill,) = AccountView(bench.desk).fills_today()
    assert (fill.shares, fill.amount_krw, fill.average_price_krw) == (10, 700_600, 70_060)


def test_open_orders_when_one_is_filled_then_only_the_others_remain(bench: Bench) -> None:
    bench.broker.trade_by_hand(facts.HELD, Side.BUY, 2, 50_000)
    working = bench.broker.trade_by_hand(facts.BOUGHT, Side.BUY, 3, 60_000, filled=False)
    assert [order.id.key for order in AccountView(bench.desk).open_orders()] == [working]


def test_daily_bars_when_more_are_stored_than_asked_for_then_the_last_come_oldest_first(bench: Bench) -> None:
    days = [facts.DAY - timedelta(days=back) for back in (3, 2, 1, 0)]
    bench.broker.bars[facts.BOUGHT] = [daily_bar(facts.BOUGHT, day, 100) for day in days]
    bars = AccountView(bench.desk).daily_bars(facts.BOUGHT, 2, None)
    assert [bar.day for bar in bars] == days[-2:]


@pytest.mark.parametrize(("clock", "newest_back"), [("15:29", 1), ("15:30", 0)])
def test_daily_bars_when_seen_from_a_moment_then_only_sessions_that_had_ended(
    bench: Bench, clock: str, newest_back: int
) -> None:
    bench.broker.bars[facts.BOUGHT] = [
        daily_bar(facts.BOUGHT, facts.DAY - timedelta(days=back), 100) for back in (1, 0, -1)
    ]
    as_of = datetime.combine(facts.DAY, datetime.strptime(clock, "%H:%M").time(), tzinfo=KST)  # noqa: DTZ007
    bars = AccountView(bench.desk).daily_bars(facts.BOUGHT, 5, as_of)
    assert bars[-1].day == facts.DAY - timedelta(days=newest_back)


def test_realised_today_when_the_clock_is_a_rehearsals_then_its_day_counts(bench: Bench) -> None:
    clock = MarketClock(real_anchor=bench.clock(), market_anchor=datetime(2026, 3, 9, 9, 0, tzinfo=KST), speed=10)
    view = AccountView(bench.desk, lambda: clock)
    asked = []
    bench.broker.orders_today = lambda day, symbol=None: asked.append(day) or []
    assert view.fills_today() == []
    assert [day.isoformat() for day in asked] == ["2026-03-09"]


def test_quote_when_the_broker_is_down_then_unavailable_with_its_code_and_advice(bench: Bench) -> None:
    bench.broker.fail("quote", BrokerUnavailable("no answer", code="EGW00301", advice="ask again"))
    with pytest.raises(SourceUnavailable, match=r"no answer ask again \(EGW00301\)"):
        AccountView(bench.desk).quote(facts.BOUGHT)


def test_quote_when_the_symbol_is_unknown_then_no_data(bench: Bench) -> None:
    bench.broker.fail("quote", BrokerUnavailable("no price of 999999", code="NO_SUCH_SYMBOL"))
    with pytest.raises(NoData):
        AccountView(bench.desk).quote(facts.BOUGHT)


def test_account_when_keys_are_wrong_then_unavailable(bench: Bench) -> None:
    bench.broker.fail("account", BrokerConfigurationError("the key is wrong"))
    with pytest.raises(SourceUnavailable, match="the key is wrong"):
        AccountView(bench.desk).account()
