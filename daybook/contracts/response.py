"""The response playbook: what an action asks of the desk, how it is decided, and what is remembered of it.

Every action is carried out by machinery the desk has: PlaceOrder, StateChange, notices. None goes around them.
"""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import AwareDatetime, Message, Mode, Side, Symbol, TradingState, Won
from daybook.contracts.limits import RiskLimits, StrategySettings
from daybook.contracts.market import Quote
from daybook.contracts.orders import OrderKind, OrderTicket, Purpose
from daybook.contracts.response_codes import (
    ActionCode,
    ActionState,
    Approver,
    GuardCode,
    TransitionRefusal,
    UndoReason,
)
from daybook.contracts.session import Session
from daybook.contracts.state import StateChangeRequest
from daybook.contracts.threat_readings import ThreatChannel

THREAT_STATE_CODE = "THREAT_LEVEL"
"""The code under which the playbook halts or reduces; it lifts its own reductions and nobody else's."""

PERSON_CAUSE = "PERSON"
"""The cause of what a person's own level sets off."""


class ThreatOrder(Message):
    """One order of an action, to become a PlaceOrder with every check of its own."""

    intent_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,80}$")
    symbol: Symbol
    side: Side
    purpose: Purpose
    reason: Literal["threat_cash", "threat_breach", "threat_hedge", "threat_unhedge"]
    shares: int = Field(ge=1)
    limit_price_krw: Won = Field(gt=0)
    reference_price_krw: Won = Field(gt=0, description="last price it was sized at")
    rationale: str = Field(max_length=500)

    @property
    def value_krw(self) -> Won:
        """Shares times the higher of limit and last price: what size limits are held against."""
        return self.shares * max(self.limit_price_krw, self.reference_price_krw)

    def ticket(
        self, *, mode: Mode, day: date, account: str, action_id: str, decided_at: datetime, valid_until: datetime
    ) -> OrderTicket:
        """Return the order's ticket; ``decided_at`` is real time, ``valid_until`` market time."""
        return OrderTicket(
            intent_id=self.intent_id,
            decision_id=action_id,
            account=account,
            mode=mode,
            day=day,
            symbol=self.symbol,
            side=self.side,
            shares=self.shares,
            kind=OrderKind.LIMIT,
            limit_price_krw=self.limit_price_krw,
            reference_price_krw=self.reference_price_krw,
            purpose=self.purpose,
            reason=self.reason,
            rationale=self.rationale,
            decided_at=decided_at,
            valid_until=valid_until,
        )


class Notice(Message):
    """Tell people (A1, A7, and what only a person can undo). ``steps`` are a person's checklist."""

    kind: Literal["notice"] = "notice"
    level: int = Field(ge=0, le=5)
    urgent: bool = False
    text_ko: str = Field(max_length=1_000)
    text_en: str = Field(max_length=1_000)
    steps_ko: tuple[str, ...] = ()
    steps_en: tuple[str, ...] = ()


class OrdersWanted(Message):
    """Orders to start as PlaceOrder children (A2, A3 and the end of a hedge)."""

    kind: Literal["orders"] = "orders"
    orders: tuple[ThreatOrder, ...] = Field(min_length=1)
    limit_krw: Won = Field(ge=0, description="the size limit that bound")
    bound_by: str = Field(max_length=80)

    @property
    def value_krw(self) -> Won:
        """Value of all orders."""
        return sum(order.value_krw for order in self.orders)


class StateWanted(Message):
    """A change of the trading state (A4 and its undo), carried out by ``trading.change_state``."""

    kind: Literal["state"] = "state"
    request: StateChangeRequest


class RotateKeys(Message):
    """Revoke the broker's access token and issue another (A5). The application key itself is a person's to change."""

    kind: Literal["rotate_keys"] = "rotate_keys"
    account: str
    mode: Mode
    revoke_token: bool = True
    issue_token: bool = Field(default=True, description="after the revocation; the broker issues one a minute")
    steps_ko: tuple[str, ...] = ()
    steps_en: tuple[str, ...] = ()


class DowngradeMode(Message):
    """Take the permission to send orders away (A6); a process keeps its mode until a person starts it in another."""

    kind: Literal["downgrade"] = "downgrade"
    from_mode: Mode
    to: Literal["paper", "read_only"]
    requests: tuple[StateChangeRequest, ...]
    steps_ko: tuple[str, ...] = ()
    steps_en: tuple[str, ...] = ()


class TightenLimits(Message):
    """Ask a person for every order and scale what may be bought (A8), until it is undone."""

    kind: Literal["tighten"] = "tighten"
    active: bool = True
    approve_every_order: bool = True
    scale: float = Field(gt=0, le=1, description="of order size, daily turnover and number of orders")


class EvidenceItem(StrEnum):
    """What a snapshot holds."""

    ASSESSMENT = "assessment"
    READINGS = "readings"
    ACCOUNT = "account"
    OPEN_ORDERS = "open_orders"
    TRADING_STATE = "trading_state"
    ACTIONS = "actions"
    AUDIT_TAIL = "audit_tail"


class TakeEvidence(Message):
    """Store a snapshot of the desk under a label, content-addressed (A9); it is never deleted by an undo."""

    kind: Literal["evidence"] = "evidence"
    label: str = Field(max_length=120)
    items: tuple[EvidenceItem, ...] = tuple(EvidenceItem)


Payload = Annotated[
    Notice | OrdersWanted | StateWanted | RotateKeys | DowngradeMode | TightenLimits | TakeEvidence,
    Field(discriminator="kind"),
]


class Block(Message):
    """A guard that holds an action back."""

    code: GuardCode
    text: str = Field(max_length=200)


class ActionProposal(Message):
    """One action of the playbook, sized and guarded. The same situation gives the same ``action_id``.

    ``expires_at`` is real time; ``cool_until`` market time.
    """

    action_id: str = Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")
    code: ActionCode
    level: int = Field(ge=0, le=5, description="level of what triggered it")
    channel: ThreatChannel | None = Field(default=None, description="of the strongest cause; None: a person's level")
    causes: tuple[str, ...] = Field(description="keys of the signals that triggered it")
    text_ko: str = Field(max_length=500)
    text_en: str = Field(max_length=500)
    payload: Payload | None = Field(default=None, description="None: blocked")
    blocked: tuple[Block, ...] = ()
    approver: Approver
    dry_run: bool = False
    proposed_at: AwareDatetime
    market_at: AwareDatetime
    expires_at: AwareDatetime | None = None
    cool_until: AwareDatetime

    @property
    def needs_approval(self) -> bool:
        """Whether a person has to say yes first."""
        return self.approver is not Approver.NOBODY and not self.blocked and not self.dry_run

    @property
    def is_worth_recording(self) -> bool:
        """Whether it says anything new: what is open or done already says nothing."""
        return not {block.code for block in self.blocked} & {GuardCode.ALREADY_OPEN, GuardCode.ALREADY_DONE}

    @property
    def value_krw(self) -> Won:
        """Value of its orders; 0 for an action without orders."""
        return self.payload.value_krw if isinstance(self.payload, OrdersWanted) else 0


class ActionDecision(Message):
    """A person's word on a waiting action (update ``decide_action``); ``by`` is set by the authenticated front."""

    action_id: str
    granted: bool
    by: str = Field(min_length=1, max_length=80)
    reason: str = Field(default="", max_length=300)
    at: AwareDatetime


class ActionRecord(Message):
    """An action and where it stands; carried in the day's state. ``changed_at`` is real time."""

    proposal: ActionProposal
    state: ActionState = ActionState.PROPOSED
    decisions: tuple[ActionDecision, ...] = ()
    changed_at: AwareDatetime
    text: str = Field(default="", max_length=300)
    intent_ids: tuple[str, ...] = Field(default=(), description="orders it started, those of its undo included")
    ended: dict[str, int] = Field(default_factory=dict, description="of these, the ended ones with their filled shares")

    @property
    def action_id(self) -> str:
        """The action's id."""
        return self.proposal.action_id

    @property
    def code(self) -> ActionCode:
        """The action's code."""
        return self.proposal.code

    @property
    def in_flight(self) -> tuple[str, ...]:
        """Orders it started that have not ended."""
        return tuple(intent_id for intent_id in self.intent_ids if intent_id not in self.ended)

    def filled_shares(self, side: Side) -> int:
        """Return the shares its ended orders of a side have traded."""
        return sum(shares for intent_id, shares in self.ended.items() if intent_id.endswith(f"-{side.value}"))


class Transition(Message):
    """The answer to a move: the record after it, or the code why it does not move and the record as it was."""

    record: ActionRecord
    refusal: TransitionRefusal | None = None
    text: str = Field(default="", max_length=300)

    @property
    def is_accepted(self) -> bool:
        """Whether the record has moved, or has taken in a first of two steps."""
        return self.refusal is None


class UndoProposal(Message):
    """What ends an action. ``to_state`` None: not yet; a sell has to end first, or only a person can end it."""

    action_id: str
    code: ActionCode
    reason: UndoReason
    to_state: ActionState | None
    payload: Payload | None = None
    blocked: tuple[Block, ...] = ()
    text_ko: str = Field(max_length=500)
    text_en: str = Field(max_length=500)


class ResponseFacts(Message):
    """What planning looks at besides the assessment. ``now`` is real time."""

    account: str = "main"
    day: date
    mode: Mode
    now: AwareDatetime
    market_now: AwareDatetime
    session: Session | None = None
    trading_state: TradingState = TradingState.ACTIVE
    balance: AccountSnapshot | None = Field(default=None, description="None: not known, and nothing is sized")
    equity_krw: Won = 0
    quotes: tuple[Quote, ...] = ()
    betas: dict[Symbol, float] = Field(default_factory=dict, description="to KOSPI; a missing one hedges nothing")
    open_symbols: tuple[Symbol, ...] = Field(default=(), description="symbols with an order in flight")
    buys_today_krw: Won = 0
    reserved_krw: Won = Field(default=0, description="buys on their way that the balance does not show")
    limits: RiskLimits = RiskLimits()
    strategy: StrategySettings = StrategySettings()

    def quote(self, symbol: str) -> Quote | None:
        """Return the quote of ``symbol`` or None."""
        return next((quote for quote in self.quotes if quote.symbol == symbol), None)
