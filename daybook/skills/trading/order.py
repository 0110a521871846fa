"""Prepare an order for a person to look at. Nothing here sends, records or reserves anything."""

from typing import Annotated, Protocol, Self

from pydantic import Field, ValidationError, model_validator

from daybook.contracts.base import Message, Side, Symbol
from daybook.contracts.drafts import TicketDraft
from daybook.contracts.layers import Effect, Layer
from daybook.contracts.orders import OrderKind
from daybook.skills.errors import BadArguments
from daybook.skills.skill import Skill
from daybook.skills.trading.risk import PriceKrw, Shares

order = Skill(
    "trading.order",
    "Prepare an order as a draft a person confirms; never places one",
    layer=Layer.TRADING,
    keywords=("매수", "매도", "주문", "사줘", "팔아", "buy", "sell", "order"),
)

AmountKrw = Annotated[int, Field(ge=1, le=100_000_000_000, description="for so much money instead of shares")]


class OrderWish(Message):
    """An order as a person wants it: exactly one of shares, an amount, or all that is held."""

    symbol: Symbol
    side: Side
    shares: Shares | None = None
    limit_price_krw: PriceKrw | None = None
    amount_krw: AmountKrw | None = None
    all_shares: bool = False
    kind: OrderKind = OrderKind.LIMIT

    @model_validator(mode="after")
    def _check(self) -> Self:
        ways = (self.shares is not None) + (self.amount_krw is not None) + self.all_shares
        if ways != 1:
            raise ValueError("give exactly one of shares, amount_krw and all_shares")
        if self.all_shares and self.side is Side.BUY:
            raise ValueError("all_shares sells everything held; a buy needs shares or amount_krw")
        if self.kind is OrderKind.MARKET and self.limit_price_krw is not None:
            raise ValueError("a market order has no limit price")
        return self


class TicketDrafts(Protocol):
    """Makes drafts of orders from fresh data. Blocks; raises ``ToolError`` when an order cannot be drafted."""

    def draft(self, wish: OrderWish) -> TicketDraft:
        """Return the draft of an order."""
        ...


@order.tool(effect=Effect.PREPARE, timeout_s=30, keywords=("전량", "시장가", "지정가", "만원어치", "limit", "market"))
def prepare_order(
    symbol: Symbol,
    side: Side,
    shares: Shares | None = None,
    limit_price_krw: PriceKrw | None = None,
    amount_krw: AmountKrw | None = None,
    all_shares: bool = False,
    market: Annotated[bool, Field(description="only if the person said market order")] = False,
    *,
    drafts: TicketDrafts,
) -> TicketDraft:
    """Draft an order (price, cost, risk check) for a person to confirm. Places nothing.

    Give exactly one of ``shares``, ``amount_krw`` and ``all_shares``. Without a limit price a buy is priced at the
    best ask and a sell at the best bid. A price between two ticks is moved in the person's favour.
    """
    try:
        wish = OrderWish(
            symbol=symbol,
            side=side,
            shares=shares,
            limit_price_krw=limit_price_krw,
            amount_krw=amount_krw,
            all_shares=all_shares,
            kind=OrderKind.MARKET if market else OrderKind.LIMIT,
        )
    except ValidationError as error:
        raise BadArguments(error.errors()[0]["msg"].removeprefix("Value error, ")) from error
    return drafts.draft(wish)
