"""What keeps an order's way short: ends written with the look that found them, facts read together."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.orm import Session

from daybook.broker.port import OrderOutcomeUnknown
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.execution import AccountEvidence, FindResult
from daybook.contracts.market import IndexQuote, Quote
from daybook.contracts.orders import AttemptOutcome, BrokerOrderState, IntentState, OrderKind
from daybook.storage.engine import READING
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts


def test_poll_when_the_order_has_ended_then_the_intent_is_in_that_state(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 10, 70_000)
    progress = bench.booking.poll(reference)
    assert (progress.state, progress.recorded) == (IntentState.FILLED, True)
    assert bench.state(reference.ticket) is IntentState.FILLED
    assert bench.booking.poll(reference) == progress


def test_poll_when_the_order_works_then_nothing_is_recorded(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    progress = bench.booking.poll(reference)
    assert (progress.state, progress.recorded) == (IntentState.WORKING, False)


def test_poll_when_the_intent_rests_in_another_end_then_it_says_so_by_recording_nothing(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.desk.intents.set_state(reference.ticket.intent_id, IntentState.CANCELLED, "by hand", at=bench.clock())
    bench.broker.trade("101", 10, 70_000)
    progress = bench.booking.poll(reference)
    assert (progress.state, progress.recorded) == (IntentState.FILLED, False)
    assert bench.state(reference.ticket) is IntentState.CANCELLED


def test_cancel_when_the_rest_is_cancelled_then_the_intent_is_in_that_state(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    progress = bench.booking.cancel(reference)
    assert (progress.state, progress.recorded) == (IntentState.CANCELLED, True)
    assert bench.state(reference.ticket) is IntentState.CANCELLED


def test_poll_when_the_broker_rejected_the_order_then_the_intent_is_in_that_state(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.update("101", state=BrokerOrderState.REJECTED)
    assert (bench.booking.poll(reference).recorded, bench.state(reference.ticket)) == (True, IntentState.REJECTED)


def test_submit_when_accepted_then_the_intent_is_working_already(bench: Bench) -> None:
    ticket = bench.buy()
    assert (bench.submit(ticket).recorded, bench.state(ticket)) == (True, IntentState.WORKING)


def test_submit_when_the_outcome_is_unknown_then_nothing_is_recorded(bench: Bench) -> None:
    bench.broker.lose(OrderOutcomeUnknown("no reply"))
    outcome = bench.submit(bench.buy())
    assert (outcome.outcome, outcome.recorded) == (AttemptOutcome.UNKNOWN, False)


def test_take_notice_when_it_only_says_accepted_then_it_wakes_nobody_and_stays_evidence(bench: Bench) -> None:
    ticket = bench.buy()
    bench.broker.lose(OrderOutcomeUnknown("no reply"))
    bench.submit(ticket)
    bench.broker.empty_list = True
    assert bench.keeper.take_notice(facts.DAY, bench.notice("0000000101")) == ""
    found = bench.find(ticket, AccountEvidence(orderable_cash_krw=10_000_000, sellable_shares=0))
    assert found.result is FindResult.FOUND


# --- facts ----------------------------------------------------------------------------------------------------


class Together:
    """Stands in for a broker whose reads all wait until four of them are under way."""

    def __init__(self, bench: Bench) -> None:
        self._broker = bench.broker
        self._barrier = threading.Barrier(4)

    def account(self) -> AccountSnapshot:
        self._barrier.wait(5)
        return self._broker.account()

    def quote(self, symbol: str, with_book: bool = False) -> Quote:
        self._barrier.wait(5)
        return self._broker.quote(symbol, with_book)

    def index(self, code: str) -> IndexQuote:
        self._barrier.wait(5)
        return self._broker.index(code)

    def orderable_cash(self, symbol: str, price_krw: int, kind: OrderKind) -> int:
        self._barrier.wait(5)
        return self._broker.orderable_cash(symbol, price_krw, kind)


def test_check_when_made_then_the_broker_is_asked_everything_at_once(bench: Bench) -> None:
    ticket = bench.buy()
    object.__setattr__(bench.desk, "broker", Together(bench))
    assert bench.check(ticket).denials == ()


@pytest.fixture
def transactions() -> Iterator[list[bool]]:
    """Every transaction that ends, as whether it only read."""
    ended: list[bool] = []

    def after_commit(session: Any) -> None:
        ended.append(session.get_bind().get_execution_options().get(READING, False))

    event.listen(Session, "after_commit", after_commit)
    yield ended
    event.remove(Session, "after_commit", after_commit)


def test_check_when_made_then_its_facts_are_read_in_one_transaction(bench: Bench, transactions: list[bool]) -> None:
    ticket = bench.buy()
    transactions.clear()
    bench.check(ticket)
    assert (transactions.count(True), transactions.count(False)) == (1, 1)


def test_submit_when_sent_then_its_facts_are_read_in_one_transaction_before_the_write_ahead(
    make_bench: BenchMaker, transactions: list[bool]
) -> None:
    bench = make_bench()
    bench.prepare()
    ticket = bench.buy()
    transactions.clear()
    seen: list[list[bool]] = []
    bench.broker.before_submit = lambda: seen.append(list(transactions))
    bench.submit(ticket)
    assert seen == [[True, False]]
