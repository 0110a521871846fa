from datetime import UTC, date, datetime

from daybook.contracts.market import IndexBar, InvestorFlow, ListedSecurity, Market
from daybook.storage.database import Database
from daybook.storage.market_series import CollectedSeries, MarketSeriesStore

DAY = date(2026, 3, 6)
AT = datetime(2026, 3, 6, 7, 0, tzinfo=UTC)


def _bar(day: date, close: float) -> IndexBar:
    return IndexBar(
        index_code="2001", day=day, open_level=close, high_level=close + 1, low_level=close - 1, close_level=close,
        volume_shares=10, turnover_krw=1_000,
    )  # fmt: skip


def _flow(symbol: str, foreign: int) -> InvestorFlow:
    return InvestorFlow(
        symbol=symbol, day=DAY, foreign_net_shares=foreign, institution_net_shares=-1, individual_net_shares=1,
        foreign_net_krw=foreign * 70_000, institution_net_krw=-70_000, individual_net_krw=70_000,
    )  # fmt: skip


def test_index_when_saved_again_then_the_later_bar_counts_and_days_are_in_order(database: Database) -> None:
    store = MarketSeriesStore(database)
    assert store.save_index([_bar(date(2026, 3, 9), 810.5), _bar(DAY, 800.25)]) == 2
    store.save_index([_bar(DAY, 801.75)])
    found = store.index("2001", DAY, date(2026, 3, 31))
    assert [bar.close_level for bar in found] == [801.75, 810.5]
    assert store.index("0001", DAY, DAY) == []


def test_flows_when_negative_then_they_come_back_with_their_sign(database: Database) -> None:
    store = MarketSeriesStore(database)
    store.save_flows([_flow("005930", -12_345), _flow("000660", 5)])
    assert store.flows("005930", DAY, DAY) == [_flow("005930", -12_345)]


def test_securities_when_seen_again_then_the_last_sight_counts(database: Database) -> None:
    store = MarketSeriesStore(database)
    first = ListedSecurity(symbol="263750", name="펄어비스", market=Market.KOSDAQ, sector="게임", seen_at=AT)
    store.save_securities([first])
    store.save_securities([first.model_copy(update={"shares_listed": 64_247_855})])
    found = store.securities()["263750"]
    assert found.market is Market.KOSDAQ
    assert found.shares_listed == 64_247_855
    assert found.seen_at == AT


def test_collected_when_marked_then_the_reach_is_known_and_of_others_nothing(database: Database) -> None:
    store = MarketSeriesStore(database)
    reached = CollectedSeries("daily_bars", "005930", date(2025, 3, 6), DAY, 245, "0" * 64)
    store.mark_collected(reached)
    assert store.collected("daily_bars", "005930") == reached
    assert store.collected("daily_bars", "000660") is None
