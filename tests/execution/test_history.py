from daybook.broker.port import BrokerUnavailable
from daybook.contracts.day import HistoryRequest
from daybook.contracts.desk import DeskConfig
from daybook.contracts.limits import AdvisorKind, StrategySettings
from daybook.execution.history import HistoryCollector
from daybook.krx.calendar import previous_trading_day
from tests.execution.bench import Bench, BenchMaker, daily_bar
from tests.risk import facts

LAST = previous_trading_day(facts.DAY)
NEW = "000660"


def request(*symbols: str, advisor: AdvisorKind = AdvisorKind.MOMENTUM) -> HistoryRequest:
    strategy = StrategySettings(universe_symbols=symbols, top_turnover_count=2, advisor=advisor)
    return HistoryRequest(account="main", day=facts.DAY, desk=DeskConfig(strategy=strategy))


def test_history_when_a_symbol_is_new_then_its_bars_are_fetched_and_the_universe_is_kept(bench: Bench) -> None:
    bench.broker.bars[NEW] = [daily_bar(NEW, LAST, 120_000)]
    report = HistoryCollector(bench.desk).collect(request(NEW))
    assert (report.universe, report.missing) == ((NEW,), ())
    assert [bar.close_krw for bar in bench.desk.bars.daily(NEW, LAST, LAST)] == [120_000]
    assert bench.desk.days.get(facts.DAY, "main").universe_symbols == (NEW,)


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
