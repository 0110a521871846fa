from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from daybook.broker.port import BrokerError, BrokerUnavailable
from daybook.contracts.collection import CollectionPlanRequest, SeriesKind, SeriesTask
from daybook.contracts.market import DailyBar, IndexBar, InvestorFlow
from daybook.execution.collection import SeriesCollector
from daybook.krx.calendar import is_trading_day, previous_trading_day, trading_days
from daybook.storage.market_series import MarketSeriesStore
from tests.execution.bench import Bench
from tests.risk import facts

UNTIL = previous_trading_day(facts.DAY)
SYMBOL = "123450"


class Source:
    """A broker with one share: a listing day, days it did not trade, and an adjustment."""

    def __init__(self) -> None:
        self.listed_on = date(2025, 1, 2)
        self.halted: set[date] = set()
        self.factor = 1
        self.asked: list[tuple[date, date]] = []
        self.extra: list[date] = []

    def daily_bars(self, symbol: str, first: date, last: date) -> list[DailyBar]:
        self.asked.append((first, last))
        days = [day for day in trading_days(max(first, self.listed_on), last) if day not in self.halted]
        return [self._bar(symbol, day) for day in sorted([*days, *self.extra])]

    def _bar(self, symbol: str, day: date) -> DailyBar:
        krw = 1_000 * self.factor + day.day
        values = dict.fromkeys(("open_krw", "high_krw", "low_krw", "close_krw"), krw)
        return DailyBar(symbol=symbol, day=day, volume_shares=100, turnover_krw=100 * krw, **values)

    def index_bars(self, code: str, first: date, last: date) -> list[IndexBar]:
        self.asked.append((first, last))
        weekdays = [first + timedelta(days=number) for number in range((last - first).days + 1)]
        levels = dict.fromkeys(("open_level", "high_level", "low_level", "close_level"), 2_500.0)
        return [
            IndexBar(index_code=code, day=day, volume_shares=1, turnover_krw=1, **levels)
            for day in weekdays
            if (is_trading_day(day) if day >= date(2025, 1, 1) else day.weekday() < 5)
        ]

    def investor_flows(self, symbol: str) -> list[InvestorFlow]:
        kinds = ("foreign", "institution", "individual")
        values = {f"{kind}_net_{unit}": 1 for kind in kinds for unit in ("shares", "krw")}
        days = trading_days(UNTIL - timedelta(days=90), UNTIL)[-30:]
        return [InvestorFlow(symbol=symbol, day=day, **values) for day in days]


@pytest.fixture
def source(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Source:
    source = Source()
    quote = bench.desk.broker.quotes[facts.BOUGHT]  # type: ignore[attr-defined]
    monkeypatch.setattr(bench.desk.broker, "quote", lambda symbol, with_book=False: quote)
    for name in ("daily_bars", "index_bars", "investor_flows"):
        monkeypatch.setattr(bench.desk.broker, name, getattr(source, name), raising=False)
    return source


def bars(sessions: int = 40, until: date = UNTIL) -> SeriesTask:
    return SeriesTask(kind=SeriesKind.DAILY_BARS, key=SYMBOL, sessions=sessions, until=until)


def stored(bench: Bench) -> Sequence[DailyBar]:
    return bench.desk.bars.daily(SYMBOL, date(2020, 1, 1), date(2030, 1, 1))


def test_collect_when_nothing_is_stored_then_every_session_is_there_once(bench: Bench, source: Source) -> None:
    report = SeriesCollector(bench.desk).collect(bars())
    days = [bar.day for bar in stored(bench)]
    assert days == trading_days(days[0], UNTIL)
    assert (report.fetched, report.sessions, report.gaps, report.problem) == (40, 40, (), "")
    assert MarketSeriesStore(bench.desk.database).collected("daily_bars", SYMBOL) is not None
    assert SYMBOL in MarketSeriesStore(bench.desk.database).securities()


def test_collect_when_repeated_then_the_broker_is_not_asked(bench: Bench, source: Source) -> None:
    collector = SeriesCollector(bench.desk)
    collector.collect(bars())
    again = collector.collect(bars())
    assert (again.fetched, again.sessions, len(source.asked)) == (0, 40, 1)


def test_collect_when_it_was_cut_short_then_only_the_rest_is_fetched(bench: Bench, source: Source) -> None:
    collector = SeriesCollector(bench.desk)
    half_way = trading_days(UNTIL - timedelta(days=60), UNTIL)[-10]
    collector.collect(bars(40, half_way))
    report = collector.collect(bars())
    first_asked = source.asked[1][0]
    assert first_asked > half_way - timedelta(days=15)
    assert report.fetched == 9
    days = [bar.day for bar in stored(bench)]
    assert days == trading_days(days[0], UNTIL)


def test_collect_when_a_day_was_not_traded_then_it_is_named_as_a_gap_and_never_filled(
    bench: Bench, source: Source
) -> None:
    halted = trading_days(UNTIL - timedelta(days=30), UNTIL)[-6]
    source.halted.add(halted)
    collector = SeriesCollector(bench.desk)
    assert collector.collect(bars()).gaps == (halted,)
    source.halted.clear()
    mended = collector.collect(bars())
    assert (mended.gaps, mended.fetched) == ((), 1)


def test_collect_when_a_share_is_listed_lately_then_the_time_before_is_no_gap(bench: Bench, source: Source) -> None:
    source.listed_on = trading_days(UNTIL - timedelta(days=30), UNTIL)[-7]
    report = SeriesCollector(bench.desk).collect(bars())
    assert (report.sessions, report.first_day, report.gaps) == (7, source.listed_on, ())


def test_collect_when_prices_were_adjusted_then_the_whole_span_is_fetched_again(bench: Bench, source: Source) -> None:
    collector = SeriesCollector(bench.desk)
    collector.collect(bars(40, previous_trading_day(UNTIL)))
    source.factor = 2
    report = collector.collect(bars())
    assert report.changed > 0
    in_span = [bar for bar in stored(bench) if bar.day >= (report.first_day or UNTIL)]
    assert {bar.close_krw - bar.day.day for bar in in_span} == {2_000}


def test_collect_when_a_row_is_of_a_day_without_session_then_it_is_left_out_and_said(
    bench: Bench, source: Source
) -> None:
    source.extra = [date(2026, 3, 1)]
    report = SeriesCollector(bench.desk).collect(bars())
    assert "2026-03-01" in report.problem
    assert date(2026, 3, 1) not in {bar.day for bar in stored(bench)}


def test_collect_when_the_symbol_is_unknown_then_the_report_says_so(
    bench: Bench, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(symbol: str, first: date, last: date) -> list[DailyBar]:
        raise BrokerUnavailable("the broker knows no price of it", code="NO_SUCH_SYMBOL")

    monkeypatch.setattr(bench.desk.broker, "daily_bars", refuse)
    report = SeriesCollector(bench.desk).collect(bars())
    assert report.problem.startswith("the broker knows no price")
    assert report.sessions == 0


def test_collect_when_the_broker_cannot_be_reached_then_the_task_may_be_repeated(
    bench: Bench, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(symbol: str, first: date, last: date) -> list[DailyBar]:
        raise BrokerUnavailable("no answer")

    monkeypatch.setattr(bench.desk.broker, "daily_bars", fail)
    with pytest.raises(BrokerError):
        SeriesCollector(bench.desk).collect(bars())


def test_collect_when_years_before_the_calendar_are_asked_for_then_the_index_says_what_traded(
    bench: Bench, source: Source
) -> None:
    collector = SeriesCollector(bench.desk)
    source.listed_on = date(2025, 1, 2)
    index = SeriesTask(kind=SeriesKind.INDEX_BARS, key="0001", sessions=400, until=UNTIL)
    assert collector.collect(index).sessions >= 400
    report = collector.collect(bars(400))
    assert report.gaps == ()
    assert report.first_day == date(2025, 1, 2)


def test_flows_when_collected_then_the_last_thirty_sessions_are_there(bench: Bench, source: Source) -> None:
    task = SeriesTask(kind=SeriesKind.INVESTOR_FLOWS, key=SYMBOL, sessions=250, until=UNTIL)
    report = SeriesCollector(bench.desk).collect(task)
    assert (report.sessions, report.gaps) == (30, ())
    assert SeriesCollector(bench.desk).collect(task).fetched == 0


def test_plan_when_symbols_are_not_named_then_stored_and_held_ones_are_collected(bench: Bench) -> None:
    plan = SeriesCollector(bench.desk).plan(CollectionPlanRequest(until=UNTIL))
    assert set(bench.desk.bars.symbols()) <= set(plan.symbols)
    assert plan.until == UNTIL
    named = SeriesCollector(bench.desk).plan(CollectionPlanRequest(symbols=("005930",)))
    assert named.symbols == ("005930",)
    assert named.until <= facts.DAY
