"""Recommendations and proposed orders: what advice says, before any risk check."""

from datetime import date, datetime
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import Message, Mode, Side, Symbol, Won
from daybook.contracts.orders import OrderKind, OrderTicket, Purpose


class AbstentionCode(StrEnum):
    """Why advice says nothing about a symbol, or does not act on what it says."""

    SHORT_HISTORY = "short_history"
    STALE_HISTORY = "stale_history"
    UNTRADED = "untraded"
    UNADJUSTED_PRICES = "unadjusted_prices"
    FLAT_PRICES = "flat_prices"
    INSUFFICIENT_EVIDENCE = "insufficient_evidence"
    LOW_SCORE = "low_score"
    LOW_RANK = "low_rank"
    EXCLUDED = "excluded"
    ALREADY_HELD = "already_held"
    ORDER_OPEN = "order_open"
    NO_QUOTE = "no_quote"
    UNTRADABLE = "untradable"
    ILLIQUID = "illiquid"
    TOO_SMALL = "too_small"
    NO_SLOT = "no_slot"
    NO_BUDGET = "no_budget"
    NOTHING_SELLABLE = "nothing_sellable"


class Abstention(Message):
    """A symbol left alone, and why."""

    symbol: Symbol
    code: AbstentionCode
    text: str


class Recommendation(Message):
    """One ranked symbol; rank 1 is best."""

    rank: int = Field(ge=1)
    symbol: Symbol
    score: float = Field(allow_inf_nan=False, description="comparable within one ranking only")
    momentum_ratio: float = Field(allow_inf_nan=False, description="return over the window used")
    annual_volatility: float = Field(gt=0, allow_inf_nan=False)
    last_close_krw: Won = Field(gt=0)
    average_turnover_krw: Won = Field(ge=0, description="average daily turnover over the window used")
    sessions_used: int = Field(ge=1)
    news_tilt: float = Field(default=0.0, ge=-0.5, le=0.5, description="what news added to the score")
    rank_without_news: int | None = Field(default=None, ge=1, description="None: news was not used")
    only_by_news: bool = Field(default=False, description="news alone lifts it over the score a buy needs: no buy")
    reasons: tuple[str, ...] = ()


class Recommendations(Message):
    """A day's ranking, made from data of earlier days only."""

    day: date
    advisor: str
    ranked: tuple[Recommendation, ...] = ()
    abstentions: tuple[Abstention, ...] = ()

    def of(self, symbol: str) -> Recommendation | None:
        """Return the recommendation of ``symbol`` or None."""
        return next((row for row in self.ranked if row.symbol == symbol), None)


class OrderReason(StrEnum):
    """The rule of the strategy that proposed an order."""

    RANK_ENTRY = "rank_entry"
    STOP_LOSS = "stop_loss"
    TAKE_PROFIT = "take_profit"
    TIME_LIMIT = "time_limit"
    RANK_LOST = "rank_lost"


class Position(Message):
    """A holding as the strategy sees it: the broker's shares and the ledger's age."""

    symbol: Symbol
    shares: int = Field(ge=0)
    sellable_shares: int = Field(ge=0)
    average_price_krw: float = Field(ge=0, allow_inf_nan=False)
    held_sessions: int | None = Field(default=None, ge=0, description="sessions since the entry; None: not known")


class TickFacts(Message):
    """What one decision tick knows besides prices. ``excluded_symbols`` are not bought (locks, cooldowns)."""

    account: str = "main"
    day: date
    tick_number: int = Field(ge=0)
    equity_krw: Won
    rebalance_due: bool = False
    buys_today_krw: Won = Field(default=0, ge=0)
    orders_today: int = Field(default=0, ge=0)
    reserved_krw: Won = Field(default=0, ge=0, description="buys on their way that the balance does not show")
    excluded_symbols: tuple[Symbol, ...] = ()


class ProposedOrder(Message):
    """An order the strategy would like; risk checks and approvals decide whether it becomes one."""

    intent_id: str
    symbol: Symbol
    side: Side
    purpose: Purpose
    reason: OrderReason
    shares: int = Field(ge=1)
    kind: OrderKind = OrderKind.LIMIT
    limit_price_krw: Won = Field(gt=0)
    reference_price_krw: Won = Field(gt=0, description="last price of the quote it was decided on")
    rationale: str = Field(max_length=500)

    @property
    def notional_krw(self) -> Won:
        """Shares times the limit price."""
        return self.shares * self.limit_price_krw

    def ticket(
        self,
        *,
        mode: Mode,
        day: date,
        account: str,
        decision_id: str,
        decided_at: datetime,
        valid_until: datetime,
    ) -> OrderTicket:
        """Return the ticket of this proposal; ``decided_at`` is real time, ``valid_until`` market time."""
        return OrderTicket(
            intent_id=self.intent_id,
            decision_id=decision_id,
            account=account,
            mode=mode,
            day=day,
            symbol=self.symbol,
            side=self.side,
            shares=self.shares,
            kind=self.kind,
            limit_price_krw=self.limit_price_krw,
            reference_price_krw=self.reference_price_krw,
            purpose=self.purpose,
            reason=self.reason.value,
            rationale=self.rationale,
            decided_at=decided_at,
            valid_until=valid_until,
        )


class Proposals(Message):
    """The orders one tick proposes, and the symbols it left alone with the reason."""

    orders: tuple[ProposedOrder, ...] = ()
    abstentions: tuple[Abstention, ...] = ()
