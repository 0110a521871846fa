"""An order's life, from intent to fill: messages and states."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Mode, Side, Symbol, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.reasons import DenialCode


class OrderKind(StrEnum):
    """The order types the desk uses; the broker maps them to ORD_DVSN."""

    LIMIT = "limit"
    MARKET = "market"


class Purpose(StrEnum):
    """Why an order exists; exits are allowed where entries are not."""

    ENTRY = "entry"
    EXIT = "exit"


class TicketOrigin(StrEnum):
    """Who wants the order. What is not the strategy's own waits for a person in every mode."""

    STRATEGY = "strategy"
    QUESTION = "question"
    SCRIPT = "script"


class OrderTicket(Message):
    """One intent to trade. ``intent_id`` is deterministic, so asking twice is asking once.

    ``valid_until`` is market time: after it the rest of the order is cancelled.
    """

    intent_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")
    decision_id: str = Field(default="", max_length=120)
    account: str = Field(default="main", max_length=40, description="alias; never an account number")
    mode: Mode
    day: date
    symbol: Symbol
    side: Side
    shares: int = Field(ge=1, le=10_000_000)
    kind: OrderKind = OrderKind.LIMIT
    limit_price_krw: Won = Field(ge=0, description="0 for a market order")
    reference_price_krw: Won = Field(default=0, ge=0, description="price the decision was made at")
    purpose: Purpose
    origin: TicketOrigin = TicketOrigin.STRATEGY
    reason: str = Field(default="", max_length=40, description="the strategy's rule, e.g. stop_loss")
    rationale: str = Field(default="", max_length=500)
    decided_at: AwareDatetime | None = Field(default=None, description="real time of the decision's snapshot")
    valid_until: AwareDatetime

    @property
    def notional_krw(self) -> Won:
        """Shares times the limit price, or the reference price for a market order."""
        return self.shares * (self.limit_price_krw or self.reference_price_krw)


class IntentState(StrEnum):
    """Where an intent stands. The last six are final."""

    RECORDED = "recorded"
    AWAITING_APPROVAL = "awaiting_approval"
    APPROVED = "approved"
    SUBMITTING = "submitting"
    UNKNOWN = "unknown"
    WORKING = "working"
    NEEDS_HUMAN = "needs_human"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"
    DENIED = "denied"
    NOT_ACCEPTED = "not_accepted"
    EXPIRED = "expired"

    @property
    def is_final(self) -> bool:
        """Whether nothing more can happen to the intent."""
        return self in FINAL_STATES

    @property
    def is_in_flight(self) -> bool:
        """Whether the broker may hold, or may come to hold, an order for the intent."""
        return not self.is_final


FINAL_STATES = frozenset(
    {
        IntentState.FILLED,
        IntentState.CANCELLED,
        IntentState.REJECTED,
        IntentState.DENIED,
        IntentState.NOT_ACCEPTED,
        IntentState.EXPIRED,
    }
)


class AttemptOutcome(StrEnum):
    """What is known of one POST."""

    SUBMITTING = "submitting"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    NOT_EXECUTED = "not_executed"
    UNKNOWN = "unknown"
    NOT_ACCEPTED = "not_accepted"


class BrokerOrderId(Message):
    """The broker's name of an order: branch and number, as strings with the leading zeros kept."""

    branch: str
    number: str

    @property
    def key(self) -> str:
        """The number without leading zeros, by which numbers are compared."""
        return self.number.lstrip("0") or "0"


class SubmitRequest(Message):
    """One attempt to submit a ticket; a second POST for the same pair is refused."""

    ticket: OrderTicket
    attempt: int = Field(ge=1, le=10)
    clock: MarketClock
    checked_at: AwareDatetime = Field(description="real time of the checks; an old check is not sent")


class SubmitOutcome(Message):
    """The result of one attempt. ``UNKNOWN`` means: never send again before looking."""

    outcome: AttemptOutcome
    is_begun: bool = Field(default=True, description="False: nothing was written down; the number can be used again")
    order: BrokerOrderId | None = None
    denials: tuple[DenialCode, ...] = ()
    broker_code: str = ""
    text: str = ""
    recorded: bool = Field(default=False, description="the ledger has the intent as WORKING already")


class BrokerOrderState(StrEnum):
    """The state of an order at the broker, derived from one row of the day's orders."""

    WORKING = "working"
    PARTIAL = "partial"
    FILLED = "filled"
    CANCELLED = "cancelled"
    REJECTED = "rejected"


class BrokerOrder(Message):
    """One new order of today at the broker (rows of cancel and modify requests excluded)."""

    id: BrokerOrderId
    symbol: Symbol
    side: Side
    shares: int
    limit_price_krw: Won
    filled_shares: int
    filled_amount_krw: Won
    remaining_shares: int
    state: BrokerOrderState
    ordered_at: AwareDatetime
    original_number: str = ""


class FillNotice(Message):
    """A notice from the broker's stream. Notices can repeat, come early, or never come."""

    order_number: str
    original_number: str = ""
    symbol: Symbol
    side: Side
    is_fill: bool
    is_rejection: bool = False
    is_cancel: bool = False
    shares: int = Field(description="shares of this execution; the order's shares on an accept notice")
    price_krw: Won
    at_hhmmss: str
    received_at: AwareDatetime
    digest: str = Field(description="identity of the notice, by which repeats are dropped")
