from typing import Any

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.execution import IntentStatus, IntentToRecord
from daybook.contracts.limits import RiskLimits
from daybook.contracts.orders import IntentState, OrderTicket
from daybook.contracts.reasons import DenialCode
from daybook.execution.intake import OrderIntake
from tests.execution.bench import CLOCK, Bench, BenchMaker
from tests.risk import facts


def take(bench: Bench, ticket: OrderTicket) -> IntentStatus:
    return OrderIntake(bench.keeper, bench.checker).take(IntentToRecord.of(ticket, CLOCK))


def test_request_when_made_of_a_ticket_then_it_gives_the_same_ticket_back() -> None:
    ticket = facts.buy()
    request = IntentToRecord.of(ticket, CLOCK)
    assert (request.ticket, type(request.ticket), request.intent_id) == (ticket, OrderTicket, ticket.intent_id)


def test_take_when_a_ticket_is_new_then_it_is_recorded_and_checked(bench: Bench) -> None:
    ticket = facts.buy()
    status = take(bench, ticket)
    assert (status.is_new, status.state, bench.desk.intents.get(ticket.intent_id).ticket) == (
        True,
        IntentState.RECORDED,
        ticket,
    )
    assert status.checked is not None
    assert (status.checked.denials, status.checked.evidence.orderable_cash_krw) == ((), 10_000_000)


def test_take_when_repeated_then_the_intent_is_the_same_and_the_checks_are_fresh(bench: Bench) -> None:
    ticket = facts.buy()
    first = take(bench, ticket)
    bench.clock.pass_s(3)
    second = take(bench, ticket)
    assert first.checked is not None
    assert second.checked is not None
    assert (second.is_new, second.checked.checked_at > first.checked.checked_at) == (False, True)


def test_take_when_the_checks_deny_then_the_intent_is_recorded_all_the_same(bench: Bench) -> None:
    bench.desk.days.set_universe(facts.DAY, "main", (facts.HELD,), bench.clock())
    status = take(bench, facts.buy())
    assert status.checked is not None
    assert (status.state, status.checked.denials) == (IntentState.RECORDED, (DenialCode.SYMBOL_NOT_ALLOWED,))


def test_take_when_a_twin_is_in_flight_then_nothing_is_checked(bench: Bench) -> None:
    bench.buy()
    status = take(bench, facts.buy(intent_id="twin"))
    assert (status.state, status.duplicate_of, status.checked) == (IntentState.DENIED, facts.buy().intent_id, None)
    assert bench.broker.calls["quote"] == 0


@pytest.mark.parametrize("state", [IntentState.WORKING, IntentState.UNKNOWN, IntentState.FILLED])
def test_take_when_the_intent_is_further_on_then_nothing_is_checked(bench: Bench, state: IntentState) -> None:
    ticket = bench.buy()
    bench.desk.intents.set_state(ticket.intent_id, state, at=bench.clock())
    status = take(bench, ticket)
    assert (status.state, status.checked) == (state, None)


def test_take_when_the_broker_cannot_be_read_then_the_record_stands_without_checks(bench: Bench) -> None:
    bench.broker.fail("account", BrokerUnavailable("maintenance"))
    status = take(bench, facts.buy())
    assert (status.is_new, status.state, status.checked) == (True, IntentState.RECORDED, None)


def test_take_when_asked_without_a_clock_then_it_only_records(bench: Bench) -> None:
    values: dict[str, Any] = dict(facts.buy())
    status = OrderIntake(bench.keeper, bench.checker).take(IntentToRecord(**values))
    assert (status.is_new, status.checked, bench.broker.calls["quote"]) == (True, None, 0)


def test_take_when_two_buys_come_then_the_later_one_is_checked_with_the_first_one_s_money_gone(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench(limits=RiskLimits(max_order_notional_krw=5_000_000, max_order_equity_ratio=0.5, max_names=8))
    bench.broker.cash_krw = 2_000_000
    bench.prepare()
    bench.record(facts.buy(intent_id="first", symbol=facts.HELD, shares=30, limit_price_krw=50_000))
    status = take(bench, facts.buy())
    assert status.checked is not None
    assert DenialCode.CASH in status.checked.denials
