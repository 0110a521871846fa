"""The execution room on a fake broker, a real database and a clock that a test moves."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from daybook.contracts.base import Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.execution import (
    AccountEvidence,
    CheckedOrder,
    CheckOrderRequest,
    FindOrderRequest,
    FoundOrder,
    OrderRef,
)
from daybook.contracts.limits import RiskLimits
from daybook.contracts.market import DailyBar
from daybook.contracts.orders import (
    AttemptOutcome,
    BrokerOrderId,
    FillNotice,
    IntentState,
    OrderTicket,
    SubmitOutcome,
    SubmitRequest,
)
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport, ReconcileRequest
from daybook.contracts.session import DayKind
from daybook.execution.booking import Booking
from daybook.execution.check import OrderChecker
from daybook.execution.context import ContextReader
from daybook.execution.desk import ExecutionDesk
from daybook.execution.gateway import OrderGateway
from daybook.execution.intents import IntentKeeper
from daybook.execution.kill_switch import KillSwitch
from daybook.execution.lookup import OrderLookup
from daybook.execution.reconcile import Reconciler
from daybook.krx.calendar import previous_trading_day
from daybook.storage.database import Database
from tests.execution.fake_broker import COMMISSION_RATE, FakeBroker
from tests.risk import facts

CLOCK = MarketClock.real_time()


@dataclass
class Clock:
    """Real time, as a test has it."""

    now: datetime = field(default_factory=lambda: facts.NOW.astimezone(UTC))

    def __call__(self) -> datetime:
        return self.now

    def pass_s(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Bench:
    """One desk. The account holds cash and, after ``prepare``, books that agree and a day that may trade."""

    def __init__(
        self, database: Database, folder: Path, *, mode: Mode = Mode.PAPER, limits: RiskLimits = facts.LIMITS
    ) -> None:
        self.clock = Clock()
        self.broker = FakeBroker(now=self.clock, mode=mode)
        self.broker.quotes = {facts.BOUGHT: facts.quote(), facts.HELD: facts.held_quote()}
        self.desk = ExecutionDesk(
            account="main",
            mode=mode,
            broker=self.broker,
            database=database,
            kill_switch=KillSwitch(folder / "HALT"),
            limits=limits,
            post_lead_s=2.0,
            post_timeout_s=2.0,
            real_now=self.clock,
        )
        contexts = ContextReader(self.desk)
        self.gateway = OrderGateway(self.desk, contexts)
        self.checker = OrderChecker(self.desk, contexts)
        self.lookup = OrderLookup(self.desk)
        self.booking = Booking(self.desk, COMMISSION_RATE)
        self.reconciler = Reconciler(self.desk, self.booking)
        self.keeper = IntentKeeper(self.desk)

    def prepare(self, day: date = facts.DAY) -> None:
        """Open and reconcile the books, begin the day, keep a history of the symbols."""
        desk, at = self.desk, self.clock()
        desk.ledger.open_with("main", self.broker.account(), at)
        desk.states.mark_reconciled("main", day, True, at)
        desk.days.begin(day, "main", desk.mode, DayKind.REGULAR.value, at)
        desk.days.set_universe(day, "main", (facts.BOUGHT, facts.HELD), at)
        sessions = [previous_trading_day(day)]
        while len(sessions) < 30:
            sessions.append(previous_trading_day(sessions[-1]))
        for symbol, price_krw in ((facts.BOUGHT, 69_000), (facts.HELD, 50_000)):
            desk.bars.save_daily([daily_bar(symbol, session, price_krw) for session in sessions])

    def hold(self, symbol: str = facts.HELD, shares: int = 10, price_krw: int = 50_000) -> None:
        """Give the account shares at the broker; call it before ``prepare`` to have them in the books."""
        self.broker.shares[symbol] = shares
        self.broker.averages[symbol] = float(price_krw)

    def record(self, ticket: OrderTicket) -> OrderTicket:
        """Record a ticket's intent and return the ticket."""
        self.keeper.record(ticket)
        return ticket

    def buy(self, **changes: Any) -> OrderTicket:
        return self.record(facts.buy(**changes))

    def sell(self, **changes: Any) -> OrderTicket:
        return self.record(facts.sell(**changes))

    def submit(self, ticket: OrderTicket, attempt: int = 1, *, checked_s_ago: float = 0) -> SubmitOutcome:
        request = SubmitRequest(
            ticket=ticket, attempt=attempt, clock=CLOCK, checked_at=self.clock() - timedelta(seconds=checked_s_ago)
        )
        return self.gateway.submit(request)

    def place(self, ticket: OrderTicket) -> OrderRef:
        """Submit a ticket that the broker takes and return its reference."""
        outcome = self.submit(ticket)
        assert outcome.outcome is AttemptOutcome.ACCEPTED, outcome
        assert outcome.order is not None
        return OrderRef(ticket=ticket, clock=CLOCK, order=outcome.order)

    def check(self, ticket: OrderTicket) -> CheckedOrder:
        return self.checker.check(CheckOrderRequest(ticket=ticket, clock=CLOCK))

    def evidence(self, ticket: OrderTicket) -> AccountEvidence:
        """Return what the account shows now, as the checks before a POST keep it."""
        account = self.broker.account()
        holding = account.holding(ticket.symbol)
        return AccountEvidence(
            orderable_cash_krw=account.orderable_cash_krw, sellable_shares=holding.sellable_shares if holding else 0
        )

    def find(self, ticket: OrderTicket, evidence: AccountEvidence, attempt: int = 1) -> FoundOrder:
        return self.lookup.find(FindOrderRequest(ticket=ticket, attempt=attempt, clock=CLOCK, evidence=evidence))

    def reconcile(self, moment: ReconcileMoment = ReconcileMoment.START, *, accept_by: str = "") -> ReconcileReport:
        request = ReconcileRequest(
            account="main", day=facts.DAY, moment=moment, market_now=self.clock(), accept_by=accept_by
        )
        return self.reconciler.reconcile(request)

    def notice(self, number: str, **changes: Any) -> FillNotice:
        """Return an accept notice of ten shares bought; keywords change it."""
        values: dict[str, Any] = {
            "order_number": number,
            "symbol": facts.BOUGHT,
            "side": Side.BUY,
            "is_fill": False,
            "shares": 10,
            "price_krw": 70_100,
            "at_hhmmss": "103000",
            "received_at": self.clock(),
            "digest": f"{number}-{len(changes)}-{sorted(changes.items())!r}"[:60],
        }
        return FillNotice(**{**values, **changes})

    def state(self, ticket: OrderTicket) -> IntentState:
        return self.desk.intents.get(ticket.intent_id).state

    def shares(self) -> dict[str, int]:
        return {position.symbol: position.shares for position in self.desk.ledger.positions("main")}

    @property
    def books_agree(self) -> bool:
        """Whether ledger and broker hold the same."""
        held = {symbol: shares for symbol, shares in self.broker.shares.items() if shares}
        return self.shares() == held and self.desk.ledger.cash("main") == self.broker.cash_krw


BenchMaker = Callable[..., Bench]


def daily_bar(symbol: str, day: date, price_krw: int) -> DailyBar:
    return DailyBar(
        symbol=symbol,
        day=day,
        open_krw=price_krw,
        high_krw=price_krw,
        low_krw=price_krw,
        close_krw=price_krw,
        volume_shares=1_000_000,
        turnover_krw=price_krw * 1_000_000,
    )


def order_id(number: str) -> BrokerOrderId:
    return BrokerOrderId(branch="06010", number=number)
