"""An order drafted by a tool: checked and priced, and without any effect until a person agrees to a ticket of it."""

from pydantic import Field

from daybook.contracts.base import Message, Side, Symbol, Won
from daybook.contracts.orders import OrderKind

PREPARE_ORDER = "prepare_order"
"""The name of the one tool that drafts orders."""


class DraftProblem(Message):
    """Why the order would be denied now."""

    code: str
    text: str = ""


class OrderProposalDraft(Message):
    """What ``prepare_order`` gives. Fields of the tool that are not named here do not reach a ticket."""

    symbol: Symbol
    name: str = ""
    side: Side
    shares: int = Field(ge=1)
    kind: OrderKind = OrderKind.LIMIT
    limit_price_krw: Won = Field(ge=0)
    reference_price_krw: Won = Field(ge=0)
    estimated_cost_krw: Won = Field(default=0, description="of a buy with fees; of a sell what it brings after them")
    problems: tuple[DraftProblem, ...] = ()
