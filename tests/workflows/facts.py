"""Messages for workflow tests: one ordinary day, on which a test changes one fact at a time."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from daybook.contracts.advice import Recommendation, Recommendations, TickFacts
from daybook.contracts.base import KST, Mode, Side, TradingState
from daybook.contracts.clock import MarketClock
from daybook.contracts.day import DayState, Observation, ObserveRequest, TickInput, TradingDayInput
from daybook.contracts.desk import DeskConfig
from daybook.contracts.execution import OrderProgress, OrderRef, PlaceOrderInput
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.orders import IntentState, OrderTicket, Purpose
from daybook.contracts.reasons import DifferenceCode
from daybook.contracts.reconciliation import Difference, ReconcileMoment, ReconcileReport
from daybook.contracts.risk import BreakerInputs
from daybook.contracts.session import DayKind, Session
from daybook.contracts.state import StateAction, StateChangeRequest, StateChangeResult
from daybook.contracts.threat_readings import AccountReadings, CyberReadings, MarketReadings, OperationReadings
from daybook.contracts.threats import HealthReadings, ReadHealth, ReadThreats, ThreatReadings
from tests.risk import facts as risk_facts

DAY = date(2026, 3, 6)
SYMBOL = "005930"


def market(hhmm: str, day: date = DAY) -> datetime:
    """Return a KST time of the day."""
    return datetime.combine(day, time.fromisoformat(hhmm), tzinfo=KST)


def clock_at(hhmm: str, speed: float = 1.0, day: date = DAY) -> MarketClock:
    """Return a clock on which it is this market time now."""
    return MarketClock(real_anchor=datetime.now(UTC), market_anchor=market(hhmm, day), speed=speed)


def session(day: date = DAY) -> Session:
    return Session(
        day=day,
        kind=DayKind.REGULAR,
        order_entry_from=market("08:30", day),
        opening_auction_from=market("08:30", day),
        opens=market("09:00", day),
        closing_auction_from=market("15:20", day),
        closes=market("15:30", day),
    )


def closed(day: date = DAY, kind: DayKind = DayKind.CLOSED, reason: str = "holiday: Lunar New Year") -> Session:
    return Session(day=day, kind=kind, reason=reason)


def desk(*, limits: dict[str, Any] | None = None, strategy: dict[str, Any] | None = None, **changes: Any) -> DeskConfig:
    """Return a desk whose real-second patience is short."""
    values: dict[str, Any] = {
        "limits": RiskLimits(**(limits or {})),
        "strategy": StrategySettings(**{"universe_symbols": (SYMBOL,), **(strategy or {})}),
        "poll_interval_s": 0.4,
        "settle_interval_s": 0.05,
        "settle_polls": 3,
    }
    return DeskConfig(**{**values, **changes})


def ticket(intent_id: str, **changes: Any) -> OrderTicket:
    values: dict[str, Any] = {
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
        "rationale": "rank 1",
        "decided_at": market("10:00"),
        "valid_until": market("10:10"),
    }
    return OrderTicket(**{**values, **changes})


def order(intent_id: str, clock: MarketClock, day_workflow_id: str = "", **changes: Any) -> PlaceOrderInput:
    """Return the input of a PlaceOrder; keyword ``desk`` replaces the desk, the others change the ticket."""
    config = changes.pop("desk", None) or desk()
    return PlaceOrderInput(
        ticket=ticket(intent_id, **changes), clock=clock, desk=config, day_workflow_id=day_workflow_id
    )


def progress(reference: OrderRef, state: IntentState | None, filled: int) -> OrderProgress:
    return OrderProgress(
        state=state,
        filled_shares=filled,
        filled_amount_krw=filled * reference.ticket.limit_price_krw,
        text=state.value if state else "nothing usable",
    )


def reconciled(moment: ReconcileMoment, *, differs: bool = False) -> ReconcileReport:
    difference = Difference(
        code=DifferenceCode.CASH_DIFFERS, subject="cash", ledger="1", broker="2", adopted=False, text="unexplained"
    )
    return ReconcileReport(
        moment=moment,
        signed_off=not differs,
        ledger_cash_krw=10_000_000,
        broker_cash_krw=9_000_000 if differs else 10_000_000,
        positions_checked=0,
        orders_checked=0,
        differences=(difference,) if differs else (),
    )


def state_changed(request: StateChangeRequest) -> StateChangeResult:
    state = {
        StateAction.HALT: TradingState.HALTED,
        StateAction.REDUCE: TradingState.REDUCING,
        StateAction.CONFIRM_RESUME: TradingState.ACTIVE,
    }.get(request.action, TradingState.HALTED)
    return StateChangeResult(state=state, accepted=True, text=request.reason)


def calm_threats(request: ReadThreats, **changes: Any) -> ThreatReadings:
    """Return a calm market and no news."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "market": MarketReadings(observed_at=now, index_level=2_600.0, index_drawdown_ratio=0.01),
        "cyber": CyberReadings(observed_at=now, warnings=()),
        "betas": {SYMBOL: 1.0},
    }
    return ThreatReadings(**{**values, **changes})


def healthy(request: ReadHealth, **changes: Any) -> HealthReadings:
    """Return a desk in good health in an unchanged market."""
    now = datetime.now(UTC)
    values: dict[str, Any] = {
        "operations": OperationReadings(observed_at=now, broker_calls=20, broker_errors=0, broker_latency_s=0.1),
        "account": AccountReadings(observed_at=now),
        "index_level": 2_600.0,
        "index_change_ratio": 0.0,
    }
    return HealthReadings(**{**values, **changes})


def observation(request: ObserveRequest, **changes: Any) -> Observation:
    """Return a quiet market: no position, nothing in flight."""
    now = datetime.now(UTC)
    account = risk_facts.account(
        holdings=(), settled_cash_krw=10_000_000, orderable_cash_krw=10_000_000, observed_at=now
    )
    values: dict[str, Any] = {
        "observed_at": now,
        "market_time": market("10:00", request.day),
        "quotes": (risk_facts.quote(observed_at=now),),
        "account": account,
        "positions": (),
        "state": TradingState.ACTIVE,
        "facts": TickFacts(
            account=request.desk.account, day=request.day, tick_number=request.number, equity_krw=10_000_000
        ),
        "equity_krw": 10_000_000,
        "previous_close_equity_krw": 10_000_000,
        "breaker_inputs": BreakerInputs(equity_krw=10_000_000, previous_close_equity_krw=10_000_000),
    }
    return Observation(**{**values, **changes})


def recommendations(day: date = DAY) -> Recommendations:
    """Return one symbol worth buying."""
    return Recommendations(
        day=day,
        advisor="scripted",
        ranked=(
            Recommendation(
                rank=1,
                symbol=SYMBOL,
                score=1.5,
                momentum_ratio=0.1,
                annual_volatility=0.2,
                last_close_krw=69_000,
                average_turnover_krw=50_000_000_000,
                sessions_used=20,
            ),
        ),
    )


def tick(clock: MarketClock, account: str, **changes: Any) -> TickInput:
    values: dict[str, Any] = {
        "day": DAY,
        "number": 1,
        "desk": desk(account=account),
        "clock": clock,
        "session": session(),
        "universe": (SYMBOL,),
        "recommendations": recommendations(),
        "threat_level": 0,
        "unexplained_polls": 0,
        "day_workflow_id": "",
    }
    return TickInput(**{**values, **changes})


def day_input(clock: MarketClock, account: str, **changes: Any) -> TradingDayInput:
    """Return the input of a day with hourly decisions; keywords change the desk, ``carried`` continues a day."""
    carried: DayState | None = changes.pop("carried", None)
    strategy = {"tick_interval_min": 60, **changes.pop("strategy", {})}
    return TradingDayInput(
        day=DAY, clock=clock, desk=desk(account=account, strategy=strategy, **changes), carried=carried
    )


def later(moment: datetime, minutes: float) -> datetime:
    return moment + timedelta(minutes=minutes)
