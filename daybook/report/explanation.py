"""The explanation of one order: everything the database knows of it, from decision to money."""

from enum import StrEnum

from daybook.contracts.advice import OrderReason
from daybook.contracts.base import AwareDatetime, Message, Won
from daybook.contracts.orders import AttemptOutcome, BrokerOrderId, IntentState, OrderTicket


class RecordCheck(StrEnum):
    """Whether a record still is what was recorded."""

    VERIFIED = "verified"
    ALTERED = "altered"
    MISSING = "missing"
    NONE = "none"


class SymbolFacts(Message):
    """What a decision saw of the order's symbol and of the account. None: it saw no such number."""

    market_time: AwareDatetime | None = None
    price_krw: Won | None = None
    bid_krw: Won | None = None
    ask_krw: Won | None = None
    base_price_krw: Won | None = None
    volume_shares: int | None = None
    turnover_krw: Won | None = None
    held_shares: int | None = None
    average_price_krw: float | None = None
    held_sessions: int | None = None
    rank: int | None = None
    score: float | None = None
    momentum_ratio: float | None = None
    annual_volatility: float | None = None
    rank_reasons: tuple[str, ...] = ()
    equity_krw: Won | None = None
    cash_krw: Won | None = None
    threat_level: int | None = None
    trading_state: str = ""


class DecisionView(Message):
    """The decision behind an order. ``check`` says whether its bytes are those recorded and audited."""

    decision_id: str
    check: RecordCheck
    note: str = ""
    kind: str = ""
    at: AwareDatetime | None = None
    inputs_digest: str = ""
    reason: OrderReason | None = None
    rationale: str = ""
    facts: SymbolFacts = SymbolFacts()


class DenialView(Message):
    """One denial as it was recorded; its code may be one this program no longer has."""

    code: str
    text: str = ""
    limit: int | float | str | None = None
    value: int | float | str | None = None


class CheckView(Message):
    """One run of the pre-trade rules, as the audit chain has it."""

    seq: int
    at: AwareDatetime
    market_time: AwareDatetime | None = None
    trading_state: str = ""
    last_price_krw: Won | None = None
    denials: tuple[DenialView, ...] = ()
    needs_approval: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether no rule denied the order."""
        return not self.denials


class ApprovalView(Message):
    """A question to a person, and the answer."""

    digest: str
    asked_at: AwareDatetime
    expires_at: AwareDatetime
    last_price_krw: Won
    reasons: tuple[str, ...]
    verdict: str
    by: str = ""
    decided_at: AwareDatetime | None = None


class AttemptView(Message):
    """One POST and what is known of it."""

    attempt: int
    outcome: AttemptOutcome
    started_at: AwareDatetime
    finished_at: AwareDatetime | None = None
    order: BrokerOrderId | None = None
    broker_code: str = ""
    text: str = ""


class FillView(Message):
    """A booked fill; costs are fees and taxes."""

    at: AwareDatetime
    order_number: str
    shares: int
    amount_krw: Won
    costs_krw: Won
    realised_pnl_krw: Won


class EventView(Message):
    """One row of the audit chain about the order."""

    seq: int
    at: AwareDatetime
    actor: str
    action: str
    text: str


class OrderExplanation(Message):
    """Why one order exists and what became of it.

    ``ticket_check`` compares the ticket with the digest the audit chain took when it was recorded.
    ``audit_broken_at`` is the first altered row of the whole chain, None when it is whole or was not walked
    (``audit_walked``).
    """

    ticket: OrderTicket
    ticket_check: RecordCheck
    state: IntentState
    detail: str
    duplicate_of: str = ""
    order: BrokerOrderId | None = None
    filled_shares: int
    filled_amount_krw: Won
    costs_krw: Won
    realised_pnl_krw: Won
    recorded_at: AwareDatetime
    submitted_at: AwareDatetime | None = None
    closed_at: AwareDatetime | None = None
    decision: DecisionView
    checks: tuple[CheckView, ...] = ()
    approvals: tuple[ApprovalView, ...] = ()
    attempts: tuple[AttemptView, ...] = ()
    fills: tuple[FillView, ...] = ()
    events: tuple[EventView, ...] = ()
    audit_walked: bool = False
    audit_broken_at: int | None = None

    @property
    def average_fill_krw(self) -> float | None:
        """The average price of the filled shares, None when nothing filled."""
        return self.filled_amount_krw / self.filled_shares if self.filled_shares else None
