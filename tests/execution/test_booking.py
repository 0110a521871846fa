from typing import Any

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import BrokerOrderState, IntentState
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts


def fill_notice(bench: Bench, shares: int, digest: str, price_krw: int = 70_000) -> None:
    notice = bench.notice("101", is_fill=True, shares=shares, price_krw=price_krw, digest=digest)
    bench.keeper.take_notice(facts.DAY, notice)


def mock_bench(make_bench: BenchMaker) -> Bench:
    bench = make_bench(mode=Mode.MOCK)
    bench.prepare()
    return bench


def test_poll_when_nothing_filled_then_it_works_and_nothing_is_booked(bench: Bench) -> None:
    progress = bench.booking.poll(bench.place(bench.buy()))
    assert (progress.state, progress.filled_shares, bench.shares()) == (IntentState.WORKING, 0, {})


def test_poll_when_partly_filled_then_the_part_is_booked_with_its_costs(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 4, 70_000)
    progress = bench.booking.poll(reference)
    assert (progress.state, progress.filled_shares, progress.filled_amount_krw) == (IntentState.WORKING, 4, 280_000)
    assert (progress.costs_krw, bench.books_agree) == (39, True)


def test_poll_when_repeated_then_nothing_is_booked_twice(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 4, 70_000)
    for _ in range(3):
        bench.booking.poll(reference)
    bench.broker.trade("101", 6, 70_100)
    progress = bench.booking.poll(reference)
    assert bench.booking.poll(reference) == progress
    assert (progress.state, progress.filled_shares, bench.books_agree) == (IntentState.FILLED, 10, True)
    assert len(bench.desk.ledger.fills(facts.DAY)) == 2


def test_poll_when_a_sell_fills_in_parts_then_tax_and_commission_equal_those_of_the_whole_order(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    reference = bench.place(bench.sell())
    for shares in (3, 3, 4):
        bench.broker.trade("101", shares, 49_950)
        bench.booking.poll(reference)
    assert (bench.shares(), bench.books_agree) == ({}, True)


def test_poll_when_the_broker_is_silent_then_it_never_says_that_the_order_ended(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.fail("orders_today", BrokerUnavailable("maintenance", code="MAINT"))
    progress = bench.booking.poll(reference)
    assert (progress.state, "MAINT" in progress.text) == (None, True)


def test_poll_when_an_older_row_comes_after_a_newer_one_then_it_changes_nothing(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 8, 70_000)
    bench.booking.poll(reference)
    bench.broker.update("101", filled_shares=4, filled_amount_krw=280_000, state=BrokerOrderState.PARTIAL)
    progress = bench.booking.poll(reference)
    assert (progress.filled_shares, bench.shares()) == (8, {facts.BOUGHT: 8})


@pytest.mark.parametrize(
    ("state", "expected"),
    [
        (BrokerOrderState.CANCELLED, IntentState.CANCELLED),
        (BrokerOrderState.REJECTED, IntentState.REJECTED),
        (BrokerOrderState.PARTIAL, IntentState.WORKING),
    ],
)
def test_poll_when_the_list_names_a_state_then_the_intent_has_it(
    bench: Bench, state: BrokerOrderState, expected: IntentState
) -> None:
    reference = bench.place(bench.buy())
    bench.broker.update("101", state=state)
    assert bench.booking.poll(reference).state is expected


def test_poll_when_the_list_is_silent_then_fills_are_booked_from_notices_and_corrected_by_nothing(
    bench: Bench,
) -> None:
    reference = bench.place(bench.buy())
    bench.broker.hidden = {"101"}
    fill_notice(bench, 4, "one")
    fill_notice(bench, 4, "one")
    first = bench.booking.poll(reference)
    fill_notice(bench, 6, "two")
    second = bench.booking.poll(reference)
    assert (first.state, first.filled_shares) == (None, 4)
    assert (second.state, second.filled_shares, bench.shares()) == (IntentState.FILLED, 10, {facts.BOUGHT: 10})


def test_poll_when_list_and_notices_both_tell_of_a_fill_then_it_is_booked_once(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.hidden = {"101"}
    bench.broker.trade("101", 4, 70_000)
    fill_notice(bench, 4, "one")
    bench.booking.poll(reference)
    bench.broker.hidden = set()
    progress = bench.booking.poll(reference)
    assert (progress.filled_shares, bench.books_agree) == (4, True)


def test_poll_when_the_mock_list_is_empty_then_a_cancel_notice_ends_the_order(make_bench: BenchMaker) -> None:
    bench = mock_bench(make_bench)
    reference = bench.place(bench.buy(mode=Mode.MOCK))
    bench.broker.empty_list = True
    bench.keeper.take_notice(facts.DAY, bench.notice("202", original_number="101", is_cancel=True))
    assert bench.booking.poll(reference).state is IntentState.CANCELLED


def test_poll_when_another_list_is_empty_then_a_cancel_notice_does_not_end_the_order(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.empty_list = True
    bench.keeper.take_notice(facts.DAY, bench.notice("202", original_number="101", is_cancel=True))
    assert bench.booking.poll(reference).state is None


def test_cancel_when_the_rest_is_open_then_it_ends_with_what_had_filled(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 4, 70_000)
    progress = bench.booking.cancel(reference)
    assert (progress.state, progress.filled_shares, bench.books_agree) == (IntentState.CANCELLED, 4, True)
    assert bench.booking.cancel(reference).state is IntentState.CANCELLED


def test_cancel_when_it_filled_first_then_it_is_filled(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    bench.broker.trade("101", 10, 70_000)
    assert bench.booking.cancel(reference).state is IntentState.FILLED


@pytest.mark.parametrize(
    ("silent", "expected"), [((), IntentState.WORKING), (("orders_today",), None)], ids=["list answers", "list silent"]
)
def test_cancel_when_it_fails_then_the_order_is_looked_at_and_never_said_to_have_ended(
    bench: Bench, silent: tuple[str, ...], expected: IntentState | None
) -> None:
    reference = bench.place(bench.buy())
    for method in ("cancel", *silent):
        bench.broker.fail(method, BrokerUnavailable("no answer", code="TIMEOUT"))
    assert bench.booking.cancel(reference).state is expected


@pytest.mark.parametrize(("mode", "expected"), [(Mode.MOCK, IntentState.CANCELLED), (Mode.PAPER, None)])
def test_cancel_when_the_list_stays_empty_then_only_the_mock_host_s_word_ends_the_order(
    make_bench: BenchMaker, mode: Mode, expected: IntentState | None
) -> None:
    bench = make_bench(mode=mode)
    bench.prepare()
    reference = bench.place(bench.buy(mode=mode))
    bench.broker.empty_list = True
    assert bench.booking.cancel(reference).state is expected


def test_take_notice_when_it_belongs_to_an_order_then_its_intent_is_named_once(bench: Bench) -> None:
    reference = bench.place(bench.buy())
    notice = bench.notice("0000000101", is_fill=True)
    cancel: Any = bench.notice("202", original_number="0000000101", is_cancel=True)
    assert bench.keeper.take_notice(facts.DAY, notice) == reference.ticket.intent_id
    assert bench.keeper.take_notice(facts.DAY, notice) == ""
    assert bench.keeper.take_notice(facts.DAY, cancel) == reference.ticket.intent_id
    assert bench.keeper.take_notice(facts.DAY, bench.notice("999", side=Side.SELL)) == ""
