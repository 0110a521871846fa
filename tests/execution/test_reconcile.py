"""Ledger against broker under a table of faults: each ends adopted with a reason, or the day is not signed off."""

from collections.abc import Callable

import pytest

from daybook.broker.port import BrokerUnavailable, OrderOutcomeUnknown
from daybook.contracts.base import Mode, Side
from daybook.contracts.orders import BrokerOrderState, IntentState
from daybook.contracts.reasons import DifferenceCode
from daybook.contracts.reconciliation import ReconcileMoment
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts

Act = Callable[[Bench], object]


def holding_bench(make_bench: BenchMaker, mode: Mode = Mode.PAPER) -> Bench:
    """A desk whose books know ten shares held and one order of today that works."""
    bench = make_bench(mode=mode)
    bench.hold()
    bench.prepare()
    bench.place(bench.buy(mode=mode)) if mode is not Mode.LIVE else None
    return bench


def fill_missed(bench: Bench) -> None:
    bench.broker.trade("101", 10, 70_000)


def part_missed(bench: Bench) -> None:
    bench.broker.trade("101", 3, 70_000)


def fill_and_cancel_missed(bench: Bench) -> None:
    bench.broker.trade("101", 3, 70_000)
    bench.broker.update("101", state=BrokerOrderState.CANCELLED, remaining_shares=0)


def rejected_later(bench: Bench) -> None:
    bench.broker.update("101", state=BrokerOrderState.REJECTED, remaining_shares=0)


def bought_by_hand(bench: Bench) -> None:
    bench.broker.trade_by_hand(facts.BOUGHT, Side.BUY, 2, 70_000)


def sold_by_hand(bench: Bench) -> None:
    bench.broker.trade_by_hand(facts.HELD, Side.SELL, 10, 50_000)


def open_order_by_hand(bench: Bench) -> None:
    bench.broker.trade_by_hand(facts.HELD, Side.SELL, 5, 60_000, filled=False)


def several_by_hand(bench: Bench) -> None:
    bought_by_hand(bench)
    sold_by_hand(bench)
    open_order_by_hand(bench)


def empty_once(bench: Bench) -> None:
    bench.broker.empty_balances = 1


def nothing(bench: Bench) -> None:
    pass


EXPLAINED: dict[str, tuple[Act, list[str]]] = {
    "nothing": (nothing, []),
    "missing fill": (fill_missed, []),
    "missing part of a fill": (part_missed, []),
    "missing fill and cancel": (fill_and_cancel_missed, []),
    "rejected after it was accepted": (rejected_later, []),
    "buy by hand": (bought_by_hand, ["EXTERNAL_ORDER"]),
    "sell by hand": (sold_by_hand, ["EXTERNAL_ORDER"]),
    "open order by hand": (open_order_by_hand, ["EXTERNAL_ORDER"]),
    "several by hand": (several_by_hand, ["EXTERNAL_ORDER"] * 3),
    "one empty balance": (empty_once, []),
}


def share(symbol: str, change: int) -> Act:
    def act(bench: Bench) -> None:
        bench.broker.shares[symbol] = bench.broker.shares.get(symbol, 0) + change

    return act


def cash(change_krw: int) -> Act:
    def act(bench: Bench) -> None:
        bench.broker.cash_krw += change_krw

    return act


def empty_list(bench: Bench) -> None:
    bench.broker.empty_list = True


def both(*acts: Act) -> Act:
    def act(bench: Bench) -> None:
        for one in acts:
            one(bench)

    return act


def always_empty(bench: Bench) -> None:
    bench.broker.empty_balances = 9


def hidden_fill(bench: Bench) -> None:
    fill_missed(bench)
    bench.broker.hidden = {"101"}


def fill_of_an_unknown(bench: Bench) -> None:
    """The broker has an order of an intent whose outcome is unknown: lookup must claim it, not reconciliation."""
    bench.desk.intents.set_state(facts.buy().intent_id, IntentState.CANCELLED, "ended", at=bench.clock())
    ticket = bench.buy(intent_id="second")
    bench.broker.lose(OrderOutcomeUnknown("no reply"))
    bench.submit(ticket)
    bench.broker.trade("102", 10, 70_000)


UNEXPLAINED: dict[str, tuple[Act, set[str]]] = {
    "doubled holding": (share(facts.HELD, 10), {"SHARES_DIFFER"}),
    "one share too many": (share(facts.HELD, 1), {"SHARES_DIFFER"}),
    "one share too few": (share(facts.HELD, -1), {"SHARES_DIFFER"}),
    "holding gone, others left": (
        both(share(facts.HELD, -10), share("000660", 1)),
        {"EXTERNAL_POSITION", "SHARES_DIFFER"},
    ),
    "holding nobody bought": (share("000660", 3), {"EXTERNAL_POSITION"}),
    "balance empty every time": (always_empty, {"EMPTY_REPLY"}),
    "cash one won off": (cash(1), {"CASH_DIFFERS"}),
    "deposit": (cash(1_000_000), {"CASH_DIFFERS"}),
    "withdrawal": (cash(-5_000_000), {"CASH_DIFFERS"}),
    "cash and shares": (both(cash(-50_000), share(facts.HELD, 1)), {"CASH_DIFFERS", "SHARES_DIFFER"}),
    "order list empty": (empty_list, {"ORDER_LIST_UNAVAILABLE"}),
    "order list empty and filled": (
        both(fill_missed, empty_list),
        {"ORDER_LIST_UNAVAILABLE", "EXTERNAL_POSITION", "CASH_DIFFERS"},
    ),
    "filled order not listed": (hidden_fill, {"EXTERNAL_POSITION", "CASH_DIFFERS", "ORDER_LIST_UNAVAILABLE"}),
    "fill of an unknown order": (fill_of_an_unknown, {"EXTERNAL_POSITION", "CASH_DIFFERS"}),
}


@pytest.mark.parametrize(("act", "codes"), EXPLAINED.values(), ids=EXPLAINED)
def test_reconcile_when_facts_explain_it_then_it_is_adopted_and_signed_off(
    make_bench: BenchMaker, act: Act, codes: list[str]
) -> None:
    bench = holding_bench(make_bench)
    act(bench)
    report = bench.reconcile()
    assert [difference.code.value for difference in report.differences] == codes
    assert (report.signed_off, bench.books_agree) == (True, True)
    assert bench.desk.states.is_reconciled("main", facts.DAY)
    again = bench.reconcile()
    assert (again.signed_off, again.differences) == (True, ())


@pytest.mark.parametrize(("act", "codes"), UNEXPLAINED.values(), ids=UNEXPLAINED)
def test_reconcile_when_nothing_explains_it_then_it_is_not_signed_off_and_the_books_are_untouched(
    make_bench: BenchMaker, act: Act, codes: set[str]
) -> None:
    bench = holding_bench(make_bench)
    act(bench)
    before = (bench.shares(), bench.desk.ledger.cash("main"))
    report = bench.reconcile()
    assert {difference.code.value for difference in report.differences} == codes
    assert not any(difference.adopted for difference in report.differences)
    assert (report.signed_off, bench.desk.states.is_reconciled("main", facts.DAY)) == (False, False)
    assert (bench.shares(), bench.desk.ledger.cash("main")) == before


@pytest.mark.parametrize(
    "name", [name for name in UNEXPLAINED if "list" not in name and "unknown" not in name and "every time" not in name]
)
def test_reconcile_when_a_person_accepts_then_the_books_follow_the_broker_in_that_person_s_name(
    make_bench: BenchMaker, name: str
) -> None:
    bench = holding_bench(make_bench)
    UNEXPLAINED[name][0](bench)
    report = bench.reconcile(accept_by="owner")
    assert (report.signed_off, bench.books_agree) == (True, True)
    assert all("owner" in difference.text for difference in report.differences)
    assert bench.reconcile().differences == ()


def test_reconcile_when_the_list_is_empty_then_even_a_person_cannot_sign_it_off(make_bench: BenchMaker) -> None:
    bench = holding_bench(make_bench)
    bench.broker.empty_list = True
    assert bench.reconcile(accept_by="owner").signed_off is False


@pytest.mark.parametrize("method", ["account", "orders_today"])
def test_reconcile_when_the_broker_does_not_answer_then_it_raises_and_signs_nothing_off(
    make_bench: BenchMaker, method: str
) -> None:
    bench = holding_bench(make_bench)
    bench.desk.states.mark_reconciled("main", facts.DAY, False, bench.clock())
    bench.broker.fail(method, BrokerUnavailable("maintenance"))
    with pytest.raises(BrokerUnavailable):
        bench.reconcile()
    assert not bench.desk.states.is_reconciled("main", facts.DAY)


def test_reconcile_when_the_books_are_new_then_they_open_with_the_broker_s_account(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    report = bench.reconcile()
    assert (report.opened_ledger, report.signed_off, bench.books_agree) == (True, True, True)
    assert bench.reconcile().opened_ledger is False


@pytest.mark.parametrize("act", [bought_by_hand, sold_by_hand, several_by_hand])
def test_reconcile_when_the_books_open_after_trades_by_hand_then_those_are_not_booked_twice(
    make_bench: BenchMaker, act: Act
) -> None:
    bench = make_bench()
    bench.hold()
    act(bench)
    report = bench.reconcile()
    assert (report.opened_ledger, report.signed_off, bench.books_agree) == (True, True, True)
    assert bench.reconcile().signed_off


def test_reconcile_when_a_hand_order_is_adopted_then_it_is_never_cancelled(make_bench: BenchMaker) -> None:
    bench = holding_bench(make_bench)
    key = bench.broker.trade_by_hand(facts.HELD, Side.SELL, 5, 60_000, filled=False)
    bench.reconcile()
    bench.broker.trade(key, 5, 60_000)
    report = bench.reconcile(ReconcileMoment.DURING)
    assert (report.differences, bench.books_agree, bench.broker.calls["cancel"]) == ((), True, 0)


def test_reconcile_when_during_the_day_then_the_sign_off_is_left_alone(make_bench: BenchMaker) -> None:
    bench = holding_bench(make_bench)
    bench.broker.cash_krw += 1
    assert bench.reconcile(ReconcileMoment.DURING).signed_off is False
    assert bench.desk.states.is_reconciled("main", facts.DAY)


def test_reconcile_when_costs_differ_by_a_few_won_at_the_real_broker_then_they_are_booked_as_costs(
    make_bench: BenchMaker,
) -> None:
    bench = holding_bench(make_bench, Mode.LIVE)
    bench.broker.cash_krw -= 7
    report = bench.reconcile()
    assert [(row.code, row.adopted) for row in report.differences] == [(DifferenceCode.CASH_DIFFERS, True)]
    assert (report.signed_off, bench.books_agree) == (True, True)


def test_reconcile_when_done_then_the_audit_chain_has_it(make_bench: BenchMaker) -> None:
    bench = holding_bench(make_bench)
    bench.reconcile(ReconcileMoment.END)
    actions = [row.action for row in bench.desk.audit.for_subject(facts.DAY.isoformat())]
    assert "reconcile.end" in actions
    assert bench.desk.audit.verify() is None
