"""An order drafted by a tool: priced and checked, and without any effect until a person agrees to a ticket of it."""

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Side, Symbol, Won
from daybook.contracts.orders import OrderKind
from daybook.contracts.reasons import DenialCode
from daybook.contracts.risk import CheckResult

PREPARE_ORDER = "prepare_order"
"""The name of the one tool that drafts orders."""


class DraftDenial(Message):
    """Why an order would not be sent: a code of the desk's rules, and one line."""

    code: DenialCode
    text: str


class DryCheck(Message):
    """What the pre-trade rules say now. Nothing was sent, recorded or reserved.

    ``would_pass``: no rule denies it. ``needs_approval``: why a person would be asked first all the same.
    """

    would_pass: bool
    denials: tuple[DraftDenial, ...] = ()
    needs_approval: tuple[DenialCode, ...] = ()

    @classmethod
    def of(cls, result: CheckResult) -> "DryCheck":
        """Return the view of a check."""
        return cls(
            would_pass=not result.is_denied,
            denials=tuple(DraftDenial(code=denial.code, text=denial.text) for denial in result.denials),
            needs_approval=result.needs_approval,
        )


class TicketDraft(Message):
    """An order as it would be sent, with its cost and what the rules say of it now. It is a draft: nothing was sent.

    ``limit_price_krw`` is 0 for a market order, whose value is estimated at the last price. ``cash_change_krw`` is
    what the account would gain (sell) or lose (buy) by a complete execution at that price, commission and tax
    included.
    """

    symbol: Symbol
    side: Side
    kind: OrderKind
    shares: int = Field(ge=1)
    limit_price_krw: Won = Field(ge=0)
    price_rule: str
    last_price_krw: Won
    ask_krw: Won | None
    bid_krw: Won | None
    lower_limit_krw: Won
    upper_limit_krw: Won
    notional_krw: Won
    commission_krw: Won
    tax_krw: Won
    cash_change_krw: Won
    check: DryCheck
    drafted_at: AwareDatetime
