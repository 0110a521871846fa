"""What a day's report shows, as frozen rows.

All times are market time in KST; all money is whole won. ``None`` always means "not known", never zero.
"""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Mode, Side, Symbol, TradingState, Won
from daybook.contracts.market import MinuteBar
from daybook.contracts.orders import IntentState, Purpose
from daybook.contracts.reconciliation import ReconcileReport
from daybook.contracts.response import ActionRecord
from daybook.contracts.session import Session
from daybook.contracts.threats import ThreatAssessment


class OrderRow(Message):
    """One intent of the day and what became of it. ``limit_price_krw`` is 0 for a market order."""

    intent_id: str
    at: AwareDatetime
    ended_at: AwareDatetime | None = None
    symbol: Symbol
    side: Side
    purpose: Purpose
    shares: int
    limit_price_krw: Won
    filled_shares: int
    filled_amount_krw: Won
    costs_krw: Won
    state: IntentState
    codes: tuple[str, ...] = Field(default=(), description="coded reasons of a denial")
    detail: str = ""
    rationale: str = ""
    broker_number: str = ""

    @property
    def average_price_krw(self) -> float | None:
        """Filled amount per share, or None when nothing filled."""
        return self.filled_amount_krw / self.filled_shares if self.filled_shares else None

    @property
    def is_refused(self) -> bool:
        """Whether the order never came to life: denied here, refused by the broker, or its time ran out unsent."""
        return self.state in (IntentState.DENIED, IntentState.REJECTED, IntentState.EXPIRED)


class FillRow(Message):
    """One booked fill; ``at`` is when the desk booked it. ``is_external`` marks orders made outside the desk."""

    at: AwareDatetime
    symbol: Symbol
    side: Side
    shares: int
    amount_krw: Won
    costs_krw: Won
    realised_pnl_krw: Won = Field(description="after fees and taxes")
    broker_number: str
    intent_id: str = ""
    is_external: bool = False

    @property
    def price_krw(self) -> float | None:
        """Amount per share, or None for a correction without shares."""
        return self.amount_krw / self.shares if self.shares else None


class PriceSource(StrEnum):
    """Where the price of a position at the close comes from."""

    DAILY_BAR = "daily bar"
    MINUTE_BAR = "last minute bar"
    QUOTE = "last quote of a decision"
    UNKNOWN = "unknown"


class PositionRow(Message):
    """One position after the day's last booking."""

    symbol: Symbol
    shares: int
    cost_basis_krw: Won = Field(description="without fees")
    price_krw: Won | None = None
    price_source: PriceSource = PriceSource.UNKNOWN
    priced_at: AwareDatetime | None = None

    @property
    def average_price_krw(self) -> float:
        """Cost per share."""
        return self.cost_basis_krw / self.shares

    @property
    def value_krw(self) -> Won | None:
        """Shares at the price known."""
        return None if self.price_krw is None else self.shares * self.price_krw

    @property
    def unrealised_krw(self) -> Won | None:
        """Value against cost, before the costs of selling."""
        return None if self.value_krw is None else self.value_krw - self.cost_basis_krw


class DecisionRow(Message):
    """One decision: when, and how many orders it proposed."""

    at: AwareDatetime
    proposed: int = Field(ge=0)


class CodeCount(Message):
    """How often a code occurred."""

    code: str
    count: int


class BreakerRow(Message):
    """A breaker that tripped: the first time, and in how many decisions."""

    at: AwareDatetime
    code: str
    state: TradingState
    text: str
    decisions: int


class HaltRow(Message):
    """A halt or reduction that was open at some time of the day."""

    at: AwareDatetime
    state: str
    code: str
    reason: str
    by: str
    closed_at: AwareDatetime | None = None
    closed_by: str = ""


class LockRow(Message):
    """A symbol that may not be traded until someone unlocks it."""

    symbol: Symbol
    code: str
    reason: str
    by: str


class ApprovalRow(Message):
    """A question to a person about one order, and the answer."""

    asked_at: AwareDatetime
    intent_id: str
    verdict: str
    by: str = ""
    decided_at: AwareDatetime | None = None
    reasons: tuple[str, ...] = ()


class ExternalRow(Message):
    """An order made outside the desk, as last seen."""

    at: AwareDatetime
    broker_number: str
    symbol: Symbol
    side: Side
    shares: int
    limit_price_krw: Won
    filled_shares: int
    filled_amount_krw: Won
    state: str


class AdjustmentRow(Message):
    """A change of the books that no order made. ``value_krw`` is what it moved into the account."""

    at: AwareDatetime
    code: str
    symbol: str = ""
    shares: int = 0
    cash_krw: Won = 0
    value_krw: Won = 0
    note: str = ""


class EquityRow(Message):
    """Equity at a market time; ``index_change_ratio`` is since the index's previous close."""

    at: AwareDatetime
    equity_krw: Won
    cash_krw: Won
    index_change_ratio: float | None = Field(default=None, allow_inf_nan=False)


class SymbolBars(Message):
    """The day's minute bars of one traded symbol, oldest first."""

    symbol: Symbol
    bars: tuple[MinuteBar, ...] = ()
    previous_close_krw: Won | None = None


class Gap(Message):
    """Something the report would show and could not."""

    subject: str
    text: str


class Costs(Message):
    """What trading cost. The ledger keeps the total; commission is computed from the rate, tax is the rest."""

    commission_krw: Won = 0
    tax_krw: Won = 0
    bought_krw: Won = 0
    sold_krw: Won = 0

    @property
    def total_krw(self) -> Won:
        """Commission and tax."""
        return self.commission_krw + self.tax_krw


class DayReport(Message):
    """Everything the report of a day shows."""

    day: date
    account: str
    mode: Mode
    speed: float = Field(default=1.0, gt=0, description="market seconds per real second")
    session: Session
    opening_equity_krw: Won
    closing_equity_krw: Won
    closing_cash_krw: Won | None = None
    flow_krw: Won = Field(default=0, description="paid in or adjusted, less paid out: no result of trading")
    realised_pnl_krw: Won = Field(description="after fees and taxes")
    trading_effect_krw: Won | None = Field(
        default=None, description="closing equity less what the book of the morning would be worth, untouched"
    )
    index_code: str
    index_change_ratio: float | None = Field(default=None, allow_inf_nan=False)
    opening: ReconcileReport
    closing: ReconcileReport
    names: dict[str, str] = Field(default_factory=dict)
    orders: tuple[OrderRow, ...] = ()
    fills: tuple[FillRow, ...] = ()
    positions: tuple[PositionRow, ...] = ()
    decisions: tuple[DecisionRow, ...] = ()
    proposed_orders: int = 0
    left_alone: tuple[CodeCount, ...] = ()
    breakers: tuple[BreakerRow, ...] = ()
    halts: tuple[HaltRow, ...] = ()
    locks: tuple[LockRow, ...] = ()
    approvals: tuple[ApprovalRow, ...] = ()
    external_orders: tuple[ExternalRow, ...] = ()
    adjustments: tuple[AdjustmentRow, ...] = ()
    costs: Costs = Costs()
    equity: tuple[EquityRow, ...] = ()
    bars: tuple[SymbolBars, ...] = Field(default=(), description="of traded symbols, the most traded first")
    gaps: tuple[Gap, ...] = ()
    threat_levels: tuple[ThreatAssessment, ...] = Field(default=(), description="every assessment, oldest first")
    actions: tuple[ActionRecord, ...] = Field(default=(), description="of the response playbook")

    @property
    def pnl_krw(self) -> Won:
        """The day's result after costs, without what was paid in or out."""
        return self.closing_equity_krw - self.opening_equity_krw - self.flow_krw

    @property
    def pnl_ratio(self) -> float | None:
        """The result against equity before; None without equity."""
        return self.pnl_krw / self.opening_equity_krw if self.opening_equity_krw > 0 else None

    @property
    def is_simulated(self) -> bool:
        """Whether no real money moved."""
        return self.mode is not Mode.LIVE

    def denial_counts(self) -> tuple[CodeCount, ...]:
        """Return how often each code refused an order, most frequent first."""
        return counted(code for order in self.orders if order.is_refused for code in order.codes or ("UNCODED",))


def counted(codes: Iterable[str]) -> tuple[CodeCount, ...]:
    """Return how often each code occurs, most frequent first, then by code."""
    found = Counter(codes)
    return tuple(
        CodeCount(code=code, count=count) for code, count in sorted(found.items(), key=lambda item: (-item[1], item[0]))
    )
