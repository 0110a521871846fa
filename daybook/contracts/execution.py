"""Messages of the order path between PlaceOrder and the trading layer."""

from datetime import date
from enum import StrEnum
from typing import Self

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won
from daybook.contracts.clock import MarketClock
from daybook.contracts.desk import DeskConfig
from daybook.contracts.orders import BrokerOrderId, IntentState, OrderTicket
from daybook.contracts.reasons import DenialCode


class PlaceOrderInput(Message):
    """Input of PlaceOrder. ``day_workflow_id`` is told when the order has ended."""

    ticket: OrderTicket
    clock: MarketClock
    desk: DeskConfig
    day_workflow_id: str = ""


class IntentToRecord(OrderTicket):
    """A ticket to record. With a ``clock`` its first checks are made in the same call: one hop less for each order."""

    clock: MarketClock | None = None

    @classmethod
    def of(cls, ticket: OrderTicket, clock: MarketClock) -> Self:
        """Ask for a ticket's record and its first checks."""
        return cls(**dict(ticket), clock=clock)

    @property
    def ticket(self) -> OrderTicket:
        """The ticket alone."""
        return OrderTicket(**{name: getattr(self, name) for name in OrderTicket.model_fields})


class IntentStatus(Message):
    """Where an intent stands in the ledger."""

    intent_id: str
    state: IntentState
    is_new: bool = False
    duplicate_of: str = ""
    detail: str = ""
    filled_shares: int = 0
    filled_amount_krw: Won = 0
    order: BrokerOrderId | None = None
    checked: "CheckedOrder | None" = Field(default=None, description="the first checks, asked for and made at once")


class CheckOrderRequest(Message):
    """Ask for the pre-trade checks of a ticket, with fresh data."""

    ticket: OrderTicket
    clock: MarketClock
    approved: bool = False


class CheckedOrder(Message):
    """The checks' answer. ``evidence`` is what the account showed just before the order."""

    denials: tuple[DenialCode, ...] = ()
    texts: tuple[str, ...] = ()
    approval_reasons: tuple[str, ...] = ()
    last_price_krw: Won = 0
    checked_at: AwareDatetime
    evidence: "AccountEvidence"


class AccountEvidence(Message):
    """Account facts that an accepted order would change."""

    orderable_cash_krw: Won
    sellable_shares: int
    asked_at: AwareDatetime | None = Field(default=None, description="real time; what others did since voids it")


class ApprovalVerdict(StrEnum):
    """What was decided of a pending order."""

    PENDING = "pending"
    APPROVED = "approved"
    REJECTED = "rejected"
    EXPIRED = "expired"


class ApprovalRecord(Message):
    """Open or decide an approval. ``digest`` ties it to the exact order that was shown."""

    ticket: OrderTicket
    digest: str
    verdict: ApprovalVerdict
    by: str = ""
    reasons: tuple[str, ...] = ()
    last_price_krw: Won = 0
    expires_at: AwareDatetime


class ApprovalDecision(Message):
    """A person's decision on a pending order; ``by`` is set by the authenticated front."""

    digest: str = Field(default="", description="empty decides on the order as currently shown")
    approve: bool
    by: str = Field(min_length=1, max_length=80)


class OrderResolution(Message):
    """A person's word on an order of unknown outcome; no ``order`` means that none exists."""

    order: BrokerOrderId | None = None
    by: str = Field(min_length=1, max_length=80)


class FindOrderRequest(Message):
    """Look for the broker's order of an attempt with an unknown outcome."""

    ticket: OrderTicket
    attempt: int
    clock: MarketClock
    evidence: AccountEvidence
    named: BrokerOrderId | None = Field(
        default=None, description="the order a person named; it is linked, not searched"
    )


class FindResult(StrEnum):
    """What a look for an order of unknown outcome found."""

    FOUND = "found"
    ABSENT = "absent"
    AMBIGUOUS = "ambiguous"
    INCONCLUSIVE = "inconclusive"
    TOO_EARLY = "too_early"
    NOT_BEGUN = "not_begun"


class FoundOrder(Message):
    """The result of one look."""

    result: FindResult
    order: BrokerOrderId | None = None
    text: str = ""


class OrderRef(Message):
    """A submitted order."""

    ticket: OrderTicket
    clock: MarketClock
    order: BrokerOrderId


class OrderProgress(Message):
    """How far an order is, after its fills were booked. ``state`` None means the broker said nothing usable."""

    state: IntentState | None
    filled_shares: int
    filled_amount_krw: Won
    costs_krw: Won = 0
    text: str = ""
    recorded: bool = Field(default=False, description="the ledger has the intent in this final state already")


class IntentUpdate(Message):
    """Set an intent's state with its reason."""

    intent_id: str
    state: IntentState
    detail: str = Field(default="", max_length=500)
    day: date
    attempt: int = Field(default=0, description="when set, that attempt is closed as NOT_ACCEPTED")


class OrderSummary(Message):
    """How an order ended; the result of PlaceOrder and the signal to the day."""

    intent_id: str
    symbol: Symbol
    side: str
    state: IntentState
    shares: int
    filled_shares: int
    filled_amount_krw: Won
    denials: tuple[DenialCode, ...] = ()
    attempts: int = 0
    text: str = ""
