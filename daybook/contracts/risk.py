"""What a risk check looks at and what it answers; facts come in as data, so that checks stay pure."""

from pydantic import Field

from daybook.contracts.account import AccountSnapshot
from daybook.contracts.base import AwareDatetime, Message, Mode, Side, Symbol, TradingState, Won
from daybook.contracts.market import Quote
from daybook.contracts.reasons import BreakerCode, DenialCode
from daybook.contracts.session import Session


class OpenOrder(Message):
    """An order the broker holds or may hold: working, being sent, or of unknown outcome."""

    symbol: Symbol
    side: Side
    shares: int = Field(ge=0, description="shares that can still trade")
    limit_price_krw: Won = Field(ge=0, description="for a market order the price it is expected at")
    intent_id: str = Field(default="", description="empty for an order made by hand")

    @property
    def notional_krw(self) -> Won:
        """Shares that can still trade times the limit price."""
        return self.shares * self.limit_price_krw


class Approval(Message):
    """A person's answer to one question about one order. Times are real."""

    intent_id: str
    granted: bool
    shares: int = Field(description="shares the person saw")
    limit_price_krw: Won = Field(description="limit price the person saw")
    price_krw: Won = Field(ge=0, description="last price the person saw; 0 when none was shown")
    asked_at: AwareDatetime
    answered_at: AwareDatetime
    answered_by: str = ""


class DayCounters(Message):
    """What was sent today; the order being checked is not counted."""

    orders: int = Field(default=0, ge=0, description="orders sent today, both sides")
    symbol_orders: int = Field(default=0, ge=0, description="orders sent today in the ticket's symbol, both sides")
    buys_krw: Won = Field(default=0, ge=0, description="bought today: filled, plus the rest of open buys")


class PostContext(Message):
    """Facts of the database only: what the gateway re-checks right before a POST.

    ``open_orders`` leaves out the ticket's own intent unless an earlier attempt of it may still live.
    ``equity_krw`` is the ledger's: cash plus positions at the last known prices.
    """

    mode: Mode = Field(description="mode of the process that would send the order")
    armed: bool = Field(default=False, description="live only: a two-step record for this session")
    trading_state: TradingState
    reconciled: bool = Field(description="the day's start was reconciled and signed off")
    market_now: AwareDatetime
    real_now: AwareDatetime
    equity_krw: Won
    counters: DayCounters = DayCounters()
    open_orders: tuple[OpenOrder, ...] = ()
    locked_symbols: tuple[Symbol, ...] = ()
    recent_submits_at: tuple[AwareDatetime, ...] = Field(default=(), description="real times of recent POSTs of orders")
    approval: Approval | None = None
    approval_reasons: tuple[DenialCode, ...] = Field(default=(), description="why an earlier check asked a person")


class CheckContext(PostContext):
    """All facts of a full pre-trade check.

    An unknown quote denies every order; an unknown average turnover or listing age denies a buy.
    """

    session: Session
    quote: Quote | None
    account: AccountSnapshot
    allowed_symbols: tuple[Symbol, ...] = Field(description="symbols that may be bought; empty: none")
    orderable_cash_krw: Won | None = Field(
        default=None, description="broker's word for this symbol; None: the account's"
    )
    reserved_krw: Won = Field(default=0, ge=0, description="buys on their way that no open order and no balance shows")
    average_turnover_krw: Won | None = Field(default=None, ge=0, description="20-day average daily turnover")
    sector_exposure_krw: Won = Field(default=0, ge=0, description="held and being bought in the symbol's sector")
    sessions_listed: int | None = Field(default=None, ge=0, description="sessions with a price, as far as known")
    is_leveraged: bool = Field(default=False, description="a leveraged or inverse product")
    last_trade_at: AwareDatetime | None = Field(default=None, description="real time; None: the source does not say")
    vi_released_at: AwareDatetime | None = Field(default=None, description="market time of the last release today")
    last_loss_exit_at: AwareDatetime | None = Field(default=None, description="market time, in the ticket's symbol")
    recent_notionals_krw: tuple[Won, ...] = Field(default=(), description="own recent buys, newest first")
    index_change_ratio: float | None = Field(default=None, allow_inf_nan=False, description="KOSPI since last close")


class Denial(Message):
    """One reason why a ticket may not become an order, with the number that was checked and the limit it broke."""

    code: DenialCode
    text: str
    limit: int | float | str | None = None
    value: int | float | str | None = None


class CheckResult(Message):
    """Every denial of a ticket, not only the first, and what a person has to be asked for."""

    denials: tuple[Denial, ...] = ()
    needs_approval: tuple[DenialCode, ...] = ()

    @property
    def codes(self) -> tuple[DenialCode, ...]:
        """The codes of the denials, each once, in the order of the rules."""
        return tuple(dict.fromkeys(denial.code for denial in self.denials))

    @property
    def is_denied(self) -> bool:
        """Whether any rule denies the ticket."""
        return bool(self.denials)

    @property
    def may_send(self) -> bool:
        """Whether the order may be sent now: nothing denies it and nobody has to be asked first."""
        return not self.denials and not self.needs_approval


class BreakerInputs(Message):
    """What the circuit breakers look at. None means unknown and trips nothing by itself.

    Equities include open positions at the last prices, after cost. Flows are deposits less withdrawals, so that
    paying money in does not hide a loss and taking it out is not one.
    """

    equity_krw: Won | None = None
    previous_close_equity_krw: Won | None = None
    week_start_equity_krw: Won | None = None
    high_water_mark_krw: Won | None = Field(default=None, description="highest closing equity, moved by flows since")
    flow_today_krw: Won = Field(default=0, description="since the previous close")
    flow_week_krw: Won = Field(default=0, description="since the last week's close")
    stop_out_ages_sessions: tuple[int, ...] = Field(default=(), description="sessions since each stop-out; 0: today")
    broker_rejects_in_row: int = Field(default=0, ge=0)
    oldest_unknown_s: float | None = Field(default=None, ge=0, description="age of the oldest unresolved order, real")
    unexplained_polls: int = Field(default=0, ge=0, description="polls in a row that found an unexplained difference")
    unexplained_symbols: tuple[Symbol, ...] = Field(default=(), description="symbols whose shares or orders differ")
    unexplained_position: bool = Field(default=False, description="a difference is a position nobody can explain")
    unexplained_cash: bool = Field(default=False, description="a difference is cash")
    in_session: bool = Field(default=False, description="continuous trading is on; data and workers are expected")
    market_data_age_s: float | None = Field(default=None, ge=0, description="since the last market data, real")
    index_change_ratio: float | None = Field(default=None, allow_inf_nan=False, description="KOSPI since last close")
    market_circuit_breaker: bool = Field(default=False, description="the exchange stopped the whole market")
    clock_skew_s: float | None = Field(default=None, allow_inf_nan=False, description="against network time; signed")
    worker_silent_s: float | None = Field(default=None, ge=0, description="longest silence of a needed worker, real")
    kill_switch: bool = Field(default=False, description="a person stopped the desk")


class BreakerTrip(Message):
    """One tripped breaker: the state it demands. A trip in ``ACTIVE`` only locks symbols.

    ``needs_human`` says that the state stays until a person resumes, although the numbers recover.
    """

    code: BreakerCode
    state: TradingState
    cancel_buys: bool
    text: str
    lock_symbols: tuple[Symbol, ...] = ()
    needs_human: bool = False
