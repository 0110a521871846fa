"""A trading day written into a ledger the way the desk writes it."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from daybook.contracts.account import AccountSnapshot, Holding
from daybook.contracts.base import KST, Mode, Side
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayFacts, ReportRequest
from daybook.contracts.desk import DeskConfig
from daybook.contracts.market import DailyBar, MinuteBar
from daybook.contracts.orders import (
    AttemptOutcome,
    BrokerOrder,
    BrokerOrderId,
    BrokerOrderState,
    IntentState,
    OrderTicket,
    Purpose,
)
from daybook.contracts.reconciliation import ReconcileMoment, ReconcileReport
from daybook.contracts.session import DayKind, Session
from daybook.storage.bars import BarStore
from daybook.storage.database import Database
from daybook.storage.days import DayStore
from daybook.storage.decisions import DecisionStore
from daybook.storage.intents import IntentStore
from daybook.storage.ledger import Ledger

DAY = date(2026, 3, 13)
SAMSUNG, HYNIX, NAVER = "005930", "000660", "035420"
ACCOUNT = "main"


def market(hhmm: str, day: date = DAY) -> datetime:
    return datetime.combine(day, time.fromisoformat(hhmm), tzinfo=KST)


def session_of(day: date = DAY) -> Session:
    return Session(
        day=day,
        kind=DayKind.REGULAR,
        order_entry_from=market("08:30", day),
        opening_auction_from=market("08:30", day),
        opens=market("09:00", day),
        closing_auction_from=market("15:20", day),
        closes=market("15:30", day),
    )


def reconciled(moment: ReconcileMoment, **changes: object) -> ReconcileReport:
    values: dict[str, object] = {
        "moment": moment,
        "signed_off": True,
        "ledger_cash_krw": 10_000_000,
        "broker_cash_krw": 10_000_000,
        "positions_checked": 1,
        "orders_checked": 2,
    }
    return ReconcileReport.model_validate(values | changes)


@dataclass
class DeskDay:
    """Writes one day; ``speed`` above 1 makes it a rehearsal, whose real times are not its market times."""

    database: Database
    day: date = DAY
    speed: float = 1.0
    cash_krw: int = 10_000_000
    holdings: Sequence[Holding] = ()
    closes: dict[str, int] = field(default_factory=dict)
    number: int = 0

    def __post_init__(self) -> None:
        start = market("08:00", self.day)
        real_start = start if self.speed == 1 else datetime(2026, 6, 1, 3, 0, tzinfo=KST) + timedelta(days=self.day.day)
        self.clock = MarketClock(real_anchor=real_start, market_anchor=start, speed=self.speed)
        self.ledger = Ledger(self.database)
        self.intents = IntentStore(self.database)

    def real(self, hhmm: str) -> datetime:
        """The real time at a market time of the day."""
        target = market(hhmm, self.day)
        return self.clock.real_anchor + (target - self.clock.market_anchor) / self.speed

    def begin(self, mode: Mode = Mode.PAPER) -> None:
        DayStore(self.database).begin(self.day, ACCOUNT, mode, "regular", self.real("08:05"))
        snapshot = AccountSnapshot(
            holdings=tuple(self.holdings),
            deposit_krw=self.cash_krw,
            settled_cash_krw=self.cash_krw,
            orderable_cash_krw=self.cash_krw,
            net_asset_krw=self.cash_krw,
            observed_at=self.real("08:30"),
        )
        self.ledger.open_with(ACCOUNT, snapshot, self.real("08:30"))

    def decide(self, hhmm: str, *, proposed: int = 0, **more: Any) -> None:
        """Record a decision; ``more`` may give quotes, names, missing, left_alone, breakers, recommendations."""
        self.number += 1
        names = more.get("names", {})
        inputs = {
            "observation": {
                "observed_at": self.real(hhmm).isoformat(),
                "market_time": market(hhmm, self.day).isoformat(),
                "facts": {"account": more.get("account", ACCOUNT)},
                "quotes": [{"symbol": key, "price_krw": value} for key, value in more.get("quotes", {}).items()],
                "account": {"holdings": [{"symbol": key, "name": value} for key, value in names.items()]},
                "missing_quotes": list(more.get("missing", ())),
            },
            **({"recommendations": more["recommendations"]} if "recommendations" in more else {}),
        }
        outputs = {
            "proposed": [{"n": n} for n in range(proposed)],
            "left_alone": [{"symbol": "*", "code": code, "text": ""} for code in more.get("left_alone", ())],
            "breakers": list(more.get("breakers", ())),
        }
        decision_id = f"{self.day}-t{self.number:03d}-{more.get('account', ACCOUNT)}"
        DecisionStore(self.database).record(decision_id, self.day, "tick", "", inputs, outputs, self.real(hhmm))

    def intent(self, name: str, hhmm: str, symbol: str, side: Side, shares: int, limit_krw: int) -> OrderTicket:
        ticket = OrderTicket(
            intent_id=name,
            mode=Mode.PAPER,
            day=self.day,
            symbol=symbol,
            side=side,
            shares=shares,
            limit_price_krw=limit_krw,
            purpose=Purpose.ENTRY if side is Side.BUY else Purpose.EXIT,
            rationale="rank 1 of 30, momentum +12 %",
            decided_at=self.real(hhmm),
            valid_until=market("15:20", self.day),
        )
        self.intents.record(ticket, self.real(hhmm))
        return ticket

    def deny(self, name: str, hhmm: str, symbol: str, detail: str, *, shares: int = 5, limit_krw: int = 70_000) -> None:
        self.intent(name, hhmm, symbol, Side.BUY, shares, limit_krw)
        self.intents.set_state(name, IntentState.DENIED, detail, at=self.real(hhmm))

    def send(self, name: str, hhmm: str, symbol: str, side: Side, shares: int, limit_krw: int, number: str) -> None:
        self.intent(name, hhmm, symbol, side, shares, limit_krw)
        order = BrokerOrderId(branch="06010", number=number)
        self.intents.begin_attempt(name, 1, self.real(hhmm))
        self.intents.link_order(self.day, order, name, at=self.real(hhmm))
        self.intents.finish_attempt(name, 1, AttemptOutcome.ACCEPTED, order, at=self.real(hhmm))

    def fill(
        self,
        name: str | None,
        hhmm: str,
        number: str,
        symbol: str,
        side: Side,
        shares: int,
        amount_krw: int,
        costs_krw: int,
    ) -> None:
        """Book cumulative values of a broker order."""
        self.ledger.apply_progress(
            ACCOUNT, self.day, number, name, symbol, side, shares, amount_krw, costs_krw, self.real(hhmm)
        )

    def end(self, name: str, hhmm: str, state: IntentState = IntentState.FILLED, detail: str = "") -> None:
        self.intents.set_state(name, state, detail, at=self.real(hhmm))

    def external(self, number: str, hhmm: str, symbol: str, shares: int, amount_krw: int) -> None:
        order = BrokerOrder(
            id=BrokerOrderId(branch="06010", number=number),
            symbol=symbol,
            side=Side.BUY,
            shares=shares,
            limit_price_krw=amount_krw // shares,
            filled_shares=shares,
            filled_amount_krw=amount_krw,
            remaining_shares=0,
            state=BrokerOrderState.FILLED,
            ordered_at=market(hhmm, self.day),
        )
        self.intents.record_external(self.day, order, at=self.real(hhmm))

    def bars(
        self, symbol: str, start_krw: int, *, seed: int = 7, skip: Sequence[str] = (), tick_krw: int = 100
    ) -> None:
        """Save a day of minute bars from a seeded walk, without the minutes in ``skip``, and the day before's close."""
        rows = walk(symbol, self.day, start_krw, seed, tick_krw)
        left_out = {market(hhmm, self.day) for hhmm in skip}
        store = BarStore(self.database)
        store.save_minutes([row for row in rows if row.starts_at not in left_out])
        self.closes[symbol] = rows[-1].close_krw
        before = self.day - timedelta(days=1)
        prices = {f"{name}_krw": start_krw for name in ("open", "high", "low", "close")}
        store.save_daily([DailyBar(symbol=symbol, day=before, volume_shares=1, turnover_krw=start_krw, **prices)])

    def equity(self, hhmm: str, equity_krw: int, cash_krw: int, index_level: float | None = None) -> None:
        self.ledger.record_equity(self.day, market(hhmm, self.day), equity_krw, cash_krw, index_level, account=ACCOUNT)

    def finish(self) -> None:
        DayStore(self.database).finish(self.day, ACCOUNT, {}, "", self.real("15:34"))

    def request(self, *, mode: Mode = Mode.PAPER, **facts: Any) -> ReportRequest:
        """The workflow's request, its facts read from the ledger unless given."""
        points = self.ledger.equity_points(self.day, account=ACCOUNT)
        fills = self.ledger.fills(self.day, account=ACCOUNT)
        values: dict[str, Any] = {
            "opening_equity_krw": points[0].equity_krw if points else self.cash_krw,
            "closing_equity_krw": points[-1].equity_krw if points else self.cash_krw,
            "realised_pnl_krw": self.ledger.realised_pnl(self.day, account=ACCOUNT),
            "costs_krw": sum(fill.costs_krw for fill in fills),
            "fills": len(fills),
            "traded_symbols": tuple(dict.fromkeys(fill.symbol for fill in fills)),
            "index_change_ratio": 0.0042,
        }
        opening = facts.pop("opening", reconciled(ReconcileMoment.START, opened_ledger=True))
        closing = facts.pop("closing", reconciled(ReconcileMoment.END))
        return ReportRequest(
            account=ACCOUNT,
            day=self.day,
            desk=DeskConfig(mode=mode),
            facts=DayFacts.model_validate(values | facts),
            session=facts.pop("session", session_of(self.day)),
            opening=opening,
            closing=closing,
        )


def walk(symbol: str, day: date, start_krw: int, seed: int = 7, tick_krw: int = 100) -> list[MinuteBar]:
    """Minute bars of continuous trading and the closing auction's one bar."""
    rng = random.Random(seed)
    rows, price = [], start_krw
    minutes = [market("09:00", day) + timedelta(minutes=n) for n in range(380)] + [market("15:30", day)]
    for at in minutes:
        path = [price]
        for _ in range(4):
            path.append(max(tick_krw, path[-1] + rng.choice((-1, -1, 0, 0, 1, 1)) * tick_krw))
        price = path[-1]
        rows.append(
            MinuteBar(
                symbol=symbol,
                starts_at=at,
                open_krw=path[0],
                high_krw=max(path),
                low_krw=min(path),
                close_krw=price,
                volume_shares=int(rng.expovariate(1 / 9_000)) + 1,
            )
        )
    return rows
