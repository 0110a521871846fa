import pytest

from daybook.broker.port import BrokerUnavailable, OrderOutcomeUnknown
from daybook.contracts.base import Mode, Side
from daybook.contracts.execution import AccountEvidence, FindResult
from daybook.contracts.orders import AttemptOutcome, OrderTicket
from tests.execution.bench import Bench, BenchMaker
from tests.risk import facts

UNKNOWN = OrderOutcomeUnknown("no reply")
AFTER_HORIZON_S = 5.0


def lost(bench: Bench, ticket: OrderTicket | None = None, *, reached: bool) -> tuple[OrderTicket, AccountEvidence]:
    """Submit a ticket whose reply is lost; ``reached`` says whether the broker has the order."""
    ticket = ticket or bench.buy()
    evidence = bench.evidence(ticket)
    if reached:
        bench.broker.lose(UNKNOWN)
    else:
        bench.broker.fail("submit", UNKNOWN)
    assert bench.submit(ticket).outcome is AttemptOutcome.UNKNOWN
    return ticket, evidence


def test_find_when_the_list_shows_the_order_then_it_is_linked_and_accepted(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    found = bench.find(ticket, evidence)
    attempt = bench.desk.intents.attempts(ticket.intent_id)[0]
    assert (found.result, found.order) == (FindResult.FOUND, bench.broker.orders[0].id)
    assert bench.desk.intents.linked_orders(facts.DAY) == {"101": ticket.intent_id}
    assert (attempt.outcome, attempt.order) == (AttemptOutcome.ACCEPTED, found.order)


def test_find_when_asked_again_after_it_was_found_then_it_says_the_same(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    first = bench.find(ticket, evidence)
    bench.broker.empty_list = True
    second = bench.find(ticket, evidence)
    assert (second.result, second.order) == (FindResult.FOUND, first.order)


def test_find_when_a_crash_left_a_link_without_its_outcome_then_the_attempt_is_closed(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    bench.desk.intents.link_order(facts.DAY, bench.broker.orders[0].id, ticket.intent_id)
    found = bench.find(ticket, evidence)
    assert (found.result, found.order) == (FindResult.FOUND, bench.broker.orders[0].id)
    assert bench.desk.intents.attempts(ticket.intent_id)[0].outcome is AttemptOutcome.ACCEPTED


def test_find_when_the_order_was_filled_meanwhile_then_it_is_found(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    bench.broker.trade("101", 10, 70_000)
    assert bench.find(ticket, evidence).result is FindResult.FOUND


def test_find_when_the_attempt_was_never_begun_then_it_says_so(bench: Bench) -> None:
    ticket = bench.buy()
    assert bench.find(ticket, bench.evidence(ticket)).result is FindResult.NOT_BEGUN


def test_find_when_the_post_may_still_be_on_its_way_then_absence_proves_nothing(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=False)
    bench.clock.pass_s(4.4)
    assert bench.find(ticket, evidence).result is FindResult.TOO_EARLY


def test_find_when_nothing_shows_after_the_horizon_then_it_is_absent(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    found = bench.find(ticket, evidence)
    assert (found.result, "account unchanged" in found.text) == (FindResult.ABSENT, True)


def test_find_when_the_list_lags_but_the_cash_is_gone_then_it_is_inconclusive(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    bench.broker.hidden = {"101"}
    bench.clock.pass_s(AFTER_HORIZON_S)
    found = bench.find(ticket, evidence)
    assert (found.result, "orderable cash are gone" in found.text) == (FindResult.INCONCLUSIVE, True)
    bench.broker.hidden = set()
    assert bench.find(ticket, evidence).result is FindResult.FOUND


def test_find_when_the_list_lags_but_the_shares_are_gone_then_it_is_inconclusive(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    ticket, evidence = lost(bench, bench.sell(), reached=True)
    bench.broker.hidden = {"101"}
    bench.clock.pass_s(AFTER_HORIZON_S)
    found = bench.find(ticket, evidence)
    assert (found.result, found.text) == (FindResult.INCONCLUSIVE, "10 sellable shares are gone")


def test_find_when_a_sell_never_arrived_then_it_is_absent(make_bench: BenchMaker) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    ticket, evidence = lost(bench, bench.sell(), reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT


@pytest.mark.parametrize("method", ["orders_today", "orderable_cash"])
def test_find_when_the_broker_does_not_answer_then_it_is_inconclusive(bench: Bench, method: str) -> None:
    ticket, evidence = lost(bench, reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    bench.broker.fail(method, BrokerUnavailable("maintenance", code="MAINT"))
    found = bench.find(ticket, evidence)
    assert (found.result, "MAINT" in found.text) == (FindResult.INCONCLUSIVE, True)


def test_find_when_the_list_is_empty_although_orders_were_accepted_then_it_is_inconclusive(
    make_bench: BenchMaker,
) -> None:
    bench = make_bench()
    bench.hold()
    bench.prepare()
    bench.place(bench.sell())
    ticket, evidence = lost(bench, reached=False)
    bench.broker.empty_list = True
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.INCONCLUSIVE


def test_find_when_the_mock_host_s_list_is_empty_then_it_proves_nothing(make_bench: BenchMaker) -> None:
    bench = make_bench(mode=Mode.MOCK)
    bench.prepare()
    ticket, evidence = lost(bench, bench.buy(mode=Mode.MOCK), reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.INCONCLUSIVE


def test_find_when_the_list_is_empty_but_a_notice_came_then_the_order_is_found(make_bench: BenchMaker) -> None:
    bench = make_bench(mode=Mode.MOCK)
    bench.prepare()
    ticket, evidence = lost(bench, bench.buy(mode=Mode.MOCK), reached=True)
    bench.broker.empty_list = True
    bench.keeper.take_notice(facts.DAY, bench.notice("0000000101"))
    found = bench.find(ticket, evidence)
    assert found.result is FindResult.FOUND
    assert found.order is not None
    assert found.order.key == "101"


@pytest.mark.parametrize(
    "changes",
    [{"shares": 9}, {"side": Side.SELL}, {"symbol": facts.HELD}, {"is_rejection": True}, {"is_cancel": True}],
    ids=str,
)
def test_find_when_a_notice_is_of_another_order_then_it_is_no_evidence(
    bench: Bench, changes: dict[str, object]
) -> None:
    ticket, evidence = lost(bench, reached=False)
    bench.keeper.take_notice(facts.DAY, bench.notice("0000000555", **changes))
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT


def test_find_when_a_notice_is_older_than_the_attempt_then_it_is_no_evidence(bench: Bench) -> None:
    old = bench.notice("0000000555")
    bench.clock.pass_s(60)
    bench.keeper.take_notice(facts.DAY, old)
    ticket, evidence = lost(bench, reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT


def test_find_when_list_and_notice_name_the_same_order_then_it_is_one(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    bench.keeper.take_notice(facts.DAY, bench.notice("101"))
    assert bench.find(ticket, evidence).result is FindResult.FOUND


def test_find_when_two_orders_match_then_it_is_ambiguous_and_nothing_is_linked(bench: Bench) -> None:
    ticket, evidence = lost(bench, reached=True)
    bench.broker.trade_by_hand(facts.BOUGHT, Side.BUY, 10, 70_100, filled=False)
    found = bench.find(ticket, evidence)
    assert (found.result, "101, 102" in found.text) == (FindResult.AMBIGUOUS, True)
    assert bench.desk.intents.linked_orders(facts.DAY) == {}


@pytest.mark.parametrize(
    ("symbol", "side", "shares", "price_krw"),
    [
        (facts.HELD, Side.BUY, 10, 70_100),
        (facts.BOUGHT, Side.SELL, 10, 70_100),
        (facts.BOUGHT, Side.BUY, 11, 70_100),
        (facts.BOUGHT, Side.BUY, 10, 70_200),
    ],
)
def test_find_when_only_other_orders_are_listed_then_they_are_left_alone(
    bench: Bench, symbol: str, side: Side, shares: int, price_krw: int
) -> None:
    ticket, _ = lost(bench, reached=False)
    bench.broker.trade_by_hand(symbol, side, shares, price_krw, filled=False)
    evidence = bench.evidence(ticket)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT


def test_find_when_an_equal_order_is_older_than_the_attempt_then_it_is_left_alone(bench: Bench) -> None:
    bench.broker.trade_by_hand(facts.BOUGHT, Side.BUY, 10, 70_100, filled=False)
    bench.clock.pass_s(60)
    ticket, evidence = lost(bench, reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT


def test_find_when_an_equal_order_belongs_to_another_intent_then_it_is_left_alone(bench: Bench) -> None:
    other = bench.place(bench.buy())
    bench.broker.cancel(other.order, facts.BOUGHT)
    bench.booking.cancel(other)
    bench.desk.intents.set_state(other.ticket.intent_id, bench.booking.poll(other).state or bench.state(other.ticket))
    ticket, evidence = lost(bench, bench.buy(intent_id="second"), reached=False)
    bench.clock.pass_s(AFTER_HORIZON_S)
    assert bench.find(ticket, evidence).result is FindResult.ABSENT
