from datetime import date

import pytest

from daybook.contracts.base import Side
from daybook.contracts.orders import AttemptOutcome, IntentState
from daybook.storage import DayCounters, IntentStore, Ledger, Statistics
from tests.storage.facts import AT, DAY, HYNIX, SAMSUNG, holding, later, order_id, snapshot, ticket


@pytest.fixture
def statistics(database) -> Statistics:
    return Statistics(database)


@pytest.fixture
def intents(database) -> IntentStore:
    return IntentStore(database)


@pytest.fixture
def ledger(database) -> Ledger:
    books = Ledger(database)
    books.open_with("main", snapshot(10_000_000, holding(SAMSUNG, 10), holding(HYNIX, 10)), AT)
    return books


def submit(intents: IntentStore, name: str, outcome: AttemptOutcome | None, number: int = 0, at=AT, **changes) -> None:
    intents.record(ticket(name, **changes), at)
    intents.begin_attempt(name, 1, at)
    if outcome is not None:
        order = order_id(str(number)) if outcome is AttemptOutcome.ACCEPTED else None
        intents.finish_attempt(name, 1, outcome, order, at=at)
        if order is not None:
            intents.link_order(DAY, order, name)


def sell(ledger: Ledger, key: str, amount_krw: int, *, shares=1, symbol=SAMSUNG, at=AT, day=DAY) -> None:
    ledger.apply_progress("main", day, key, None, symbol, Side.SELL, shares, amount_krw, 10, at)


def test_counters_when_nothing_was_sent_then_they_are_zero(statistics, intents):
    intents.record(ticket(), AT)
    assert statistics.day_counters("main", DAY) == DayCounters(0, 0, {})


def test_counters_when_orders_were_sent_then_attempts_and_bought_amounts_count(statistics, intents, ledger):
    submit(intents, "working", AttemptOutcome.ACCEPTED, 1)
    ledger.apply_progress("main", DAY, "1", None, SAMSUNG, Side.BUY, 4, 279_000, 0, AT)
    submit(intents, "unknown", AttemptOutcome.UNKNOWN, symbol=HYNIX, shares=1)
    submit(intents, "sold", AttemptOutcome.ACCEPTED, 2, side=Side.SELL)
    submit(intents, "limited", AttemptOutcome.NOT_EXECUTED, symbol="035720", shares=1)
    submit(intents, "elsewhere", AttemptOutcome.ACCEPTED, 3, account="second")
    counted = statistics.day_counters("main", DAY)
    assert (counted.orders_submitted, counted.orders_by_symbol) == (3, {SAMSUNG: 2, HYNIX: 1})
    assert counted.bought_notional_krw == 279_000 + 6 * 70_000
    intents.set_state("working", IntentState.CANCELLED, at=AT)
    assert statistics.day_counters("main", DAY).bought_notional_krw == 279_000
    assert statistics.day_counters("main", date(2026, 3, 5)) == DayCounters(0, 0, {})


def test_reserved_when_buys_are_on_their_way_then_they_count_until_accepted(statistics, intents):
    intents.record(ticket("recorded"), AT)
    intents.record(ticket("approved", symbol=HYNIX, shares=2), AT)
    intents.set_state("approved", IntentState.APPROVED, at=AT)
    submit(intents, "sent", None, symbol="035720", shares=1)
    submit(intents, "unknown", AttemptOutcome.UNKNOWN, symbol="035420", shares=1)
    submit(intents, "accepted", AttemptOutcome.ACCEPTED, 1, symbol="051910", shares=1)
    submit(intents, "doubtful", AttemptOutcome.UNKNOWN, symbol="068270", shares=1)
    intents.set_state("doubtful", IntentState.NEEDS_HUMAN, at=AT)
    intents.record(ticket("selling", side=Side.SELL), AT)
    assert statistics.reserved_buy_notional("main") == (10 + 2 + 1 + 1 + 1) * 70_000
    assert statistics.reserved_buy_notional("main", excluding="recorded") == 5 * 70_000
    assert statistics.reserved_buy_notional("second") == 0


def test_intent_when_it_needs_a_human_then_its_money_is_counted_exactly_once(statistics, intents):
    submit(intents, "accepted", AttemptOutcome.ACCEPTED, 1)
    intents.set_state("accepted", IntentState.NEEDS_HUMAN, at=AT)
    assert statistics.reserved_buy_notional("main") == 0
    assert statistics.day_counters("main", DAY).bought_notional_krw == 700_000


def test_recent_notionals_when_orders_were_sent_then_newest_first(statistics, intents):
    for number, shares in enumerate((1, 2, 3), start=1):
        name = f"order-{number}"
        submit(intents, name, AttemptOutcome.REFUSED, at=later(number), shares=shares)
        intents.set_state(name, IntentState.REJECTED, at=later(number))
    intents.record(ticket("not-sent", symbol=HYNIX), later(9))
    assert statistics.recent_notionals("main", 2) == [210_000, 140_000]
    assert statistics.recent_notionals("main", 9) == [210_000, 140_000, 70_000]


def test_submits_when_asked_since_a_time_then_older_ones_are_left_out(statistics, intents):
    submit(intents, "old", AttemptOutcome.ACCEPTED, 1, at=AT)
    submit(intents, "new", AttemptOutcome.ACCEPTED, 2, at=later(10), symbol=HYNIX)
    assert statistics.submits_since("main", later(5)) == [later(10)]
    assert statistics.traded_since("main", later(5), excluding="old")
    assert not statistics.traded_since("main", later(5), excluding="new")


def test_loss_exits_when_sold_below_cost_then_they_are_found_by_symbol_and_day(statistics, ledger):
    sell(ledger, "1", 80_000, at=later(1))
    assert statistics.last_loss_exit("main", SAMSUNG) is None
    sell(ledger, "2", 60_000, at=later(2))
    sell(ledger, "3", 65_000, at=later(3))
    sell(ledger, "4", 60_000, symbol=HYNIX, at=later(4), day=date(2026, 3, 5))
    assert statistics.last_loss_exit("main", SAMSUNG) == later(3)
    assert statistics.loss_exit_days("main") == {SAMSUNG: DAY, HYNIX: date(2026, 3, 5)}


def test_stop_outs_when_sells_have_other_reasons_then_only_filled_stops_count(statistics, intents, ledger):
    for number, (name, reason) in enumerate((("stop", "stop_loss"), ("rank", "rank_lost"), ("unfilled", "stop_loss"))):
        symbol = f"00000{number}"
        submit(intents, name, AttemptOutcome.ACCEPTED, number + 1, symbol=symbol, side=Side.SELL, reason=reason)
        if name != "unfilled":
            sell(ledger, str(number + 1), 60_000, symbol=symbol)
    assert statistics.stop_outs("main", [DAY]) == 1
    assert statistics.stop_outs("main", [date(2026, 3, 5)]) == 0
    assert statistics.stop_outs("main", []) == statistics.stop_outs("second", [DAY]) == 0


def test_rejects_when_in_a_row_then_they_count_until_one_is_accepted(statistics, intents):
    assert statistics.consecutive_rejects("main", DAY) == 0
    outcomes = [AttemptOutcome.REFUSED, AttemptOutcome.ACCEPTED, AttemptOutcome.REFUSED, AttemptOutcome.REFUSED]
    for number, outcome in enumerate(outcomes, start=1):
        submit(intents, f"order-{number}", outcome, number, at=later(number), symbol=f"00000{number}")
    submit(intents, "limited", AttemptOutcome.NOT_EXECUTED, at=later(9))
    assert statistics.consecutive_rejects("main", DAY) == 2
    assert statistics.consecutive_rejects("main", date(2026, 3, 5)) == 0


def test_oldest_unknown_when_intents_are_in_doubt_then_it_is_the_longest(statistics, intents):
    assert statistics.oldest_unknown("main") is None
    submit(intents, "first", AttemptOutcome.UNKNOWN, at=later(1))
    submit(intents, "second", AttemptOutcome.UNKNOWN, at=later(2), symbol=HYNIX)
    assert statistics.oldest_unknown("main") == later(1)
    intents.set_state("first", IntentState.NOT_ACCEPTED, at=later(3))
    assert statistics.oldest_unknown("main") == later(2)


def test_equity_close_when_days_went_by_then_it_is_the_last_point_before(statistics, ledger):
    for day, seconds, equity_krw in ((3, 0, 1), (3, 60, 2), (2, 90, 3), (4, 0, 4)):
        ledger.record_equity(date(2026, 3, day), later(seconds), equity_krw, 0)
    assert statistics.equity_close("main", DAY) == 2
    assert statistics.equity_close("main", date(2026, 3, 3)) == 3
    assert statistics.equity_close("main", date(2026, 3, 2)) is None
