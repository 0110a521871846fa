from typing import Any

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import Side, TradingState
from daybook.contracts.day import Observation, ObserveRequest
from daybook.contracts.desk import DeskConfig
from daybook.execution.observation import Observer
from tests.execution.bench import CLOCK, Bench, BenchMaker
from tests.risk import facts


def observe(bench: Bench, **changes: Any) -> Observation:
    values: dict[str, Any] = {
        "day": facts.DAY,
        "number": 1,
        "desk": DeskConfig(limits=bench.desk.limits),
        "clock": CLOCK,
        "symbols": (facts.BOUGHT,),
        "session": facts.session(),
    }
    return Observer(bench.desk).observe(ObserveRequest(**{**values, **changes}))


def test_observation_when_all_is_quiet_then_it_has_quotes_account_and_equity(bench: Bench) -> None:
    seen = observe(bench)
    assert ([quote.symbol for quote in seen.quotes], seen.missing_quotes) == ([facts.BOUGHT], ())
    assert (seen.equity_krw, seen.state, seen.market_time) == (10_000_000, TradingState.ACTIVE, facts.NOW)
    assert (seen.unexplained_polls, seen.breaker_inputs.unexplained_symbols) == (0, ())
    assert [point.equity_krw for point in bench.desk.ledger.equity_points(facts.DAY)] == [10_000_000]


def test_observation_when_shares_are_held_then_their_quotes_and_value_are_part_of_it(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    seen = observe(bench)
    assert {quote.symbol for quote in seen.quotes} == {facts.BOUGHT, facts.HELD}
    assert (seen.equity_krw, seen.positions[0].shares, seen.positions[0].held_sessions) == (10_500_000, 10, None)


def test_observation_when_a_quote_is_missing_then_it_is_named(bench: Bench) -> None:
    bench.broker.fail("quote", BrokerUnavailable("no data"))
    seen = observe(bench)
    assert (seen.quotes, seen.missing_quotes) == ((), (facts.BOUGHT,))
    assert seen.breaker_inputs.market_data_age_s is None


def test_observation_when_the_account_cannot_be_read_then_it_raises(bench: Bench) -> None:
    bench.broker.fail("account", BrokerUnavailable("no data"))
    with pytest.raises(BrokerUnavailable):
        observe(bench)


def test_observation_when_the_index_is_unknown_then_nothing_is_made_up(bench: Bench) -> None:
    bench.broker.fail("index", BrokerUnavailable("no data"), BrokerUnavailable("no data"))
    assert observe(bench).breaker_inputs.index_change_ratio is None


def test_observation_when_the_kill_switch_file_exists_then_it_is_halted(bench: Bench) -> None:
    bench.desk.kill_switch.engage("owner", "fire")
    seen = observe(bench)
    assert (seen.state, "fire" in seen.state_reason) == (TradingState.HALTED, True)
    assert seen.breaker_inputs.kill_switch


def test_observation_when_books_and_balance_differ_then_polls_are_counted_until_they_agree(bench: Bench) -> None:
    bench.broker.shares[facts.HELD] = 1
    first = observe(bench)
    second = observe(bench, unexplained_polls=first.unexplained_polls, unexplained=first.unexplained)
    bench.broker.shares.clear()
    third = observe(bench, unexplained_polls=second.unexplained_polls, unexplained=second.unexplained)
    assert [seen.unexplained_polls for seen in (first, second, third)] == [1, 2, 0]
    assert second.breaker_inputs.unexplained_symbols == (facts.HELD,)
    assert second.breaker_inputs.unexplained_position


def test_observation_when_only_cash_differs_then_it_is_cash(bench: Bench) -> None:
    bench.broker.cash_krw += 1
    inputs = observe(bench).breaker_inputs
    assert (inputs.unexplained_cash, inputs.unexplained_position, inputs.unexplained_symbols) == (True, False, ())


def test_observation_when_an_order_is_in_flight_then_its_fills_are_no_difference(bench: Bench) -> None:
    bench.place(bench.buy())
    bench.broker.trade("101", 10, 70_000)
    seen = observe(bench)
    assert (seen.unexplained_polls, seen.open_symbols) == (0, (facts.BOUGHT,))


def test_observation_when_orders_were_bought_today_then_counters_say_so(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 10, 70_000)
    bench.booking.poll(reference)
    seen = observe(bench, number=2)
    assert (seen.facts.orders_today, seen.facts.buys_today_krw, seen.facts.rebalance_due) == (1, 700_000, False)
    assert seen.positions[0].held_sessions == 0


def test_observation_when_a_symbol_is_locked_then_it_is_excluded(bench: Bench) -> None:
    bench.desk.states.lock_symbol("main", facts.BOUGHT, "RECONCILIATION_BREAK", "differs")
    assert observe(bench).facts.excluded_symbols == (facts.BOUGHT,)


def test_observation_when_made_outside_the_session_then_data_are_not_expected(bench: Bench) -> None:
    bench.clock.pass_s(6 * 3600)
    assert not observe(bench).breaker_inputs.in_session


def test_observation_when_a_hand_sell_works_then_fewer_shares_can_be_sold(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    bench.broker.trade_by_hand(facts.HELD, Side.SELL, 4, 60_000, filled=False)
    assert observe(bench).positions[0].sellable_shares == 6
