"""Messages of the trading day and its decision ticks."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.advice import Position, Recommendations, TickFacts
from daybook.contracts.base import AwareDatetime, Message, Mode, Symbol, TradingState, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.desk import DeskConfig
from daybook.contracts.execution import OrderSummary
from daybook.contracts.market import Quote
from daybook.contracts.news import SymbolSentiment
from daybook.contracts.reconciliation import ReconcileReport
from daybook.contracts.response import ActionRecord
from daybook.contracts.risk import BreakerInputs, BreakerTrip
from daybook.contracts.session import Session
from daybook.contracts.threats import FalseAlarm, ThreatAssessment, ThreatMemory


def day_workflow_id(day: date, account: str = "main") -> str:
    """Return the id of a day's workflow; one day of an account has one id, for good."""
    return f"trading-day-{day.isoformat()}" if account == "main" else f"trading-day-{account}-{day.isoformat()}"


class DayPhase(StrEnum):
    """The parts of a trading day, in order."""

    STARTING = "starting"
    CALENDAR = "calendar"
    RECONCILING = "reconciling"
    PLANNING = "planning"
    WAITING_OPEN = "waiting_open"
    TRADING = "trading"
    CLOSING = "closing"
    REPORTING = "reporting"
    DONE = "done"
    SKIPPED = "skipped"


class TradingDayInput(Message):
    """Input of TradingDay. Without ``day`` it is the market date on which the workflow starts."""

    day: date | None = None
    clock: MarketClock
    desk: DeskConfig
    carried: "DayState | None" = None


class DayNews(Message):
    """What the day took from its news analysis, or why it took nothing."""

    run_id: str
    market_sentiment: float = Field(default=0, ge=-1, le=1)
    stories: int = 0
    sentiments: tuple[SymbolSentiment, ...] = ()
    problem: str = Field(default="", max_length=300)


class DayState(Message):
    """The whole state of a day; carried over continue-as-new and shown by the ``status`` query."""

    day: date
    phase: DayPhase = DayPhase.STARTING
    session: Session | None = None
    state: TradingState = TradingState.ACTIVE
    state_reason: str = ""
    threat_level: int = Field(default=0, ge=0, le=5)
    threat: ThreatAssessment | None = Field(default=None, description="the last assessment; None: never assessed")
    threat_memory: ThreatMemory = ThreatMemory()
    threat_floor: int = Field(default=0, ge=0, le=5, description="a person's own minimum")
    false_alarms: tuple[FalseAlarm, ...] = Field(default=(), description="told, for the next assessment")
    actions: tuple[ActionRecord, ...] = Field(default=(), description="of the playbook; standing ones of earlier days")
    universe: tuple[Symbol, ...] = ()
    recommendations: Recommendations | None = None
    news: DayNews | None = None
    ticks: int = 0
    missed_ticks: int = 0
    last_tick_at: AwareDatetime | None = None
    equity_krw: Won = 0
    opening_equity_krw: Won = 0
    cash_krw: Won = 0
    open_orders: tuple[str, ...] = ()
    pending_approvals: tuple[str, ...] = ()
    orders_started: int = 0
    orders_filled: int = 0
    orders_denied: int = 0
    bought_krw: Won = 0
    sold_krw: Won = 0
    unexplained: tuple[str, ...] = ()
    unexplained_polls: int = 0
    opening_reconciliation: ReconcileReport | None = None
    closing_reconciliation: ReconcileReport | None = None
    report_markdown: str = ""
    note: str = ""
    rescheduled_opens: AwareDatetime | None = None
    runs: int = 1


class DayResult(Message):
    """How a day ended."""

    day: date
    phase: DayPhase
    reason: str = ""
    signed_off: bool = False
    equity_krw: Won = 0
    opening_equity_krw: Won = 0
    orders_started: int = 0
    orders_filled: int = 0
    ticks: int = 0
    report_markdown: str = ""


class PreflightRequest(Message):
    """Ask a layer whether it is fit to work. ``asked_at`` is workflow time, for the clock check."""

    mode: Mode
    asked_at: AwareDatetime


class PreflightReport(Message):
    """A layer's answer. ``facts`` are short texts; nothing secret is in them."""

    layer: str
    version: str
    process_id: int
    answered_at: AwareDatetime
    facts: tuple[str, ...] = ()


class DayStart(Message):
    """Open a day: calendar check and the day's row."""

    day: date
    desk: DeskConfig
    market_now: AwareDatetime
    workflow_id: str


class PhaseChange(Message):
    """Record the phase a day has reached."""

    account: str
    day: date
    phase: DayPhase


class HistoryRequest(Message):
    """Collect daily bars of the universe (and of held symbols) into the database."""

    account: str
    day: date
    desk: DeskConfig


class HistoryReport(Message):
    """What was collected."""

    universe: tuple[Symbol, ...]
    sessions: int
    missing: tuple[str, ...] = ()


class RecommendRequest(Message):
    """Rank a universe from the bars in the database, and note the ranking in the outcome journal."""

    day: date
    universe: tuple[Symbol, ...]
    desk: DeskConfig
    market_now: AwareDatetime | None = Field(default=None, description="None: nothing is noted")


class ObserveRequest(Message):
    """Look once at market and account for a decision."""

    day: date
    number: int = 0
    desk: DeskConfig
    clock: MarketClock
    symbols: tuple[Symbol, ...]
    session: Session
    unexplained: tuple[str, ...] = ()
    unexplained_polls: int = 0


class Observation(Message):
    """Market and account at one moment, in one batch."""

    observed_at: AwareDatetime
    market_time: AwareDatetime
    quotes: tuple[Quote, ...]
    account: AccountSnapshot
    positions: tuple[Position, ...]
    state: TradingState
    state_reason: str = ""
    open_reductions: tuple[str, ...] = Field(default=(), description="codes of transient breakers still in force")
    open_symbols: tuple[str, ...] = Field(default=(), description="symbols with an intent in flight")
    facts: TickFacts
    equity_krw: Won
    previous_close_equity_krw: Won
    breaker_inputs: BreakerInputs
    unexplained: tuple[str, ...] = Field(default=(), description="symbols, or cash, no order explains")
    unexplained_polls: int = 0
    missing_quotes: tuple[str, ...] = ()


class TickInput(Message):
    """Input of DecisionTick."""

    day: date
    number: int
    desk: DeskConfig
    clock: MarketClock
    session: Session
    universe: tuple[Symbol, ...]
    recommendations: Recommendations
    threat_level: int
    withheld_symbols: tuple[Symbol, ...] = Field(default=(), description="the playbook has orders in these on the way")
    unexplained: tuple[str, ...] = ()
    unexplained_polls: int
    day_workflow_id: str


class TickResult(Message):
    """What a tick saw and did."""

    number: int
    market_time: AwareDatetime
    equity_krw: Won
    cash_krw: Won
    state: TradingState
    state_reason: str = ""
    trips: tuple[BreakerTrip, ...] = ()
    started: tuple[str, ...] = ()
    unexplained: tuple[str, ...] = ()
    unexplained_polls: int = 0
    text: str = ""


class WatchRequest(Message):
    """Watch the account's notices and the kill-switch file until cancelled or ``until`` (real time)."""

    account: str
    day: date
    mode: Mode
    day_workflow_id: str
    until: AwareDatetime


class ClosingRequest(Message):
    """Collect the facts of a day after the close: bars of traded symbols, fills, equity, index."""

    day: date
    desk: DeskConfig
    session: Session
    market_now: AwareDatetime


class DayFacts(Message):
    """Figures of a closed day, read back from the ledger."""

    opening_equity_krw: Won
    closing_equity_krw: Won
    realised_pnl_krw: Won
    costs_krw: Won
    fills: int
    traded_symbols: tuple[str, ...]
    index_change_ratio: float | None = None


class ReportRequest(Message):
    """Write the day's report from the database."""

    account: str
    day: date
    desk: DeskConfig
    facts: DayFacts
    session: Session
    opening: ReconcileReport
    closing: ReconcileReport


class ReportFiles(Message):
    """Paths of the report, relative to the desk's home."""

    markdown: str
    charts: tuple[str, ...]


class OrderEnded(Message):
    """Signal from PlaceOrder to the day."""

    summary: OrderSummary


class ApprovalAsked(Message):
    """Signal from PlaceOrder to the day: a person is wanted, or no longer wanted."""

    intent_id: str
    waiting: bool


TradingDayInput.model_rebuild()
