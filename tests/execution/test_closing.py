from daybook.broker.port import BrokerUnavailable
from daybook.contracts.day import ClosingRequest, DayFacts
from daybook.contracts.desk import DeskConfig
from daybook.contracts.market import MinuteBar
from daybook.execution.closing import DayCloser
from tests.execution.bench import Bench
from tests.risk import facts

REQUEST = ClosingRequest(day=facts.DAY, desk=DeskConfig(), session=facts.session(), market_now=facts.at("15:32:00"))


def close(bench: Bench) -> DayFacts:
    return DayCloser(bench.desk).close(REQUEST)


def bought(bench: Bench) -> None:
    bench.desk.ledger.record_equity(facts.DAY, facts.at("09:05:00"), 10_000_000, 10_000_000)
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 10, 70_000)
    bench.booking.poll(reference)


def test_closing_when_something_was_bought_then_figures_and_bars_are_kept(bench: Bench) -> None:
    bar = MinuteBar(
        symbol=facts.BOUGHT,
        starts_at=facts.at("10:30:00"),
        open_krw=1,
        high_krw=2,
        low_krw=1,
        close_krw=2,
        volume_shares=3,
    )
    bench.broker.minutes[facts.BOUGHT] = [bar]
    bought(bench)
    closed = close(bench)
    assert (closed.opening_equity_krw, closed.closing_equity_krw) == (10_000_000, 9_999_902)
    assert (closed.fills, closed.traded_symbols, closed.costs_krw) == (1, (facts.BOUGHT,), 98)
    assert bench.desk.bars.minutes(facts.BOUGHT, facts.DAY) == [bar]


def test_closing_when_repeated_then_it_says_the_same(bench: Bench) -> None:
    bought(bench)
    assert close(bench) == close(bench)


def test_closing_when_bars_and_index_are_missing_then_the_day_is_closed_and_the_gap_audited(bench: Bench) -> None:
    bought(bench)
    for method in ("minute_bars", "index"):
        bench.broker.fail(method, BrokerUnavailable("no data"))
    assert close(bench).index_change_ratio is None
    assert [row.action for row in bench.desk.audit.for_subject(facts.BOUGHT)] == ["bars.missing"]
