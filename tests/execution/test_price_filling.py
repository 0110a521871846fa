from datetime import date, timedelta

import pytest

from daybook.broker.port import BrokerError
from daybook.contracts.market import DailyBar
from daybook.execution.price_filling import PriceFiller
from daybook.krx.calendar import session_on
from tests.execution.bench import Bench

LISTED_ON = date(2025, 9, 1)


class Exchange:
    """Serves a bar for every session since the listing, and counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, date, date]] = []

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        self.asked.append((symbol, first, last))
        if symbol == "999999":
            raise BrokerError("no such stock")
        days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        return [bar(symbol, day) for day in days if day >= LISTED_ON and session_on(day).is_open]


def bar(symbol: str, day: date) -> DailyBar:
    values = dict.fromkeys(("open_krw", "high_krw", "low_krw", "close_krw", "volume_shares", "turnover_krw"), 1_000)
    return DailyBar(symbol=symbol, day=day, **values)


@pytest.fixture
def exchange(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Exchange:
    exchange = Exchange()
    monkeypatch.setattr(bench.desk.broker, "daily_bars", exchange.daily_bars)
    return exchange


def test_prices_when_missing_then_fetched_once(bench: Bench, exchange: Exchange) -> None:
    filler = PriceFiller(bench.desk)
    assert filler.fill(["123450"], 60).bars > 50
    assert filler.fill(["123450", "123450"], 50).bars == 0
    assert len(exchange.asked) == 1


def test_prices_when_stored_already_then_only_older_and_newer_ones_are_fetched(
    bench: Bench, exchange: Exchange
) -> None:
    PriceFiller(bench.desk).fill(["123450"], 20)
    newest = exchange.asked[0][2]
    assert PriceFiller(bench.desk).fill(["123450"], 60).bars > 20
    assert exchange.asked[1][2] < exchange.asked[0][1] + timedelta(days=7)
    stored = bench.desk.bars.daily("123450", LISTED_ON, newest)
    assert [row.day for row in stored] == sorted({row.day for row in stored})
    assert stored[-1].day == newest


def test_prices_when_a_share_is_listed_lately_then_the_time_before_is_asked_for_once(
    bench: Bench, exchange: Exchange
) -> None:
    filler = PriceFiller(bench.desk)
    assert filler.fill(["123450"], 1_000).bars > 50
    assert filler.fill(["123450"], 900).bars == 0
    assert len(exchange.asked) == 1


def test_prices_when_the_broker_refuses_then_the_symbol_is_named_and_the_others_are_filled(
    bench: Bench, exchange: Exchange
) -> None:
    filled = PriceFiller(bench.desk).fill(["999999", "000660"], 60)
    assert filled.missing == ("999999",)
    assert filled.bars > 30
