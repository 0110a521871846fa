"""What the market says: quotes, bars, securities."""

from datetime import date
from enum import StrEnum

from pydantic import Field

from daybook.contracts.base import AwareDatetime, Message, Symbol, Won


class Market(StrEnum):
    """The listing market, which decides the sell tax."""

    KOSPI = "KOSPI"
    KOSDAQ = "KOSDAQ"
    KONEX = "KONEX"


class SecurityKind(StrEnum):
    """The kind of a listed security, which decides ticks, limits and tax."""

    STOCK = "stock"
    ETF = "etf"
    ETN = "etn"
    ELW = "elw"


class Quote(Message):
    """One symbol's price now. ``observed_at`` is real time: ages are measured on it, never on market time."""

    symbol: Symbol
    price_krw: Won = Field(ge=0)
    base_price_krw: Won = Field(ge=0, description="previous close, or the adjusted base price")
    open_krw: Won = Field(ge=0)
    high_krw: Won = Field(ge=0)
    low_krw: Won = Field(ge=0)
    upper_limit_krw: Won = Field(ge=0)
    lower_limit_krw: Won = Field(ge=0)
    ask_krw: Won | None = Field(default=None, ge=0)
    bid_krw: Won | None = Field(default=None, ge=0)
    volume_shares: int = Field(ge=0)
    turnover_krw: Won = Field(ge=0)
    market: Market = Market.KOSPI
    kind: SecurityKind = SecurityKind.STOCK
    sector: str = ""
    is_halted: bool = False
    is_administrative: bool = False
    warning_level: int = Field(default=0, ge=0, le=3, description="0 none, 1 caution, 2 warning, 3 risk")
    is_in_liquidation: bool = False
    vi_active: bool = False
    observed_at: AwareDatetime


class DailyBar(Message):
    """One session of one symbol."""

    symbol: Symbol
    day: date
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int
    turnover_krw: Won


class MinuteBar(Message):
    """One minute of one symbol; ``starts_at`` is the bar's start in KST."""

    symbol: Symbol
    starts_at: AwareDatetime
    open_krw: Won
    high_krw: Won
    low_krw: Won
    close_krw: Won
    volume_shares: int


class OrderBookLevel(Message):
    """One price level."""

    price_krw: Won
    shares: int


class OrderBook(Message):
    """Ten levels a side, best first; empty levels are left out."""

    symbol: Symbol
    asks: tuple[OrderBookLevel, ...]
    bids: tuple[OrderBookLevel, ...]
    expected_auction_price_krw: Won = 0


class IndexBar(Message):
    """One session of an index, in points."""

    index_code: str = Field(max_length=10, description="KIS code: 0001 KOSPI, 2001 KOSPI200, 1001 KOSDAQ")
    day: date
    open_level: float = Field(gt=0, allow_inf_nan=False)
    high_level: float = Field(gt=0, allow_inf_nan=False)
    low_level: float = Field(gt=0, allow_inf_nan=False)
    close_level: float = Field(gt=0, allow_inf_nan=False)
    volume_shares: int = Field(ge=0)
    turnover_krw: Won = Field(ge=0)


class InvestorFlow(Message):
    """Who bought a symbol net in one session; negative amounts are net sales."""

    symbol: Symbol
    day: date
    foreign_net_shares: int
    institution_net_shares: int
    individual_net_shares: int
    foreign_net_krw: Won
    institution_net_krw: Won
    individual_net_krw: Won


class ListedSecurity(Message):
    """What a symbol is, as last seen."""

    symbol: Symbol
    name: str = Field(max_length=120)
    market: Market = Market.KOSPI
    kind: SecurityKind = SecurityKind.STOCK
    sector: str = Field(default="", max_length=80)
    shares_listed: int | None = Field(default=None, ge=0)
    seen_at: AwareDatetime


class IndexQuote(Message):
    """An index level; index points are not money."""

    code: str
    level: float
    previous_close: float
    change_ratio: float


class TradeTick(Message):
    """One public trade from the broker's stream; totals are those of the session so far."""

    symbol: Symbol
    price_krw: Won = Field(ge=0)
    shares: int = Field(ge=0)
    is_buy: bool | None = Field(default=None, description="aggressor side; None before the open and in auctions")
    ask_krw: Won = Field(default=0, ge=0)
    bid_krw: Won = Field(default=0, ge=0)
    volume_shares: int = Field(default=0, ge=0)
    turnover_krw: Won = Field(default=0, ge=0)
    is_halted: bool = False
    at_hhmmss: str
    received_at: AwareDatetime


class BookTick(Message):
    """One state of a visible order book from the broker's stream, best first; empty levels are left out."""

    symbol: Symbol
    asks: tuple[OrderBookLevel, ...]
    bids: tuple[OrderBookLevel, ...]
    expected_auction_price_krw: Won = 0
    at_hhmmss: str
    received_at: AwareDatetime
