from datetime import date

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.day import HistoryRequest
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.contracts.market import IndexBar, InvestorFlow
from daybook.contracts.threat_settings import ResponseSettings
from daybook.execution.history import FACTOR_SESSIONS, HistoryCollector
from daybook.krx.calendar import previous_trading_day, trading_days
from tests.execution.bench import Bench, BenchMaker, daily_bar
from tests.risk import facts

LAST = previous_trading_day(facts.DAY)
NEW = "000660"


def request(*symbols: str, advisor: AdvisorKind = AdvisorKind.MOMENTUM, hedge: str = facts.BOUGHT) -> HistoryRequest:
    strategy = StrategySettings(universe_symbols=symbols, top_turnover_count=2, advisor=advisor)
    desk = DeskConfig(strategy=strategy, response=ResponseSettings(hedge_symbol=hedge))
    return HistoryRequest(account="main", day=facts.DAY, desk=desk)


def test_history_when_a_symbol_is_new_then_its_bars_are_fetched_and_the_universe_is_kept(bench: Bench) -> None:
    bench.broker.bars[NEW] = [daily_bar(NEW, LAST, 120_000)]
    report = HistoryCollector(bench.desk).collect(request(NEW))
    assert (report.universe, report.missing) == ((NEW,), ())
    assert [bar.close_krw for bar in bench.desk.bars.daily(NEW, LAST, LAST)] == [120_000]
    assert bench.desk.days.get(facts.DAY, "main").universe_symbols == (NEW,)


def test_history_when_collected_then_the_market_s_index_is_asked_for_whatever_the_advisor(bench: Bench) -> None:
    HistoryCollector(bench.desk).collect(request(facts.BOUGHT))
    assert bench.broker.calls["index_bars"] == 1


def test_history_when_collected_then_the_hedge_s_bars_come_too_and_it_is_not_in_the_universe(bench: Bench) -> None:
    hedge = "114800"
    bench.broker.bars[hedge] = [daily_bar(hedge, LAST, 2_500)]
    report = HistoryCollector(bench.desk).collect(request(facts.BOUGHT, hedge=hedge))
    assert report.universe == (facts.BOUGHT,)
    assert len(bench.desk.bars.daily(hedge, LAST, LAST)) == 1


def test_history_when_bars_reach_the_last_session_then_the_broker_is_not_asked(bench: Bench) -> None:
    HistoryCollector(bench.desk).collect(request(facts.BOUGHT))
    assert bench.broker.calls["daily_bars"] == 0


def test_history_when_the_broker_fails_for_a_symbol_then_it_is_named_and_the_others_go_on(bench: Bench) -> None:
    bench.broker.fail("daily_bars", BrokerUnavailable("no data"))
    report = HistoryCollector(bench.desk).collect(request(NEW, facts.BOUGHT))
    assert (report.universe, report.missing) == ((NEW, facts.BOUGHT), (NEW,))


def test_history_when_no_universe_is_set_then_turnover_chooses_and_held_symbols_get_bars_too(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench()
    bench.hold("000270")
    bench.prepare()
    report = HistoryCollector(bench.desk).collect(request())
    assert report.universe == (facts.BOUGHT, facts.HELD)
    assert bench.broker.calls["daily_bars"] == 1


def test_history_when_the_advisor_is_the_factor_one_then_a_year_is_fetched_once_with_flows_and_the_index(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    days = trading_days(date(2025, 1, 2), LAST)[-FACTOR_SESSIONS:]
    bench.broker.bars[facts.BOUGHT] = [daily_bar(facts.BOUGHT, day, 50_000) for day in days]
    asked: list[str] = []

    def index_bars(code: str, first: date, last: date) -> list[IndexBar]:
        asked.append(code)
        levels = dict.fromkeys(("open_level", "high_level", "low_level", "close_level"), 300.0)
        return [
            IndexBar(index_code=code, day=day, volume_shares=1, turnover_krw=1, **levels)
            for day in days
            if first <= day <= last
        ]

    def investor_flows(symbol: str) -> list[InvestorFlow]:
        asked.append(symbol)
        raise BrokerUnavailable("not now")

    monkeypatch.setattr(bench.broker, "index_bars", index_bars, raising=False)
    monkeypatch.setattr(bench.broker, "investor_flows", investor_flows, raising=False)
    collector = HistoryCollector(bench.desk)
    report = collector.collect(request(facts.BOUGHT, advisor=AdvisorKind.FACTOR))
    assert (report.sessions, report.missing) == (FACTOR_SESSIONS, ())
    assert len(bench.desk.bars.daily(facts.BOUGHT, days[0], LAST)) == len(days)
    assert asked == ["2001", facts.BOUGHT, "0001"]
    assert bench.broker.calls["daily_bars"] >= 1
    before = bench.broker.calls["daily_bars"]
    collector.collect(request(facts.BOUGHT, advisor=AdvisorKind.FACTOR))
    assert bench.broker.calls["daily_bars"] == before
    assert asked == ["2001", facts.BOUGHT, "0001", facts.BOUGHT]


def test_history_when_the_broker_fails_for_a_factor_s_symbol_then_it_is_named_and_the_day_goes_on(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise BrokerUnavailable("not now")

    for name in ("daily_bars", "index_bars", "investor_flows"):
        monkeypatch.setattr(bench.broker, name, fail, raising=False)
    report = HistoryCollector(bench.desk).collect(request(NEW, advisor=AdvisorKind.FACTOR, hedge=NEW))
    assert (report.universe, report.missing) == ((NEW,), (NEW,))
