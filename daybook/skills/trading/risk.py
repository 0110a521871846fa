"""The desk's risk rules, asked without sending anything: would this order pass, how full are the limits."""

from typing import Annotated, Protocol

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Side, Symbol, TradingState, Won
from daybook.contracts.drafts import DryCheck
from daybook.contracts.layers import Layer
from daybook.contracts.orders import OrderKind
from daybook.skills.skill import Skill

risk = Skill(
    "trading.risk",
    "Pre-trade check without an order, exposure of the account, and how far the day's limits are used",
    layer=Layer.TRADING,
    keywords=("리스크", "위험", "한도", "비중", "risk", "limits", "exposure"),
)

MOST_SHARES = 10_000_000
"""Shares of one ticket, as its contract says."""

Shares = Annotated[int, Field(ge=1, le=MOST_SHARES)]
PriceKrw = Annotated[int, Field(ge=1, le=100_000_000)]


class ExposureRow(Message):
    """One symbol or sector against its limit. ``room_krw`` is what could still be bought by this limit alone."""

    name: str
    value_krw: Won
    ratio: float
    limit_ratio: float
    room_krw: Won


class Exposure(Message):
    """Where the account's money is. Ratios are of equity; orders that still work are not counted."""

    equity_krw: Won
    cash_krw: Won
    cash_ratio: float
    min_cash_ratio: float
    names: int
    max_names: int
    symbols: tuple[ExposureRow, ...]
    sectors: tuple[ExposureRow, ...]
    unknown_sector_krw: Won = Field(description="held in symbols whose sector the broker does not name")
    observed_at: AwareDatetime


class LimitUse(Message):
    """One limit and how much of it is used; ``used`` is None when it cannot be known now."""

    name: str
    used: float | None
    limit: float
    unit: str


class LimitsUsed(Message):
    """The desk's state and the day's limits."""

    state: TradingState
    state_reason: str
    is_reconciled: bool
    limits: tuple[LimitUse, ...]


class RiskDesk(Protocol):
    """The desk's rules and books, read only. Methods block and raise ``ToolError`` when a fact is not to be had."""

    def check(self, symbol: str, side: Side, shares: int, kind: OrderKind, limit_price_krw: Won) -> DryCheck:
        """Run the pre-trade rules on exactly this order, with fresh data."""
        ...

    def exposure(self) -> Exposure:
        """Return positions against their limits."""
        ...

    def limits_used(self) -> LimitsUsed:
        """Return the state and how far the day's limits are used."""
        ...


@risk.tool(timeout_s=30, keywords=("주문 가능", "사전 점검", "pre-trade"))
def check_order(symbol: Symbol, side: Side, shares: Shares, limit_price_krw: PriceKrw, *, desk: RiskDesk) -> DryCheck:
    """Say whether the risk rules would let this limit order pass now, and why not. Sends nothing."""
    return desk.check(symbol, side, shares, OrderKind.LIMIT, limit_price_krw)


@risk.tool(timeout_s=30, keywords=("종목 비중", "섹터 비중", "집중도", "concentration"))
def exposure(*, desk: RiskDesk) -> Exposure:
    """Positions of the account by symbol and sector against their limits."""
    return desk.exposure()


@risk.tool(timeout_s=30, keywords=("한도 소진", "손실 한도", "주문 횟수", "loss limit"))
def limits_used(*, desk: RiskDesk) -> LimitsUsed:
    """State of the desk and how far the day's limits on orders, turnover and loss are used."""
    return desk.limits_used()
