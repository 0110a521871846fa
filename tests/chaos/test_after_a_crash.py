"""What the ledger and the broker are made to say after a worker died, was paused, or was not believed."""

import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from daybook.broker.port import BrokerUnavailable
from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.execution import AccountEvidence, FindOrderRequest, FindResult, OrderRef
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import Quote
from daybook.contracts.orders import (
    AttemptOutcome,
    BrokerOrder,
    BrokerOrderId,
    BrokerOrderState,
    FillNotice,
    IntentState,
    OrderTicket,
    Purpose,
    SubmitRequest,
)
from daybook.execution.booking import Booking
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.gateway import OrderGateway
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.lookup import OrderLookup
from daybook.storage import AttemptRefused, Database
from tests.risk import facts

DAY = datetime(2026, 3, 6, tzinfo=KST).date()
BEGAN = datetime(2026, 3, 6, 10, 0, tzinfo=KST)
CLOCK = MarketClock(real_anchor=BEGAN, market_anchor=BEGAN)
ORDER = BrokerOrderId(branch="06010", number="0000000042")
SYMBOL = "005930"


class ScriptedBroker:
    """A broker whose order list is what a test says; it counts POSTs."""

    mode = Mode.PAPER

    def __init__(self) -> None:
        self.rows: list[BrokerOrder] | None = []
        self.posts = 0
        self.cancels = True

    def orders_today(self, day: object, symbol: str | None = None) -> list[BrokerOrder]:
        if self.rows is None:
            raise BrokerUnavailable("no list", code="EGW00215")
        return list(self.rows)

    def submit(self, *order: object) -> BrokerOrderId:
        self.posts += 1
        return ORDER

    def cancel(self, order: BrokerOrderId, symbol: str) -> bool:
        return self.cancels

    def quote(self, symbol: str, with_book: bool = False) -> Quote:
        return facts.quote(symbol=symbol)

    def orderable_cash(self, *order: object) -> int:
        return 10_000_000

    def account(self) -> AccountSnapshot:
        return AccountSnapshot(
            holdings=(),
            deposit_krw=10_000_000,
            settled_cash_krw=10_000_000,
            orderable_cash_krw=10_000_000,
            net_asset_krw=10_000_000,
            observed_at=datetime.now(UTC),
        )


@pytest.fixture
def broker() -> ScriptedBroker:
    return ScriptedBroker()


@pytest.fixture
def now() -> list[datetime]:
    """Real time, which a test moves."""
    return [BEGAN]


@pytest.fixture
def desk(tmp_path: Path, broker: ScriptedBroker, now: list[datetime]):
    with Database(f"sqlite:///{tmp_path / 'daybook.db'}") as database:
        database.upgrade()
        desk = ExecutionDesk(
            account="main",
            mode=Mode.PAPER,
            broker=broker,
            database=database,
            kill_switch=KillSwitch(tmp_path / "HALT"),
            limits=RiskLimits(submit_rate_per_s=100, submit_burst=100, max_daily_turnover_ratio=1),
            post_lead_s=2.0,
            post_timeout_s=2.0,
            real_now=lambda: now[0],
        )
        desk.ledger.open_with("main", broker.account(), BEGAN)
        desk.days.begin(DAY, "main", Mode.PAPER, "regular", BEGAN)
        desk.states.mark_reconciled("main", DAY, True, BEGAN)
        yield desk


def ticket(intent_id: str = "one", **changes: object) -> OrderTicket:
    values = {
        "intent_id": intent_id,
        "decision_id": "decision",
        "mode": Mode.PAPER,
        "day": DAY,
        "symbol": SYMBOL,
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_000,
        "reference_price_krw": 70_000,
        "purpose": Purpose.ENTRY,
        "decided_at": BEGAN,
        "valid_until": BEGAN + timedelta(minutes=30),
        **changes,
    }
    return OrderTicket(**values)


def row(state: BrokerOrderState = BrokerOrderState.WORKING, filled: int = 0, **changes: object) -> BrokerOrder:
    values = {
        "id": ORDER,
        "symbol": SYMBOL,
        "side": Side.BUY,
        "shares": 10,
        "limit_price_krw": 70_000,
        "filled_shares": filled,
        "filled_amount_krw": filled * 70_000,
        "remaining_shares": 10 - filled,
        "state": state,
        "ordered_at": BEGAN,
        **changes,
    }
    return BrokerOrder(**values)


def looking(attempt: int = 1, cash_krw: int = 10_000_000, **changes: object) -> FindOrderRequest:
    evidence = AccountEvidence(orderable_cash_krw=cash_krw, sellable_shares=0, asked_at=BEGAN - timedelta(seconds=1))
    return FindOrderRequest(ticket=ticket(), attempt=attempt, clock=CLOCK, evidence=evidence, **changes)


def unknown(desk: ExecutionDesk, *, begun: bool = True) -> None:
    """Record an intent whose worker is gone, as PlaceOrder leaves it before it looks."""
    desk.intents.record(ticket(), BEGAN)
    if begun:
        desk.intents.begin_attempt("one", 1, BEGAN)
    desk.intents.set_state("one", IntentState.UNKNOWN, "no answer", at=BEGAN)


def notice(**changes: object) -> FillNotice:
    values = {
        "order_number": ORDER.number,
        "symbol": SYMBOL,
        "side": Side.BUY,
        "is_fill": False,
        "shares": 10,
        "price_krw": 70_000,
        "at_hhmmss": "100000",
        "received_at": BEGAN,
        "digest": "accept",
        **changes,
    }
    return FillNotice(**values)


# --- looking for an order -------------------------------------------------------------------------------------


def test_look_when_the_worker_died_right_after_the_link_then_the_attempt_is_closed_with_the_full_number(
    desk: ExecutionDesk, broker: ScriptedBroker
) -> None:
    unknown(desk)
    desk.intents.link_order(DAY, ORDER, "one", at=BEGAN)
    broker.rows = None
    found = OrderLookup(desk).find(looking())
    (attempt,) = desk.intents.attempts("one")
    assert (found.result, found.order) == (FindResult.FOUND, ORDER)
    assert (attempt.outcome, attempt.order) == (AttemptOutcome.ACCEPTED, ORDER)


def test_look_when_the_attempt_was_never_begun_then_an_equal_order_made_by_hand_is_left_alone(
    desk: ExecutionDesk, broker: ScriptedBroker
) -> None:
    unknown(desk, begun=False)
    broker.rows = [row()]
    assert OrderLookup(desk).find(looking()).result is FindResult.NOT_BEGUN
    assert desk.intents.linked_orders(DAY) == {}


def test_look_when_the_post_may_be_on_its_way_then_absence_is_too_early_and_presence_is_not(
    desk: ExecutionDesk, broker: ScriptedBroker, now: list[datetime]
) -> None:
    unknown(desk)
    lookup = OrderLookup(desk)
    now[0] = BEGAN + desk.post_horizon - timedelta(milliseconds=1)
    assert lookup.find(looking()).result is FindResult.TOO_EARLY
    now[0] = BEGAN + desk.post_horizon
    assert lookup.find(looking()).result is FindResult.ABSENT
    broker.rows = [row()]
    assert lookup.find(looking()).result is FindResult.FOUND


def test_look_when_the_list_lacks_an_order_known_to_exist_then_absence_proves_nothing(
    desk: ExecutionDesk, broker: ScriptedBroker, now: list[datetime]
) -> None:
    desk.intents.record(ticket("two", symbol="000660"), BEGAN)
    other = BrokerOrderId(branch="06010", number="0000000041")
    desk.intents.link_order(DAY, other, "two", at=BEGAN)
    unknown(desk)
    now[0] = BEGAN + timedelta(seconds=60)
    lookup = OrderLookup(desk)
    broker.rows = [row(id=BrokerOrderId(branch="06010", number="0000000040"), symbol="000270")]
    assert lookup.find(looking()).result is FindResult.INCONCLUSIVE
    broker.rows.append(row(id=other, symbol="000660"))
    assert lookup.find(looking()).result is FindResult.ABSENT


def test_look_when_another_order_was_sent_between_check_and_post_then_the_cash_it_took_is_no_evidence(
    desk: ExecutionDesk, broker: ScriptedBroker, now: list[datetime]
) -> None:
    desk.intents.record(ticket("two", symbol="000660"), BEGAN - timedelta(seconds=2))
    desk.intents.begin_attempt("two", 1, BEGAN - timedelta(milliseconds=500))
    desk.intents.link_order(DAY, BrokerOrderId(branch="", number="41"), "two", at=BEGAN - timedelta(milliseconds=400))
    broker.rows = [row(id=BrokerOrderId(branch="", number="41"), symbol="000660")]
    unknown(desk)
    now[0] = BEGAN + timedelta(seconds=60)
    assert OrderLookup(desk).find(looking(cash_krw=10_700_000)).result is FindResult.ABSENT


def test_look_when_cash_is_gone_and_nothing_else_was_sent_then_absence_is_not_proven(
    desk: ExecutionDesk, broker: ScriptedBroker, now: list[datetime]
) -> None:
    unknown(desk)
    now[0] = BEGAN + timedelta(seconds=60)
    assert OrderLookup(desk).find(looking(cash_krw=10_700_000)).result is FindResult.INCONCLUSIVE


def test_look_when_a_person_names_an_order_then_it_is_linked_unless_it_is_another_intents(
    desk: ExecutionDesk,
) -> None:
    unknown(desk)
    desk.intents.record(ticket("two", symbol="000660"), BEGAN)
    taken = BrokerOrderId(branch="06010", number="0000000041")
    desk.intents.link_order(DAY, taken, "two", at=BEGAN)
    lookup = OrderLookup(desk)
    assert lookup.find(looking(named=taken)).result is FindResult.INCONCLUSIVE
    assert lookup.find(looking(named=ORDER)).result is FindResult.FOUND
    assert desk.intents.linked_orders(DAY) == {"41": "two", "42": "one"}
    assert desk.intents.attempts("one")[0].outcome is AttemptOutcome.ACCEPTED


# --- belated workers ------------------------------------------------------------------------------------------


def submit(desk: ExecutionDesk, intent_id: str = "one", attempt: int = 1):
    request = SubmitRequest(ticket=ticket(intent_id), attempt=attempt, clock=CLOCK, checked_at=desk.real_now())
    return OrderGateway(desk, ContextReader(desk)).submit(request)


def test_submit_when_its_order_is_already_looked_for_then_nothing_is_sent(
    desk: ExecutionDesk, broker: ScriptedBroker
) -> None:
    unknown(desk, begun=False)
    with pytest.raises(AttemptRefused):
        submit(desk)
    assert (broker.posts, desk.intents.attempts("one")) == (0, [])


def test_submit_when_the_worker_was_paused_after_the_write_ahead_then_nothing_is_sent(
    desk: ExecutionDesk, broker: ScriptedBroker, now: list[datetime], monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.intents.record(ticket(), BEGAN)
    begin = desk.intents.begin_attempt

    def paused(*arguments: object) -> bool:
        begun = begin(*arguments)
        now[0] += timedelta(seconds=10)
        return begun

    monkeypatch.setattr(desk.intents, "begin_attempt", paused)
    outcome = submit(desk)
    assert (outcome.outcome, outcome.is_begun, broker.posts) == (AttemptOutcome.NOT_EXECUTED, True, 0)


def test_submit_when_asked_twice_at_once_then_one_post_is_made(desk: ExecutionDesk, broker: ScriptedBroker) -> None:
    desk.intents.record(ticket(), BEGAN)
    outcomes: list[AttemptOutcome] = []
    together = threading.Barrier(2)

    def race() -> None:
        together.wait()
        outcomes.append(submit(desk).outcome)

    racers = [threading.Thread(target=race) for _ in range(2)]
    for racer in racers:
        racer.start()
    for racer in racers:
        racer.join()
    assert broker.posts == 1
    assert AttemptOutcome.ACCEPTED in outcomes


def test_submit_when_another_outcome_is_unknown_then_the_number_stays_free(
    desk: ExecutionDesk, broker: ScriptedBroker
) -> None:
    unknown(desk)
    desk.intents.record(ticket("two", symbol="000660"), BEGAN)
    request = SubmitRequest(ticket=ticket("two", symbol="000660"), attempt=1, clock=CLOCK, checked_at=BEGAN)
    outcome = OrderGateway(desk, ContextReader(desk)).submit(request)
    assert (outcome.outcome, outcome.is_begun, broker.posts) == (AttemptOutcome.NOT_EXECUTED, False, 0)
    assert desk.intents.attempts("two") == []


# --- the end of an order --------------------------------------------------------------------------------------


@pytest.fixture
def working(desk: ExecutionDesk) -> OrderRef:
    """An accepted order."""
    desk.intents.record(ticket(), BEGAN)
    desk.intents.begin_attempt("one", 1, BEGAN)
    desk.intents.link_order(DAY, ORDER, "one", at=BEGAN)
    desk.intents.finish_attempt("one", 1, AttemptOutcome.ACCEPTED, ORDER, at=BEGAN)
    return OrderRef(ticket=ticket(), clock=CLOCK, order=ORDER)


def test_cancel_when_the_list_is_empty_and_fill_notices_were_lost_then_the_order_ends_with_the_list_alone(
    desk: ExecutionDesk, broker: ScriptedBroker, working: OrderRef
) -> None:
    booking = Booking(desk, Decimal("0.00014"))
    desk.notices.record(
        DAY, notice(order_number="0000000043", original_number=ORDER.number, is_cancel=True, digest="cancel")
    )
    assert booking.poll(working).state is None
    assert booking.cancel(working).state is None
    broker.rows, broker.cancels = [row(BrokerOrderState.CANCELLED, filled=4)], False
    ended = booking.cancel(working)
    assert (ended.state, ended.filled_shares, ended.filled_amount_krw) == (IntentState.CANCELLED, 4, 280_000)


def test_poll_when_the_list_is_empty_and_notices_fill_the_order_then_it_is_filled_once(
    desk: ExecutionDesk, broker: ScriptedBroker, working: OrderRef
) -> None:
    booking = Booking(desk, Decimal("0.00014"))
    for digest, shares in (("first", 4), ("first", 4), ("second", 6)):
        desk.notices.record(DAY, notice(is_fill=True, shares=shares, digest=digest))
    assert booking.poll(working).state is IntentState.FILLED
    broker.rows = [row(BrokerOrderState.FILLED, filled=10)]
    again = booking.poll(working)
    assert (again.state, again.filled_shares, again.filled_amount_krw) == (IntentState.FILLED, 10, 700_000)
    assert [(fill.shares, fill.amount_krw) for fill in desk.ledger.fills(DAY)] == [(10, 700_000)]
